/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-openapi-import.h"

#include <string.h>

#define MAX_REFERENCES 16 /* that lead to each other */
#define MAX_DEPTH      6
#define MAX_PARTS      2000 /* of one schema, written out */

/* Keywords that are kept; each as it is, but for those below. */
static const char *const plain[] = {
  "type", "enum", "const", "default", "description", "title", "format", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems",
  "uniqueItems", "minProperties", "maxProperties", "required", NULL,
};
static const char *const of_one[] = { "items", "additionalProperties", "not", NULL };
static const char *const of_many[] = { "allOf", "anyOf", "oneOf", NULL };

/* RFC 6901 */
static JsonNode *
step (JsonNode *node, const char *token)
{
  g_auto (GStrv) tildes = g_strsplit (token, "~1", -1);
  g_autofree char *slashes = g_strjoinv ("/", tildes);
  g_auto (GStrv) parts = g_strsplit (slashes, "~0", -1);
  g_autofree char *joined = g_strjoinv ("~", parts);
  g_autofree char *name = g_uri_unescape_string (joined, NULL);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node) || name == NULL)
    return NULL;

  return json_object_get_member (json_node_get_object (node), name);
}

static JsonObject *
follow (JsonObject *document, const char *reference)
{
  g_auto (GStrv) tokens = g_str_has_prefix (reference, "#/") ? g_strsplit (reference + 2, "/", 32) : NULL;
  JsonNode *node = NULL;

  for (guint i = 0; tokens != NULL && tokens[i] != NULL; i++)
    {
      node = i == 0 ? json_object_get_member (document, tokens[0]) : step (node, tokens[i]);
      if (node == NULL)
        return NULL;
    }

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonObject *
vig_openapi_resolve (JsonObject *document, JsonObject *object)
{
  for (guint i = 0; object != NULL && i < MAX_REFERENCES; i++)
    {
      const char *reference = vig_json_get_string (object, "$ref", NULL);

      if (reference == NULL)
        return object;
      object = follow (document, reference);
    }

  return NULL;
}

typedef struct
{
  JsonObject *document;
  guint       n_parts;
} Writer;

static JsonNode *write_node (Writer *self, JsonNode *node, guint depth);

static void
copy_plain (JsonObject *from, JsonObject *to)
{
  for (guint i = 0; plain[i] != NULL; i++)
    if (json_object_has_member (from, plain[i]))
      json_object_set_member (to, plain[i], json_node_copy (json_object_get_member (from, plain[i])));
  if (vig_json_get_string (to, "type", NULL) == NULL && vig_json_get_array (to, "type") == NULL)
    json_object_remove_member (to, "type");
  /* A parameter of Swagger 2 says "required": true beside its type. */
  if (vig_json_get_array (to, "required") == NULL)
    json_object_remove_member (to, "required");
}

/* OpenAPI 3.0 says it in its own way. */
static void
translate (JsonObject *from, JsonObject *to)
{
  static const char *const limits[][2] = { { "exclusiveMinimum", "minimum" }, { "exclusiveMaximum", "maximum" } };
  const char *type = vig_json_get_string (to, "type", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      JsonNode *node = json_object_has_member (from, limits[i][0]) ? json_object_get_member (from, limits[i][0]) : NULL;
      GType value = node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

      if (value == G_TYPE_INT64 || value == G_TYPE_DOUBLE)
        json_object_set_member (to, limits[i][0], json_node_copy (node));
      else if (value == G_TYPE_BOOLEAN && json_node_get_boolean (node) && json_object_has_member (to, limits[i][1]))
        {
          json_object_set_member (to, limits[i][0], json_node_copy (json_object_get_member (to, limits[i][1])));
          json_object_remove_member (to, limits[i][1]);
        }
    }
  if (type != NULL && vig_json_get_boolean (from, "nullable", FALSE))
    json_object_set_member (to, "type", vig_json_pack ("[s, s]", type, "null"));
}

static void
write_properties (Writer *self, JsonObject *from, JsonObject *to, guint depth)
{
  JsonObject *properties = vig_json_get_object (from, "properties");
  JsonObject *written = json_object_new ();
  g_autoptr (GList) names = properties != NULL ? json_object_get_members (properties) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonNode *node = write_node (self, json_object_get_member (properties, l->data), depth + 1);

      if (node != NULL)
        json_object_set_member (written, l->data, node);
    }

  if (names != NULL)
    json_object_set_object_member (to, "properties", written);
  else
    json_object_unref (written);
}

static void
write_lists (Writer *self, JsonObject *from, JsonObject *to, guint depth)
{
  for (guint i = 0; of_many[i] != NULL; i++)
    {
      JsonArray *list = vig_json_get_array (from, of_many[i]);
      JsonArray *written = json_array_new ();

      for (guint j = 0; list != NULL && j < json_array_get_length (list); j++)
        {
          JsonNode *node = write_node (self, json_array_get_element (list, j), depth + 1);

          json_array_add_element (written, node != NULL ? node : vig_json_pack ("{}"));
        }
      if (json_array_get_length (written) > 0)
        json_object_set_array_member (to, of_many[i], written);
      else
        json_array_unref (written);
    }
}

static JsonObject *
write_schema (Writer *self, JsonObject *schema, guint depth)
{
  JsonObject *from = vig_openapi_resolve (self->document, schema);
  JsonObject *to = json_object_new ();

  if (from == NULL || depth > MAX_DEPTH || self->n_parts++ > MAX_PARTS)
    return to;

  copy_plain (from, to);
  translate (from, to);
  write_properties (self, from, to, depth);
  write_lists (self, from, to, depth);
  for (guint i = 0; of_one[i] != NULL; i++)
    if (json_object_has_member (from, of_one[i]))
      {
        JsonNode *node = write_node (self, json_object_get_member (from, of_one[i]), depth + 1);

        if (node != NULL)
          json_object_set_member (to, of_one[i], node);
      }

  return to;
}

/* NULL: it is no schema. */
static JsonNode *
write_node (Writer *self, JsonNode *node, guint depth)
{
  JsonNode *written;

  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return json_node_copy (node);
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return NULL;

  written = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (written, write_schema (self, json_node_get_object (node), depth));

  return written;
}

JsonObject *
vig_openapi_schema (JsonObject *document, JsonObject *schema)
{
  Writer self = { document, 0 };

  return write_schema (&self, schema, 0);
}
