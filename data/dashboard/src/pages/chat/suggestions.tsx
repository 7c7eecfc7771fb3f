// SPDX-License-Identifier: MIT
import type { ReactNode } from 'react';

interface Props<Item extends { name: string }> {
  id: string;
  label: string;
  items: Item[];
  chosen: number;
  choose: (name: string) => void;
  show: (item: Item) => ReactNode;
}

/** What the text box offers to complete; the box itself keeps the focus. */
export function Suggestions<Item extends { name: string }>({ id, label, items, chosen, choose, show }: Props<Item>) {
  return (
    <div className="mentions" id={id} role="listbox" aria-label={label}>
      {items.map((item, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text box, as in every combobox
        <div
          key={item.name}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === chosen}
          className="mention"
          onPointerDown={(event) => {
            event.preventDefault();
            choose(item.name);
          }}
        >
          {show(item)}
        </div>
      ))}
    </div>
  );
}
