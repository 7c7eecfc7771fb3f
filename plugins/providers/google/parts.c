/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "google.h"

#include <string.h>

#define MAX_INDEX 10000 /* of a list in arguments that come in pieces */

struct _GoogleParts
{
  JsonArray  *parts;
  JsonObject *open; /* the call whose arguments still come, borrowed from parts */
};

GoogleParts *
google_parts_new (void)
{
  GoogleParts *self = g_new0 (GoogleParts, 1);

  self->parts = json_array_new ();

  return self;
}

void
google_parts_free (GoogleParts *self)
{
  json_array_unref (self->parts);
  g_free (self);
}

/* A step of a path like $.a.b[0]: a name, or a place in a list. FALSE at the end, and where the path is none. */
static gboolean
next_step (const char **path, char **name, gint64 *index)
{
  const char *at = *path;

  g_clear_pointer (name, g_free);
  *index = -1;
  if (*at == '[')
    {
      char *end;
      gint64 number = g_ascii_strtoll (at + 1, &end, 10);

      if (end == at + 1 || *end != ']' || number < 0 || number > MAX_INDEX)
        return FALSE;
      *index = number;
      *path = end + 1;
      return TRUE;
    }
  at += *at == '.' ? 1 : 0;
  if (*at == '\0')
    return FALSE;
  *path = at + strcspn (at, ".[");
  *name = g_strndup (at, *path - at);

  return **name != '\0';
}

static JsonNode *
dup_value (JsonObject *piece)
{
  static const char *names[] = { "stringValue", "numberValue", "boolValue" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (json_object_has_member (piece, names[i]))
      return json_node_copy (json_object_get_member (piece, names[i]));

  return json_node_new (JSON_NODE_NULL);
}

/* The place of a step in @holder; what is not there yet becomes null. NULL: the step does not fit. */
static JsonNode *
ensure_place (JsonNode *holder, const char *name, gint64 index)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (holder) ? json_node_get_array (holder) : NULL;
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (holder) ? json_node_get_object (holder) : NULL;

  if (array != NULL && index >= 0)
    {
      while (json_array_get_length (array) <= index)
        json_array_add_null_element (array);
      return json_array_get_element (array, index);
    }
  if (object == NULL || name == NULL)
    return NULL;
  if (!json_object_has_member (object, name))
    json_object_set_null_member (object, name);

  return json_object_get_member (object, name);
}

static void
become_holder (JsonNode *node, gboolean list)
{
  if (!JSON_NODE_HOLDS_NULL (node))
    return;
  if (list)
    {
      json_node_init (node, JSON_NODE_ARRAY);
      json_node_take_array (node, json_array_new ());
    }
  else
    {
      json_node_init (node, JSON_NODE_OBJECT);
      json_node_take_object (node, json_object_new ());
    }
}

/* Pieces of text at one path belong together. */
static void
put_value (JsonNode *place, JsonNode *value)
{
  const char *had = JSON_NODE_HOLDS_VALUE (place) && json_node_get_value_type (place) == G_TYPE_STRING ? json_node_get_string (place) : NULL;
  const char *more = JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING ? json_node_get_string (value) : NULL;
  g_autofree char *both = had != NULL && more != NULL ? g_strconcat (had, more, NULL) : NULL;

  if (both != NULL)
    json_node_set_string (place, both);
  else if (JSON_NODE_HOLDS_VALUE (value) && (JSON_NODE_HOLDS_VALUE (place) || JSON_NODE_HOLDS_NULL (place)))
    {
      GValue copy = G_VALUE_INIT;

      json_node_get_value (value, &copy);
      /* Of one that has a value, json-glib frees that, and goes on to use it. */
      if (JSON_NODE_HOLDS_NULL (place))
        json_node_init (place, JSON_NODE_VALUE);
      json_node_set_value (place, &copy);
      g_value_unset (&copy);
    }
}

/* {"jsonPath": "$.a.b[0]", "stringValue": "..."} */
static void
apply_piece (JsonObject *arguments, JsonObject *piece)
{
  const char *path = vig_json_get_string (piece, "jsonPath", "");
  g_autoptr (JsonNode) value = dup_value (piece);
  JsonNode *place = json_node_init_object (json_node_alloc (), arguments);
  g_autoptr (JsonNode) root = place;
  g_autofree char *name = NULL;
  guint depth = 0;
  gint64 index;

  path += *path == '$' ? 1 : 0;
  while (place != NULL && depth < VIG_JSON_MAX_DEPTH && next_step (&path, &name, &index))
    {
      place = ensure_place (place, name, index);
      depth++;
      if (place != NULL && *path != '\0')
        become_holder (place, *path == '[');
    }
  if (place != NULL && depth > 0 && *path == '\0')
    put_value (place, value);
}

