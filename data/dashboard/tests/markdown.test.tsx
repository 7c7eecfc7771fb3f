// SPDX-License-Identifier: MIT
import { render } from '@testing-library/react';
import { expect, test } from 'vitest';
import Markdown from '../src/components/markdown';
import { Diff, Output } from '../src/components/output';
import payloads from '../test-data/xss-payloads.json';

const allowed = new Set(
  'div p span a em strong del code pre figure figcaption h1 h2 h3 h4 h5 h6 ul ol li blockquote hr br table thead tbody tr th td input sup section button svg path rect circle line polyline'.split(
    ' ',
  ),
);
const attributes = new Set(
  'class id href target rel tabindex role aria-label aria-hidden aria-live title type disabled checked start align style aria-busy data-footnotes data-footnote-ref data-footnote-backref aria-describedby dir'.split(
    ' ',
  ),
);

/** What stands in the page must be what we made: known elements, known attributes, harmless addresses. */
function faultsOf(container: HTMLElement): string[] {
  const faults: string[] = [];
  for (const element of container.querySelectorAll('*')) {
    const name = element.tagName.toLowerCase();
    const isOurs = element.closest('svg') !== null && name !== 'svg' ? true : allowed.has(name);
    if (!isOurs) faults.push(`<${name}>`);
    if (element.closest('svg')) continue;
    for (const { name: attribute, value } of element.attributes) {
      if (!attributes.has(attribute)) faults.push(`${name} ${attribute}`);
      if (attribute === 'style' && !/^text-align: (left|right|center);?$/.test(value)) faults.push(`style ${value}`);
      if (attribute === 'href' && !/^(https?:|mailto:|#|\/(?!\/))/i.test(value)) faults.push(`href ${value}`);
    }
  }
  return faults;
}

test('what is written from right to left stands so, and the rest as before', () => {
  const { container } = render(<Markdown text={'مرحبا بالعالم\n\n- واحد\n\n1. one'} />);
  for (const tag of ['p', 'ul', 'ol']) expect(container.querySelector(tag)).toHaveAttribute('dir', 'auto');
});

test('there are payloads', () => {
  expect(payloads.length).toBeGreaterThan(500);
});

test.each(payloads.map((row, index) => [index, row.payload] as const))(
  'payload %i does nothing as Markdown',
  (_index, payload) => {
    const { container, unmount } = render(<Markdown text={payload} />);
    expect(faultsOf(container)).toEqual([]);
    unmount();
  },
);

test.each(payloads.map((row, index) => [index, row.payload] as const))(
  'payload %i does nothing inside of Markdown',
  (_index, payload) => {
    const shapes = [
      `[x](${payload})`,
      `![x](${payload})`,
      `<${payload}>`,
      `| a |\n|---|\n| ${payload} |`,
      `\`\`\`${payload}\nx\n\`\`\``,
    ];
    for (const shape of shapes) {
      const { container, unmount } = render(<Markdown text={shape} />);
      expect(faultsOf(container)).toEqual([]);
      unmount();
    }
  },
);

test('payloads do nothing as output and diffs', () => {
  const text = payloads.map((row) => row.payload).join('\n');
  const { container } = render(
    <>
      <Output text={text} streaming />
      <Diff text={text} />
    </>,
  );
  expect(container.querySelector('script, iframe, img, object, embed, form, base, a')).toBeNull();
});

test('raw HTML is shown as the text it is', () => {
  const { container } = render(<Markdown text={'Say <b onclick="x()">bold</b>'} />);
  expect(container.textContent).toContain('<b onclick="x()">bold</b>');
  expect(container.querySelector('b')).toBeNull();
});

test('a picture stays a link, so that nothing is fetched by reading', () => {
  const { container } = render(<Markdown text="![plan](https://example.org/p.png?leak=1)" />);
  expect(container.querySelector('img')).toBeNull();
  expect(container.querySelector('a')).toHaveAttribute('href', 'https://example.org/p.png?leak=1');
});

test('tables, code, lists and links are what they should be', () => {
  const source =
    '| a | b |\n|---|--:|\n| 1 | 2 |\n\n```sh\nls -l\n```\n\n1. x\n2. y\n\n- [x] done\n\n[site](https://example.org) ~~gone~~';
  const { container } = render(<Markdown text={source} />);
  expect(container.querySelectorAll('td')).toHaveLength(2);
  expect(container.querySelector('figcaption')).toHaveTextContent('sh');
  expect(container.querySelector('pre code')).toHaveTextContent('ls -l');
  expect(container.querySelectorAll('ol li')).toHaveLength(2);
  expect(container.querySelector('input[type=checkbox]')).toBeChecked();
  expect(container.querySelector('a')).toHaveAttribute('rel', 'noreferrer noopener');
  expect(container.querySelector('del')).toHaveTextContent('gone');
});
