/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-yaml.h"

#include <string.h>

#include <yaml.h>

typedef struct
{
  yaml_document_t *document;
  guint            left; /* nodes */
} Reader;

static JsonNode *read_node (Reader *self, int index, guint depth, GError **error);

static JsonNode *
read_scalar (yaml_node_t *node)
{
  const char *text = (const char *) node->data.scalar.value;
  char *end = NULL;
  gint64 number;

  if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
    return vig_json_pack ("s", text);
  if (*text == '\0' || g_str_equal (text, "null") || g_str_equal (text, "~"))
    return json_node_new (JSON_NODE_NULL);
  if (g_str_equal (text, "true") || g_str_equal (text, "false"))
    return vig_json_pack ("b", g_str_equal (text, "true"));

  number = g_ascii_strtoll (text, &end, 10);
  if (*end == '\0' && strlen (text) < 18 && (*text == '-' || g_ascii_isdigit (*text)))
    return vig_json_pack ("I", number);

  return vig_json_pack ("s", text);
}

static JsonNode *
read_sequence (Reader *self, yaml_node_t *node, guint depth, GError **error)
{
  g_autoptr (JsonNode) result = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (result, json_array_new ());
  for (yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++)
    {
      JsonNode *element = read_node (self, *item, depth + 1, error);

      if (element == NULL)
        return NULL;
      json_array_add_element (json_node_get_array (result), element);
    }

  return g_steal_pointer (&result);
}

static JsonNode *
read_mapping (Reader *self, yaml_node_t *node, guint depth, GError **error)
{
  g_autoptr (JsonNode) result = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (result, json_object_new ());
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++)
    {
      yaml_node_t *key = yaml_document_get_node (self->document, pair->key);
      JsonNode *value = read_node (self, pair->value, depth + 1, error);

      if (value == NULL)
        return NULL;
      if (key != NULL && key->type == YAML_SCALAR_NODE)
        json_object_set_member (json_node_get_object (result), (const char *) key->data.scalar.value, value);
      else
        json_node_unref (value);
    }

  return g_steal_pointer (&result);
}

static JsonNode *
read_node (Reader *self, int index, guint depth, GError **error)
{
  yaml_node_t *node = yaml_document_get_node (self->document, index);

  if (depth > VIG_JSON_MAX_DEPTH || self->left-- == 0)
    {
      self->left = 0;
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the YAML is too deep or too large");
      return NULL;
    }

  switch (node != NULL ? node->type : YAML_NO_NODE)
    {
    case YAML_SEQUENCE_NODE:
      return read_sequence (self, node, depth, error);
    case YAML_MAPPING_NODE:
      return read_mapping (self, node, depth, error);
    case YAML_SCALAR_NODE:
      return read_scalar (node);
    case YAML_NO_NODE:
    default:
      return json_node_new (JSON_NODE_NULL);
    }
}

JsonNode *
docker_yaml_parse (const char *text, GError **error)
{
  yaml_parser_t parser;
  yaml_document_t document;
  Reader self = { &document, DOCKER_YAML_NODES };
  JsonNode *node = NULL;

  if (!yaml_parser_initialize (&parser))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "libyaml could not be set up");
      return NULL;
    }

  yaml_parser_set_input_string (&parser, (const unsigned char *) text, strlen (text));
  if (yaml_parser_load (&parser, &document))
    {
      node = yaml_document_get_root_node (&document) != NULL ? read_node (&self, 1, 0, error) : json_node_new (JSON_NODE_NULL);
      yaml_document_delete (&document);
    }
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "line %" G_GSIZE_FORMAT ": %s", parser.problem_mark.line + 1, parser.problem != NULL ? parser.problem : "no YAML");
  yaml_parser_delete (&parser);

  return node;
}
