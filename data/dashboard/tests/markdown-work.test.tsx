// SPDX-License-Identifier: MIT
import { render } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import Markdown from '../src/components/markdown';

let parsed = 0;

vi.mock('react-markdown', () => ({
  default: ({ children }: { children: string }) => {
    parsed += children.length;
    return <p>{children}</p>;
  },
}));

const nested = `Steps:\n\n1. First\n${Array.from({ length: 800 }, (_none, index) => `   - item ${index} and its words\n`).join('')}`;
const quoted = Array.from({ length: 800 }, (_none, index) => `> line ${index} of a long quotation\n`).join('');
const lettersOf = (text: string | null) => (text ?? '').replace(/\s/g, '');

test.each([
  ['a nested list', nested],
  ['a quotation', quoted],
])('%s that streams in is parsed a few times over, not once for each piece, and all of it is shown', (_what, text) => {
  parsed = 0;
  const { container, rerender } = render(<Markdown text="" isGrowing />);
  for (let end = 20; end < text.length + 20; end += 20) {
    rerender(<Markdown text={text.slice(0, end)} isGrowing />);
    if (end % 1000 === 0) expect(lettersOf(container.textContent)).toBe(lettersOf(text.slice(0, end)));
  }
  // The first 3,000 characters in pieces of 20 are 75 times that; then each time it has grown by an eighth.
  expect(parsed).toBeLessThan(75 * 3000 + 10 * text.length);
  rerender(<Markdown text={text} />);
  expect(container.querySelector('.plain')).toBeNull();
  expect(lettersOf(container.textContent)).toBe(lettersOf(text));
});
