/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Fernet tokens (https://github.com/fernet/spec): version 0x80, AES-128-CBC, HMAC-SHA256. */
#define VIG_FERNET_KEY_LENGTH 32 /* 16 bytes to sign with, 16 to encrypt with */
#define VIG_FERNET_IV_LENGTH  16
#define VIG_FERNET_MAX_SKEW   60 /* seconds that a token may be ahead of our clock */
#define VIG_FERNET_NO_LIMIT   (-1)

gboolean vig_fernet_parse_key (const char *text, guint8 key[VIG_FERNET_KEY_LENGTH], GError **error);

/* @now: seconds since 1970. @iv: random bytes, never used twice. */
char    *vig_fernet_seal      (const guint8 key[VIG_FERNET_KEY_LENGTH], const guint8 *plain, gsize length, gint64 now,
                               const guint8 iv[VIG_FERNET_IV_LENGTH], GError **error);

/* @ttl: seconds that a token lives, or VIG_FERNET_NO_LIMIT. VIG_ERROR_INVALID: not a token. VIG_ERROR_DENIED: changed,
 * of another key, or too old or too new. */
GBytes  *vig_fernet_open      (const guint8 key[VIG_FERNET_KEY_LENGTH], const char *token, gint64 now, gint64 ttl, GError **error);

G_END_DECLS
