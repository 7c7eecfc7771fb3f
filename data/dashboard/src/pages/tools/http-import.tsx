// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { FilterField } from '../../components/filter-field';
import { AreaField, CheckField, ChoiceField, SelectField, TextField } from '../../components/form';
import { LevelBadge } from '../../components/level';
import { ErrorNote } from '../../components/states';
import { useImportHttpTools, useReadImport } from '../../lib/http-tools';
import { _, ngettext } from '../../lib/i18n';
import { credentialsQuery } from '../../lib/servers';
import { say } from '../../lib/toasts';
import { type Wrongs, wrongsOf } from '../../lib/validate';

type Found = NonNullable<ReturnType<typeof useReadImport>['data']>;
type Item = Found['items'][number];

const MOST = 100;

function ReadStep({ onFound, onClose }: { onFound: (found: Found) => void; onClose: () => void }) {
  const [from, setFrom] = useState('url');
  const [text, setText] = useState('');
  const [baseUrl, setBaseUrl] = useState('');
  const [prefix, setPrefix] = useState('');
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const read = useReadImport();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!text.trim()) {
      setWrongs({ [from]: _('This is needed.') });
      return;
    }
    setWrongs({});
    const source = from === 'url' ? { url: text.trim() } : { document: text };
    const more = {
      ...(baseUrl.trim() ? { base_url: baseUrl.trim() } : {}),
      ...(prefix.trim() ? { prefix: prefix.trim() } : {}),
    };
    read.mutate(
      { ...source, ...more },
      {
        onSuccess: onFound,
        onError: (error) => setWrongs(wrongsOf(error, ['url', 'document', 'base_url', 'prefix'])),
      },
    );
  };
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p>{_('Many services describe what they can do in an OpenAPI document. Choose from it what becomes a tool.')}</p>
      <ChoiceField
        legend={_('Where the document is')}
        value={from}
        choices={[
          { value: 'url', label: _('At an address') },
          { value: 'document', label: _('I paste it') },
        ]}
        onChange={(value) => {
          setFrom(value);
          setText('');
        }}
      />
      {from === 'url' ? (
        <TextField
          label={_('Address of the document')}
          value={text}
          wrong={wrongs.url}
          placeholder="http://nas.home.arpa/openapi.json"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
      ) : (
        <AreaField
          label={_('The document')}
          rows={8}
          className="input mono"
          value={text}
          wrong={wrongs.document}
          spellCheck={false}
          hint={_('OpenAPI 3 or Swagger 2, as JSON or YAML.')}
          onChange={(event) => setText(event.target.value)}
        />
      )}
      <TextField
        label={_('Names begin with')}
        value={prefix}
        wrong={wrongs.prefix}
        placeholder="nas"
        spellCheck={false}
        onChange={(event) => setPrefix(event.target.value)}
      />
      <TextField
        label={_('Where the service is')}
        value={baseUrl}
        wrong={wrongs.base_url}
        placeholder={_('as the document says')}
        spellCheck={false}
        onChange={(event) => setBaseUrl(event.target.value)}
      />
      <ErrorNote error={read.error} />
      <div className="actions">
        <Button onClick={onClose}>{_('Cancel')}</Button>
        <Button look="primary" type="submit" busy={read.isPending}>
          {_('Read it')}
        </Button>
      </div>
    </form>
  );
}

function ItemRow({ item, isOn, toggle }: { item: Item; isOn: boolean; toggle: () => void }) {
  return (
    <li>
      <CheckField
        checked={isOn}
        disabled={item.problem !== null}
        onChange={toggle}
        label={
          <span className="row">
            <span className="mono">{item.operation}</span> <LevelBadge level={item.level ?? null} />
          </span>
        }
        hint={
          <>
            <span className="mono">{item.name}</span> · {item.title || item.description}
            {item.problem && <span className="wrong-text"> {item.problem}</span>}
          </>
        }
      />
    </li>
  );
}

