// SPDX-License-Identifier: MIT
import { LevelBadge } from '../../components/level';
import { _ } from '../../lib/i18n';
import type { Operator } from '../../lib/types';

interface Props {
  id: string;
  operators: Operator[];
  chosen: number;
  choose: (name: string) => void;
}

export function MentionList({ id, operators, chosen, choose }: Props) {
  return (
    <div className="mentions" id={id} role="listbox" aria-label={_('Operators')}>
      {operators.map((operator, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text box, as in every combobox
        <div
          key={operator.id}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          className="mention"
          onPointerDown={(event) => {
            event.preventDefault();
            choose(operator.name);
          }}
        >
          <strong>@{operator.name}</strong>
          <span className="clip muted small grow">{operator.description}</span>
          <LevelBadge level={operator.permission_level} />
        </div>
      ))}
    </div>
  );
}
