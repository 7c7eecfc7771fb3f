// SPDX-License-Identifier: MIT
// The reply that is being written now, per session. It is fetched once (for a viewer who comes late) and
// then grows by the live socket's deltas. The two overlap: deltas that arrive before the fetched text may
// be part of it, and are recognised by being its end.
import type { Live } from './types';

export interface StreamState {
  runId: string | null;
  operatorName: string | null;
  text: string;
  reasoning: string;
  outputs: Record<string, string>;
  /** The message that the text has become; it is shown until that is there. */
  settledBy: string | null;
}

export const emptyStream: StreamState = {
  runId: null,
  operatorName: null,
  text: '',
  reasoning: '',
  outputs: {},
  settledBy: null,
};

const STEP = 8000; // characters

/** Whether all that has changed is that there is more of it. */
export function isGrown(shown: StreamState, next: StreamState): boolean {
  return (
    shown.runId === next.runId &&
    shown.settledBy === next.settledBy &&
    next.text.startsWith(shown.text) &&
    next.reasoning.startsWith(shown.reasoning)
  );
}

/** On the way from what is shown to what there is, as far as can be shown at once: who comes late has much to catch up with. */
export function step(shown: StreamState, next: StreamState): StreamState {
  const end = shown.text.length + STEP;
  return next.text.length > end ? { ...next, text: next.text.slice(0, end) } : next;
}

/** The length of the longest end of `base` that `delta` begins with. */
export function overlap(base: string, delta: string): number {
  const tail = base.slice(-delta.length);
  for (let start = 0; start < tail.length; start++) if (delta.startsWith(tail.slice(start))) return tail.length - start;
  return 0;
}

/** Joins fetched text and the deltas that came since the subscription. */
export function join(base: string, delta: string): string {
  return base + delta.slice(overlap(base, delta));
}

export class ReplyStream {
  #state: StreamState = emptyStream;
  #early: StreamState | null = null;
  #isStale = false;
  #watchers = new Set<() => void>();

  get state(): StreamState {
    return this.#state;
  }

  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Before the fetch is sent: deltas from now on may be in its answer already. */
  expect(): void {
    this.#early = { ...emptyStream, outputs: {} };
    this.#isStale = false;
  }

  /** False: a reply was stored while the fetch was under way, so its text may be of that one, or what it is of has changed. Fetch again. */
  take(fetched: Live): boolean {
    if (this.#isStale) return false;
    const early = this.#early ?? emptyStream;
    this.#early = null;
    // Where nothing was written yet, all that came since is new.
    const isSame = !early.runId || !fetched.run_id || early.runId === fetched.run_id;
    const late = isSame ? early : emptyStream;
    const outputs = { ...fetched.outputs };
    for (const [id, text] of Object.entries(early.outputs)) outputs[id] = join(outputs[id] ?? '', text);
    this.#set({
      runId: fetched.run_id ?? late.runId,
      operatorName: fetched.operator_name,
      text: join(fetched.text, late.text),
      reasoning: join(fetched.reasoning, late.reasoning),
      outputs,
      settledBy: null,
    });
    return true;
  }

  addText(runId: string, kind: string, text: string): void {
    if (this.#early) this.#early = grow(this.#early, runId, kind, text);
    // Whether what is fetched is from before or after, nobody can tell.
    if (this.#early && kind === 'reclassify') this.#isStale = true;
    this.#set(grow(this.#state, runId, kind, text));
  }

  addOutput(callId: string, text: string): void {
    if (this.#early) this.#early = growOutput(this.#early, callId, text);
    this.#set(growOutput(this.#state, callId, text));
  }

  /** The reply is a stored message now: the text stays until the page has that, so that nothing blinks. */
  settle(messageId: string): void {
    this.#isStale = this.#early !== null;
    this.#set({ ...this.#state, settledBy: messageId });
  }

  /** The run has ended. */
  clearText(): void {
    this.#isStale = this.#early !== null;
    this.#set({ ...this.#state, text: '', reasoning: '', settledBy: null });
  }

  reset(): void {
    this.#early = null;
    this.#set(emptyStream);
  }

  #set(state: StreamState): void {
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

function grow(state: StreamState, runId: string, kind: string, text: string): StreamState {
  const goesOn = state.runId === runId && state.settledBy === null;
  const base = goesOn ? state : { ...emptyStream, outputs: state.outputs, runId };
  // The model's own tag came late: what was shown as its answer was what it thought.
  if (kind === 'reclassify') return { ...base, reasoning: base.reasoning + base.text, text: '' };
  return kind === 'reasoning' ? { ...base, reasoning: base.reasoning + text } : { ...base, text: base.text + text };
}

function growOutput(state: StreamState, callId: string, text: string): StreamState {
  return { ...state, outputs: { ...state.outputs, [callId]: (state.outputs[callId] ?? '') + text } };
}
