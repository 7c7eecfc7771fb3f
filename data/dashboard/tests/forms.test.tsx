// SPDX-License-Identifier: MIT
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { beforeEach, expect, test } from 'vitest';
import { Dialog } from '../src/components/dialog';
import { MoreOptions, TextField, useFocusOnWrong } from '../src/components/form';
import { ApiError } from '../src/lib/client';
import { unlessAtField, type Wrongs, wrongsOf } from '../src/lib/validate';

beforeEach(() => {
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
});

function Probe() {
  const [wrongs, setWrongs] = useState<Wrongs>({});
  const form = useFocusOnWrong(wrongs);
  return (
    <form ref={form}>
      <TextField label="Name" />
      <MoreOptions isOpen={false}>
        <TextField label="Tags" wrong={wrongs.tags} />
      </MoreOptions>
      <button type="button" onClick={() => setWrongs({ tags: 'too many' })}>
        Save
      </button>
    </form>
  );
}

test('a dialog begins at its first field, not at Close', () => {
  render(
    <Dialog title="Add" onClose={() => {}}>
      <input type="radio" aria-label="other" />
      <input aria-label="first" />
    </Dialog>,
  );
  expect(screen.getByLabelText('first')).toHaveFocus();
});

test('a refused field has the focus after each attempt, also where it was folded away', async () => {
  const user = userEvent.setup();
  render(<Probe />);
  for (let attempt = 0; attempt < 2; attempt++) {
    const folded = screen.getByText('More options').closest('details');
    if (folded) folded.open = false;
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(folded?.open).toBe(true);
    expect(screen.getByLabelText('Tags')).toHaveFocus();
  }
});

test('an objection to a field stands there alone, without the path that programs read', () => {
  const error = new ApiError('invalid', '/private_key: this is no private key', 400, { field: '/private_key' });
  const wrongs = wrongsOf(error, ['private_key']);
  expect(wrongs).toEqual({ private_key: 'this is no private key' });
  expect(unlessAtField(error, wrongs)).toBeNull();
  expect(unlessAtField(error, wrongsOf(error, ['name']))).toBe(error);
});
