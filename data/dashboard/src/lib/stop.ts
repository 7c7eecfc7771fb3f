// SPDX-License-Identifier: MIT
import { _ } from './i18n';
import type { MessageContent } from './types';

// The same lists as in vig-stop.c, by the same names; tests/lint.py compares them.
const filtered = [
  'content_filter',
  'sensitive',
  'SAFETY',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'MODEL_ARMOR',
  'JAILBREAK',
  'LANGUAGE',
];
const copied = ['RECITATION', 'IMAGE_RECITATION'];
const brokenCalls = [
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
];
const unexplained = [
  'OTHER',
  'IMAGE_OTHER',
  'MALFORMED_RESPONSE',
  'FINISH_REASON_UNSPECIFIED',
  'error',
  'abort',
  'network_error',
  'insufficient_system_resource',
];

/** Why a model stopped, where it did not simply end; each provider has its own word for it. */
export function stopNote(content: MessageContent): string | null {
  const word = content.stop_reason ?? '';
  if (word === 'model_context_window_exceeded')
    return _('Cut short: the conversation fills the model’s whole context.');
  if (filtered.includes(word)) return _('The provider’s filter stopped this answer.');
  if (copied.includes(word)) return _('The provider stopped this answer: it came too close to somebody’s text.');
  if (word === 'refusal') return _('The model declined to answer.');
  if (brokenCalls.includes(word))
    return _('The model called a tool in a way that the provider could not read. Try again.');
  if (word === 'insufficient_system_resource') return _('The provider ran out of resources. Try again.');
  if (unexplained.includes(word)) return _('The provider stopped this answer and does not say why. Try again.');
  if (['max_tokens', 'length', 'MAX_TOKENS', 'max_output_tokens', 'model_length'].includes(word))
    return _('Cut short: the model reached its length limit.');
  return content.cut_short ? _('Cut short.') : null;
}
