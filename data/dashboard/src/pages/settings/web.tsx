// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { AreaField, TextField } from '../../components/form';
import { ErrorNote, Loaded } from '../../components/states';
import { useCan } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import { toList } from '../../lib/policy';
import { settingsQuery, useUpdateSettings } from '../../lib/system';
import { say } from '../../lib/toasts';
import type { Settings } from '../../lib/types';
import { type Wrongs, wrongsOf } from '../../lib/validate';

function WebForm({ settings, canEdit }: { settings: Settings; canEdit: boolean }) {
  const [url, setUrl] = useState(settings.web_search_url ?? '');
  const [networks, setNetworks] = useState(settings.web_networks.join('\n'));
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const update = useUpdateSettings();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrongs({});
    update.mutate(
      { web_search_url: url.trim() || null, web_networks: toList(networks) },
      {
        onSuccess: () => say(_('Saved.')),
        onError: (error) => setWrongs(wrongsOf(error, ['web_search_url', 'web_networks'])),
      },
    );
  };
  return (
    <form onSubmit={submit} noValidate>
      <fieldset className="plain stack reading" disabled={!canEdit}>
        <section className="card stack">
          <h2>{_('Searching and reading the web')}</h2>
          <p>
            {_(
              'For the tools web.search and web.fetch. They reach the public web; this machine, its link and private networks they do not.',
            )}
          </p>
          <TextField
            label={_('SearXNG server')}
            value={url}
            wrong={wrongs.web_search_url}
            placeholder="http://searx.home.arpa:8888"
            spellCheck={false}
            hint={_('Its settings.yml has to list json under search, formats.')}
            onChange={(event) => setUrl(event.target.value)}
          />
          <AreaField
            label={_('Private networks that web.fetch may reach')}
            rows={3}
            value={networks}
            wrong={wrongs.web_networks}
            placeholder="192.168.1.0/24"
            spellCheck={false}
            hint={_(
              'A line each; none is safest. Pages can talk a model into opening addresses: for a service at home, an HTTP tool is better.',
            )}
            onChange={(event) => setNetworks(event.target.value)}
          />
        </section>
        <ErrorNote error={update.error} />
        {canEdit && (
          <div className="save-bar">
            <Button look="primary" type="submit" busy={update.isPending}>
              {_('Save changes')}
            </Button>
          </div>
        )}
      </fieldset>
    </form>
  );
}

export function Web() {
  const query = useQuery(settingsQuery);
  const canEdit = useCan('administrator');
  return <Loaded query={query}>{(settings) => <WebForm settings={settings} canEdit={canEdit} />}</Loaded>;
}
