// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { Button } from '../../components/button';
import { AreaField, CheckField, SelectField, TextField } from '../../components/form';
import { levelMeaning, levelNames, levelWord } from '../../components/level';
import { _ } from '../../lib/i18n';
import { credentialsQuery } from '../../lib/servers';
import type { HttpToolBody, Parameter, PartProps } from './http-tool-draft';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
const types = ['string', 'integer', 'number', 'boolean', 'array', 'object'] as const;

export function What({ draft, wrongs, set, isNew }: PartProps & { isNew: boolean }) {
  return (
    <>
      <TextField
        label={_('Name')}
        value={draft.name}
        wrong={wrongs.name}
        disabled={!isNew}
        placeholder="pihole.status"
        spellCheck={false}
        autoCapitalize="off"
        hint={
          isNew
            ? _('Small letters, digits and _, with dots between words.')
            : _('The name stays: Operators have the tool by it.')
        }
        onChange={(event) => set({ name: event.target.value })}
      />
      <AreaField
        label={_('What it does, and when to use it')}
        rows={2}
        value={draft.description}
        wrong={wrongs.description}
        hint={_('The model reads this.')}
        onChange={(event) => set({ description: event.target.value })}
      />
      <SelectField
        label={_('A call counts as')}
        value={draft.level}
        hint={_('Reading needs no approval; everything else does.')}
        onChange={(event) => set({ level: event.target.value as HttpToolBody['level'] })}
      >
        {levelNames.map((name) => (
          <option key={name} value={name}>
            {`${levelWord(name)}: ${levelMeaning(name)}`}
          </option>
        ))}
      </SelectField>
    </>
  );
}

export function Where({ draft, wrongs, set }: PartProps) {
  return (
    <div className="row top-aligned wide-second">
      <SelectField
        label={_('Method')}
        value={draft.method}
        onChange={(event) => set({ method: event.target.value as HttpToolBody['method'] })}
      >
        {methods.map((method) => (
          <option key={method}>{method}</option>
        ))}
      </SelectField>
      <div className="grow">
        <TextField
          label={_('Address')}
          value={draft.url}
          wrong={wrongs.url}
          placeholder="http://nas.home.arpa/api/disks/{disk}?unit={unit}"
          spellCheck={false}
          autoCapitalize="off"
          hint={_('{name} in the path or the query is what a call fills in. The host stays as it is here.')}
          onChange={(event) => set({ url: event.target.value })}
        />
      </div>
    </div>
  );
}

