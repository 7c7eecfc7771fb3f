// SPDX-License-Identifier: MIT
import { queryOptions, useMutation } from '@tanstack/react-query';
import { meQuery } from './auth';
import { ApiError, api, ask } from './client';
import { createPasskey } from './passkeys';
import { queryClient } from './query';
import type { Body } from './types';

const refresh = (...keys: string[]) =>
  Promise.all(keys.map((key) => queryClient.invalidateQueries({ queryKey: [key] })));

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async () => (await ask(api.GET('/api/v1/users'))).items,
});

export function useCreateUser() {
  return useMutation({
    mutationFn: (body: Body<'createUser'>) => ask(api.POST('/api/v1/users', { body })),
    onSuccess: () => refresh('users'),
  });
}

const at = (id: string) => ({ params: { path: { id } } });

export function useUpdateUser() {
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: Body<'updateUser'> }) =>
      ask(api.PATCH('/api/v1/users/{id}', { ...at(id), body })),
    onSuccess: () => refresh('users'),
  });
}

export function useInviteUser() {
  return useMutation({ mutationFn: (id: string) => ask(api.POST('/api/v1/users/{id}/invitation', at(id))) });
}

export type UserAction = 'delete' | 'end' | 'reset' | 'transfer';

export function useUserAction() {
  return useMutation({
    mutationFn: async ({ id, action }: { id: string; action: UserAction }): Promise<void> => {
      if (action === 'delete') await ask(api.DELETE('/api/v1/users/{id}', at(id)));
      else if (action === 'end') await ask(api.DELETE('/api/v1/users/{id}/sign-ins', at(id)));
      else if (action === 'reset') await ask(api.DELETE('/api/v1/users/{id}/second-factors', at(id)));
      else await ask(api.POST('/api/v1/users/{id}/ownership', at(id)));
    },
    onSuccess: () => refresh('users', 'me'),
  });
}

export const signInsQuery = queryOptions({
  queryKey: ['sign-ins'],
  staleTime: 0,
  queryFn: async () => (await ask(api.GET('/api/v1/me/sign-ins'))).items,
});

/** One of them, or all but this one. */
export function useEndSignIn() {
  return useMutation({
    mutationFn: async (id: string | null): Promise<void> => {
      if (id) await ask(api.DELETE('/api/v1/me/sign-ins/{id}', at(id)));
      else await ask(api.DELETE('/api/v1/me/sign-ins'));
    },
    onSuccess: () => refresh('sign-ins'),
  });
}

export const secondFactorsQuery = queryOptions({
  queryKey: ['second-factors'],
  queryFn: () => ask(api.GET('/api/v1/me/second-factors')),
});

const changed = () => Promise.all([refresh('second-factors'), queryClient.invalidateQueries(meQuery)]);

export function useStartTotp() {
  return useMutation({ mutationFn: () => ask(api.POST('/api/v1/me/second-factors/totp')) });
}

export function useConfirmTotp() {
  return useMutation({
    mutationFn: (body: Body<'confirmTotp'>) => ask(api.POST('/api/v1/me/second-factors/totp/confirm', { body })),
    onSuccess: changed,
  });
}

export function useAddPasskey() {
  return useMutation({
    mutationFn: async (name: string) => {
      const { ticket, ...options } = await ask(api.POST('/api/v1/me/second-factors/passkeys'));
      const made = await createPasskey(options);
      return ask(api.POST('/api/v1/me/second-factors/passkeys/confirm', { body: { ticket, name, ...made } }));
    },
    onSuccess: changed,
  });
}

export function useRemoveFactor() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/me/second-factors/{id}', at(id))),
    onSuccess: changed,
  });
}

export function useRenewCodes() {
  return useMutation({
    mutationFn: () => ask(api.POST('/api/v1/me/recovery-codes')),
    onSuccess: changed,
  });
}

export const proofQuery = queryOptions({
  queryKey: ['proof'],
  staleTime: 0,
  gcTime: 0,
  queryFn: () => ask(api.POST('/api/v1/me/proof/start')),
});

export function useProve() {
  return useMutation({ mutationFn: (body: Body<'prove'>) => ask(api.POST('/api/v1/me/proof', { body })) });
}

export function needsProof(error: Error | null): boolean {
  return error instanceof ApiError && error.code === 'proof_needed';
}

export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ['invitation', token],
    queryFn: () => ask(api.POST('/api/v1/invitations/lookup', { body: { token } }), true),
  });

export function useAcceptInvitation() {
  return useMutation({
    mutationFn: (body: Body<'acceptInvitation'>) => ask(api.POST('/api/v1/invitations/accept', { body }), true),
  });
}