static void
take_pieces (GoogleParts *self, JsonObject *call)
{
  JsonArray *pieces = vig_json_get_array (call, "partialArgs");

  if (!json_object_has_member (self->open, "args") || !JSON_NODE_HOLDS_OBJECT (json_object_get_member (self->open, "args")))
    json_object_set_object_member (self->open, "args", json_object_new ());
  for (guint i = 0; pieces != NULL && i < json_array_get_length (pieces); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (pieces, i)))
      apply_piece (json_object_get_object_member (self->open, "args"), json_array_get_object_element (pieces, i));
  if (!vig_json_get_boolean (call, "willContinue", FALSE))
    self->open = NULL;
}

static void
take_call (GoogleParts *self, JsonObject *part, JsonObject *call)
{
  gboolean comes_in_pieces = json_object_has_member (call, "partialArgs") || json_object_has_member (call, "willContinue");

  if (self->open == NULL || vig_json_get_string (call, "name", NULL) != NULL)
    {
      JsonNode *copy;
      g_autofree char *text = vig_json_object_to_string (part);

      self->open = NULL;
      /* A copy all the way down: it is written to. */
      copy = vig_json_parse (text, -1, 0, NULL);
      if (copy == NULL)
        return;
      json_array_add_element (self->parts, copy);
      if (!comes_in_pieces)
        return;
      self->open = vig_json_get_object (json_node_get_object (copy), "functionCall");
      json_object_remove_member (self->open, "partialArgs");
      json_object_remove_member (self->open, "willContinue");
    }
  take_pieces (self, call);
}

/* Text comes in many small parts; those without a signature may be put together. */
static void
keep_text (GoogleParts *self, JsonObject *part, const char *text)
{
  guint n = json_array_get_length (self->parts);
  JsonObject *last = n > 0 ? json_array_get_object_element (self->parts, n - 1) : NULL;
  const char *had = last != NULL ? vig_json_get_string (last, "text", NULL) : NULL;

  if (had != NULL && !json_object_has_member (last, "thoughtSignature") && !json_object_has_member (part, "thoughtSignature")
      && vig_json_get_boolean (last, "thought", FALSE) == vig_json_get_boolean (part, "thought", FALSE))
    {
      g_autofree char *both = g_strconcat (had, text, NULL);

      json_object_set_string_member (last, "text", both);
    }
  else
    {
      JsonObject *copy = vig_json_pack_object ("{s:s}", "text", text);

      if (vig_json_get_boolean (part, "thought", FALSE))
        json_object_set_boolean_member (copy, "thought", TRUE);
      if (vig_json_get_string (part, "thoughtSignature", NULL) != NULL)
        json_object_set_string_member (copy, "thoughtSignature", vig_json_get_string (part, "thoughtSignature", NULL));
      json_array_add_object_element (self->parts, copy);
    }
}

void
google_parts_take (GoogleParts *self, VigHttpAnswer *answer, JsonObject *part)
{
  JsonObject *call = vig_json_get_object (part, "functionCall");
  const char *text = vig_json_get_string (part, "text", NULL);

  if (call != NULL)
    take_call (self, part, call);
  else if (text == NULL)
    json_array_add_object_element (self->parts, json_object_ref (part));
  else
    {
      keep_text (self, part, text);
      if (vig_json_get_boolean (part, "thought", FALSE))
        vig_http_answer_add_reasoning (answer, text);
      else
        vig_http_answer_add_text (answer, text);
    }
}

static gboolean
is_wanted_back (JsonObject *part)
{
  if (json_object_has_member (part, "thoughtSignature"))
    return TRUE;

  return !vig_json_get_boolean (part, "thought", FALSE) && *vig_json_get_string (part, "text", "x") != '\0';
}

/* The calls, and what goes back: every part in its place as soon as one has a signature, or a call an id. */
void
google_parts_finish (GoogleParts *self, VigHttpAnswer *answer)
{
  JsonArray *kept = json_array_new ();
  gboolean worth = FALSE;

  for (guint i = 0; i < json_array_get_length (self->parts); i++)
    {
      JsonObject *part = json_array_get_object_element (self->parts, i);
      JsonObject *call = vig_json_get_object (part, "functionCall");
      JsonNode *args = call != NULL ? json_object_get_member (call, "args") : NULL;
      g_autofree char *text = args != NULL && !JSON_NODE_HOLDS_NULL (args) ? vig_json_to_string (args) : NULL;
      const char *id = call != NULL ? vig_json_get_string (call, "id", NULL) : NULL;

      if (call != NULL)
        vig_http_answer_add_call (answer, id, vig_json_get_string (call, "name", NULL), text);
      worth = worth || id != NULL || json_object_has_member (part, "thoughtSignature");
      if (is_wanted_back (part))
        json_array_add_object_element (kept, json_object_ref (part));
    }
  if (worth)
    vig_reply_set_opaque (vig_http_answer_get_reply (answer), vig_json_pack ("{s:s, s:A}", "format", GOOGLE_FORMAT, "parts", kept));
  else
    json_array_unref (kept);
}
