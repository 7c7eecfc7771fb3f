/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The installation's secret and what is derived from it: Argon2id (RFC 9106) stretches what a person typed, HKDF (RFC 5869)
 * separates the purposes. Zeroed when freed. Thread-safe. */
#define VIG_TYPE_SECRET (vig_secret_get_type ())
G_DECLARE_FINAL_TYPE (VigSecret, vig_secret, VIG, SECRET, GObject)

#define VIG_SECRET_MIN_LENGTH 8 /* characters */

gboolean    vig_secret_check_passphrase (const char *passphrase, GError **error); /* too short, or one everybody tries */
char       *vig_secret_generate         (void);                                   /* 256 random bits as text */

/* Slow on purpose (Argon2id): on a worker thread. @salt: 16 bytes, stored in the data directory, not secret. */
VigSecret  *vig_secret_new              (const char *passphrase, GBytes *salt, GError **error);
GBytes     *vig_secret_derive           (VigSecret *self, const char *purpose, gsize length); /* "grants", "vault", ... */

/* Fernet tokens (version 0x80, AES-128-CBC, HMAC-SHA256) under the key of purpose "vault". */
char       *vig_secret_seal             (VigSecret *self, const char *text);
char       *vig_secret_open             (VigSecret *self, const char *token, GError **error); /* VIG_ERROR_DENIED: another key */
char       *vig_secret_dup_fernet_key   (VigSecret *self); /* as Python's cryptography takes it */

G_END_DECLS
