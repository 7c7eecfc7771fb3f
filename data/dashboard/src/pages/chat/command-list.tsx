// SPDX-License-Identifier: MIT
import { _ } from '../../lib/i18n';
import type { Command } from '../../lib/types';
import { Suggestions } from './suggestions';

interface Props {
  id: string;
  commands: Command[];
  chosen: number;
  choose: (name: string) => void;
}

export function CommandList({ commands, ...list }: Props) {
  return (
    <Suggestions
      {...list}
      label={_('Commands')}
      items={commands}
      show={({ name, argument, description }) => (
        <>
          <strong>/{name}</strong>
          {argument && <span className="muted small">{argument}</span>}
          <span className="clip muted small grow">{description}</span>
        </>
      )}
    />
  );
}
