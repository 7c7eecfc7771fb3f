/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char   *vig_id_new       (void);                 /* UUIDv7 (RFC 9562), rising within a process; thread-safe */
gboolean vig_id_is_valid (const char *id);
gint64  vig_time_now     (void);                 /* UTC microseconds since 1970, as the store keeps it */
char   *vig_time_to_iso  (gint64 microseconds);  /* "2026-11-23T12:00:00.000000Z" */
char   *vig_token_new    (const char *prefix);   /* prefix and 256 random bits, base64url */

G_END_DECLS
