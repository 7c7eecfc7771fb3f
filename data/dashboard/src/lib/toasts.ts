// SPDX-License-Identifier: MIT
import { useSyncExternalStore } from 'react';

export interface Toast {
  id: number;
  text: string;
  undo?: () => void;
}

let toasts: Toast[] = [];
let count = 0;
const watchers = new Set<() => void>();

function set(next: Toast[]): void {
  toasts = next;
  for (const watcher of watchers) watcher();
}

export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** Says what has happened, with a way back where there is one. */
export function say(text: string, undo?: () => void): void {
  const id = ++count;
  set([...toasts.slice(-2), undo ? { id, text, undo } : { id, text }]);
  setTimeout(() => dismiss(id), undo ? 10_000 : 4000);
}

export function useToasts(): Toast[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => toasts,
  );
}
