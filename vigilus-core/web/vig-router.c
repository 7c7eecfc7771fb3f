/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-operation.h"

#include <string.h>

struct _VigRouter
{
  JsonNode  *document;
  GPtrArray *operations;
};

static const char *const METHODS[] = { "get", "post", "put", "patch", "delete", NULL };

static guint
count_literals (const VigOperation *operation)
{
  guint n = 0;

  for (guint i = 0; operation->segments[i] != NULL; i++)
    n += operation->segments[i][0] != '{';

  return n;
}

static gboolean
fits (const VigOperation *operation, char **segments)
{
  for (guint i = 0; segments[i] != NULL || operation->segments[i] != NULL; i++)
    {
      if (segments[i] == NULL || operation->segments[i] == NULL)
        return FALSE;
      if (operation->segments[i][0] == '{' ? segments[i][0] == '\0' : !g_str_equal (operation->segments[i], segments[i]))
        return FALSE;
    }

  return TRUE;
}

static char **
copy_values (const VigOperation *operation, char **segments)
{
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();

  for (guint i = 0; segments[i] != NULL; i++)
    if (operation->segments[i][0] == '{')
      g_strv_builder_add (values, segments[i]);

  return g_strv_builder_end (values);
}

/* Each segment is decoded for itself, so that %2F stays within it. NULL: not UTF-8, or a zero byte. */
static char **
split_path (const char *path)
{
  g_auto (GStrv) segments = g_strsplit (path + 1, "/", -1);

  for (guint i = 0; segments[i] != NULL; i++)
    {
      char *decoded = g_uri_unescape_string (segments[i], NULL);

      if (decoded == NULL || !g_utf8_validate (decoded, -1, NULL))
        {
          g_free (decoded);
          return NULL;
        }
      g_free (segments[i]);
      segments[i] = decoded;
    }

  return g_steal_pointer (&segments);
}

static void
append_method (GString *allow, const char *method)
{
  g_string_append_printf (allow, "%s%s", allow->len > 0 ? ", " : "", method);
  if (g_str_equal (method, "GET"))
    g_string_append (allow, ", HEAD");
}

/* Of all that fit, those with the most literal segments count (OpenAPI: concrete paths come first). */
static const VigOperation *
choose (VigRouter *self, const char *method, char **segments, GString *allow)
{
  const VigOperation *chosen = NULL;
  guint most = 0;

  for (guint i = 0; i < self->operations->len; i++)
    {
      const VigOperation *operation = g_ptr_array_index (self->operations, i);

      if (!fits (operation, segments) || count_literals (operation) < most)
        continue;
      if (count_literals (operation) > most)
        {
          most = count_literals (operation);
          chosen = NULL;
          g_string_truncate (allow, 0);
        }
      append_method (allow, operation->method);
      if (g_str_equal (operation->method, method))
        chosen = operation;
    }

  return chosen;
}

gboolean
vig_router_match (VigRouter *self, const char *method, const char *path, VigMatch *match, char **allow, GError **error)
{
  g_auto (GStrv) segments = path[0] == '/' ? split_path (path) : NULL;
  g_autoptr (GString) methods = g_string_new (NULL);

  match->operation = NULL;
  if (segments != NULL)
    match->operation = choose (self, g_str_equal (method, "HEAD") ? "GET" : method, segments, methods);
  if (match->operation != NULL)
    {
      match->values = copy_values (match->operation, segments);
      return TRUE;
    }

  if (methods->len == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is nothing at this path");
      return FALSE;
    }

  *allow = g_strdup (methods->str);
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "this path takes %s", methods->str);

  return FALSE;
}

void
vig_match_clear (VigMatch *match)
{
  g_clear_pointer (&match->values, g_strfreev);
  match->operation = NULL;
}

static gboolean
add_path (VigRouter *self, const char *path, JsonObject *item, GError **error)
{
  for (guint i = 0; METHODS[i] != NULL; i++)
    {
      JsonObject *description = vig_json_get_object (item, METHODS[i]);
      VigOperation *operation;

      if (description == NULL)
        continue;
      operation = vig_operation_new (self->document, path, METHODS[i], description, error);
      if (operation == NULL)
        return FALSE;
      g_ptr_array_add (self->operations, operation);
      /* A third of the document, which the schemas keep: nobody asks for them any more. */
      json_object_remove_member (description, "responses");
    }

  return TRUE;
}

static gboolean
add_paths (VigRouter *self, GError **error)
{
  JsonObject *paths = vig_json_get_object (json_node_get_object (self->document), "paths");
  g_autoptr (GList) names = paths != NULL ? json_object_get_members (paths) : NULL;

  for (GList *name = names; name != NULL; name = name->next)
    if (!add_path (self, name->data, vig_json_get_object (paths, name->data), error))
      return FALSE;

  return TRUE;
}

/* Both directions: nothing described that is not there, nothing there that is not described. */
static gboolean
bind_all (VigRouter *self, GHashTable *bindings, GError **error)
{
  g_autoptr (GHashTable) left = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString) wrong = g_string_new (NULL);
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, bindings);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_hash_table_add (left, name);

  for (guint i = 0; i < self->operations->len; i++)
    {
      VigOperation *operation = g_ptr_array_index (self->operations, i);

      operation->binding = g_hash_table_lookup (bindings, operation->id);
      if (operation->binding == NULL)
        g_string_append_printf (wrong, " %s has no function;", operation->id);
      g_hash_table_remove (left, operation->id);
    }
  g_hash_table_iter_init (&iter, left);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_string_append_printf (wrong, " %s is not described;", (const char *) name);

  if (wrong->len == 0)
    return TRUE;
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the API description and the program differ:%s", wrong->str);

  return FALSE;
}

void
vig_router_free (VigRouter *self)
{
  g_ptr_array_unref (self->operations);
  json_node_unref (self->document);
  g_free (self);
}

VigRouter *
vig_router_new (JsonNode *document, GHashTable *bindings, GError **error)
{
  g_autoptr (VigRouter) self = g_new0 (VigRouter, 1);

  self->document = json_node_ref (document);
  self->operations = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_operation_free);
  if (!add_paths (self, error) || !bind_all (self, bindings, error))
    return NULL;

  return g_steal_pointer (&self);
}
