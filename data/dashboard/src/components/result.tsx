// SPDX-License-Identifier: MIT
import { useState } from 'react';
import { _, ngettext } from '../lib/i18n';
import { type Part, type Row, takeApart } from '../lib/result';
import { Button } from './button';
import { LogView } from './log-view';
import { Output } from './output';
import { isNumberColumn, nameOf, Value } from './result-value';
import { ScrollX } from './scroll-x';

const FOLD = 12;

function Facts({ name, facts }: { name: string | null; facts: [string, unknown][] }) {
  return (
    <div className="result-part">
      {name && <h3>{nameOf(name)}</h3>}
      <dl className="facts small">
        {facts.map(([member, value]) => (
          <div key={member} className="fact">
            <dt>{nameOf(member)}</dt>
            <dd>
              <Value member={member} value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Cells({ row, columns, numbers }: { row: Row; columns: string[]; numbers: Set<string> }) {
  return (
    <tr>
      {columns.map((column) => (
        <td key={column} className={numbers.has(column) ? 'number' : undefined}>
          <Value member={column} value={row[column]} />
        </td>
      ))}
    </tr>
  );
}

function Rows({ name, columns, rows, leftOut }: Extract<Part, { kind: 'table' }>) {
  const [isOpen, setOpen] = useState(false);
  const title = name ? nameOf(name) : _('Rows');
  const shown = isOpen ? rows : rows.slice(0, FOLD);
  const numbers = new Set(
    columns.filter((column) =>
      isNumberColumn(
        column,
        rows.map((row) => row[column] ?? null),
      ),
    ),
  );
  return (
    <div className="result-part">
      <h3>
        {title} <span className="muted">{rows.length}</span>
      </h3>
      <ScrollX label={title}>
        <table className="table small">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col" className={numbers.has(column) ? 'number' : undefined}>
                  {nameOf(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, index) => (
              <Cells key={index} row={row} columns={columns} numbers={numbers} />
            ))}
          </tbody>
        </table>
      </ScrollX>
      {rows.length > shown.length && (
        <Button look="quiet" small onClick={() => setOpen(true)}>
          {ngettext('Show one more row', 'Show {count} more rows', rows.length - shown.length)}
        </Button>
      )}
      {leftOut > 0 && (
        <p className="small muted">
          {ngettext('One more was left out: over the limit.', '{count} more were left out: over the limit.', leftOut)}
        </p>
      )}
    </div>
  );
}

function Terminal({ part, command }: { part: Extract<Part, { kind: 'terminal' }>; command: string | undefined }) {
  const { name, stdout, stderr, status, signal, timedOut } = part;
  const end = stdout && stderr && !stdout.endsWith('\n') ? '\n' : '';
  return (
    <>
      {name && <h3>{name}</h3>}
      <Output text={`${stdout}${end}${stderr}`} look="terminal" command={command} />
      {(status !== 0 || signal || timedOut) && (
        <p className="small muted">
          {timedOut
            ? _('It was ended at its time limit.')
            : signal
              ? _('It was ended by the signal {signal}.', { signal })
              : _('Exit status {status}', { status })}
        </p>
      )}
    </>
  );
}

function PartView({ part, command }: { part: Part; command: string | undefined }) {
  switch (part.kind) {
    case 'facts':
      return <Facts {...part} />;
    case 'table':
      return <Rows {...part} />;
    case 'log':
      return <LogView lines={part.lines} />;
    case 'terminal':
      return <Terminal part={part} command={command} />;
    default:
      return (
        <div className="result-part">
          <h3>{nameOf(part.name)}</h3>
          <Output text={part.text} />
        </div>
      );
  }
}

/** What a tool answered, shown by its shape; text, and what can't be taken apart, as it is. */
export function Result({ text, command }: { text: string; command?: string }) {
  const parts = takeApart(text);
  if (!parts) return <Output text={text} look={command ? 'terminal' : 'plain'} command={command} />;
  return (
    <div className="result">
      {parts.map((part, index) => (
        <PartView key={index} part={part} command={command} />
      ))}
    </div>
  );
}
