// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'react';
import { _, ngettext } from '../lib/i18n';
import { Button, CopyButton } from './button';

const FOLD = 24;

const CONTROLS = new RegExp(
  [
    String.raw`\u001b\[[0-9;?]*[ -/]*[@-~]`,
    String.raw`\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)`,
    String.raw`[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]`,
  ].join('|'),
  'g',
);

/** Text as a program printed it, without what would move the cursor or turn the reading direction. */
export function cleanOutput(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(CONTROLS, '');
}

/** What can't be seen, turns the reading direction or moves the cursor: by its number, so that who decides on a text sees all of it. */
const HIDDEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

export function revealHidden(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(HIDDEN, (found) => `[U+${found.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`);
}

function lineKind(line: string): string {
  if (line.startsWith('@@')) return 'hunk';
  if (line.startsWith('+++ ') || line.startsWith('--- ')) return 'file';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : '';
}

function DiffLine({ line }: { line: string }) {
  return <span className={`line ${lineKind(line)}`}>{`${line}\n`}</span>;
}

export function Diff({ text }: { text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard
    <pre className="diff" role="region" tabIndex={0} aria-label={_('Changes')}>
      {revealHidden(text)
        .replace(/\n$/, '')
        .split('\n')
        .map((line, index) => (
          <DiffLine key={index} line={line} />
        ))}
    </pre>
  );
}

interface OutputProps {
  text: string;
  look?: 'terminal' | 'plain';
  command?: string;
  streaming?: boolean;
}

/** Long output is folded to its first lines; output that streams follows its end. */
export function Output({ text, look = 'plain', command, streaming = false }: OutputProps) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLPreElement>(null);
  const clean = cleanOutput(text).replace(/\n+$/, '');
  const lines = clean.split('\n');
  const isFolded = !isOpen && !streaming && lines.length > FOLD;
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the end whenever there is more text
  useEffect(() => {
    if (streaming && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [clean, streaming]);
  return (
    <div className={`output ${look}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard */}
      <pre ref={box} role="region" tabIndex={0} aria-label={_('Output')}>
        {command && <span className="prompt">{`$ ${command}\n`}</span>}
        {isFolded ? lines.slice(0, FOLD).join('\n') : clean}
      </pre>
      <div className="output-tools">
        {isFolded && (
          <Button look="quiet" small onClick={() => setOpen(true)}>
            {ngettext('Show one more line', 'Show {count} more lines', lines.length - FOLD)}
          </Button>
        )}
        <CopyButton text={clean} bare label={_('Copy output')} />
      </div>
    </div>
  );
}

/** What a call would change, as its tool tells it. */
export function PreviewView({ preview: { kind, text = '' } }: { preview: { kind?: string; text?: string } }) {
  if (kind === 'diff') return <Diff text={text} />;
  return <Output text={revealHidden(text)} look={kind === 'command' ? 'terminal' : 'plain'} />;
}
