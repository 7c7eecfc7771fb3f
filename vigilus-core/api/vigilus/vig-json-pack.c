/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-json.h"

#include <string.h>

typedef struct
{
  const char *at;
  va_list     args;
} Packer;

static JsonNode *pack_value (Packer *self, gboolean *left_out);

static char
peek (Packer *self)
{
  self->at += strspn (self->at, " ,:\n");

  return *self->at;
}

static JsonNode *
node_or_null (JsonNode *node)
{
  return node != NULL ? node : json_node_init_null (json_node_alloc ());
}

static JsonNode *
node_for_object (JsonObject *object)
{
  return object != NULL ? json_node_init_object (json_node_alloc (), object) : NULL;
}

static JsonNode *
node_for_array (JsonArray *array)
{
  JsonNode *node;

  if (array == NULL)
    return NULL;

  node = json_node_new (JSON_NODE_ARRAY);
  json_node_take_array (node, array);

  return node;
}

static JsonNode *
node_for_string (const char *text)
{
  return text != NULL ? json_node_init_string (json_node_alloc (), text) : NULL;
}

static JsonNode *
reference (JsonNode *node)
{
  return node != NULL ? json_node_ref (node) : NULL;
}

/* NULL for a NULL argument, which means null, or left out where the letter has a question mark. */
static JsonNode *
pack_argument (Packer *self, char letter)
{
  switch (letter)
    {
    case 's':
      return node_for_string (va_arg (self->args, const char *));
    case 'i':
      return json_node_init_int (json_node_alloc (), va_arg (self->args, int));
    case 'I':
      return json_node_init_int (json_node_alloc (), va_arg (self->args, gint64));
    case 'f':
      return json_node_init_double (json_node_alloc (), va_arg (self->args, double));
    case 'b':
      return json_node_init_boolean (json_node_alloc (), va_arg (self->args, gboolean));
    case 'o':
      return va_arg (self->args, JsonNode *);
    case 'O':
      return reference (va_arg (self->args, JsonNode *));
    case 'J':
      return node_for_object (va_arg (self->args, JsonObject *));
    case 'A':
      return node_for_array (va_arg (self->args, JsonArray *));
    default:
      if (letter != 'n')
        g_critical ("vig_json_pack: unknown letter '%c'", letter);
      return NULL;
    }
}

static JsonNode *
pack_object (Packer *self)
{
  g_autoptr (JsonObject) object = json_object_new ();
  const char *name;
  JsonNode *value;
  gboolean left_out;

  while (peek (self) == 's')
    {
      self->at++;
      name = va_arg (self->args, const char *);
      value = pack_value (self, &left_out);
      if (!left_out)
        json_object_set_member (object, name, value);
    }

  if (peek (self) == '}')
    self->at++;
  else
    g_critical ("vig_json_pack: an object ends with \"%s\"", self->at);

  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
pack_array (Packer *self)
{
  g_autoptr (JsonArray) array = json_array_new ();
  JsonNode *value;
  gboolean left_out;

  while (peek (self) != ']' && *self->at != '\0')
    {
      value = pack_value (self, &left_out);
      if (!left_out)
        json_array_add_element (array, value);
    }

  if (*self->at == ']')
    self->at++;
  else
    g_critical ("vig_json_pack: an array is not closed");

  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
pack_value (Packer *self, gboolean *left_out)
{
  char letter = peek (self);
  gboolean optional;
  JsonNode *node;

  *left_out = FALSE;
  if (letter != '\0')
    self->at++;
  if (letter == '{')
    return pack_object (self);
  if (letter == '[')
    return pack_array (self);

  optional = *self->at == '?';
  if (optional)
    self->at++;

  node = pack_argument (self, letter);
  *left_out = optional && node == NULL;

  return *left_out ? NULL : node_or_null (node);
}

static JsonNode *
pack (Packer *self)
{
  gboolean left_out;
  JsonNode *node = pack_value (self, &left_out);

  if (peek (self) != '\0')
    g_critical ("vig_json_pack: \"%s\" is left over", self->at);

  return node_or_null (node);
}

JsonNode *
vig_json_pack (const char *format, ...)
{
  Packer self = { .at = format };
  JsonNode *node;

  va_start (self.args, format);
  node = pack (&self);
  va_end (self.args);

  return node;
}

JsonObject *
vig_json_pack_object (const char *format, ...)
{
  Packer self = { .at = format };
  g_autoptr (JsonNode) node = NULL;

  va_start (self.args, format);
  node = pack (&self);
  va_end (self.args);

  g_return_val_if_fail (JSON_NODE_HOLDS_OBJECT (node), NULL);

  return json_node_dup_object (node);
}
