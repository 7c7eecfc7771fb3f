// SPDX-License-Identifier: MIT
// A streaming model (OpenAI Chat Completions) that is quick enough to stand behind a thousand runs at once. Prints its URL, then reads a script
// from standard input, a line of JSON, as replay_server.py has it: [{"when": {"results": true}, "text": [pieces], "calls": [{name, arguments}]}].
// "{number}" in arguments stands for the first number that the person has said.
// GET /__first tells when the first piece of text of the last answer was written: {"at": milliseconds since 1970}.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

let script = [{ text: ['Hello ', 'there.'] }];
let first = 0;
let calls = 0;

function describe(messages) {
  return { results: messages.at(-1)?.role === 'tool' };
}

function choose(messages) {
  const { results } = describe(messages);
  return script.find((turn) => turn.when?.results === undefined || turn.when.results === results) ?? { text: ['Nothing.'] };
}

function wireName(name, tools) {
  return tools.find((tool) => tool.replace(/[^a-zA-Z0-9]/g, '_') === name.replace(/[^a-zA-Z0-9]/g, '_')) ?? name;
}

/** The first number that the person has said: what makes one request another than the next. */
function numberOf(messages) {
  const said = messages.findLast((message) => message.role === 'user')?.content;
  const text = typeof said === 'string' ? said : (said ?? []).map((part) => part.text ?? '').join(' ');
  return /\d+/.exec(text)?.[0] ?? '0';
}

function* chunks(body) {
  const turn = choose(body.messages);
  const number = numberOf(body.messages);
  const tools = (body.tools ?? []).map((tool) => tool.function.name);
  const chunk = (delta, finish_reason = null) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: body.model, choices: [{ index: 0, delta, finish_reason }] });
  yield chunk({ role: 'assistant', content: '' });
  for (const content of turn.text) yield chunk({ content });
  for (const [index, call] of (turn.calls ?? []).entries())
    yield chunk({ tool_calls: [{ index, id: `call_${++calls}`, type: 'function', function: { name: wireName(call.name, tools), arguments: JSON.stringify(call.arguments).replaceAll('{number}', number) } }] });
  yield chunk({}, turn.calls ? 'tool_calls' : 'stop');
  yield { id: 'c', object: 'chat.completion.chunk', created: 1, model: body.model, choices: [], usage: { prompt_tokens: 900, completion_tokens: 20, total_tokens: 920 } };
}

function answer(body, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  let isFirst = true;
  for (const chunk of chunks(body)) {
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    if (isFirst && chunk.choices[0]?.delta.content) {
      first = performance.timeOrigin + performance.now();
      isFirst = false;
    }
  }
  response.end('data: [DONE]\n\n');
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(request.url === '/__first' ? { at: first } : { object: 'list', data: [{ id: 'replay', object: 'model', max_model_len: 131072 }] }));
    return;
  }
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => answer(JSON.parse(Buffer.concat(pieces).toString()), response));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4096, () => console.log(`http://127.0.0.1:${server.address().port}`));
createInterface({ input: process.stdin }).on('line', (line) => {
  script = JSON.parse(line);
});
