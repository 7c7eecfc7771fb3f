// SPDX-License-Identifier: MIT
import { Check, Copy, LoaderCircle } from 'lucide-react';
import { type ButtonHTMLAttributes, useState } from 'react';
import { _ } from '../lib/i18n';

type Look = 'plain' | 'primary' | 'danger' | 'danger filled' | 'quiet';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  square?: boolean;
  busy?: boolean;
}

export function buttonClass(look: Look = 'plain', small = false, square = false): string {
  return `button ${look === 'plain' ? '' : look} ${small ? 'small' : ''} ${square ? 'square' : ''}`;
}

export function Button({ look, small, square, busy, className = '', children, disabled, ...rest }: Props) {
  return (
    <button
      type="button"
      className={`${buttonClass(look, small, square)} ${className}`}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy && <LoaderCircle className="icon spin" aria-hidden />}
      {children}
    </button>
  );
}

export function CopyButton({
  text,
  label = _('Copy'),
  bare = false,
}: {
  text: string;
  label?: string;
  bare?: boolean;
}) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    if (!(await copyText(text))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 1800);
  };
  const Icon = isCopied ? Check : Copy;
  return (
    <Button look="quiet" small square={bare} onClick={copy} aria-label={label} title={label}>
      <Icon className="icon" aria-hidden />
      {!bare && (isCopied ? _('Copied') : label)}
      <span className="sr" aria-live="polite">
        {isCopied ? _('Copied') : ''}
      </span>
    </Button>
  );
}

/** The clipboard API exists only on secure origins; a dashboard on the LAN often has none. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(area);
    area.select();
    const isDone = document.execCommand('copy');
    area.remove();
    return isDone;
  }
}
