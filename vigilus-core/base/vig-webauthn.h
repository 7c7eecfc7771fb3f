/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-cose.h"

G_BEGIN_DECLS

/* The relying party's side of WebAuthn Level 3 (sections 7.1 and 7.2), for passkeys as a second factor: attestations are not asked for and not
 * looked at. Pure: what was asked, what is stored and what came back are arguments. */
typedef struct
{
  const char *rp_id;         /* a host name */
  const char *origin;        /* "https://nas.local" */
  const char *top_origin;    /* of a page that embeds ours; NULL: none may */
  const char *challenge;     /* base64url, without padding */
  gboolean    need_verified; /* the person was verified (fingerprint, PIN), not only there */
} VigWebauthnExpected;

typedef struct
{
  GBytes  *id;
  GBytes  *key;       /* COSE */
  int      algorithm; /* VIG_COSE_* */
  guint32  counter;
  gboolean verified;
} VigWebauthnCredential;

/* INVALID says what is wrong. */
gboolean vig_webauthn_register         (const VigWebauthnExpected *expected, GBytes *client_data, GBytes *attestation, VigWebauthnCredential *credential,
                                        GError **error);
/* *counter: as stored, and what is to be stored. A counter that does not rise is the sign of a copy. */
gboolean vig_webauthn_assert           (const VigWebauthnExpected *expected, GBytes *key, GBytes *client_data, GBytes *authenticator_data, GBytes *signature,
                                        guint32 *counter, GError **error);
void     vig_webauthn_credential_clear (VigWebauthnCredential *credential);

/* Strict, without padding (RFC 4648, section 5). decode: NULL: not that. */
GBytes  *vig_base64url_decode          (const char *text);
char    *vig_base64url_encode          (const guint8 *data, gsize length);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VigWebauthnCredential, vig_webauthn_credential_clear)

G_END_DECLS
