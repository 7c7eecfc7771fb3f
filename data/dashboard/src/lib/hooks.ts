// SPDX-License-Identifier: MIT
import { startTransition, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { fetchLive } from './chat';
import { live } from './live';
import { streamOf } from './live-sync';
import { queryClient } from './query';
import { isGrown, type ReplyStream, type StreamState, step } from './stream';
import type { Live } from './types';

export function useLiveState() {
  return useSyncExternalStore(
    useCallback((watcher) => live.onState(watcher), []),
    () => live.state,
  );
}

/**
 * What a stream has, at the pace at which it can be shown: the next piece is taken once the one before is on the page. If each piece that arrives were
 * an update of its own, React would begin anew before it is done, and of a long reply nothing would show until its end.
 */
function usePaced(stream: ReplyStream): StreamState {
  const [shown, setShown] = useState(stream.state);
  useEffect(() => {
    let isUnderWay = false;
    const take = () => {
      if (!isGrown(shown, stream.state)) setShown(stream.state);
      else if (!isUnderWay && stream.state !== shown) {
        isUnderWay = true;
        startTransition(() => setShown(step(shown, stream.state)));
      }
    };
    take();
    return stream.watch(take);
  }, [stream, shown]);
  return shown;
}

/** What is being written in a session now; catches up by GET at once, and whenever the daemon has begun to tell of it. */
export function useReplyStream(sessionId: string): StreamState {
  const stream = streamOf(sessionId);
  useEffect(() => {
    let isOver = false;
    let newest = 0;
    const catchUp = async () => {
      const mine = ++newest;
      let fetched: Live | null;
      do {
        stream.expect();
        fetched = await fetchLive(sessionId).catch(() => null);
        if (isOver || mine !== newest) return;
      } while (fetched && !stream.take(fetched));
      // A message that was stored between the first fetch and the subscription came by neither.
      for (const queryKey of [['messages', sessionId], ['session-runs', sessionId], ['calls']])
        void queryClient.invalidateQueries({ queryKey });
    };
    const end = live.subscribe([`session:${sessionId}`], () => void catchUp());
    void catchUp();
    return () => {
      isOver = true;
      end();
    };
  }, [sessionId, stream]);
  return usePaced(stream);
}

/** The time, again every `period` milliseconds while `isOn`. */
export function useNow(period: number, isOn = true): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isOn) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), period);
    return () => clearInterval(timer);
  }, [period, isOn]);
  return now;
}

/** Tells, after something awaited has come, whether the component is still on the page. */
export function useIsMounted(): () => boolean {
  const isMounted = useRef(false);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);
  return useCallback(() => isMounted.current, []);
}

export function useStored(key: string, initial: string): [string, (value: string) => void] {
  const [value, setValue] = useState(() => read(key) ?? initial);
  const known = useRef(key);
  if (known.current !== key) {
    known.current = key;
    setValue(read(key) ?? initial);
  }
  const store = (next: string) => {
    setValue(next);
    write(key, next === initial ? null : next);
  };
  return [value, store];
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(`vigilus.${key}`);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`vigilus.${key}`);
    else localStorage.setItem(`vigilus.${key}`, value);
  } catch {
    // A full or forbidden storage loses a draft, no more.
  }
}

export function useMediaQuery(query: string): boolean {
  return useSyncExternalStore(
    useCallback(
      (watcher) => {
        const list = matchMedia(query);
        list.addEventListener('change', watcher);
        return () => list.removeEventListener('change', watcher);
      },
      [query],
    ),
    () => matchMedia(query).matches,
  );
}

/** True once the element that the reference is given to has been on the screen. */
export function useSeen<T extends Element>() {
  const ref = useRef<T>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!ref.current || seen) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) setSeen(true);
    });
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, [seen]);
  return [ref, seen] as const;
}
