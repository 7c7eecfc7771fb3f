// SPDX-License-Identifier: MIT
import { useEffect, useId, useRef } from 'react';
import { _, currentLanguage, ngettext } from '../lib/i18n';
import { TextField } from './form';

const MAX_SHOWN = 200;

export interface ModelChoice {
  id: string;
  context_length: number | null;
  input_price: number | null;
  output_price: number | null;
  sees_images: boolean | null;
}

/** What there is to know before choosing: how much it can look at, and what it costs. */
function modelFacts(model: ModelChoice): string {
  const number = new Intl.NumberFormat(currentLanguage(), { maximumSignificantDigits: 3 });
  const whole = new Intl.NumberFormat(currentLanguage());
  const facts = [];
  if (model.context_length) facts.push(_('{count} tokens of context', { count: whole.format(model.context_length) }));
  if (model.input_price !== null && model.output_price !== null)
    facts.push(
      _('{input} in, {output} out, in dollars for a million tokens', {
        input: number.format(model.input_price),
        output: number.format(model.output_price),
      }),
    );
  if (model.sees_images === false) facts.push(_('sees no pictures'));
  return facts.join(' · ');
}

/** A name that is none of theirs narrows the list down. */
function narrow(models: ModelChoice[], value: string): ModelChoice[] {
  const words = value.trim().toLowerCase();
  if (words === '' || models.some((model) => model.id === value)) return models;
  return models.filter((model) => model.id.toLowerCase().includes(words));
}

function ModelList({
  value,
  models,
  onChange,
}: {
  value: string;
  models: ModelChoice[];
  onChange: (id: string) => void;
}) {
  const name = useId();
  const list = useRef<HTMLFieldSetElement>(null);
  // What is chosen already is in sight when the list comes.
  useEffect(() => {
    const chosen = models.length > 0 ? list.current?.querySelector<HTMLElement>('.model:has(input:checked)') : null;
    if (chosen && list.current) list.current.scrollTop = chosen.offsetTop - list.current.clientHeight / 2;
  }, [models]);
  const shown = narrow(models, value);
  const rest = shown.length - MAX_SHOWN;
  if (shown.length === 0) return <p className="small muted">{_('It offers no model of this name.')}</p>;
  return (
    <fieldset className="models" ref={list}>
      <legend className="sr">{_('Models it offers')}</legend>
      {shown.slice(0, MAX_SHOWN).map((model) => (
        <label key={model.id} className="model">
          <input
            type="radio"
            name={name}
            value={model.id}
            checked={model.id === value}
            onChange={() => onChange(model.id)}
          />
          <span className="mono">{model.id}</span>
          <small>{modelFacts(model)}</small>
        </label>
      ))}
      {rest > 0 && (
        <p className="small muted">
          {ngettext('{count} more: type a part of its name.', '{count} more: type a part of its name.', rest)}
        </p>
      )}
    </fieldset>
  );
}

export function ModelField({
  value,
  models,
  wrong,
  onChange,
}: {
  value: string;
  models: ModelChoice[];
  wrong?: string | undefined;
  onChange: (model: string) => void;
}) {
  return (
    <div className="stack tight">
      <TextField
        label={_('Default model')}
        hint={models.length === 0 ? _('Test the connection to see which models there are.') : undefined}
        value={value}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        wrong={wrong}
        onChange={(event) => onChange(event.target.value)}
      />
      {models.length > 0 && <ModelList value={value} models={models} onChange={onChange} />}
    </div>
  );
}
