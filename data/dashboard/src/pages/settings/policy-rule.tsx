// SPDX-License-Identifier: MIT
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button';
import { AreaField, CheckField, SelectField, TextField } from '../../components/form';
import { levelNames, levelWord } from '../../components/level';
import { _ } from '../../lib/i18n';
import { toConditions, toList } from '../../lib/policy';
import type { PolicyRule } from '../../lib/types';

type When = NonNullable<PolicyRule['when']>;
type Day = NonNullable<When['days']>[number];

const days = (): [Day, string][] => [
  ['mon', _('Monday')],
  ['tue', _('Tuesday')],
  ['wed', _('Wednesday')],
  ['thu', _('Thursday')],
  ['fri', _('Friday')],
  ['sat', _('Saturday')],
  ['sun', _('Sunday')],
];

const effects = (): Record<PolicyRule['effect'], string> => ({
  deny: _('Deny'),
  ask: _('Ask a person'),
  allow: _('Allow (exception)'),
});

function toggle<T>(list: T[] | undefined, item: T, isOn: boolean): T[] {
  const rest = (list ?? []).filter((other) => other !== item);
  return isOn ? [...rest, item] : rest;
}

/** Keeps what is typed, and hands on the list it stands for. */
function ListField({
  label,
  hint,
  initial,
  onText,
}: {
  label: string;
  hint: string;
  initial: string;
  onText: (text: string) => void;
}) {
  const [text, setText] = useState(initial);
  return (
    <AreaField
      label={label}
      hint={hint}
      rows={2}
      spellCheck={false}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        onText(event.target.value);
      }}
    />
  );
}

function Group({ legend, children }: { legend: string; children: ReactNode }) {
  return (
    <fieldset className="choices">
      <legend>{legend}</legend>
      <div className="row">{children}</div>
    </fieldset>
  );
}

function WhenFields({ when, onChange }: { when: When | null; onChange: (when: When | null) => void }) {
  const set = (change: Partial<When>) => onChange({ ...when, ...change });
  if (!when)
    return (
      <div>
        <Button onClick={() => onChange({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}>
          {_('Only at some times …')}
        </Button>
      </div>
    );
  return (
    <>
      <Group legend={_('Days (none: every day)')}>
        {days().map(([day, name]) => (
          <CheckField
            key={day}
            label={name}
            checked={when.days?.includes(day) ?? false}
            onChange={(event) => set({ days: toggle(when.days, day, event.target.checked) })}
          />
        ))}
      </Group>
      <div className="two">
        <TextField
          label={_('From')}
          type="time"
          value={when.from ?? ''}
          onChange={(event) => set({ from: event.target.value || undefined })}
        />
        <TextField
          label={_('Until')}
          type="time"
          hint={_('Earlier than “From” means on the next day.')}
          value={when.until ?? ''}
          onChange={(event) => set({ until: event.target.value || undefined })}
        />
        <TextField
          label={_('Time zone')}
          value={when.zone ?? 'UTC'}
          onChange={(event) => set({ zone: event.target.value || undefined })}
        />
      </div>
      <div>
        <Button onClick={() => onChange(null)}>{_('At all times')}</Button>
      </div>
    </>
  );
}

interface Props {
  number: number;
  rule: PolicyRule;
  onChange: (rule: PolicyRule) => void;
  onRemove: () => void;
}

function Conditions({ rule, onChange }: Pick<Props, 'rule' | 'onChange'>) {
  const set = (change: Partial<PolicyRule>) => onChange({ ...rule, ...change });
  return (
    <>
      <div className="two">
        <ListField
          label={_('Tools')}
          hint={_('With commas between; * matches any letters. Empty: all.')}
          initial={(rule.tools ?? []).join(', ')}
          onText={(text) => set({ tools: toList(text) })}
        />
        <ListField
          label={_('Operators')}
          hint={_('Names. Empty: all.')}
          initial={(rule.operators ?? []).join(', ')}
          onText={(text) => set({ operators: toList(text) })}
        />
        <ListField
          label={_('People')}
          hint={_('Names of those who asked. Empty: all.')}
          initial={(rule.users ?? []).join(', ')}
          onText={(text) => set({ users: toList(text) })}
        />
        <ListField
          label={_('Resources')}
          hint={_('A line each, as in file:/srv/www. Empty: all.')}
          initial={(rule.resources ?? []).join('\n')}
          onText={(text) => set({ resources: toList(text) })}
        />
        <ListField
          label={_('Programs')}
          hint={_('That a command runs, as in rm, mkfs*. A line that hides them counts for Deny and Ask. Empty: all.')}
          initial={(rule.commands ?? []).join(', ')}
          onText={(text) => set({ commands: toList(text) })}
        />
        <ListField
          label={_('Arguments')}
          hint={_('A line each, as in path=*.conf. Commands can be disguised: use the level and the programs.')}
          initial={(rule.arguments ?? []).map(({ name, pattern }) => `${name}=${pattern}`).join('\n')}
          onText={(text) => set({ arguments: toConditions(text) })}
        />
        <SelectField
          label={_('Started by')}
          value={rule.unattended === true ? 'program' : rule.unattended === false ? 'person' : ''}
          onChange={(event) => set({ unattended: event.target.value === '' ? null : event.target.value === 'program' })}
        >
          <option value="">{_('Anybody')}</option>
          <option value="person">{_('A person')}</option>
          <option value="program">{_('A schedule or a program')}</option>
        </SelectField>
      </div>
      <Group legend={_('Levels (none: all)')}>
        {levelNames.map((level) => (
          <CheckField
            key={level}
            label={levelWord(level)}
            checked={rule.levels?.includes(level) ?? false}
            onChange={(event) => set({ levels: toggle(rule.levels, level, event.target.checked) })}
          />
        ))}
      </Group>
      <WhenFields when={rule.when ?? null} onChange={(when) => set({ when })} />
    </>
  );
}

export function RuleCard({ number, rule, onChange, onRemove }: Props) {
  const set = (change: Partial<PolicyRule>) => onChange({ ...rule, ...change });
  return (
    <section className="card stack" aria-label={_('Rule {n}', { n: number })}>
      <div className="row between">
        <h2>
          {number}. {rule.name}
        </h2>
        <Button onClick={onRemove}>{_('Remove')}</Button>
      </div>
      <div className="two">
        <TextField
          label={_('Name')}
          required
          maxLength={100}
          value={rule.name}
          onChange={(event) => set({ name: event.target.value })}
        />
        <SelectField
          label={_('Then')}
          value={rule.effect}
          onChange={(event) => set({ effect: event.target.value as PolicyRule['effect'] })}
        >
          {Object.entries(effects()).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </SelectField>
        <TextField
          label={_('Because')}
          hint={_('Said to people and models.')}
          maxLength={300}
          value={rule.reason ?? ''}
          onChange={(event) => set({ reason: event.target.value || null })}
        />
      </div>
      <CheckField
        label={_('In force')}
        checked={rule.enabled !== false}
        onChange={(event) => set({ enabled: event.target.checked })}
      />
      <Conditions rule={rule} onChange={onChange} />
    </section>
  );
}
