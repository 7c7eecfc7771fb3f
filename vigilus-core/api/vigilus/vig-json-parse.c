/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-json-lenient.h"
#include "vig-sse.h"

#include <math.h>
#include <string.h>

/* json-glib's own parser recurses without a limit and takes much that is not JSON, so the tree is built here. */
typedef struct
{
  const char *text;
  const char *at;
  const char *end;
  guint       depth;
  gboolean    lenient;
  GError    **error;
} Reader;

static JsonNode *read_value (Reader *self);

static gboolean
fail (Reader *self, const char *at, const char *what)
{
  guint line = 1;
  const char *line_start = self->text;
  const char *p;

  for (p = self->text; p < at; p++)
    if (*p == '\n')
      {
        line++;
        line_start = p + 1;
      }

  g_set_error (self->error, VIG_ERROR, VIG_ERROR_INVALID, "invalid JSON at line %u, column %u: %s",
               line, (guint) (at - line_start) + 1, what);

  return FALSE;
}

static void
skip_space (Reader *self)
{
  while (self->at < self->end && (*self->at == ' ' || *self->at == '\t' || *self->at == '\n' || *self->at == '\r'))
    self->at++;
}

static gboolean
next_is (Reader *self, char c)
{
  return self->at < self->end && *self->at == c;
}

static gboolean
expect (Reader *self, char c, const char *what)
{
  skip_space (self);
  if (!next_is (self, c))
    return fail (self, self->at, self->at == self->end ? "the text ends too early" : what);

  self->at++;

  return TRUE;
}

static gboolean
read_hex (Reader *self, gunichar *unit)
{
  guint i;

  *unit = 0;
  for (i = 0; i < 4; i++, self->at++)
    {
      if (self->at == self->end || !g_ascii_isxdigit (*self->at))
        return fail (self, self->at, "four hexadecimal digits must follow \\u");
      *unit = *unit * 16 + (gunichar) g_ascii_xdigit_value (*self->at);
    }

  return TRUE;
}

static gboolean
is_low_surrogate_ahead (Reader *self)
{
  return self->end - self->at >= 6 && self->at[0] == '\\' && self->at[1] == 'u'
         && g_ascii_tolower (self->at[2]) == 'd' && g_ascii_xdigit_value (self->at[3]) >= 0xc;
}

/* Half a surrogate pair is no character, and a C string cannot hold U+0000: both become U+FFFD. */
static gboolean
read_unicode_escape (Reader *self, GString *out)
{
  gunichar c;
  gunichar low;

  if (!read_hex (self, &c))
    return FALSE;

  if (c >= 0xd800 && c < 0xdc00 && is_low_surrogate_ahead (self))
    {
      self->at += 2;
      if (!read_hex (self, &low))
        return FALSE;
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }

  if (c == 0 || (c >= 0xd800 && c < 0xe000))
    c = 0xfffd;
  g_string_append_unichar (out, c);

  return TRUE;
}

static gboolean
read_escape (Reader *self, GString *out)
{
  static const char letters[] = "\"\\/bfnrt";
  static const char values[] = "\"\\/\b\f\n\r\t";
  const char *found;
  char letter;

  if (self->at == self->end)
    return fail (self, self->at, "the text ends inside a string");

  letter = *self->at++;
  if (letter == 'u')
    return read_unicode_escape (self, out);

  found = strchr (letters, letter);
  if (letter == '\0' || found == NULL)
    return fail (self, self->at - 1, "unknown escape in a string");
  g_string_append_c (out, values[found - letters]);

  return TRUE;
}

static char *
read_string (Reader *self)
{
  g_autoptr (GString) out = g_string_new (NULL);
  const char *start;

  self->at++;
  while (TRUE)
    {
      start = self->at;
      while (self->at < self->end && *self->at != '"' && *self->at != '\\' && (guchar) *self->at >= 0x20)
        self->at++;
      g_string_append_len (out, start, self->at - start);

      if (self->at == self->end)
        return fail (self, self->at, "the text ends inside a string"), NULL;
      if ((guchar) *self->at < 0x20)
        return fail (self, self->at, "a control character in a string must be escaped"), NULL;
      if (*self->at++ == '"')
        return g_string_free (g_steal_pointer (&out), FALSE);
      if (!read_escape (self, out))
        return NULL;
    }
}

