// SPDX-License-Identifier: MIT
import { LevelBadge } from '../../components/level';
import { _ } from '../../lib/i18n';
import type { Operator } from '../../lib/types';
import { Suggestions } from './suggestions';

interface Props {
  id: string;
  operators: Operator[];
  chosen: number;
  choose: (name: string) => void;
}

export function MentionList({ operators, ...list }: Props) {
  return (
    <Suggestions
      {...list}
      label={_('Operators')}
      items={operators}
      show={({ name, description, permission_level }) => (
        <>
          <strong>@{name}</strong>
          <span className="clip muted small grow">{description}</span>
          <LevelBadge level={permission_level} />
        </>
      )}
    />
  );
}