function ParameterRow({ parameter, onChange }: { parameter: Parameter; onChange: (next: Parameter) => void }) {
  const set = (change: Partial<Parameter>) => onChange({ ...parameter, ...change });
  return (
    <li className="stack tight parameter">
      <div className="row between">
        <span className="mono name">{`{${parameter.name}}`}</span>
        <CheckField
          label={_('needed')}
          checked={parameter.required ?? false}
          onChange={(event) => set({ required: event.target.checked })}
        />
      </div>
      <div className="row top-aligned wide-second">
        <SelectField
          label={_('Type')}
          value={parameter.type ?? 'string'}
          disabled={Boolean(parameter.schema)}
          hint={parameter.schema ? _('By the imported schema') : undefined}
          onChange={(event) => set({ type: event.target.value as Parameter['type'] })}
        >
          {types.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </SelectField>
        <div className="grow">
          <TextField
            label={_('Meaning')}
            value={parameter.description ?? ''}
            maxLength={1000}
            onChange={(event) => set({ description: event.target.value })}
          />
        </div>
      </div>
    </li>
  );
}

export function Parameters({ draft, wrongs, set }: PartProps) {
  const replace = (index: number, next: Parameter) =>
    set({ parameters: draft.parameters.map((parameter, other) => (other === index ? next : parameter)) });
  return (
    <fieldset className="choices">
      <legend>{_('Parameters')}</legend>
      {draft.parameters.length === 0 && (
        <p className="small muted">{_('None. Write {name} in the address, a header or the body to make one.')}</p>
      )}
      <ul className="stack">
        {draft.parameters.map((parameter, index) => (
          <ParameterRow key={parameter.name} parameter={parameter} onChange={(next) => replace(index, next)} />
        ))}
      </ul>
      {wrongs.parameters && <span className="wrong">{wrongs.parameters}</span>}
    </fieldset>
  );
}

export function Headers({ draft, wrongs, set }: PartProps) {
  const change = (index: number, part: Partial<{ name: string; value: string }>) =>
    set({ headers: draft.headers.map((header, other) => (other === index ? { ...header, ...part } : header)) });
  return (
    <fieldset className="choices">
      <legend>{_('Headers')}</legend>
      {draft.headers.map((header, index) => (
        <div key={index} className="row header-row">
          <input
            className="input"
            aria-label={_('Name of header {n}', { n: index + 1 })}
            value={header.name}
            placeholder="Accept"
            onChange={(event) => change(index, { name: event.target.value })}
          />
          <input
            className="input grow"
            aria-label={_('Value of header {n}', { n: index + 1 })}
            value={header.value}
            placeholder="application/json"
            onChange={(event) => change(index, { value: event.target.value })}
          />
          <Button
            look="quiet"
            square
            aria-label={_('Remove the header {name}', { name: header.name })}
            onClick={() => set({ headers: draft.headers.filter((_header, other) => other !== index) })}
          >
            <Trash2 className="icon" aria-hidden />
          </Button>
        </div>
      ))}
      {wrongs.headers && <span className="wrong">{wrongs.headers}</span>}
      <div>
        <Button small onClick={() => set({ headers: [...draft.headers, { name: '', value: '' }] })}>
          <Plus className="icon" aria-hidden /> {_('Add a header')}
        </Button>
      </div>
    </fieldset>
  );
}

export function BodyFields({ draft, wrongs, set }: PartProps) {
  if (draft.method === 'GET' || draft.method === 'HEAD') return null;
  return (
    <>
      <SelectField
        label={_('Body')}
        value={draft.body_type}
        wrong={wrongs.body_type}
        onChange={(event) => set({ body_type: event.target.value as HttpToolBody['body_type'] })}
      >
        <option value="none">{_('none')}</option>
        <option value="json">JSON</option>
        <option value="form">{_('Form (a=1&b=2)')}</option>
        <option value="text">{_('Plain text')}</option>
      </SelectField>
      {draft.body_type !== 'none' && (
        <AreaField
          label={_('What is sent')}
          rows={5}
          className="input mono"
          value={draft.body ?? ''}
          wrong={wrongs.body}
          spellCheck={false}
          placeholder={draft.body_type === 'json' ? '{"blocking": "{on}", "timer": "{seconds}"}' : undefined}
          hint={
            draft.body_type === 'json'
              ? _('"{name}" in quotes becomes the value as it is: a number, a list or true, too.')
              : _('{name} is what a call fills in.')
          }
          onChange={(event) => set({ body: event.target.value })}
        />
      )}
    </>
  );
}

export function SignIn({ draft, wrongs, set }: PartProps) {
  const credentials = (useQuery(credentialsQuery).data ?? []).filter(({ kind }) => kind !== 'ssh_key');
  return (
    <>
      <SelectField
        label={_('How it signs in')}
        value={draft.auth}
        onChange={(event) => set({ auth: event.target.value as HttpToolBody['auth'] })}
      >
        <option value="none">{_('not at all')}</option>
        <option value="bearer">{_('Bearer token')}</option>
        <option value="header">{_('A key in a header')}</option>
        <option value="query">{_('A key in the query')}</option>
        <option value="basic">{_('User name and password')}</option>
      </SelectField>
      {(draft.auth === 'header' || draft.auth === 'query') && (
        <TextField
          label={draft.auth === 'header' ? _('Name of the header') : _('Name in the query')}
          value={draft.auth_name ?? ''}
          wrong={wrongs.auth_name}
          placeholder={draft.auth === 'header' ? 'X-Api-Key' : 'api_key'}
          spellCheck={false}
          onChange={(event) => set({ auth_name: event.target.value || null })}
        />
      )}
      {draft.auth === 'basic' && (
        <TextField
          label={_('Username')}
          value={draft.auth_user ?? ''}
          wrong={wrongs.auth_user}
          autoComplete="off"
          onChange={(event) => set({ auth_user: event.target.value || null })}
        />
      )}
      {draft.auth !== 'none' && (
        <SelectField
          label={_('Credential')}
          value={draft.credential_id ?? ''}
          wrong={wrongs.credential_id}
          hint={
            credentials.length === 0
              ? _('None is stored that fits. Add one under Servers → Credentials.')
              : _('Sealed, and shown to nobody: not to the model either.')
          }
          onChange={(event) => set({ credential_id: event.target.value || null })}
        >
          <option value="">{_('None yet')}</option>
          {credentials.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
      )}
    </>
  );
}

export function Further({ draft, wrongs, set }: PartProps) {
  return (
    <details className="further">
      <summary>{_('Headers, time limit, certificate')}</summary>
      <div className="stack">
        <Headers draft={draft} wrongs={wrongs} set={set} />
        <TextField
          label={_('Time limit (seconds)')}
          type="number"
          className="narrow"
          value={Number.isNaN(draft.timeout) ? '' : draft.timeout}
          wrong={wrongs.timeout}
          onChange={(event) => set({ timeout: event.target.valueAsNumber })}
        />
        <AreaField
          label={_('Certificate to trust')}
          rows={3}
          className="input mono"
          value={draft.ca ?? ''}
          wrong={wrongs.ca}
          spellCheck={false}
          placeholder="-----BEGIN CERTIFICATE-----"
          hint={_('The server’s own, or that of its authority, where browsers warn about it.')}
          onChange={(event) => set({ ca: event.target.value || null })}
        />
        <CheckField
          label={_('Offered to Operators')}
          checked={draft.enabled}
          onChange={(event) => set({ enabled: event.target.checked })}
        />
      </div>
    </details>
  );
}
