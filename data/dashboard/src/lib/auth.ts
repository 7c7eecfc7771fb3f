// SPDX-License-Identifier: MIT
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query';
import { ApiError, api, ask, setCsrfToken } from './client';
import { fetchAll, queryClient } from './query';
import type { Body, Login, Role, SecondFactorAsked, Setup } from './types';

const ranks: Record<Role, number> = { viewer: 0, approver: 1, administrator: 2, owner: 3 };

async function fetchMe(): Promise<Login | null> {
  try {
    const login = await ask(api.GET('/api/v1/me'), true);
    setCsrfToken(login.csrf_token);
    return login;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export const meQuery = queryOptions({ queryKey: ['me'], queryFn: fetchMe, staleTime: Number.POSITIVE_INFINITY });
export const setupQuery = queryOptions({ queryKey: ['setup'], queryFn: () => ask(api.GET('/api/v1/setup'), true) });

export function needsSetup(setup: Setup): boolean {
  return setup.needs_owner || setup.needs_secret;
}

export function useMe(): Login | null {
  return useQuery(meQuery).data ?? null;
}

export function useCan(role: Role): boolean {
  const me = useMe();
  return me !== null && ranks[me.user.role] >= ranks[role];
}

function signedIn(login: Login): void {
  setCsrfToken(login.csrf_token);
  queryClient.setQueryData(meQuery.queryKey, login);
}

export function signedOut(): void {
  setCsrfToken(null);
  queryClient.clear();
  queryClient.setQueryData(meQuery.queryKey, null);
}

/** Answers a Login, or what second factor is asked for. */
export function useLogin() {
  return useMutation({
    mutationFn: (body: Body<'login'>): Promise<Login | SecondFactorAsked> =>
      ask(api.POST('/api/v1/login', { body }), true),
    onSuccess: (answer) => {
      if ('user' in answer) signedIn(answer);
    },
  });
}

export function useLoginSecond() {
  return useMutation({
    mutationFn: (body: Body<'loginSecond'>) => ask(api.POST('/api/v1/login/second', { body }), true),
    onSuccess: signedIn,
  });
}

/** Only asks the daemon: who calls it leaves the pages first, then forgets what they showed. */
export function useLogout() {
  return useMutation({ mutationFn: () => ask(api.POST('/api/v1/logout'), true) });
}

export function useChangePassword() {
  return useMutation({ mutationFn: (body: Body<'changePassword'>) => ask(api.POST('/api/v1/me/password', { body })) });
}

export function useSetSecret() {
  return useMutation({
    mutationFn: (body: Body<'setSecret'>) => ask(api.POST('/api/v1/setup/secret', { body }), true),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: setupQuery.queryKey }),
  });
}

export function useCreateOwner() {
  return useMutation({
    mutationFn: (body: Body<'createOwner'>) => ask(api.POST('/api/v1/setup/owner', { body }), true),
    onSuccess: async (login) => {
      signedIn(login);
      await queryClient.invalidateQueries({ queryKey: setupQuery.queryKey });
    },
  });
}

export const tokensQuery = queryOptions({
  queryKey: ['tokens'],
  queryFn: () => fetchAll((after) => ask(api.GET('/api/v1/tokens', { params: { query: { after } } }))),
});

export function useCreateToken() {
  return useMutation({
    mutationFn: (body: Body<'createToken'>) => ask(api.POST('/api/v1/tokens', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}

export function useDeleteToken() {
  return useMutation({
    mutationFn: (id: string) => ask(api.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  });
}
