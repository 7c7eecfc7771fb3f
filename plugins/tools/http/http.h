/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* template.c: "{name}" stands for an argument; other braces are themselves. */

/* Writes a value so that it stays one where it stands; NULL with an error: it cannot stand there. */
typedef char *(*HttpEncodeFunc) (const char *value, GError **error);

char     *http_encode_for_uri    (const char *value, GError **error); /* a path segment, a part of a query or a form */
char     *http_encode_for_header (const char *value, GError **error);
char     *http_encode_plain      (const char *value, GError **error);

/* Every placeholder of @text is one of @known (a set of names); it is added to @used. */
gboolean  http_template_check    (const char *text, GHashTable *known, GHashTable *used, GError **error);
/* *missing: an argument is not given, so that what it stands in is left out; then the value is of no use. */
char     *http_template_fill     (const char *text, JsonObject *arguments, HttpEncodeFunc encode, gboolean *missing, GError **error);
/* The only placeholder of "{name}", or NULL where there is anything else. */
char     *http_template_dup_name (const char *text);
char     *http_value_dup_text    (JsonNode *value); /* NULL: null, or not given */

/* check.c */

/* What is wrong with a definition begins with its member: "/url: ...". */
gboolean  http_definition_check  (JsonObject *definition, GError **error);
char     *http_definition_origin (JsonObject *definition); /* what stands before the path */
char     *http_definition_schema (JsonObject *definition); /* of the arguments, as text */
gboolean  http_is_token          (const char *text); /* RFC 9110, 5.6.2 */

/* request.c: one call's request */
typedef struct
{
  char   *method;
  char   *uri;
  char   *place;        /* host and path, without query: what a grant is for */
  GStrv   headers;      /* name, value, ... */
  char   *content_type;
  GBytes *body;         /* NULL: none */
} HttpRequest;

void         http_request_free   (HttpRequest *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpRequest, http_request_free)
HttpRequest *http_request_new    (JsonObject *definition, JsonObject *arguments, GError **error);
/* Adds what it signs in with. */
gboolean     http_request_sign   (HttpRequest *request, JsonObject *definition, const char *secret, GError **error);
char        *http_request_show   (HttpRequest *request, JsonObject *definition);

/* answer.c */

/* @secret does not come back in it; NULL: there is none. */
JsonNode    *http_answer_to_json (VigFetchAnswer *answer, JsonObject *definition, const char *secret, gsize limit);

/* tool.c */
VigTool     *http_tool_new       (JsonObject *definition, GError **error);

G_END_DECLS
