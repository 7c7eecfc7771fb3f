// SPDX-License-Identifier: MIT
// What a tool answered, taken apart by its shape, so that every tool's answer is shown as what it is:
// rows as a table, a log as a log, a command's output as a terminal, all else as facts.

export type Row = Record<string, unknown>;

export type Part =
  | { kind: 'facts'; name: string | null; facts: [string, unknown][] }
  | { kind: 'table'; name: string; columns: string[]; rows: Row[]; leftOut: number }
  | { kind: 'log'; lines: LogLine[] }
  | { kind: 'text'; name: string; text: string }
  | {
      kind: 'terminal';
      name: string | null;
      stdout: string;
      stderr: string;
      status: number;
      signal: string | null;
      timedOut: boolean;
    };

export interface LogLine {
  time: string | null;
  stream: 'stdout' | 'stderr' | 'system';
  text: string;
}

const DEPTH = 3;
const LONG = 160;
const LOG_LINE = /^(?:(\d{4}-\d\d-\d\dT[\d:.]+Z) )?(stdout|stderr|system) (.*)$/;
/** Said otherwise: with the table, or by the card's badge. */
const silent = new Set(['left_out', 'is_error', 'truncated']);

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The columns of all rows, in the order in which they come first; those that are empty everywhere are left out. */
export function columnsOf(rows: Row[]): string[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return [...names].filter((name) =>
    rows.some((row) => row[name] !== null && row[name] !== undefined && row[name] !== ''),
  );
}

export function logLines(text: string): LogLine[] {
  if (text === '') return [];
  return text.split('\n').map((line) => {
    const [, time = null, stream, rest] = LOG_LINE.exec(line) ?? [];
    return stream
      ? { time, stream: stream as LogLine['stream'], text: rest ?? '' }
      : { time: null, stream: 'stdout', text: line };
  });
}

function isTable(value: unknown): value is Row[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRow);
}

function isLongText(name: string, value: unknown): value is string {
  return typeof value === 'string' && name !== 'log' && (value.includes('\n') || value.length > LONG);
}

function isTerminal(value: Row): boolean {
  return 'stdout' in value && 'exit_status' in value;
}

function terminalOf(value: Row, name: string | null): Part {
  const text = (member: string) => (typeof value[member] === 'string' ? (value[member] as string) : '');
  return {
    kind: 'terminal',
    name,
    stdout: text('stdout'),
    stderr: text('stderr'),
    status: typeof value.exit_status === 'number' ? value.exit_status : 0,
    signal: text('signal') || null,
    timedOut: value.timed_out === true,
  };
}

/** One command on several servers: a terminal for each, and in words where there was none. */
function terminalsOf(rows: Row[]): Part[] {
  return rows.map((row) => {
    const { server, ...rest } = row;
    return isTerminal(row)
      ? terminalOf(row, String(server))
      : { kind: 'facts', name: String(server), facts: Object.entries(rest) };
  });
}

function tableOf(name: string, rows: Row[], leftOut = 0): Part {
  return { kind: 'table', name, columns: columnsOf(rows), rows, leftOut };
}

/** Events of a log, such as Wazuh's: who said it, and what. */
function eventLine(event: Row): LogLine {
  const member = (name: string) => (typeof event[name] === 'string' ? (event[name] as string) : '');
  const who = isRow(event.agent) ? (event.agent.name ?? event.agent.id) : null;
  const { timestamp: _time, agent: _agent, full_log: _log, ...rest } = event;
  const rule = isRow(event.rule) ? event.rule : {};
  const about = [rule.level, rule.description].filter((part) => part !== undefined).join(' ');
  const log = member('full_log');
  const words = log ? [about, log].filter(Boolean).join(': ') : JSON.stringify(rest);
  const time = member('timestamp');
  return { time: isTime(time) ? time : null, stream: 'stdout', text: who ? `${who}: ${words}` : words };
}

function eventLog(events: Row[]): Part {
  const at = (line: LogLine) => (line.time ? Date.parse(line.time) : 0);
  return { kind: 'log', lines: events.map(eventLine).sort((a, b) => at(a) - at(b)) };
}

function partsOf(value: Row, name: string | null, depth: number): Part[] {
  if (isTerminal(value)) return [terminalOf(value, null)];
  const facts: [string, unknown][] = [];
  const rest: Part[] = [];
  const leftOut = typeof value.left_out === 'number' ? value.left_out : 0;
  for (const [member, content] of Object.entries(value)) {
    if (silent.has(member) || content === null || content === '') continue;
    if (member === 'log' && typeof content === 'string') rest.push({ kind: 'log', lines: logLines(content) });
    else if (isTable(content) && content.some(isTerminal)) rest.push(...terminalsOf(content));
    else if (value.what === 'logs' && isTable(content)) rest.push(eventLog(content));
    else if (isTable(content)) rest.push(tableOf(member, content, leftOut));
    else if (isLongText(member, content)) rest.push({ kind: 'text', name: member, text: content });
    else if (isRow(content) && depth < DEPTH) rest.push(...partsOf(content, member, depth + 1));
    else facts.push([member, content]);
  }
  return facts.length > 0 ? [{ kind: 'facts', name, facts }, ...rest] : rest;
}

/** The parts of a tool's answer, or null where it is text and no more. */
export function takeApart(text: string): Part[] | null {
  const value = parse(text);
  if (isTable(value)) return [tableOf('', value)];
  if (!isRow(value)) return null;
  const parts = partsOf(value, null, 0);
  return parts.length > 0 ? parts : null;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** "1.4 GiB". */
export function formatBytes(bytes: number, language: string): string {
  let value = bytes;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && Math.abs(value) < 100 ? 1 : 0;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)} ${units[unit]}`;
}

export function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && !Number.isNaN(Date.parse(value));
}
