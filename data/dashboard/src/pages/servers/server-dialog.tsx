// SPDX-License-Identifier: MIT
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { MoreOptions, useFocusOnWrong } from '../../components/form';
import { ErrorNote } from '../../components/states';
import { _ } from '../../lib/i18n';
import { say } from '../../lib/toasts';
import type { Server } from '../../lib/types';
import { DockerFields } from './docker-fields';
import { PublicKey } from './secret-fields';
import { Address, CredentialChoice, More } from './server-fields';
import { useServerEditor } from './use-server-editor';

function NewKey({ server, line, onClose }: { server: Server; line: string; onClose: () => void }) {
  return (
    <Dialog title={_('A key for {name}', { name: server.name })} onClose={onClose}>
      <p>
        {_('Add this line to ~/.ssh/authorized_keys of {user} on {host}. Then test the connection.', {
          user: server.user_name,
          host: server.host,
        })}
      </p>
      <PublicKey line={line} />
      <p className="small muted">{_('It stays to be seen under Credentials.')}</p>
      <div className="actions">
        <Button look="primary" onClick={onClose}>
          {_('Done')}
        </Button>
      </div>
    </Dialog>
  );
}

/** Whether something stands under More options that should be seen. */
function hasMore(server: Server | null): boolean {
  if (!server) return false;
  const { docker_endpoint, jump_id, os, notes, tags, file_paths, operators } = server;
  return Boolean(docker_endpoint || jump_id || os || notes || [...tags, ...file_paths, ...operators].length > 0);
}

export function ServerDialog({ server, onClose }: { server: Server | null; onClose: () => void }) {
  const editor = useServerEditor(server);
  const [made, setMade] = useState<{ server: Server; line: string } | null>(null);
  const part = { draft: editor.draft, wrongs: editor.wrongs, set: editor.set, id: server?.id };
  const form = useFocusOnWrong(editor.wrongs);
  const hasWrongs = Object.keys(editor.wrongs).length > 0;
  if (made) return <NewKey {...made} onClose={onClose} />;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const saved = await editor.save();
    if (!saved) return;
    say(_('{name} is saved.', { name: saved.server.name }));
    if (saved.line) setMade({ server: saved.server, line: saved.line });
    else onClose();
  };
  return (
    <Dialog
      title={server ? _('Edit {name}', { name: server.name }) : _('Add Server')}
      className="wide"
      onClose={onClose}
    >
      <form ref={form} className="stack" onSubmit={submit} noValidate>
        <Address {...part} />
        <CredentialChoice {...part} />
        <MoreOptions isOpen={hasMore(server)}>
          <DockerFields
            draft={editor.draft.docker}
            wrongs={editor.wrongs}
            set={(change) => editor.set({ docker: { ...editor.draft.docker, ...change } })}
          />
          <More {...part} />
        </MoreOptions>
        {server?.host_key && (
          <p className="small muted">{_('With another hostname or port, the pinned host key is forgotten.')}</p>
        )}
        {hasWrongs ? (
          <p className="wrong-text">{_('Something above needs another look.')}</p>
        ) : (
          <ErrorNote error={editor.error} />
        )}
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" type="submit" busy={editor.isSaving}>
            {server ? _('Save') : _('Add Server')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
