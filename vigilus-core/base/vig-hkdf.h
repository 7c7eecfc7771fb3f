/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define VIG_HKDF_MAX_LENGTH (255 * 32) /* bytes */

/* HKDF with HMAC-SHA256 (RFC 5869). @length: 1 to VIG_HKDF_MAX_LENGTH. */
void vig_hkdf_sha256 (const guint8 *key, gsize key_length, const guint8 *salt, gsize salt_length,
                      const guint8 *info, gsize info_length, guint8 *output, gsize length);

G_END_DECLS
