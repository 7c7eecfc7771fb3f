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

const components: Components = {
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

/** What a model wrote. Raw HTML in it is shown as the text it is; finished blocks are parsed once. */
export default function Markdown({ text }: { text: string }) {
  const [splitter] = useState(() => new BlockSplitter());
  return (
    <div className="prose">
      {splitter.split(text).map((block, index) => (
        <Block key={index} text={block} />
      ))}
    </div>
  );
}
