// SPDX-License-Identifier: MIT
import { lazy, Suspense } from 'react';

const Markdown = lazy(() => import('./markdown'));

/** Markdown, or its plain text for the moment until the parser is here. */
export function RichText({ text }: { text: string }) {
  return (
    <Suspense fallback={<div className="prose plain">{text}</div>}>
      <Markdown text={text} />
    </Suspense>
  );
}
