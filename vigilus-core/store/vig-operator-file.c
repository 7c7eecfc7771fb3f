/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-operator-file.h"

#include <string.h>

#include "vig-store-operators.h"
#include "vig-store-providers.h"
#include "vig-store-row.h"

#define FORMAT     "vigilus_operator"
#define MAX_COPIES 100
#define NAME_ROOM  54 /* characters of a name, so that what comes behind it fits */

/* What is the same in the file and here. */
static const char * const plain[] = { "name", "description", "system_prompt", "soul", "model", "permission_level", "trust_mode", "enabled", "tools", NULL };

JsonObject *
vig_operator_file_make (VigDbConnection *db, JsonObject *operator, GError **error)
{
  g_autoptr (JsonObject) file = vig_json_pack_object ("{s:i}", FORMAT, VIG_OPERATOR_FILE_FORMAT);
  const char *provider_id = vig_json_get_string (operator, "provider_id", NULL);
  g_autoptr (JsonObject) provider = NULL;

  for (guint i = 0; plain[i] != NULL; i++)
    json_object_set_member (file, plain[i], json_object_dup_member (operator, plain[i]));
  json_object_set_member (file, "working_directory", json_object_dup_member (operator, "working_directory"));
  if (provider_id == NULL)
    {
      json_object_set_null_member (file, "provider");
      return g_steal_pointer (&file);
    }

  provider = vig_store_providers_get (db, provider_id, NULL, error);
  if (provider == NULL)
    return NULL;
  json_object_set_object_member (file, "provider", vig_json_pack_object ("{s:s, s:s}", "name", vig_json_get_string (provider, "name", ""),
                                                                         "type", vig_json_get_string (provider, "type", "")));

  return g_steal_pointer (&file);
}

static gboolean
check_members (JsonObject *file, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  if (vig_json_get_int (file, FORMAT, 0) != VIG_OPERATOR_FILE_FORMAT)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "this is no Operator's file: \"" FORMAT "\" must be %d", VIG_OPERATOR_FILE_FORMAT);
      return FALSE;
    }

  json_object_iter_init_ordered (&iter, file);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (!g_strv_contains (plain, name) && !g_str_equal (name, FORMAT) && !g_str_equal (name, "provider") && !g_str_equal (name, "working_directory"))
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "an Operator's file has no member \"%s\"", name);
        return FALSE;
      }

  return TRUE;
}

static void
add_note (JsonArray *notes, const char *before, const char *what, const char *behind)
{
  g_autofree char *note = g_strconcat (before, what, behind, NULL);

  json_array_add_string_element (notes, note);
}

static gboolean
take_provider (VigDbConnection *db, JsonObject *file, JsonObject *values, JsonArray *notes, GError **error)
{
  JsonObject *wanted = vig_json_get_object (file, "provider");
  const char *name = wanted != NULL ? vig_json_get_string (wanted, "name", "") : NULL;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) found = NULL;

  if (name == NULL)
    return TRUE;

  found = vig_store_row_one (vig_db_query (db, &local_error, "SELECT id FROM providers WHERE name = ?1 COLLATE NOCASE AND type = ?2", "ss", name,
                                           vig_json_get_string (wanted, "type", "")),
                             "s", &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (found != NULL)
    json_object_set_string_member (values, "provider_id", vig_json_get_string (found, "id", ""));
  else
    {
      add_note (notes, "There is no provider \"", name, "\" of that type here: the default one is used, with its own model.");
      json_object_set_null_member (values, "model");
    }

  return TRUE;
}

JsonObject *
vig_operator_file_read (VigDbConnection *db, JsonObject *file, JsonArray *notes, GError **error)
{
  g_autoptr (JsonObject) values = json_object_new ();
  const char *directory = vig_json_get_string (file, "working_directory", NULL);

  if (!check_members (file, error))
    return NULL;

  for (guint i = 0; plain[i] != NULL; i++)
    if (json_object_has_member (file, plain[i]))
      json_object_set_member (values, plain[i], json_object_dup_member (file, plain[i]));
  if (directory != NULL && g_file_test (directory, G_FILE_TEST_IS_DIR))
    json_object_set_string_member (values, "working_directory", directory);
  else if (directory != NULL)
    add_note (notes, "There is no directory ", directory, " here: it has no working directory until you choose one.");
  if (!take_provider (db, file, values, notes, error))
    return NULL;

  return g_steal_pointer (&values);
}

char *
vig_operator_file_free_name (VigDbConnection *db, const char *name, GError **error)
{
  g_autofree char *base = g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), NAME_ROOM));

  for (guint i = 1; i <= MAX_COPIES; i++)
    {
      g_autofree char *candidate = i == 1 ? g_strdup_printf ("%s copy", g_strchomp (base)) : g_strdup_printf ("%s copy %u", base, i);
      g_autoptr (GError) local_error = NULL;
      g_autoptr (JsonObject) taken = vig_store_operators_find (db, candidate, &local_error);

      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (taken == NULL)
        return g_steal_pointer (&candidate);
    }

  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "there are %d copies of %s already: give this one a name", MAX_COPIES, name);

  return NULL;
}
