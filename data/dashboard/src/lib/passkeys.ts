// SPDX-License-Identifier: MIT
// The browser's side of WebAuthn: what the daemon asks, as the platform wants it, and its answer as the daemon takes it.
import type { components } from './gen/api';
import { _ } from './i18n';
import type { SecondFactorAsked } from './types';

type Answer = components['schemas']['PasskeyAnswer'];

export interface PasskeyOptions {
  challenge: string;
  rp_id: string;
  user_handle: string;
  user_name: string;
  exclude: string[];
  algorithms: number[];
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function encode(buffer: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

const asCredential = (id: string): PublicKeyCredentialDescriptor => ({ type: 'public-key', id: decode(id) });

/** What the platform throws is in its own words, and in its own language. */
function explain(cause: unknown): Error {
  if (cause instanceof DOMException && cause.name === 'InvalidStateError')
    return new Error(_('This passkey is set up here already.'));
  return new Error(_('The browser gave no passkey: it was cancelled, or took too long.'));
}

export const canUsePasskeys = (): boolean => window.isSecureContext && 'credentials' in navigator;

export async function createPasskey(options: PasskeyOptions): Promise<{ client_data: string; attestation: string }> {
  const made = await navigator.credentials
    .create({
      publicKey: {
        challenge: decode(options.challenge),
        rp: { id: options.rp_id, name: 'Vigilus' },
        user: { id: decode(options.user_handle), name: options.user_name, displayName: options.user_name },
        pubKeyCredParams: options.algorithms.map((alg) => ({ type: 'public-key', alg })),
        excludeCredentials: options.exclude.map(asCredential),
        attestation: 'none',
        authenticatorSelection: { userVerification: 'preferred' },
      },
    })
    .catch((cause: unknown) => Promise.reject(explain(cause)));
  const response = (made as PublicKeyCredential).response as AuthenticatorAttestationResponse;
  return { client_data: encode(response.clientDataJSON), attestation: encode(response.attestationObject) };
}

export async function answerPasskey(asked: NonNullable<SecondFactorAsked['passkey']>): Promise<Answer> {
  const given = (await navigator.credentials
    .get({
      publicKey: {
        challenge: decode(asked.challenge),
        rpId: asked.rp_id,
        allowCredentials: asked.credentials.map(asCredential),
        userVerification: 'preferred',
      },
    })
    .catch((cause: unknown) => Promise.reject(explain(cause)))) as PublicKeyCredential;
  const response = given.response as AuthenticatorAssertionResponse;
  return {
    id: encode(given.rawId),
    client_data: encode(response.clientDataJSON),
    authenticator_data: encode(response.authenticatorData),
    signature: encode(response.signature),
  };
}