static gboolean
skip_digits (Reader *self)
{
  const char *start = self->at;

  while (self->at < self->end && g_ascii_isdigit (*self->at))
    self->at++;

  return self->at > start || fail (self, self->at, "a digit is missing in a number");
}

static gboolean
skip_number (Reader *self, gboolean *integer)
{
  if (next_is (self, '-'))
    self->at++;
  if (next_is (self, '0'))
    self->at++;
  else if (!skip_digits (self))
    return FALSE;

  *integer = TRUE;
  if (next_is (self, '.'))
    {
      *integer = FALSE;
      self->at++;
      if (!skip_digits (self))
        return FALSE;
    }

  if (!next_is (self, 'e') && !next_is (self, 'E'))
    return TRUE;

  *integer = FALSE;
  self->at++;
  if (next_is (self, '+') || next_is (self, '-'))
    self->at++;

  return skip_digits (self);
}

/* Integers of 64 bits stay exact; all others are doubles. -0 is a double, for the sake of its sign. */
static JsonNode *
read_number (Reader *self)
{
  g_autofree char *text = NULL;
  const char *start = self->at;
  gboolean integer;
  gint64 exact;
  double value;

  if (!skip_number (self, &integer))
    return NULL;

  text = g_strndup (start, self->at - start);
  if (integer && strcmp (text, "-0") != 0 && g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &exact, NULL))
    return json_node_init_int (json_node_alloc (), exact);

  value = g_ascii_strtod (text, NULL);
  if (!isfinite (value))
    return fail (self, start, "number out of range"), NULL;

  return json_node_init_double (json_node_alloc (), value);
}

static gboolean
read_member (Reader *self, JsonObject *object)
{
  g_autofree char *name = NULL;
  JsonNode *value;
  const char *start;

  skip_space (self);
  start = self->at;
  if (!next_is (self, '"'))
    return fail (self, start, "a member name in double quotes is missing");

  name = read_string (self);
  if (name == NULL)
    return FALSE;
  if (!self->lenient && json_object_has_member (object, name))
    return fail (self, start, "a member name is repeated");
  if (!expect (self, ':', "a colon must follow a member name"))
    return FALSE;

  value = read_value (self);
  if (value == NULL)
    return FALSE;
  if (JSON_NODE_HOLDS_NULL (value) && json_object_has_member (object, name))
    json_node_unref (value);
  else
    json_object_set_member (object, name, value);

  return TRUE;
}

