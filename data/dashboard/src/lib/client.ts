// SPDX-License-Identifier: MIT
import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './gen/api';
import { _ } from './i18n';

export type ErrorCode = components['schemas']['Error']['error']['code'] | 'unreachable';

/** What the daemon answered instead of what was asked for, or that it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly status: number,
    readonly details: Record<string, unknown> | null = null,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** The body member that the daemon objects to, if it says. */
  get field(): string | null {
    const field = this.details?.field ?? this.details?.path;
    return typeof field === 'string' ? field.replace(/^[/.$]+/, '').split(/[/.]/)[0] || null : null;
  }
}

let csrfToken: string | null = null;
let onSignedOut: () => void = () => {};

export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

const guard: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET' && csrfToken) request.headers.set('X-CSRF-Token', csrfToken);
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' });
api.use(guard);

function describe(response: Response, body: unknown): ApiError {
  const error = (
    body as { error?: { code: ErrorCode; message: string; details?: Record<string, unknown> } } | undefined
  )?.error;
  if (error?.message) return new ApiError(error.code, error.message, response.status, error.details ?? null);
  return new ApiError(
    'failed',
    _('The daemon answered with status {status}.', { status: response.status }),
    response.status,
  );
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Unwraps an answer of the client: the data, or an ApiError. */
export async function ask<T>(request: Promise<Answer<T>>, quiet = false): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError('unreachable', _('Vigilus can’t be reached. Is the daemon running?'), 0);
  }
  if (answer.response.ok) return answer.data as T;
  if (answer.response.status === 401 && !quiet) onSignedOut();
  throw describe(answer.response, answer.error);
}
