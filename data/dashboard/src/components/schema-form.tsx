// SPDX-License-Identifier: MIT
import { _ } from '../lib/i18n';
import type { Member } from '../lib/schema-values';
import { AreaField, SelectField, TextField } from './form';

interface Props {
  members: Member[];
  texts: Record<string, string>;
  wrongs: Record<string, string>;
  onChange: (texts: Record<string, string>) => void;
}

function MemberField({ member, texts, wrongs, onChange }: Omit<Props, 'members'> & { member: Member }) {
  const { name, kind, choices } = member;
  const common = {
    label: member.isRequired ? name : _('{name} (may be left out)', { name }),
    hint: member.description || undefined,
    wrong: wrongs[name],
    value: texts[name] ?? '',
    onChange: (event: { target: { value: string } }) => onChange({ ...texts, [name]: event.target.value }),
  };
  if (kind === 'choice' || kind === 'boolean') {
    const values = kind === 'boolean' ? ['true', 'false'] : choices;
    const words: Record<string, string> = kind === 'boolean' ? { true: _('yes'), false: _('no') } : {};
    return (
      <SelectField {...common}>
        <option value="">{_('not set')}</option>
        {values.map((value) => (
          <option key={value} value={value}>
            {words[value] ?? value}
          </option>
        ))}
      </SelectField>
    );
  }
  if (kind === 'long' || kind === 'json')
    return <AreaField rows={kind === 'long' ? 6 : 2} spellCheck={false} {...common} />;
  return (
    <TextField
      inputMode={kind === 'number' ? 'decimal' : undefined}
      spellCheck={false}
      autoCapitalize="off"
      {...common}
    />
  );
}

/** A form made from a tool's JSON Schema. */
export function SchemaForm({ members, ...rest }: Props) {
  if (members.length === 0) return <p className="small muted">{_('It takes no arguments.')}</p>;
  return (
    <>
      {members.map((member) => (
        <MemberField key={member.name} member={member} {...rest} />
      ))}
    </>
  );
}
