/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema-private.h"

#include <string.h>

/* Enough for any sane schema, and an end for those that refer to themselves or branch without bound. */
#define MAX_DEPTH 512
#define MAX_STEPS 1000000

gboolean
vig_schema_complain (VigSchemaEval *eval, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  if (eval->quiet > 0 || eval->message != NULL)
    return FALSE;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  eval->message = g_strdup_printf ("%s: %s", eval->path->len > 0 ? eval->path->str : "value", what);

  return FALSE;
}

const VigSchemaRule *
vig_schema_find_rule (const VigSubschema *sub, const char *keyword)
{
  guint i;

  for (i = 0; i < sub->rules->len; i++)
    {
      const VigSchemaRule *rule = g_ptr_array_index (sub->rules, i);

      if (g_str_equal (rule->keyword->name, keyword))
        return rule;
    }

  return NULL;
}

gboolean
vig_schema_is_number (JsonNode *value)
{
  GType type = JSON_NODE_HOLDS_VALUE (value) ? json_node_get_value_type (value) : G_TYPE_INVALID;

  return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
}

void
vig_schema_see_name (VigSchemaSeen *seen, const char *name)
{
  if (seen == NULL)
    return;
  if (seen->names == NULL)
    seen->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (seen->names, g_strdup (name));
}

void
vig_schema_see_item (VigSchemaSeen *seen, guint index)
{
  if (seen == NULL)
    return;
  if (seen->items == NULL)
    seen->items = g_hash_table_new (NULL, NULL);
  g_hash_table_add (seen->items, GUINT_TO_POINTER (index));
}

static void
merge_seen (VigSchemaSeen *into, VigSchemaSeen *from)
{
  GHashTableIter iter;
  gpointer key;

  if (from->names != NULL)
    {
      g_hash_table_iter_init (&iter, from->names);
      while (g_hash_table_iter_next (&iter, &key, NULL))
        vig_schema_see_name (into, key);
    }
  if (from->items != NULL)
    {
      g_hash_table_iter_init (&iter, from->items);
      while (g_hash_table_iter_next (&iter, &key, NULL))
        vig_schema_see_item (into, GPOINTER_TO_UINT (key));
    }
}

static gboolean
check_rules (VigSchemaEval *eval, const VigSubschema *sub, JsonNode *value, VigSchemaSeen *seen)
{
  VigSchemaSeen own = { NULL, NULL };
  gboolean valid = TRUE;
  guint i;

  for (i = 0; i < sub->rules->len && valid; i++)
    {
      const VigSchemaRule *rule = g_ptr_array_index (sub->rules, i);

      if (rule->keyword->check != NULL)
        valid = rule->keyword->check (eval, rule, value, eval->tracks ? &own : NULL);
    }

  if (valid && seen != NULL)
    merge_seen (seen, &own);
  g_clear_pointer (&own.names, g_hash_table_unref);
  g_clear_pointer (&own.items, g_hash_table_unref);

  return valid;
}

gboolean
vig_schema_check (VigSchemaEval *eval, const VigSubschema *sub, JsonNode *value, VigSchemaSeen *seen)
{
  gboolean valid;

  if (sub->never)
    return vig_schema_complain (eval, "is not allowed");
  if (eval->aborted || eval->depth >= MAX_DEPTH || eval->steps++ >= MAX_STEPS)
    {
      eval->aborted = TRUE;
      return FALSE;
    }

  if (sub->meta)
    return vig_schema_is_schema (value, sub->draft7) || vig_schema_complain (eval, "is not a JSON schema");

  eval->depth++;
  g_ptr_array_add (eval->scope, sub->base);
  valid = check_rules (eval, sub, value, seen);
  g_ptr_array_set_size (eval->scope, (int) eval->scope->len - 1);
  eval->depth--;

  return valid;
}

/* @name NULL: the element at @index. */
gboolean
vig_schema_check_at (VigSchemaEval *eval, const VigSubschema *sub, JsonNode *value, const char *name, guint index)
{
  gsize length = eval->path->len;
  gboolean valid;
  const char *p;

  g_string_append_c (eval->path, '/');
  if (name == NULL)
    g_string_append_printf (eval->path, "%u", index);
  for (p = name; p != NULL && *p != '\0'; p++)
    if (*p == '~' || *p == '/')
      g_string_append (eval->path, *p == '~' ? "~0" : "~1");
    else
      g_string_append_c (eval->path, *p);

  valid = vig_schema_check (eval, sub, value, NULL);
  g_string_truncate (eval->path, length);

  return valid;
}
