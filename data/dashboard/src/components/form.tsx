// SPDX-License-Identifier: MIT
import {
  type InputHTMLAttributes,
  type ReactNode,
  type RefObject,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useEffect,
  useId,
  useRef,
} from 'react';
import { _ } from '../lib/i18n';
import type { Wrongs } from '../lib/validate';

/** For a form: after each attempt the first field that is refused comes into view, and has the focus. */
export function useFocusOnWrong(wrongs: Wrongs): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (Object.keys(wrongs).length === 0) return;
    const field = form.current?.querySelector<HTMLElement>('[aria-invalid]');
    const folded = field?.closest('details');
    if (folded) folded.open = true;
    field?.focus();
  }, [wrongs]);
  return form;
}

/** What most people leave as it is. */
export function MoreOptions({ isOpen, children }: { isOpen: boolean; children: ReactNode }) {
  return (
    <details className="more-options" open={isOpen || undefined}>
      <summary>{_('More options')}</summary>
      <div className="stack">{children}</div>
    </details>
  );
}

interface FieldProps {
  label: string;
  hint?: ReactNode;
  wrong?: string | null;
  children: (attributes: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode;
}

export function Field({ label, hint, wrong, children }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', wrong ? `${id}-wrong` : ''].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': wrong ? true : undefined })}
      {wrong && (
        <span className="wrong" id={`${id}-wrong`}>
          {wrong}
        </span>
      )}
      {hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

type Common = Omit<FieldProps, 'children'>;

export function TextField({
  label,
  hint,
  wrong,
  className = '',
  ...rest
}: Common & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(attributes) => <input className={`input ${className}`} {...attributes} {...rest} />}
    </Field>
  );
}

export function AreaField({ label, hint, wrong, ...rest }: Common & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(attributes) => <textarea className="input" {...attributes} {...rest} />}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  wrong,
  children,
  ...rest
}: Common & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(attributes) => (
        <select className="input" {...attributes} {...rest}>
          {children}
        </select>
      )}
    </Field>
  );
}

interface Choice {
  value: string;
  label: ReactNode;
  hint?: ReactNode;
  disabled?: boolean;
}

export function ChoiceField({
  legend,
  value,
  choices,
  onChange,
}: {
  legend: string;
  value: string;
  choices: Choice[];
  onChange: (value: string) => void;
}) {
  const name = useId();
  return (
    <fieldset className="choices">
      <legend>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className="choice">
          <input
            type="radio"
            name={name}
            value={choice.value}
            checked={choice.value === value}
            disabled={choice.disabled}
            onChange={() => onChange(choice.value)}
          />
          <span>
            {choice.label}
            {choice.hint && <small>{choice.hint}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export function CheckField({
  label,
  hint,
  ...rest
}: { label: ReactNode; hint?: ReactNode } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <label className="check">
      <input type="checkbox" {...rest} />
      <span>
        {label}
        {hint && <small>{hint}</small>}
      </span>
    </label>
  );
}
