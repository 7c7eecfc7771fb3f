// SPDX-License-Identifier: MIT
// The vendors' own clients against what our tests believe: the recordings' expected values, and the stand-in that speaks every format.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { clients } from './clients.mjs';

const tests = join(dirname(fileURLToPath(import.meta.url)), '..');
const recordings = join(tests, 'data/recordings');
const exchanges = join(tests, 'data/exchanges');

/** What the clients themselves cannot read. */
const theirs = {
  'gg-google-025': 'a stream that is one JSON array',
  'gg-google-vertex-009': 'arguments in pieces',
  'gg-google-003': 'a last event without an empty line',
  'oc-anthropic-001': 'calls that are numbered from 1',
  'oc-openrouter-018': 'an error in a body of status 200',
  'oc-openrouter-020': 'an error in a body of status 200',
};

function replayed({ response, api, stream }) {
  const type = response.headers['content-type'] ?? (stream && api !== 'ollama-chat' ? 'text/event-stream' : 'application/json');
  const body = response.body ?? Buffer.from(response.body_base64, 'base64');
  return async () => new Response(body, { status: response.status, headers: { 'content-type': type } });
}

function isStream({ api, stream, response }) {
  return api === 'ollama-chat' ? stream : /^[\ufeff\s]*(data|event|id|retry|:)/.test(response.body ?? atob(response.body_base64));
}

async function checkRecording(recording) {
  const { api, expect, then } = recording;
  const options = { url: 'http://recorded.invalid', key: 'x', fetch: replayed(recording), streams: isStream(recording) };
  if (expect.error) {
    await assert.rejects(clients[api](options), (error) => expect.error.status < 400 || [error.status, error.status_code].includes(expect.error.status));
    return;
  }
  if (then) {
    await assert.rejects(clients[api](options));
    return;
  }
  const got = await clients[api](options);
  for (const [name, value] of Object.entries(got)) assert.deepEqual(value ?? null, expect[name] ?? null, name);
}

async function testRecordings() {
  const differ = [];
  let agree = 0;
  for (const folder of Object.keys(clients))
    for (const file of readdirSync(join(recordings, folder))) {
      const recording = JSON.parse(readFileSync(join(recordings, folder, file), 'utf8'));
      const wrong = await checkRecording(recording).then(() => null, (error) => error);
      if (wrong === null) agree += 1;
      else if (!theirs[recording.id]) differ.push(`${recording.id}: ${wrong.message}`);
    }
  assert.deepEqual(differ, []);
  assert.equal(agree, 222);
}

/** Rows of which their clients make something else say so themselves. */
async function testExchanges() {
  const differ = [];
  let agree = 0;
  for (const api of Object.keys(clients))
    for (const line of readFileSync(join(exchanges, `${api}.jsonl`), 'utf8').trim().split('\n')) {
      const row = JSON.parse(line);
      const wrong = await checkRecording(row).then(() => null, (error) => error);
      if (wrong === null) agree += 1;
      else if (!row.client) differ.push(`${api} ${row.id}: ${wrong.message}`);
    }
  assert.deepEqual(differ, []);
  assert.ok(agree >= 330, String(agree));
}

async function startServer() {
  const child = spawn('/usr/bin/python3', ['-B', join(tests, 'lib/replay_server.py')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, url: String(line).trim() };
}

const script = [{ text: ['Let me ', 'look.'], reasoning: 'hm', calls: [{ name: 'ssh.exec', arguments: { command: 'uptime' } }, { name: 'ssh.exec', arguments: {} }] }];

async function testStandIn() {
  const { child, url } = await startServer();
  const set = (control) => fetch(`${url}/__control`, { method: 'POST', body: JSON.stringify(control) });
  try {
    await set({ key: 'good-key', models: ['m1'], script });
    for (const [api, client] of Object.entries(clients)) {
      for (const streams of [true, false]) {
        const got = await client({ url, key: 'good-key', streams });
        assert.equal(got.text, 'Let me look.', api);
        assert.deepEqual(got.tool_calls.map((call) => [call.name, call.arguments]), [['ssh-exec', { command: 'uptime' }], ['ssh-exec', {}]], api);
        if ('reasoning' in got) assert.equal(got.reasoning, 'hm', api);
        assert.ok(got.input_tokens > 0 && got.output_tokens > 0, api);
      }
      await assert.rejects(client({ url, key: 'wrong', streams: true }), /key/i, api);
      await set({ faults: [{ kind: 'error_in_stream' }] });
      await assert.rejects(client({ url, key: 'good-key', streams: true }), undefined, `${api}: an error in the stream`);
      await set({ faults: [{ kind: 'status', status: 429 }] });
      await assert.rejects(client({ url, key: 'good-key', streams: true }), (error) => [error.status, error.status_code].includes(429), api);
    }
  } finally {
    child.kill('SIGKILL');
  }
}

console.log('TAP version 13\n1..3');
for (const [index, [name, test]] of [['the recordings', testRecordings], ['the exchanges', testExchanges], ['the stand-in', testStandIn]].entries()) {
  const wrong = await test().then(() => null, (error) => error);
  console.log(`${wrong ? 'not ok' : 'ok'} ${index + 1} - ${name}`);
  if (wrong) {
    console.log(String(wrong.stack ?? wrong).replace(/^/gm, '# '));
    process.exitCode = 1;
  }
}
