// SPDX-License-Identifier: MIT
import { render, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { Loaded } from '../src/components/states';
import { ApiError } from '../src/lib/client';

function show(error: Error, data?: string) {
  const refetch = vi.fn();
  render(<Loaded query={{ data, error, isPending: false, refetch }}>{(text: string) => <p>{text}</p>}</Loaded>);
  return refetch;
}

test('what is not there can’t be fetched again', () => {
  show(new ApiError('not_found', 'No run has the id 7', 404));
  expect(screen.getByText('There is nothing here')).toBeInTheDocument();
  expect(screen.queryByRole('button')).toBeNull();
});

test('what failed otherwise can, and what was there stays', () => {
  const refetch = show(new ApiError('unavailable', 'the database is busy', 503), 'old');
  expect(screen.getByText('The database is busy')).toBeInTheDocument();
  expect(screen.getByText('old')).toBeInTheDocument();
  screen.getByRole('button', { name: 'Try again' }).click();
  expect(refetch).toHaveBeenCalledOnce();
});