function toTool({ operation: _operation, problem: _problem, ...tool }: Item, credentialId: string, user: string) {
  const signs = tool.auth !== undefined && tool.auth !== 'none';
  return {
    ...tool,
    ...(signs && credentialId ? { credential_id: credentialId } : {}),
    ...(tool.auth === 'basic' ? { auth_user: user.trim() || 'user' } : {}),
  };
}

function ChooseStep({ found, back, onClose }: { found: Found; back: () => void; onClose: () => void }) {
  const [filter, setFilter] = useState('');
  const [chosen, setChosen] = useState<string[]>([]);
  const [credentialId, setCredentialId] = useState('');
  const [user, setUser] = useState('');
  const credentials = (useQuery(credentialsQuery).data ?? []).filter(({ kind }) => kind !== 'ssh_key');
  const bring = useImportHttpTools();
  const shown = found.items.filter((item) =>
    `${item.operation} ${item.name} ${item.description}`.toLowerCase().includes(filter.toLowerCase()),
  );
  const fitting = shown.filter((item) => item.problem === null).map(({ name }) => name);
  const items = found.items.filter((item) => chosen.includes(item.name));
  const toggle = (name: string) =>
    setChosen(chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name]);
  const save = () =>
    bring.mutate(items.map((item) => toTool(item, credentialId, user)) as Parameters<typeof bring.mutate>[0], {
      onSuccess: (made) => {
        say(ngettext('One tool is added.', '{count} tools are added.', made.items.length));
        onClose();
      },
    });
  return (
    <div className="stack">
      <p>
        {_('{title} at {url}', { title: found.title ?? _('A service'), url: found.base_url })}
        {found.left_out > 0 && ` · ${ngettext('one more is left out', '{count} more are left out', found.left_out)}`}
      </p>
      <div className="row between">
        <FilterField label={_('Filter')} value={filter} onChange={setFilter} />
        <Button small onClick={() => setChosen(chosen.length > 0 ? [] : fitting.slice(0, MOST))}>
          {chosen.length > 0 ? _('Choose none') : _('Choose all')}
        </Button>
      </div>
      {shown.length === 0 && <p className="muted">{_('Nothing in the document is like that.')}</p>}
      <ul className="stack tool-checks import-list">
        {shown.map((item) => (
          <ItemRow key={item.name} item={item} isOn={chosen.includes(item.name)} toggle={() => toggle(item.name)} />
        ))}
      </ul>
      {items.some(({ auth }) => auth && auth !== 'none') && (
        <SelectField
          label={_('Credential for all of them')}
          value={credentialId}
          hint={
            credentials.length === 0 ? _('None is stored that fits. Add one under Servers → Credentials.') : undefined
          }
          onChange={(event) => setCredentialId(event.target.value)}
        >
          <option value="">{_('None yet')}</option>
          {credentials.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
      )}
      {items.some(({ auth }) => auth === 'basic') && (
        <TextField
          label={_('Username')}
          value={user}
          autoComplete="off"
          onChange={(event) => setUser(event.target.value)}
        />
      )}
      {items.length > MOST && <p className="wrong-text">{_('At most {n} at once.', { n: MOST })}</p>}
      <ErrorNote error={bring.error} />
      <div className="actions">
        <Button onClick={back}>{_('Back')}</Button>
        <Button
          look="primary"
          busy={bring.isPending}
          disabled={items.length === 0 || items.length > MOST}
          onClick={save}
        >
          {ngettext('Add one tool', 'Add {count} tools', items.length)}
        </Button>
      </div>
    </div>
  );
}

export function HttpImport({ onClose }: { onClose: () => void }) {
  const [found, setFound] = useState<Found | null>(null);
  return (
    <Dialog title={_('Import from OpenAPI')} className="wide" onClose={onClose}>
      {found ? (
        <ChooseStep found={found} back={() => setFound(null)} onClose={onClose} />
      ) : (
        <ReadStep onFound={setFound} onClose={onClose} />
      )}
    </Dialog>
  );
}
