// SPDX-License-Identifier: MIT
// The vendors' own clients: what each makes of an answer, all in one shape.
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const question = [{ role: 'user', content: 'hello' }];
const schema = { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] };
const tool = { name: 'ssh-exec', description: 'Runs a command' };

function parsed(text) {
  if (!text) return {};
  try {
    const value = JSON.parse(text);
    if (value && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch {}
  return { _raw: text };
}

const join = (parts) => parts.join('');

async function anthropic({ url, key, fetch, streams }) {
  const client = new Anthropic({ apiKey: key, baseURL: url, fetch, maxRetries: 0 });
  const body = { model: 'm1', max_tokens: 9000, messages: question, tools: [{ ...tool, input_schema: schema }] };
  const message = streams ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
  const of = (type) => message.content.filter((block) => block.type === type);
  return {
    text: join(of('text').map((block) => block.text)),
    reasoning: join(of('thinking').map((block) => block.thinking)),
    tool_calls: of('tool_use').map(({ id, name, input }) => ({ id, name, arguments: input ?? {} })),
    stop_reason: message.stop_reason,
    input_tokens: message.usage?.input_tokens ?? null,
    output_tokens: message.usage?.output_tokens ?? null,
  };
}

async function chat({ url, key, fetch, streams }) {
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, fetch, maxRetries: 0 });
  const body = { model: 'm1', messages: question, tools: [{ type: 'function', function: { ...tool, parameters: schema } }] };
  const options = { stream_options: { include_usage: true } };
  const all = streams
    ? await client.chat.completions.stream({ ...body, ...options }).finalChatCompletion()
    : await client.chat.completions.create(body);
  const choice = all.choices?.[0];
  const calls = choice?.message?.tool_calls ?? [];
  return {
    text: typeof choice?.message?.content === 'string' ? choice.message.content : '',
    tool_calls: calls.map((call) => ({ id: call.id ?? null, name: call.function?.name, arguments: parsed(call.function?.arguments) })),
    stop_reason: choice?.finish_reason ?? null,
    input_tokens: all.usage?.prompt_tokens ?? null,
    output_tokens: all.usage?.completion_tokens ?? null,
  };
}

async function responses({ url, key, fetch, streams }) {
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, fetch, maxRetries: 0 });
  const body = { model: 'm1', input: question, store: false, tools: [{ type: 'function', strict: false, ...tool, parameters: schema }] };
  const all = streams ? await client.responses.stream(body).finalResponse() : await client.responses.create(body);
  const of = (type) => (all.output ?? []).filter((item) => item.type === type);
  const parts = of('message').flatMap((item) => item.content);
  return {
    text: join(parts.filter((part) => part.type === 'output_text').map((part) => part.text)),
    tool_calls: of('function_call').map((item) => ({ id: item.call_id, name: item.name, arguments: parsed(item.arguments) })),
    stop_reason: all.incomplete_details?.reason ?? all.status,
    input_tokens: all.usage?.input_tokens ?? null,
    output_tokens: all.usage?.output_tokens ?? null,
  };
}

async function gemini({ url, key, fetch, streams }) {
  const real = globalThis.fetch;
  if (fetch) globalThis.fetch = fetch;
  const client = new GoogleGenAI({ apiKey: key, httpOptions: url ? { baseUrl: url } : undefined });
  const config = { tools: [{ functionDeclarations: [{ ...tool, parametersJsonSchema: schema }] }] };
  const body = { model: 'm1', contents: 'hello', config };
  const found = { text: '', reasoning: '', tool_calls: [], stop_reason: null, input_tokens: null, output_tokens: null };
  const take = (piece) => {
    const candidate = piece.candidates?.[0];
    for (const part of candidate?.content?.parts ?? []) {
      const { functionCall: call } = part;
      if (call) found.tool_calls.push({ id: call.id ?? null, name: call.name, arguments: call.args ?? {} });
      else if (typeof part.text === 'string') found[part.thought ? 'reasoning' : 'text'] += part.text;
    }
    found.stop_reason = candidate?.finishReason ?? (piece.candidates ? null : piece.promptFeedback?.blockReason) ?? found.stop_reason;
    found.input_tokens = piece.usageMetadata?.promptTokenCount ?? found.input_tokens;
    found.output_tokens = piece.usageMetadata?.candidatesTokenCount ?? found.output_tokens;
  };
  try {
    if (streams) for await (const piece of await client.models.generateContentStream(body)) take(piece);
    else take(await client.models.generateContent(body));
  } finally {
    globalThis.fetch = real;
  }
  return found;
}

async function ollama({ url, key, fetch, streams }) {
  const client = new Ollama({ host: url, fetch, headers: { Authorization: `Bearer ${key}` } });
  const body = { model: 'm1', messages: question, tools: [{ type: 'function', function: { ...tool, parameters: schema } }] };
  const found = { text: '', reasoning: '', tool_calls: [], stop_reason: null, input_tokens: null, output_tokens: null };
  const take = (line) => {
    found.text += line.message?.content ?? '';
    found.reasoning += line.message?.thinking ?? '';
    for (const call of line.message?.tool_calls ?? [])
      found.tool_calls.push({ id: call.id ?? call.function?.id ?? null, name: call.function.name, arguments: call.function.arguments ?? {} });
    found.stop_reason = line.done_reason ?? found.stop_reason;
    found.input_tokens = line.prompt_eval_count ?? found.input_tokens;
    found.output_tokens = line.eval_count ?? found.output_tokens;
  };
  if (streams) for await (const line of await client.chat({ ...body, stream: true })) take(line);
  else take(await client.chat(body));
  return found;
}

/** By wire format. Each takes {url, key, fetch, streams}. */
export const clients = {
  'anthropic-messages': anthropic,
  'openai-chat': chat,
  'openai-responses': responses,
  'gemini-generatecontent': gemini,
  'ollama-chat': ollama,
};
