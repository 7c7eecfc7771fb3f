/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-yaml.h"

#include <string.h>
#include <yaml.h>

/* A mapping or a list that is open. */
typedef struct
{
  JsonObject *object;
  JsonArray  *array;
  char       *key; /* whose value comes next; NULL: a key comes next */
} Level;

typedef struct
{
  GPtrArray *levels;
  JsonNode  *root;
  guint      n_nodes;
} Reader;

static void
level_free (gpointer data)
{
  Level *level = data;

  g_clear_pointer (&level->object, json_object_unref);
  g_clear_pointer (&level->array, json_array_unref);
  g_free (level->key);
  g_free (level);
}

static gboolean
fail (const yaml_event_t *event, GError **error, const char *what)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "YAML, line %zu: %s", event->start_mark.line + 1, what);

  return FALSE;
}

static Level *
get_top (Reader *self)
{
  return self->levels->len > 0 ? g_ptr_array_index (self->levels, self->levels->len - 1) : NULL;
}

/* Takes @node. */
static gboolean
add (Reader *self, const yaml_event_t *event, JsonNode *node, GError **error)
{
  Level *top = get_top (self);

  if (self->n_nodes++ >= VIG_YAML_MAX_NODES)
    {
      json_node_unref (node);
      return fail (event, error, "there are too many parts");
    }

  if (top == NULL)
    self->root = node;
  else if (top->array != NULL)
    json_array_add_element (top->array, node);
  else
    {
      json_object_set_member (top->object, top->key, node);
      g_clear_pointer (&top->key, g_free);
    }

  return TRUE;
}

static gboolean
is_one_of (const char *text, const char *const *words)
{
  return g_strv_contains (words, text);
}

/* As JSON writes numbers, with "+" allowed; the rest is text. */
static JsonNode *
read_plain (const char *text)
{
  static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
  static const char *const trues[] = { "true", "True", "TRUE", NULL };
  static const char *const falses[] = { "false", "False", "FALSE", NULL };
  const char *digits = *text == '+' || *text == '-' ? text + 1 : text;
  gboolean is_number = g_ascii_isdigit (*digits) && strlen (text) < 40 && !(digits[0] == '0' && g_ascii_isalnum (digits[1]));
  g_autoptr (JsonNode) number = is_number ? vig_json_parse (*text == '+' ? text + 1 : text, -1, 0, NULL) : NULL;

  if (is_one_of (text, nulls))
    return json_node_new (JSON_NODE_NULL);
  if (is_one_of (text, trues) || is_one_of (text, falses))
    return json_node_init_boolean (json_node_alloc (), g_ascii_tolower (*text) == 't');
  if (number != NULL)
    return g_steal_pointer (&number);

  return json_node_init_string (json_node_alloc (), text);
}

static gboolean
read_scalar (Reader *self, const yaml_event_t *event, GError **error)
{
  const char *text = (const char *) event->data.scalar.value;
  gboolean is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  Level *top = get_top (self);

  if (strlen (text) != event->data.scalar.length || !g_utf8_validate (text, -1, NULL))
    return fail (event, error, "a text has NUL in it, or is not UTF-8");

  if (top != NULL && top->object != NULL && top->key == NULL)
    {
      if (json_object_has_member (top->object, text))
        return fail (event, error, "a key stands there twice");
      top->key = g_strdup (text);
      return TRUE;
    }

  return add (self, event, is_plain ? read_plain (text) : json_node_init_string (json_node_alloc (), text), error);
}

static gboolean
open_level (Reader *self, const yaml_event_t *event, GError **error)
{
  Level *top = get_top (self);
  Level *level;

  if (top != NULL && top->object != NULL && top->key == NULL)
    return fail (event, error, "a key is no text");
  if (self->levels->len >= VIG_JSON_MAX_DEPTH)
    return fail (event, error, "it nests too deep");

  level = g_new0 (Level, 1);
  if (event->type == YAML_MAPPING_START_EVENT)
    level->object = json_object_new ();
  else
    level->array = json_array_new ();
  g_ptr_array_add (self->levels, level);

  return TRUE;
}

static gboolean
close_level (Reader *self, const yaml_event_t *event, GError **error)
{
  Level *level = g_ptr_array_steal_index (self->levels, self->levels->len - 1);
  JsonNode *node = json_node_new (level->object != NULL ? JSON_NODE_OBJECT : JSON_NODE_ARRAY);

  if (level->object != NULL)
    json_node_take_object (node, g_steal_pointer (&level->object));
  else
    json_node_take_array (node, g_steal_pointer (&level->array));
  level_free (level);

  return add (self, event, node, error);
}

static gboolean
has_anchor (const yaml_event_t *event)
{
  return (event->type == YAML_SCALAR_EVENT && event->data.scalar.anchor != NULL) || (event->type == YAML_MAPPING_START_EVENT && event->data.mapping_start.anchor != NULL)
         || (event->type == YAML_SEQUENCE_START_EVENT && event->data.sequence_start.anchor != NULL);
}

static gboolean
read_event (Reader *self, const yaml_event_t *event, GError **error)
{
  if (event->type == YAML_ALIAS_EVENT || has_anchor (event))
    return fail (event, error, "anchors and aliases are not read: write it out, or send JSON");

  switch (event->type)
    {
    case YAML_SCALAR_EVENT:
      return read_scalar (self, event, error);
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
      return open_level (self, event, error);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
      return close_level (self, event, error);
    case YAML_DOCUMENT_START_EVENT:
      return self->root == NULL || fail (event, error, "there is a second document");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    case YAML_ALIAS_EVENT:
    default:
      return TRUE;
    }
}

static gboolean
read_all (Reader *self, yaml_parser_t *parser, GError **error)
{
  gboolean done = FALSE;

  while (!done)
    {
      yaml_event_t event;
      gboolean fine;

      if (yaml_parser_parse (parser, &event) == 0)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "YAML, line %zu: %s", parser->problem_mark.line + 1,
                       parser->problem != NULL ? parser->problem : "it cannot be read");
          return FALSE;
        }
      done = event.type == YAML_STREAM_END_EVENT;
      fine = read_event (self, &event, error);
      yaml_event_delete (&event);
      if (!fine)
        return FALSE;
    }

  return TRUE;
}

JsonNode *
vig_yaml_parse (const char *text, gsize length, GError **error)
{
  Reader self = { 0 };
  yaml_parser_t parser;
  gboolean fine;

  if (yaml_parser_initialize (&parser) == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "YAML cannot be read here");
      return NULL;
    }

  self.levels = g_ptr_array_new_with_free_func (level_free);
  yaml_parser_set_encoding (&parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&parser, (const unsigned char *) text, length);
  fine = read_all (&self, &parser, error);
  yaml_parser_delete (&parser);
  g_ptr_array_unref (self.levels);
  if (fine && self.root == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "YAML: there is nothing in it");
  if (!fine)
    g_clear_pointer (&self.root, json_node_unref);

  return self.root;
}
