/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Elements of an array that another machine sent, whatever they really are. Borrowed. */
static inline JsonObject *
docker_object_at (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static inline const char *
docker_text_at (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return json_node_get_value_type (node) == G_TYPE_STRING ? json_node_get_string (node) : "";
}

static inline guint
docker_length (JsonArray *array)
{
  return array != NULL ? json_array_get_length (array) : 0;
}

G_END_DECLS
