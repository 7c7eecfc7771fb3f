// SPDX-License-Identifier: MIT
// Turns messages, runs and calls into what the transcript shows: a list of turns, each a person's words
// and what came of them, whatever order the three arrive in.
import { isLive } from './chat';
import type { AssistantCall, Call, Message, Run } from './types';

export type Entry =
  | { type: 'reply'; message: Message }
  | { type: 'notice'; message: Message }
  | { type: 'call'; key: string; declared: AssistantCall | null; call: Call | null; result: ToolResult | null };

export interface ToolResult {
  text: string;
  is_error: boolean;
}

export interface Turn {
  key: string;
  user: Message | null;
  /** The first message of the answer: what is beside it are other answers. */
  answer: Message | null;
  run: Run | null;
  entries: Entry[];
}

function resultsOf(messages: Message[]): Map<string, ToolResult> {
  const results = new Map<string, ToolResult>();
  for (const message of messages)
    if (message.kind === 'tools')
      for (const result of message.content.results ?? []) results.set(`${message.run_id}/${result.call_id}`, result);
  return results;
}

function callsOf(message: Message, calls: Call[], results: Map<string, ToolResult>): Entry[] {
  return (message.content.calls ?? []).map((declared) => {
    const call = calls.find((other) => isCallOf(other, message, declared)) ?? null;
    const result = results.get(`${message.run_id}/${declared.id}`) ?? null;
    return { type: 'call', key: call?.id ?? `${message.id}/${declared.id}`, declared, call, result };
  });
}

function isCallOf(call: Call, message: Message, declared: AssistantCall): boolean {
  if (call.run_id !== message.run_id || call.provider_call_id !== declared.id) return false;
  return call.message_id === null || call.message_id === message.id;
}

/** Messages oldest first. */
export function buildTurns(messages: Message[], runs: Run[], calls: Call[]): Turn[] {
  const results = resultsOf(messages);
  const shown = new Set<string>();
  const turns: Turn[] = [];
  const turnFor = (message: Message): Turn => {
    const last = turns.at(-1);
    if (last && message.kind !== 'user') return last;
    const isUser = message.kind === 'user';
    const turn: Turn = { key: message.id, user: isUser ? message : null, answer: null, run: null, entries: [] };
    turns.push(turn);
    return turn;
  };

  for (const message of messages) {
    const turn = turnFor(message);
    if (message.kind !== 'user') turn.answer ??= message;
    if (message.kind !== 'user') turn.run ??= runs.find((run) => run.id === message.run_id) ?? null;
    if (message.kind === 'assistant') {
      if (message.content.text || message.content.reasoning) turn.entries.push({ type: 'reply', message });
      const entries = callsOf(message, calls, results);
      for (const entry of entries) if (entry.type === 'call' && entry.call) shown.add(entry.call.id);
      turn.entries.push(...entries);
    } else if (message.kind === 'notice') {
      turn.entries.push({ type: 'notice', message });
    }
  }
  for (const turn of turns) turn.run ??= runOf(turn.user, runs);
  addOrphans(turns, calls, shown);
  return turns;
}

/** Of a question that has no answer yet: the newest run that is to answer it. */
function runOf(question: Message | null, runs: Run[]): Run | null {
  if (!question) return null;
  const own = runs.find((run) => run.question_id === question.id);
  return own ?? runs.find((run) => run.id === question.run_id) ?? null;
}

/** A call can be known before the reply that made it is. */
function addOrphans(turns: Turn[], calls: Call[], shown: Set<string>): void {
  for (const call of calls) {
    if (shown.has(call.id)) continue;
    const turn = turns.find((other) => other.run?.id === call.run_id);
    turn?.entries.push({ type: 'call', key: call.id, declared: null, call, result: null });
  }
}

export function liveRun(runs: Run[]): Run | null {
  return runs.find(isLive) ?? null;
}
