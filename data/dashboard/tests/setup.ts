// SPDX-License-Identifier: MIT
import '@testing-library/jest-dom/vitest';

// What jsdom lacks.
globalThis.matchMedia ??= (query: string) =>
  ({
    matches: false,
    media: query,
    addEventListener: () => {},
    removeEventListener: () => {},
  }) as unknown as MediaQueryList;
