/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

typedef struct cbor_item_t cbor_item_t;

G_BEGIN_DECLS

/* Public keys of passkeys: COSE (RFC 9052, RFC 9053), and signatures by them, checked with libgcrypt. */
#define VIG_COSE_ES256 (-7)
#define VIG_COSE_EDDSA (-8) /* Ed25519 */
#define VIG_COSE_RS256 (-257)

/* One definite CBOR map, at most 16 members, at the start of @data; *used bytes long. NULL: not that. */
cbor_item_t *vig_cose_load_map (const guint8 *data, gsize length, gsize *used);
void         vig_cose_unref    (cbor_item_t *item);
/* A member of a map, borrowed; NULL: not there, or there twice. */
cbor_item_t *vig_cose_find     (cbor_item_t *map, const char *name);

/* INVALID: not a key of an algorithm named above. @algorithm may be NULL. */
gboolean     vig_cose_check    (GBytes *key, int *algorithm, GError **error);
gboolean     vig_cose_verify   (GBytes *key, GBytes *message, GBytes *signature, GError **error); /* FALSE without error: another signature */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (cbor_item_t, vig_cose_unref)

G_END_DECLS
