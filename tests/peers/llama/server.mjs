// SPDX-License-Identifier: MIT
// Chat Completions by real llama.cpp inference, as a stream. With tools it calls one of them, its arguments held to the tool's schema by a grammar;
// once it has results it talks; asked to talk for ever, it does.        server.mjs MODEL.gguf        prints its base URL
import http from 'node:http';
import { getLlama, LlamaCompletion } from 'node-llama-cpp';

const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, logLevel: 'error' });
const model = await llama.loadModel({ modelPath: process.argv[2] });
const counts = { pieces: 0, aborted: 0 };

async function infer({ messages, tools, max_tokens }, signal, onText) {
  const context = await model.createContext({ contextSize: 1024, threads: 1 });
  const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
  const prompt = messages.map(({ role, content }) => `${role}: ${content}`).join('\n').slice(-300);
  const tool = tools?.find(({ function: { name } }) => name === 'filesystem-list');
  const asked = String(messages.findLast(({ role }) => role === 'user')?.content);
  const calls = tool && messages.at(-1).role !== 'tool' && !asked.includes('for ever');
  const schema = { type: 'object', properties: { path: { type: 'string', maxLength: 12 } } };
  const grammar = calls ? await llama.createGrammarForJsonSchema(schema) : undefined;
  const options = { maxTokens: calls ? 200 : (max_tokens ?? (asked.includes('for ever') ? 100_000 : 64)), seed: 1, temperature: 0.8, grammar, signal, stopOnAbortSignal: true };
  try {
    const text = await completion.generateCompletion(prompt, { ...options, onTextChunk: calls ? undefined : onText });
    return { text, call: calls ? { name: tool.function.name, arguments: text } : null };
  } finally {
    await context.dispose();
  }
}

async function answer(body, response) {
  const stop = new AbortController();
  const send = (delta, finish_reason = null, more = {}) =>
    response.write(`data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', model: 'tiny', choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`);
  let tokens = 0;
  response.on('close', () => stop.abort());
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const { call } = await infer(body, stop.signal, (text) => {
    tokens += 1;
    counts.pieces = tokens;
    if (!stop.signal.aborted) send({ content: text });
  }).catch((error) => {
    if (!stop.signal.aborted) throw error;
    return {};
  });
  if (stop.signal.aborted) {
    counts.aborted += 1;
    return;
  }
  if (call) send({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: call }] });
  send({}, call ? 'tool_calls' : 'length', { usage: { prompt_tokens: 300, completion_tokens: tokens + 1, total_tokens: 301 + tokens } });
  response.end('data: [DONE]\n\n');
}

const server = http.createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  if (request.url === '/counts') response.end(JSON.stringify(counts));
  else if (request.method === 'GET') response.end(JSON.stringify({ object: 'list', data: [{ id: 'tiny', object: 'model' }] }));
  else await answer(JSON.parse(text), response);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/v1`));
