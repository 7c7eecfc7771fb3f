// SPDX-License-Identifier: MIT
import { type ComponentProps, memo, type ReactNode, useState } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { BlockSplitter, type Code, codeOf } from '../lib/blocks';
import { _ } from '../lib/i18n';
import { CopyButton } from './button';
import { ScrollX } from './scroll-x';

function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node);
  if (Array.isArray(node)) return node.map(textOf).join('');
  if (node && typeof node === 'object' && 'props' in node)
    return textOf((node.props as { children?: ReactNode }).children);
  return '';
}

function CodeBlock({ children }: ComponentProps<'pre'>) {
  const text = textOf(children).replace(/\n$/, '');
  const className = (children as { props?: { className?: string } } | undefined)?.props?.className ?? '';
  const language = /language-([\w+#.-]+)/.exec(className)?.[1];
  return (
    <figure className="code-block">
      <figcaption>
        <span>{language ?? _('Text')}</span>
        <CopyButton text={text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard */}
      <pre tabIndex={0}>{children}</pre>
    </figure>
  );
}

function Link({ href, children }: ComponentProps<'a'>) {
  if (!href || !/^(https?:|mailto:|#|\/(?!\/))/i.test(href)) return <span>{children}</span>;
  const isHere = href.startsWith('#');
  return (
    <a href={href} {...(isHere ? {} : { target: '_blank', rel: 'noreferrer noopener' })}>
      {children}
    </a>
  );
}

/** A picture would be fetched from wherever a model says, which tells that host what is read here. It stays a link. */
function Picture({ src, alt }: ComponentProps<'img'>) {
  if (typeof src !== 'string' || !/^https?:/i.test(src)) return <span>{alt}</span>;
  return (
    <a href={src} target="_blank" rel="noreferrer noopener">
      {alt || src}
    </a>
  );
}

/** What is written from right to left stands so, each block by its own first letters. */
const auto = { dir: 'auto' } as const;

const components: Components = {
  p: ({ children }) => <p {...auto}>{children}</p>,
  ul: ({ children, className }) => (
    <ul {...auto} className={className}>
      {children}
    </ul>
  ),
  ol: ({ children, start }) => (
    <ol {...auto} start={start}>
      {children}
    </ol>
  ),
  pre: CodeBlock,
  a: Link,
  img: Picture,
  table: ({ children }) => (
    <ScrollX label={_('Table')}>
      <table className="table">{children}</table>
    </ScrollX>
  ),
};

const plugins = [remarkGfm];

const CHUNK = 100;

/** In pieces of so many lines: while code streams in, only the last of them changes. */
function chunksOf(text: string): string[] {
  const lines = text.split('\n');
  const chunks: string[] = [];
  for (let at = 0; at < lines.length; at += CHUNK)
    chunks.push(lines.slice(at, at + CHUNK).join('\n') + (at + CHUNK < lines.length ? '\n' : ''));
  return chunks;
}

function PlainCode({ code }: { code: Code }) {
  return (
    <CodeBlock>
      <code className={code.language ? `language-${code.language}` : undefined}>{chunksOf(code.text)}</code>
    </CodeBlock>
  );
}

const Block = memo(function Block({ text }: { text: string }) {
  const code = codeOf(text);
  if (code) return <PlainCode code={code} />;
  return (
    <ReactMarkdown remarkPlugins={plugins} components={components} skipHtml={false}>
      {text}
    </ReactMarkdown>
  );
});

const PART = 16;

/** So many blocks as one: what is far from view is left out of the layout by parts, and a finished part is not looked at again. */
const Part = memo(
  function Part({ blocks }: { blocks: string[] }) {
    return (
      <div className="prose-part">
        {blocks.map((block, index) => (
          <Block key={index} text={block} />
        ))}
      </div>
    );
  },
  (before, { blocks }) =>
    before.blocks.length === blocks.length && blocks.every((one, at) => one === before.blocks[at]),
);

function partsOf(blocks: string[]): string[][] {
  const count = Math.ceil(blocks.length / PART);
  return Array.from({ length: count }, (_none, index) => blocks.slice(index * PART, (index + 1) * PART));
}

/** What a model wrote. Raw HTML in it is shown as the text it is; finished blocks are parsed once. */
export default function Markdown({ text, isGrowing = false }: { text: string; isGrowing?: boolean }) {
  const [splitter] = useState(() => new BlockSplitter());
  const { blocks, tail } = isGrowing ? splitter.splitGrowing(text) : { blocks: splitter.split(text), tail: '' };
  return (
    <div className="prose">
      {partsOf(blocks).map((part, index) => (
        <Part key={index} blocks={part} />
      ))}
      {tail && <div className="plain">{tail}</div>}
    </div>
  );
}
