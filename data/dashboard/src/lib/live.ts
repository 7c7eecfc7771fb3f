// SPDX-License-Identifier: MIT
// The one live socket of the app. Topics are counted, so that two users of a topic do not end each
// other's subscription; after a lost connection everybody is told to fetch anew.

export interface LiveEvent {
  topic: string;
  event: string;
  data: unknown;
}

export type LiveState = 'connecting' | 'open' | 'lost' | 'closed';

type SocketLike = Pick<WebSocket, 'send' | 'close' | 'readyState'> & {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
};

const OPEN = 1;
const MAX_DELAY = 15_000;

export class LiveSocket {
  #socket: SocketLike | null = null;
  #topics = new Map<string, number>();
  #listeners = new Set<(event: LiveEvent) => void>();
  #resyncs = new Set<() => void>();
  #watchers = new Set<() => void>();
  #state: LiveState = 'closed';
  #attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasOpened = false;

  constructor(private readonly make: () => SocketLike) {}

  get state(): LiveState {
    return this.#state;
  }

  start(): void {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#set(this.#hasOpened ? 'lost' : 'connecting');
    const socket = this.make();
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (message) => this.#received(message.data);
    socket.onclose = () => this.#closed(socket);
  }

  stop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#hasOpened = false;
    this.#attempts = 0;
    socket?.close();
    this.#set('closed');
  }

  /** `confirmed`: called each time the daemon has begun to tell of one of them. What happens before that is not told: fetch after it. */
  subscribe(topics: string[], confirmed?: () => void): () => void {
    const endEvents = this.onEvent(({ topic, event }) => {
      if (event === 'subscribed' && topics.includes(topic)) confirmed?.();
    });
    const added = topics.filter((topic) => !this.#topics.has(topic));
    for (const topic of topics) this.#topics.set(topic, (this.#topics.get(topic) ?? 0) + 1);
    this.#send({ subscribe: added });
    return () => {
      endEvents();
      this.#unsubscribe(topics);
    };
  }

  onEvent(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called when the socket has opened, first or again: what happened before must be fetched. */
  onResync(listener: () => void): () => void {
    this.#resyncs.add(listener);
    return () => this.#resyncs.delete(listener);
  }

  onState(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  #unsubscribe(topics: string[]): void {
    const gone = topics.filter((topic) => (this.#topics.get(topic) ?? 0) <= 1);
    for (const topic of topics) {
      const left = (this.#topics.get(topic) ?? 0) - 1;
      if (left > 0) this.#topics.set(topic, left);
      else this.#topics.delete(topic);
    }
    this.#send({ unsubscribe: gone });
  }

  #send(message: Record<string, string[]>): void {
    const [list] = Object.values(message);
    if (list?.length && this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #opened(): void {
    this.#hasOpened = true;
    this.#attempts = 0;
    this.#send({ subscribe: [...this.#topics.keys()] });
    this.#set('open');
    for (const listener of this.#resyncs) listener();
  }

  #received(text: unknown): void {
    let event: LiveEvent;
    try {
      event = JSON.parse(String(text)) as LiveEvent;
    } catch {
      return;
    }
    for (const listener of this.#listeners) listener(event);
  }

  #closed(socket: SocketLike): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#set(this.#hasOpened ? 'lost' : 'connecting');
    const delay = Math.min(500 * 2 ** this.#attempts++, MAX_DELAY) * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => this.start(), delay);
  }

  #set(state: LiveState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const watcher of this.#watchers) watcher();
  }
}

function address(): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return `${scheme}//${location.host}/api/v1/live`;
}

export const live = new LiveSocket(() => new WebSocket(address()));
