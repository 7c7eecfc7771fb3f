// SPDX-License-Identifier: MIT
import { _, ngettext } from '../lib/i18n';
import { ErrorNote, Note } from './states';

interface TestLike {
  data: { models: { id: string }[] } | undefined;
  error: Error | null;
}

/** What a connection test found; said aloud when it arrives. */
export function TestResult({ test, offline = false }: { test: TestLike; offline?: boolean }) {
  if (test.error) return <ErrorNote error={test.error} />;
  if (!test.data) return null;
  const count = test.data.models.length;
  return (
    <div role="status">
      <Note kind="good">
        {offline || count === 0
          ? _('It answers. Ready to use.')
          : ngettext('It answers, with one model.', 'It answers, with {count} models.', count)}
      </Note>
    </div>
  );
}
