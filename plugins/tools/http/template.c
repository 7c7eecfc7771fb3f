/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "http.h"

#include <string.h>

#define MAX_NAME 64 /* bytes */

/* At "{": the length of "{name}", or 0 where it is only a brace. */
static gsize
measure (const char *text)
{
  gsize length = 1;

  if (!g_ascii_isalpha (text[1]) && text[1] != '_')
    return 0;
  while (g_ascii_isalnum (text[length]) || text[length] == '_')
    length++;

  return text[length] == '}' && length <= MAX_NAME + 1 ? length + 1 : 0;
}

char *
http_encode_for_uri (const char *value, GError **error)
{
  return g_uri_escape_string (value, NULL, FALSE);
}

char *
http_encode_for_header (const char *value, GError **error)
{
  for (const char *c = value; *c != '\0'; c++)
    if (((guchar) *c < ' ' && *c != '\t') || *c == 0x7F)
      {
        g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "a header has no line breaks and control characters");
        return NULL;
      }

  return g_strdup (value);
}

char *
http_encode_plain (const char *value, GError **error)
{
  return g_strdup (value);
}

gboolean
http_template_check (const char *text, GHashTable *known, GHashTable *used, GError **error)
{
  for (const char *c = strchr (text, '{'); c != NULL; c = strchr (c + 1, '{'))
    {
      gsize length = measure (c);
      g_autofree char *name = length > 0 ? g_strndup (c + 1, length - 2) : NULL;

      if (name == NULL)
        continue;
      if (!g_hash_table_contains (known, name))
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "{%s} is none of the parameters", name);
          return FALSE;
        }
      g_hash_table_add (used, g_steal_pointer (&name));
    }

  return TRUE;
}

/* Lists of plain values are joined by commas. */
static char *
join (JsonArray *array)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      g_autofree char *element = http_value_dup_text (json_array_get_element (array, i));

      g_string_append_printf (text, "%s%s", i > 0 ? "," : "", element != NULL ? element : "");
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
http_value_dup_text (JsonNode *value)
{
  if (value == NULL || JSON_NODE_HOLDS_NULL (value))
    return NULL;
  if (JSON_NODE_HOLDS_ARRAY (value))
    return join (json_node_get_array (value));
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    return g_strdup (json_node_get_string (value));

  return vig_json_to_string (value);
}

static gboolean
append_value (GString *out, const char *name, JsonObject *arguments, HttpEncodeFunc encode, gboolean *missing, GError **error)
{
  JsonNode *value = json_object_has_member (arguments, name) ? json_object_get_member (arguments, name) : NULL;
  g_autofree char *text = http_value_dup_text (value);
  g_autofree char *encoded = NULL;

  if (text == NULL)
    {
      *missing = TRUE;
      return TRUE;
    }

  encoded = encode (text, error);
  if (encoded == NULL)
    {
      g_prefix_error (error, "%s: ", name);
      return FALSE;
    }
  g_string_append (out, encoded);

  return TRUE;
}

char *
http_template_fill (const char *text, JsonObject *arguments, HttpEncodeFunc encode, gboolean *missing, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);

  *missing = FALSE;
  for (const char *c = text; *c != '\0';)
    {
      gsize length = *c == '{' ? measure (c) : 0;
      g_autofree char *name = length > 0 ? g_strndup (c + 1, length - 2) : NULL;

      if (name == NULL)
        g_string_append_c (out, *c++);
      else if (append_value (out, name, arguments, encode, missing, error))
        c += length;
      else
        return NULL;
    }

  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
http_template_dup_name (const char *text)
{
  gsize length = *text == '{' ? measure (text) : 0;

  return length > 0 && text[length] == '\0' ? g_strndup (text + 1, length - 2) : NULL;
}
