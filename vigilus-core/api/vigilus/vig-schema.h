/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-json.h"

G_BEGIN_DECLS

/* A compiled JSON Schema (draft 2020-12; draft-07 where `$schema` says so). References are resolved inside the
 * document only; a remote reference is VIG_ERROR_NOT_SUPPORTED at compile time and is never fetched. */
typedef struct _VigSchema VigSchema;

#define VIG_TYPE_SCHEMA (vig_schema_get_type ())

VIG_API GType      vig_schema_get_type (void);

/* @pointer: a JSON pointer to the schema inside @document (RFC 6901), or NULL for the whole. */
VIG_API VigSchema *vig_schema_new      (JsonNode *document, const char *pointer, GError **error);
VIG_API VigSchema *vig_schema_ref      (VigSchema *self);
VIG_API void       vig_schema_unref    (VigSchema *self);

/* VIG_ERROR_INVALID says what is wrong and where: "/path/0: must be a string". Thread-safe. */
VIG_API gboolean   vig_schema_validate (VigSchema *self, JsonNode *value, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigSchema, vig_schema_unref)

G_END_DECLS
