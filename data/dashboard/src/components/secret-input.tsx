// SPDX-License-Identifier: MIT
import { Eye, EyeOff } from 'lucide-react';
import { type InputHTMLAttributes, type ReactNode, useState } from 'react';
import { _ } from '../lib/i18n';
import { Button } from './button';
import { Field } from './form';

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: ReactNode;
  wrong?: string | null;
}

/** A password or key, hidden until asked to show. */
export function SecretField({ label, hint, wrong, ...rest }: Props) {
  const [isShown, setShown] = useState(false);
  const Icon = isShown ? EyeOff : Eye;
  return (
    <Field label={label} hint={hint} wrong={wrong}>
      {(attributes) => (
        <span className="with-button">
          <input
            className="input"
            type={isShown ? 'text' : 'password'}
            spellCheck={false}
            autoCapitalize="off"
            {...attributes}
            {...rest}
          />
          <Button
            look="quiet"
            square
            small
            aria-label={isShown ? _('Hide {what}', { what: label }) : _('Show {what}', { what: label })}
            onClick={() => setShown(!isShown)}
          >
            <Icon className="icon" aria-hidden />
          </Button>
        </span>
      )}
    </Field>
  );
}
