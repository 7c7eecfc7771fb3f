/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-schema-private.h"

G_BEGIN_DECLS

/* A schema while it is compiled, and what is kept of it. */
typedef struct
{
  JsonNode   *document;
  GHashTable *subs;      /* JsonNode to VigSubschema, owned */
  GHashTable *resources; /* URI, with or without #anchor, to JsonNode */
  GHashTable *dynamics;  /* "base#name" to VigSubschema, borrowed */
  GPtrArray  *refs;      /* of VigSchemaRule that wait for their target */
  gboolean    tracks;
  guint       depth;
} VigSchemaCompiler;

void          vig_schema_compiler_init  (VigSchemaCompiler *self, JsonNode *document);
void          vig_schema_compiler_clear (VigSchemaCompiler *self);
VigSubschema *vig_schema_compile        (VigSchemaCompiler *self, JsonNode *node, const char *base, gboolean draft7, GError **error);
VigSubschema *vig_schema_compile_meta   (VigSchemaCompiler *self, gboolean draft7);
gboolean      vig_schema_resolve_all    (VigSchemaCompiler *self, GError **error);
JsonNode     *vig_schema_follow_pointer (JsonNode *node, const char *pointer);
char         *vig_schema_resolve_uri    (const char *base, const char *reference);

G_END_DECLS
