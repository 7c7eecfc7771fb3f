/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define VIG_OPENAPI_MAX_OPERATIONS 500

/* HTTP tools (schema HttpToolInput, with "operation" and "problem") of the operations of an OpenAPI 3 or Swagger 2 document. Pure; references are resolved
 * inside the document only, and what nests too deep or in circles is left open. @base_url: where the endpoints are, NULL: as the document says; @document_url:
 * where the document is from, or NULL; @prefix: what names begin with, or NULL. {"title", "version", "base_url", "items", "left_out"}. */
JsonObject *vig_openapi_import  (JsonObject *document, const char *base_url, const char *document_url, const char *prefix, GError **error);

/* The first of the servers that @owner (a document, path or operation) has, its variables at their defaults. */
char       *vig_openapi_dup_server (JsonObject *owner);
/* Where the endpoints are: absolute and without a slash at the end. INVALID: nobody says. */
char       *vig_openapi_dup_base (JsonObject *document, const char *given, const char *document_url, gboolean is_swagger, GError **error);
/* What "$ref" leads to, or @object itself; NULL: nowhere. Borrowed. */
JsonObject *vig_openapi_resolve (JsonObject *document, JsonObject *object);
/* A schema that stands alone: JSON Schema without references and without what only OpenAPI knows. (transfer full) */
JsonObject *vig_openapi_schema  (JsonObject *document, JsonObject *schema);

G_END_DECLS
