/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-error.h"

G_BEGIN_DECLS

/* All JSON from outside goes through vig_json_parse (): RFC 8259, strict. */
#define VIG_JSON_MAX_DEPTH 64
#define VIG_JSON_MAX_SIZE  (16 * 1024 * 1024) /* bytes, where the caller names no limit (0) */

/* Size, depth, UTF-8 and grammar are checked first; a repeated member name is refused.
 * VIG_ERROR_INVALID names line and column, VIG_ERROR_TOO_LARGE the limit. */
VIG_API JsonNode   *vig_json_parse          (const char *text, gssize length, gsize max_size, GError **error);
VIG_API JsonObject *vig_json_parse_object   (const char *text, gssize length, gsize max_size, GError **error);

/* Compact text, and the canonical form (RFC 8785: members sorted, shortest numbers) that hashes are made of. */
VIG_API char       *vig_json_to_string      (JsonNode *node);
VIG_API char       *vig_json_object_to_string (JsonObject *object);
VIG_API char       *vig_json_to_canonical   (JsonNode *node);
VIG_API char       *vig_json_object_sha256  (JsonObject *object); /* hex of the canonical form */

/* Readers for members that may be missing or of another type: then the fallback. The string is borrowed. */
VIG_API const char *vig_json_get_string     (JsonObject *object, const char *name, const char *fallback);
VIG_API gint64      vig_json_get_int        (JsonObject *object, const char *name, gint64 fallback);
VIG_API double      vig_json_get_double     (JsonObject *object, const char *name, double fallback);
VIG_API gboolean    vig_json_get_boolean    (JsonObject *object, const char *name, gboolean fallback);
VIG_API JsonObject *vig_json_get_object     (JsonObject *object, const char *name); /* borrowed, NULL */
VIG_API JsonArray  *vig_json_get_array      (JsonObject *object, const char *name); /* borrowed, NULL */

/* JSON written as it looks. Format: { } [ ] nest; names are string arguments, values by letter:
 * s string (NULL: null), s? string (NULL: the member is left out), i int, I gint64, f double, b gboolean, n null,
 * o JsonNode* (taken), o? (NULL: left out), O JsonNode* (referenced, NULL: null), J JsonObject* (referenced, NULL: null), A JsonArray* (taken).
 *   vig_json_pack ("{s:s, s:[i,i]}", "name", name, "range", 1, 5)
 * Spaces, commas and colons are for the eye. */
VIG_API JsonNode   *vig_json_pack           (const char *format, ...);
VIG_API JsonObject *vig_json_pack_object    (const char *format, ...);

/* Rows of a result, for as long as they fit into @limit bytes in all; the others are counted. @row is taken. */
VIG_API void        vig_json_add_row        (JsonArray *rows, JsonObject *row, gsize *size, gsize limit, guint *left_out);

G_END_DECLS
