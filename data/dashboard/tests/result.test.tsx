// SPDX-License-Identifier: MIT
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { Result } from '../src/components/result';
import { columnsOf, formatBytes, logLines, takeApart } from '../src/lib/result';

const show = (value: unknown, command?: string) => render(<Result text={JSON.stringify(value)} command={command} />);

test('what is no object is text', () => {
  for (const text of ['', 'hello', '42', '"text"', '[1, 2]', '{"cut": [... 12 bytes left out', '{}', 'null'])
    expect(takeApart(text)).toBeNull();
});

test('rows become a table with the columns that have something', () => {
  const rows = [
    { name: 'web', size_bytes: 1536, cpu_percent: 93.26, healthy: true, note: null },
    { name: 'db', size_bytes: 3, cpu_percent: 0, healthy: false, ports: '80/tcp' },
  ];
  expect(columnsOf(rows)).toEqual(['name', 'size_bytes', 'cpu_percent', 'healthy', 'ports']);
  show({ server: 'nas', containers: rows, left_out: 3 });
  const table = within(screen.getByRole('table'));
  expect(table.getAllByRole('columnheader').map((cell) => cell.textContent)).toEqual([
    'Name',
    'Size',
    'Processor',
    'healthy',
    'Ports',
  ]);
  expect(table.getByRole('cell', { name: '1.5 KiB' })).toBeDefined();
  expect(table.getByRole('cell', { name: '93.3 %' })).toBeDefined();
  expect(screen.getByText('3 more were left out: over the limit.')).toBeDefined();
  expect(screen.getByText('nas')).toBeDefined();
});

test('what is in a cell is told in words, not as JSON', () => {
  const open_ports = [
    { port: '22/tcp', service: 'ssh', product: 'OpenSSH 9.2', state: null },
    { port: '443/tcp', service: 'https' },
  ];
  show({
    hosts: [{ address: '10.0.0.1', open_ports }],
    items: [{ agent: { id: '001', name: 'web' }, rule: { level: 5, groups: ['sshd', 'pam'] } }],
  });
  const cells = screen.getAllByRole('cell').map((cell) => [...cell.children].map((child) => child.textContent));
  expect(cells[1]).toEqual(['22/tcp ssh OpenSSH 9.2', '443/tcp https']);
  expect(cells[2]?.join('')).toBe('Id 001, Name web');
  expect(cells[3]?.join('')).toBe('level 5, groups sshd, pam');
});

test('how many files were looked at is no time', () => {
  show({ found: [], looked_at: 7 });
  expect(screen.getByText('Looked at').nextSibling?.textContent).toBe('7');
});

test('many rows are folded', async () => {
  show({ hosts: Array.from({ length: 40 }, (_unused, index) => ({ address: `10.0.0.${index}` })) });
  expect(screen.getAllByRole('row')).toHaveLength(13);
  await userEvent.click(screen.getByRole('button', { name: 'Show 28 more rows' }));
  expect(screen.getAllByRole('row')).toHaveLength(41);
});

test('a log is shown by lines and filtered', async () => {
  const log = Array.from({ length: 20 }, (_unused, n) => `2026-11-29T10:00:${n + 10}.000Z stdout line ${n}`);
  log.push('stderr it broke');
  expect(logLines(log.join('\n'))[20]).toEqual({ time: null, stream: 'stderr', text: 'it broke' });
  expect(logLines('')).toEqual([]);
  show({ container: 'web', log: log.join('\n') });
  expect(screen.getAllByRole('listitem')).toHaveLength(21);
  await userEvent.type(screen.getByRole('searchbox'), 'BROKE');
  expect(screen.getAllByRole('listitem')).toHaveLength(1);
});

test('events are a log, the newest last', () => {
  const agent = { id: '001', name: 'web' };
  const items = [
    { timestamp: '2026-11-29T10:00:02.000+0000', agent, full_log: 'second' },
    { timestamp: '2026-11-29T10:00:01.000+0000', agent, data: { srcip: '10.0.0.1' } },
  ];
  show({ what: 'logs', from: 'indexer', items, total: '2' });
  expect(screen.queryByRole('table')).toBeNull();
  const lines = screen.getAllByRole('listitem').map((line) => line.textContent);
  expect(lines[0]).toContain('web: {"data":{"srcip":"10.0.0.1"}}');
  expect(lines[1]).toContain('web: second');
  expect(document.querySelectorAll('.log-lines time')).toHaveLength(2);
});

test('the output of a command is a terminal', () => {
  show({ server: 'nas', exit_status: 3, stdout: 'out', stderr: 'err\n', truncated: false, timed_out: false }, 'ls /x');
  expect(screen.getByRole('region', { name: 'Output' }).textContent).toBe('$ ls /x\nout\nerr');
  expect(screen.getByText('Exit status 3')).toBeDefined();
});

test('one command on several servers is a terminal for each', () => {
  const results = [
    { server: 'nas', exit_status: 0, stdout: 'up\n', stderr: '' },
    { server: 'pi', error: 'no route to host', may_have_happened: false },
  ];
  show({ results, is_error: true }, 'uptime');
  expect(screen.queryByRole('table')).toBeNull();
  expect(screen.getByRole('heading', { name: 'nas' })).toBeDefined();
  expect(screen.getByText('$ uptime', { exact: false })).toBeDefined();
  expect(screen.getByText('no route to host')).toBeDefined();
});

test('hostile text stays text', () => {
  show({ name: '<img src=x onerror=alert(1)>', rows: [{ name: '\u202egpj.exe' }] });
  expect(document.querySelector('img')).toBeNull();
  expect(screen.getByText('gpj.exe')).toBeDefined();
});

test('bytes', () => {
  expect([0, 1023, 1024, 1_500_000, 123_456_789_012].map((n) => formatBytes(n, 'en'))).toEqual([
    '0 B',
    '1,023 B',
    '1 KiB',
    '1.4 MiB',
    '115 GiB',
  ]);
});
