// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'react';
import { _, currentLanguage, ngettext } from '../lib/i18n';
import type { LogLine } from '../lib/result';
import { formatExact } from '../lib/time';
import { CopyButton } from './button';
import { FilterField } from './filter-field';
import { cleanOutput } from './output';

const FEW = 8;

function clock(time: string): string {
  return new Intl.DateTimeFormat(currentLanguage(), { timeStyle: 'medium' }).format(new Date(time));
}

function Line({ line }: { line: LogLine }) {
  return (
    <li className={line.stream}>
      {line.time && (
        <time dateTime={line.time} title={formatExact(line.time)}>
          {clock(line.time)}
        </time>
      )}
      {line.stream !== 'stdout' && <span className="sr">{line.stream}: </span>}
      <span>{cleanOutput(line.text)}</span>
    </li>
  );
}

/** A log: newest last and in view, to be filtered by words. What went to the error output is marked. */
export function LogView({ lines }: { lines: LogLine[] }) {
  const [words, setWords] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const shown = lines.filter(({ text }) => text.toLowerCase().includes(words.toLowerCase()));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end is what one looks for first, whenever there are other lines
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines.length]);
  if (lines.length === 0) return <p className="result-note muted">{_('The log is empty.')}</p>;
  return (
    <div className="log-view">
      {lines.length > FEW && (
        <div className="log-tools">
          <FilterField label={_('Filter the log')} value={words} onChange={setWords} />
          <span className="small muted" role="status">
            {ngettext('{count} line', '{count} lines', shown.length)}
          </span>
        </div>
      )}
      <div className="output plain">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard */}
        <div ref={box} className="log-lines mono" role="region" tabIndex={0} aria-label={_('Log')}>
          <ol>
            {shown.map((line, index) => (
              <Line key={index} line={line} />
            ))}
          </ol>
          {shown.length === 0 && <p className="muted">{_('No line has these words.')}</p>}
        </div>
        <div className="output-tools">
          <CopyButton
            text={shown.map(({ time, text }) => (time ? `${time} ${text}` : text)).join('\n')}
            bare
            label={_('Copy output')}
          />
        </div>
      </div>
    </div>
  );
}