static JsonNode *
read_object (Reader *self)
{
  g_autoptr (JsonObject) object = json_object_new ();

  self->at++;
  skip_space (self);
  if (next_is (self, '}'))
    {
      self->at++;
      return json_node_init_object (json_node_alloc (), object);
    }

  while (TRUE)
    {
      if (!read_member (self, object))
        return NULL;
      skip_space (self);
      if (!next_is (self, ','))
        break;
      self->at++;
    }

  if (!expect (self, '}', "a comma or a closing brace is missing"))
    return NULL;

  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
read_array (Reader *self)
{
  g_autoptr (JsonArray) array = json_array_new ();
  JsonNode *value;

  self->at++;
  skip_space (self);
  if (next_is (self, ']'))
    {
      self->at++;
      return json_node_init_array (json_node_alloc (), array);
    }

  while (TRUE)
    {
      value = read_value (self);
      if (value == NULL)
        return NULL;
      json_array_add_element (array, value);
      skip_space (self);
      if (!next_is (self, ','))
        break;
      self->at++;
    }

  if (!expect (self, ']', "a comma or a closing bracket is missing"))
    return NULL;

  return json_node_init_array (json_node_alloc (), array);
}

static gboolean
skip_word (Reader *self, const char *word)
{
  gsize length = strlen (word);

  if ((gsize) (self->end - self->at) < length || strncmp (self->at, word, length) != 0)
    return FALSE;

  self->at += length;

  return TRUE;
}

static JsonNode *
read_word (Reader *self)
{
  if (skip_word (self, "true"))
    return json_node_init_boolean (json_node_alloc (), TRUE);
  if (skip_word (self, "false"))
    return json_node_init_boolean (json_node_alloc (), FALSE);
  if (skip_word (self, "null"))
    return json_node_init_null (json_node_alloc ());

  fail (self, self->at, "a value is missing");

  return NULL;
}

static JsonNode *
read_nested (Reader *self)
{
  JsonNode *node;

  if (++self->depth > VIG_JSON_MAX_DEPTH)
    return fail (self, self->at, "nested deeper than " G_STRINGIFY (VIG_JSON_MAX_DEPTH) " levels"), NULL;

  node = *self->at == '{' ? read_object (self) : read_array (self);
  self->depth--;

  return node;
}

static JsonNode *
read_value (Reader *self)
{
  g_autofree char *text = NULL;

  skip_space (self);
  if (self->at == self->end)
    return fail (self, self->at, "the text ends where a value should be"), NULL;

  if (*self->at == '{' || *self->at == '[')
    return read_nested (self);
  if (*self->at == '-' || g_ascii_isdigit (*self->at))
    return read_number (self);
  if (*self->at != '"')
    return read_word (self);

  text = read_string (self);

  return text != NULL ? json_node_init_string (json_node_alloc (), text) : NULL;
}

static gboolean
check_text (Reader *self, gsize length, gsize max_size)
{
  const char *bad;

  if (length > max_size)
    {
      g_set_error (self->error, VIG_ERROR, VIG_ERROR_TOO_LARGE,
                   "JSON text of %" G_GSIZE_FORMAT " bytes is over the limit of %" G_GSIZE_FORMAT, length, max_size);
      return FALSE;
    }
  if (!g_utf8_validate_len (self->text, length, &bad))
    return fail (self, bad, "not valid UTF-8");

  return TRUE;
}

static JsonNode *
parse (const char *text, gssize length, gsize max_size, gboolean lenient, GError **error)
{
  Reader self = { .error = error, .lenient = lenient };
  g_autoptr (JsonNode) node = NULL;
  gsize size;

  self.text = text != NULL ? text : "";
  size = length < 0 ? strlen (self.text) : (gsize) length;
  self.at = self.text;
  self.end = self.text + size;
  if (!check_text (&self, size, max_size > 0 ? max_size : VIG_JSON_MAX_SIZE))
    return NULL;

  node = read_value (&self);
  if (node == NULL)
    return NULL;

  skip_space (&self);
  if (self.at != self.end)
    return fail (&self, self.at, "more text after the value"), NULL;

  return g_steal_pointer (&node);
}

JsonNode *
vig_json_parse (const char *text, gssize length, gsize max_size, GError **error)
{
  g_return_val_if_fail (text != NULL || length == 0, NULL);

  return parse (text, length, max_size, FALSE, error);
}

JsonNode *
vig_json_parse_lenient (const char *text, gssize length, gsize max_size, GError **error)
{
  g_autofree char *valid = NULL;

  if (length < 0)
    length = strlen (text);
  if (g_utf8_validate_len (text, length, NULL))
    return parse (text, length, max_size, TRUE, error);
  valid = vig_sse_decode (text, length);

  return parse (valid, -1, max_size, TRUE, error);
}

static JsonObject *
take_object (JsonNode *owned, GError **error)
{
  g_autoptr (JsonNode) node = owned;

  if (node == NULL)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the JSON text is not an object");
      return NULL;
    }

  return json_node_dup_object (node);
}

JsonObject *
vig_json_parse_object (const char *text, gssize length, gsize max_size, GError **error)
{
  return take_object (vig_json_parse (text, length, max_size, error), error);
}

JsonObject *
vig_json_parse_object_lenient (const char *text, gssize length, gsize max_size, GError **error)
{
  return take_object (vig_json_parse_lenient (text, length, max_size, error), error);
}
