/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-row.h"

static gboolean
invalid (const VigStoreField *field, GError **error, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
invalid (const VigStoreField *field, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s %s", field->name, text);

  return FALSE;
}

static gboolean
check_string (const VigStoreField *field, JsonNode *node, GError **error)
{
  g_auto (GStrv) values = field->values != NULL ? g_strsplit (field->values, "|", -1) : NULL;
  const char *text = json_node_get_string (node);
  glong length = g_utf8_strlen (text, -1);

  if (values != NULL && !g_strv_contains ((const char *const *) values, text))
    return invalid (field, error, "must be one of %s", field->values);

  if (length < field->min)
    return length == 0 ? invalid (field, error, "must not be empty")
                       : invalid (field, error, "must have at least %" G_GINT64_FORMAT " characters", field->min);

  if (field->max > 0 && length > field->max)
    return invalid (field, error, "must have at most %" G_GINT64_FORMAT " characters", field->max);

  return TRUE;
}

static gboolean
check_strings (const VigStoreField *field, JsonNode *node, GError **error)
{
  JsonArray *array = json_node_get_array (node);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  if (field->max > 0 && json_array_get_length (array) > field->max)
    return invalid (field, error, "must have at most %" G_GINT64_FORMAT " elements", field->max);

  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      const char *text = json_node_get_value_type (element) == G_TYPE_STRING ? json_node_get_string (element) : NULL;

      if (text == NULL || *text == '\0')
        return invalid (field, error, "must be a list of names");

      if (!g_hash_table_add (seen, (gpointer) text))
        return invalid (field, error, "names %s twice", text);
    }

  return TRUE;
}

static gboolean
check_integer (const VigStoreField *field, JsonNode *node, GError **error)
{
  gint64 value = json_node_get_int (node);

  if (value >= field->min && (field->max == 0 || value <= field->max))
    return TRUE;

  return invalid (field, error, "must be from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, field->min, field->max);
}

static gboolean
check_field (const VigStoreField *field, JsonNode *node, GError **error)
{
  GType type = json_node_get_value_type (node);

  if (JSON_NODE_HOLDS_NULL (node))
    return field->nullable ? TRUE : invalid (field, error, "must not be null");

  switch (field->type)
    {
    case 's':
      return type == G_TYPE_STRING ? check_string (field, node, error) : invalid (field, error, "must be a string");
    case 'i':
      return type == G_TYPE_INT64 ? check_integer (field, node, error) : invalid (field, error, "must be an integer");
    case 'b':
      return type == G_TYPE_BOOLEAN ? TRUE : invalid (field, error, "must be true or false");
    case 'o':
      return JSON_NODE_HOLDS_OBJECT (node) ? TRUE : invalid (field, error, "must be an object");
    case 'a':
      return JSON_NODE_HOLDS_ARRAY (node) ? check_strings (field, node, error) : invalid (field, error, "must be a list");
    default:
      g_return_val_if_reached (FALSE);
    }
}

static const VigStoreField *
find_field (const VigStoreField *fields, const char *name)
{
  for (; fields->name != NULL; fields++)
    if (g_str_equal (fields->name, name))
      return fields;

  return NULL;
}

gboolean
vig_store_check_fields (const char *noun, const VigStoreField *fields, JsonObject *values, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, values);
  while (json_object_iter_next (&iter, &name, &node))
    {
      const VigStoreField *field = find_field (fields, name);

      if (field == NULL)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s has no member \"%s\"", noun, name);
          return FALSE;
        }

      if (!check_field (field, node, error))
        return FALSE;
    }

  return TRUE;
}
