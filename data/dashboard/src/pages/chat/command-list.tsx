// SPDX-License-Identifier: MIT
import { _ } from '../../lib/i18n';
import type { Command } from '../../lib/types';

interface Props {
  id: string;
  commands: Command[];
  chosen: number;
  choose: (name: string) => void;
}

export function CommandList({ id, commands, chosen, choose }: Props) {
  return (
    <div className="mentions" id={id} role="listbox" aria-label={_('Commands')}>
      {commands.map((command, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text box, as in every combobox
        <div
          key={command.name}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          className="mention"
          onPointerDown={(event) => {
            event.preventDefault();
            choose(command.name);
          }}
        >
          <strong>/{command.name}</strong>
          {command.argument && <span className="muted small">{command.argument}</span>}
          <span className="clip muted small grow">{command.description}</span>
        </div>
      ))}
    </div>
  );
}
