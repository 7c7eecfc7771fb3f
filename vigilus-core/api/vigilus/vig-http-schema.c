/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-provider.h"

#include <string.h>

#define MAX_DEPTH 4 /* of choices within choices */

static const char *const choices[] = { "allOf", "anyOf", "oneOf" };

/* "#/$defs/name" */
static JsonObject *
follow (JsonObject *root, JsonObject *part)
{
  const char *reference = vig_json_get_string (part, "$ref", NULL);
  g_auto (GStrv) steps = reference != NULL && g_str_has_prefix (reference, "#/") ? g_strsplit (reference + 2, "/", 3) : NULL;
  JsonObject *definitions = steps != NULL && g_strv_length (steps) == 2 ? vig_json_get_object (root, steps[0]) : NULL;

  return reference == NULL ? part : definitions != NULL ? vig_json_get_object (definitions, steps[1]) : NULL;
}

static void
add_required (JsonObject *root, JsonArray *more)
{
  JsonArray *required = vig_json_get_array (root, "required");

  if (more == NULL)
    return;
  if (required == NULL)
    {
      required = json_array_new ();
      json_object_set_array_member (root, "required", required);
    }
  for (guint i = 0; i < json_array_get_length (more); i++)
    {
      JsonNode *node = json_array_get_element (more, i);

      if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
          && !vig_http_provider_has_word (required, json_node_get_string (node)))
        json_array_add_string_element (required, json_node_get_string (node));
    }
}

static void
add_properties (JsonObject *root, JsonObject *more)
{
  JsonObject *properties = vig_json_get_object (root, "properties");
  g_autoptr (GList) names = more != NULL ? json_object_get_members (more) : NULL;

  for (GList *l = names; l != NULL; l = l->next)
    if (!json_object_has_member (properties, l->data))
      json_object_set_member (properties, l->data, json_node_copy (json_object_get_member (more, l->data)));
}

/* What @part allows, and where @all demands it, too, becomes the root's own. */
static void
gather (JsonObject *root, JsonObject *part, gboolean all, guint depth)
{
  if (part != root)
    {
      add_properties (root, vig_json_get_object (part, "properties"));
      if (all)
        add_required (root, vig_json_get_array (part, "required"));
    }
  for (guint i = 0; i < G_N_ELEMENTS (choices) && depth < MAX_DEPTH; i++)
    {
      JsonArray *parts = vig_json_get_array (part, choices[i]);

      for (guint j = 0; parts != NULL && j < json_array_get_length (parts); j++)
        {
          JsonNode *node = json_array_get_element (parts, j);
          JsonObject *inner = JSON_NODE_HOLDS_OBJECT (node) ? follow (root, json_node_get_object (node)) : NULL;

          if (inner != NULL)
            gather (root, inner, all && i == 0, depth + 1);
        }
    }
}

/* Anthropic and OpenAI refuse every request that has a tool with a choice at the root of its schema, OpenAI one without properties, too. The model
 * is shown all members; which of them go together is checked when it calls. */
JsonNode *
vig_http_provider_build_schema (const VigToolInfo *tool)
{
  static const char *const refused[] = { "allOf", "anyOf", "oneOf", "not", "enum" };
  JsonNode *node = vig_json_parse (tool->input_schema, -1, 0, NULL);
  JsonObject *root;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      g_clear_pointer (&node, json_node_unref);
      node = vig_json_pack ("{s:s}", "type", "object");
    }
  root = json_node_get_object (node);
  if (vig_json_get_object (root, "properties") == NULL)
    json_object_set_object_member (root, "properties", json_object_new ());
  gather (root, root, TRUE, 0);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    json_object_remove_member (root, refused[i]);

  return node;
}
