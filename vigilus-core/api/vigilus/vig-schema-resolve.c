/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema-compile.h"

#include <string.h>

#define URI_FLAGS G_URI_FLAGS_ENCODED

char *
vig_schema_resolve_uri (const char *base, const char *reference)
{
  g_autoptr (GUri) parent = NULL;
  g_autoptr (GUri) uri = NULL;

  if (*reference == '\0' || *reference == '#')
    {
      gsize length = strcspn (base, "#");

      return g_strdup_printf ("%.*s%s", (int) length, base, reference);
    }

  parent = g_uri_parse (base, URI_FLAGS, NULL);
  if (parent != NULL)
    uri = g_uri_parse_relative (parent, reference, URI_FLAGS, NULL);

  /* GLib takes it for a programming error to write such a path without a host, and "http:/..//x" resolves to one. */
  if (uri == NULL || (g_uri_get_host (uri) == NULL && g_str_has_prefix (g_uri_get_path (uri), "//")))
    return g_strdup (reference);

  return g_uri_to_string (uri);
}

static JsonNode *
follow_token (JsonNode *node, const char *token)
{
  JsonArray *array;
  guint64 index;

  if (JSON_NODE_HOLDS_OBJECT (node))
    return json_object_get_member (json_node_get_object (node), token);
  if (!JSON_NODE_HOLDS_ARRAY (node) || !g_ascii_string_to_unsigned (token, 10, 0, G_MAXUINT, &index, NULL))
    return NULL;

  array = json_node_get_array (node);

  return index < json_array_get_length (array) ? json_array_get_element (array, (guint) index) : NULL;
}

static void
unescape_token (char *token)
{
  char *out = token;

  for (; *token != '\0'; token++)
    if (token[0] == '~' && (token[1] == '0' || token[1] == '1'))
      *out++ = *++token == '0' ? '~' : '/';
    else
      *out++ = *token;
  *out = '\0';
}

/* RFC 6901. NULL: there is nothing at @pointer. */
JsonNode *
vig_schema_follow_pointer (JsonNode *node, const char *pointer)
{
  g_auto (GStrv) tokens = NULL;
  guint i;

  if (*pointer == '\0')
    return node;
  if (*pointer != '/')
    return NULL;

  tokens = g_strsplit (pointer + 1, "/", -1);
  if (tokens[0] == NULL)
    return follow_token (node, "");
  for (i = 0; node != NULL && tokens[i] != NULL; i++)
    {
      unescape_token (tokens[i]);
      node = follow_token (node, tokens[i]);
    }

  return node;
}

static JsonNode *
find_target (VigSchemaCompiler *self, const char *uri, GError **error)
{
  gsize length = strcspn (uri, "#");
  g_autofree char *resource = g_strndup (uri, length);
  g_autofree char *fragment = g_uri_unescape_string (uri[length] == '#' ? uri + length + 1 : "", NULL);
  g_autofree char *named = NULL;
  JsonNode *node = g_hash_table_lookup (self->resources, resource);

  if (node == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "the schema refers to %s, which is not part of it", resource);
      return NULL;
    }

  if (fragment != NULL && (*fragment == '\0' || *fragment == '/'))
    node = vig_schema_follow_pointer (node, fragment);
  else
    {
      named = g_strconcat (resource, "#", fragment, NULL);
      node = g_hash_table_lookup (self->resources, named);
    }
  if (node == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the schema refers to %s, which does not exist in it", uri);

  return node;
}

/* The dialects' own schemas are known without being fetched: what they admit is what compiles. */
static gboolean
resolve_meta (VigSchemaCompiler *self, VigSchemaRule *rule, const char *uri)
{
  gsize length = strcspn (uri, "#");
  gboolean draft7 = strncmp (uri, "http://json-schema.org/draft-07/schema", MAX (length, 38)) == 0;
  gboolean current = strncmp (uri, "https://json-schema.org/draft/2020-12/schema", MAX (length, 44)) == 0;

  if ((!draft7 && !current) || (uri[length] != '\0' && uri[length + 1] != '\0'))
    return FALSE;

  rule->sub = vig_schema_compile_meta (self, draft7);

  return TRUE;
}

static gboolean
resolve (VigSchemaCompiler *self, VigSchemaRule *rule, GError **error)
{
  g_autofree char *uri = vig_schema_resolve_uri (rule->owner->base, json_node_get_string (rule->value));
  g_autofree char *resource = g_strndup (uri, strcspn (uri, "#"));
  JsonNode *target;

  if (!g_hash_table_contains (self->resources, resource) && resolve_meta (self, rule, uri))
    return TRUE;

  target = find_target (self, uri, error);
  if (target == NULL)
    return FALSE;
  rule->sub = vig_schema_compile (self, target, resource, rule->owner->draft7, error);
  if (rule->sub != NULL && g_hash_table_contains (self->dynamics, uri))
    rule->dynamic = g_strdup (strchr (uri, '#') + 1);

  return rule->sub != NULL;
}

/* Compiling a target may bring more references: the list grows while it is worked off. */
gboolean
vig_schema_resolve_all (VigSchemaCompiler *self, GError **error)
{
  guint i;

  for (i = 0; i < self->refs->len; i++)
    if (!resolve (self, g_ptr_array_index (self->refs, i), error))
      return FALSE;

  return TRUE;
}
