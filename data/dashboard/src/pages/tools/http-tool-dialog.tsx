// SPDX-License-Identifier: MIT
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { useFocusOnWrong } from '../../components/form';
import { Output } from '../../components/output';
import { SchemaForm } from '../../components/schema-form';
import { ErrorNote } from '../../components/states';
import { useTryHttpTool } from '../../lib/http-tools';
import { _ } from '../../lib/i18n';
import { membersOf, readValues } from '../../lib/schema-values';
import { say } from '../../lib/toasts';
import type { HttpTool } from '../../lib/types';
import { wrongsOf } from '../../lib/validate';
import { type HttpToolBody, members as toolMembers, useHttpToolEditor } from './http-tool-draft';
import { BodyFields, Further, Parameters, SignIn, What, Where } from './http-tool-fields';

function schemaOf({ parameters }: HttpToolBody) {
  return {
    properties: Object.fromEntries(
      parameters.map(({ name, type, description, enum: values, schema }) => [
        name,
        { type, description, ...(values?.length ? { enum: values } : {}), ...schema },
      ]),
    ),
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
  };
}

type Report = NonNullable<ReturnType<typeof useTryHttpTool>['data']>;

function Told({ report }: { report: Report }) {
  const text = report.result ? JSON.stringify(report.result, null, 2) : '';
  return (
    <div className="stack tight" role="status">
      <p className={report.ok ? 'good-text' : 'wrong-text'}>
        {report.ok ? _('It works: {ms} ms', { ms: report.milliseconds }) : (report.message ?? _('The server refuses.'))}
      </p>
      <Output text={report.request} />
      {text && <Output text={text} />}
    </div>
  );
}

function TryPart({ editor }: { editor: ReturnType<typeof useHttpToolEditor> }) {
  const [texts, setTexts] = useState<Record<string, string>>({});
  const [isTried, setTried] = useState(false);
  const members = membersOf(schemaOf(editor.draft));
  const read = readValues(members, texts);
  const attempt = useTryHttpTool();
  const send = () => {
    const tool = editor.checked();
    setTried(true);
    if (!tool || Object.keys(read.wrongs).length > 0) return;
    attempt.mutate(
      { tool, arguments: read.values },
      { onError: (error) => editor.setWrongs(wrongsOf(error, toolMembers)) },
    );
  };
  return (
    <section className="try-part stack">
      <h3>{_('Try it')}</h3>
      <p className="small muted">{_('Sends the request for real, saved or not.')}</p>
      <SchemaForm members={members} texts={texts} wrongs={isTried ? read.wrongs : {}} onChange={setTexts} />
      <div>
        <Button busy={attempt.isPending} onClick={send}>
          {_('Send')}
        </Button>
      </div>
      <ErrorNote error={attempt.error} />
      {attempt.data && <Told report={attempt.data} />}
    </section>
  );
}

export function HttpToolDialog({ tool, onClose }: { tool: HttpTool | null; onClose: () => void }) {
  const editor = useHttpToolEditor(tool);
  const form = useFocusOnWrong(editor.wrongs);
  const hasWrongs = Object.keys(editor.wrongs).length > 0;
  const part = { draft: editor.draft, wrongs: editor.wrongs, set: editor.set };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const saved = await editor.save();
    if (!saved) return;
    say(_('{name} is saved.', { name: saved.tool }));
    onClose();
  };
  return (
    <Dialog
      title={tool ? _('Edit {name}', { name: tool.tool }) : _('Add HTTP tool')}
      className="wide"
      onClose={onClose}
    >
      <form ref={form} className="stack" onSubmit={submit} noValidate>
        <What {...part} isNew={tool === null} />
        <Where {...part} />
        <BodyFields {...part} />
        <Parameters {...part} />
        <SignIn {...part} />
        <Further {...part} />
        <TryPart editor={editor} />
        {hasWrongs ? (
          <p className="wrong-text">{_('Something above needs another look.')}</p>
        ) : (
          <ErrorNote error={editor.error} />
        )}
        <div className="actions">
          <Button onClick={onClose}>{_('Cancel')}</Button>
          <Button look="primary" type="submit" busy={editor.isSaving}>
            {tool ? _('Save') : _('Add HTTP tool')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
