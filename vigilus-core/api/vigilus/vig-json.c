/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-json.h"

#include <string.h>

static JsonNode *
find_member (JsonObject *object, const char *name)
{
  return object != NULL ? json_object_get_member (object, name) : NULL;
}

static GType
get_type (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;
}

const char *
vig_json_get_string (JsonObject *object, const char *name, const char *fallback)
{
  JsonNode *node = find_member (object, name);

  return get_type (node) == G_TYPE_STRING ? json_node_get_string (node) : fallback;
}

/* 5.0 counts as the integer that it is; other doubles do not. */
gint64
vig_json_get_int (JsonObject *object, const char *name, gint64 fallback)
{
  JsonNode *node = find_member (object, name);
  double value;

  if (get_type (node) == G_TYPE_INT64)
    return json_node_get_int (node);
  if (get_type (node) != G_TYPE_DOUBLE)
    return fallback;

  value = json_node_get_double (node);
  if (!(value >= -9007199254740992.0 && value <= 9007199254740992.0) || value != (double) (gint64) value)
    return fallback;

  return (gint64) value;
}

double
vig_json_get_double (JsonObject *object, const char *name, double fallback)
{
  JsonNode *node = find_member (object, name);
  GType type = get_type (node);

  return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE ? json_node_get_double (node) : fallback;
}

gboolean
vig_json_get_boolean (JsonObject *object, const char *name, gboolean fallback)
{
  JsonNode *node = find_member (object, name);

  return get_type (node) == G_TYPE_BOOLEAN ? json_node_get_boolean (node) : fallback;
}

JsonObject *
vig_json_get_object (JsonObject *object, const char *name)
{
  JsonNode *node = find_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
vig_json_get_array (JsonObject *object, const char *name)
{
  JsonNode *node = find_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

void
vig_json_add_row (JsonArray *rows, JsonObject *row, gsize *size, gsize limit, guint *left_out)
{
  g_autofree char *text = vig_json_object_to_string (row);
  gsize length = strlen (text) + 1;

  if (*left_out > 0 || *size + length > limit)
    {
      (*left_out)++;
      json_object_unref (row);
      return;
    }

  *size += length;
  json_array_add_object_element (rows, row);
}
