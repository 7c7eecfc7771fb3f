// SPDX-License-Identifier: MIT
import { lazy, Suspense } from 'react';

const load = () => import('./markdown');
const Markdown = lazy(load);

/** Fetches the parser before there is a text, so that the first one isn't seen plain. */
export function prepareRichText() {
  void load();
}

/** Markdown, or its plain text for the moment until the parser is here. */
export function RichText({ text, isGrowing }: { text: string; isGrowing?: boolean }) {
  return (
    <Suspense fallback={<div className="prose plain">{text}</div>}>
      <Markdown text={text} isGrowing={isGrowing} />
    </Suspense>
  );
}
