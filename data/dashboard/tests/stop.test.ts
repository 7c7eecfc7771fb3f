// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { stopNote } from '../src/lib/stop';

const note = (stop_reason?: string, cut_short = false) => stopNote({ text: 'Half of', stop_reason, cut_short });

test.each([
  ['max_tokens', 'length limit'], // Anthropic
  ['model_context_window_exceeded', 'whole context'],
  ['refusal', 'declined'],
  ['length', 'length limit'], // Chat Completions, Ollama
  ['content_filter', 'filter stopped'], // Responses, too
  ['insufficient_system_resource', 'ran out of resources'],
  ['error', 'does not say why'],
  ['max_output_tokens', 'length limit'], // Responses
  ['MAX_TOKENS', 'length limit'], // Gemini
  ['SAFETY', 'filter stopped'],
  ['PROHIBITED_CONTENT', 'filter stopped'],
  ['BLOCKLIST', 'filter stopped'],
  ['SPII', 'filter stopped'],
  ['IMAGE_SAFETY', 'filter stopped'],
  ['LANGUAGE', 'filter stopped'],
  ['RECITATION', 'too close to somebody’s text'],
  ['MALFORMED_FUNCTION_CALL', 'could not read'],
  ['UNEXPECTED_TOOL_CALL', 'could not read'],
  ['TOO_MANY_TOOL_CALLS', 'could not read'],
  ['OTHER', 'does not say why'],
])('a person is told of %s', (word, words) => {
  expect(note(word)).toContain(words);
});

test.each([
  'end_turn',
  'stop_sequence',
  'tool_use',
  'stop',
  'tool_calls',
  'function_call',
  'eos',
  'completed',
  'STOP',
  undefined,
])('%s is an end as any other', (word) => {
  expect(note(word)).toBeNull();
});

test('an unknown word says at least that something is missing', () => {
  expect(note('SOMETHING_NEW', true)).toBe('Cut short.');
});
