/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* libgcrypt, started once; and memory that is not swapped and is zeroed when freed. Thread-safe. */
void     vig_crypto_ensure     (void);
gpointer vig_crypto_alloc      (gsize length); /* never NULL; vig_crypto_free () */
void     vig_crypto_free       (gpointer memory);
char    *vig_crypto_dup        (const char *text);

/* Argon2id, version 1.3 (RFC 9106), without secret and associated data. Blocking, slow on purpose. */
gboolean vig_crypto_argon2id   (const char *passphrase, GBytes *salt, guint memory_kib, guint passes, guint lanes,
                                guint8 *tag, gsize tag_length, GError **error);

/* Strict: the URL-safe alphabet, full padding, no stray bits (RFC 4648, sections 3.5 and 5). NULL: not that. */
GBytes  *vig_crypto_base64_url (const char *text);

G_END_DECLS
