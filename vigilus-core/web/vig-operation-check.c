/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-operation.h"

#include <string.h>

/* The schema says "/tools/0: must be a string": the first name of it is the field that a form marks. */
static char *
field_of (const char *message)
{
  const char *start = strchr (message, '/');
  gsize length;

  if (start == NULL)
    return NULL;
  length = strcspn (start + 1, "/:");

  return length > 0 ? g_strndup (start + 1, length) : NULL;
}

/* "property \"x\" is not allowed" names the field in quotes, where the place is the object itself. */
static char *
quoted_in (const char *message)
{
  const char *start = strchr (message, '"');
  const char *end = start != NULL ? strchr (start + 1, '"') : NULL;

  return end != NULL && end > start + 1 ? g_strndup (start + 1, end - start - 1) : NULL;
}

static JsonNode *
convert (const VigParameter *parameter, const char *text)
{
  char *end = NULL;

  if (g_str_equal (parameter->type, "integer") && *text != '\0' && strlen (text) < 18)
    {
      gint64 number = g_ascii_strtoll (text, &end, 10);

      if (*end == '\0' && !g_ascii_isspace (*text))
        return json_node_init_int (json_node_alloc (), number);
    }
  if (g_str_equal (parameter->type, "boolean") && (g_str_equal (text, "true") || g_str_equal (text, "false")))
    return json_node_init_boolean (json_node_alloc (), *text == 't');

  return json_node_init_string (json_node_alloc (), text);
}

static gboolean
set_parameter (JsonObject *object, const VigParameter *parameter, const char *text, char **field, GError **error)
{
  g_autoptr (JsonNode) value = convert (parameter, text);

  if (!vig_schema_validate (parameter->schema, value, error))
    {
      g_prefix_error (error, "parameter \"%s\": ", parameter->name);
      *field = g_strdup (parameter->name);
      return FALSE;
    }
  json_object_set_member (object, parameter->name, g_steal_pointer (&value));

  return TRUE;
}

static const VigParameter *
find_parameter (const VigOperation *self, const char *name, gboolean in_path)
{
  for (guint i = 0; i < self->parameters->len; i++)
    {
      const VigParameter *parameter = g_ptr_array_index (self->parameters, i);

      if (parameter->in_path == in_path && g_str_equal (parameter->name, name))
        return parameter;
    }

  return NULL;
}

static char *
decode_form (const char *text)
{
  g_autofree char *spaced = g_strdelimit (g_strdup (text), "+", ' ');
  g_autofree char *decoded = g_uri_unescape_string (spaced, NULL);

  return decoded != NULL && g_utf8_validate (decoded, -1, NULL) ? g_steal_pointer (&decoded) : NULL;
}

static gboolean
read_pair (const VigOperation *self, const char *pair, JsonObject *object, char **field, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (pair, "=", 2);
  g_autofree char *name = decode_form (parts[0]);
  g_autofree char *value = decode_form (parts[1] != NULL ? parts[1] : "");
  const VigParameter *parameter = name != NULL ? find_parameter (self, name, FALSE) : NULL;

  if (value == NULL || name == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the query is not percent-encoded UTF-8");
      return FALSE;
    }
  if (parameter == NULL || json_object_has_member (object, name))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, parameter == NULL ? "parameter \"%s\" is unknown" : "parameter \"%s\" is given twice", name);
      *field = g_steal_pointer (&name);
      return FALSE;
    }

  return set_parameter (object, parameter, value, field, error);
}

static gboolean
read_query (const VigOperation *self, const char *query, JsonObject *object, char **field, GError **error)
{
  g_auto (GStrv) pairs = g_strsplit (query != NULL ? query : "", "&", 64);

  for (guint i = 0; pairs[i] != NULL; i++)
    if (*pairs[i] != '\0' && !read_pair (self, pairs[i], object, field, error))
      return FALSE;

  for (guint i = 0; i < self->parameters->len; i++)
    {
      const VigParameter *parameter = g_ptr_array_index (self->parameters, i);

      if (!parameter->required || json_object_has_member (object, parameter->name))
        continue;
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "parameter \"%s\" is missing", parameter->name);
      *field = g_strdup (parameter->name);
      return FALSE;
    }

  return TRUE;
}

JsonObject *
vig_operation_check_parameters (const VigOperation *self, char **values, const char *query, char **field, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();

  for (guint i = 0; values != NULL && values[i] != NULL; i++)
    {
      const char *braced = vig_operation_get_path_name (self, i);
      g_autofree char *name = braced != NULL ? g_strndup (braced + 1, strlen (braced) - 2) : g_strdup ("");
      const VigParameter *parameter = find_parameter (self, name, TRUE);

      if (parameter != NULL && !set_parameter (object, parameter, values[i], field, error))
        return NULL;
    }

  return read_query (self, query, object, field, error) ? g_steal_pointer (&object) : NULL;
}

JsonObject *
vig_operation_check_body (const VigOperation *self, const char *text, gsize length, char **field, GError **error)
{
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) wrong = NULL;

  if (self->body == NULL || (length == 0 && !self->body_required))
    return json_object_new ();

  body = vig_json_parse_object (text, length, self->body_limit, error);
  if (body == NULL)
    {
      g_prefix_error (error, "the body is not valid JSON: ");
      return NULL;
    }

  node = json_node_init_object (json_node_alloc (), body);
  if (vig_schema_validate (self->body, node, &wrong))
    return g_steal_pointer (&body);

  *field = field_of (wrong->message);
  if (*field == NULL)
    *field = quoted_in (wrong->message);
  g_propagate_error (error, g_steal_pointer (&wrong));

  return NULL;
}
