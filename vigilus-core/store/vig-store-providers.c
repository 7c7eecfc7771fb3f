/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-providers.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-settings.h"

#define PROVIDER \
  "SELECT id, name, type, base_url, default_model, enabled, is_default, options, created_at, updated_at, sealed_key FROM providers "
#define PROVIDER_TYPES "sssssbbjtts"
#define NAME_COLUMN 1

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, 100 },
  { "type", 's', FALSE, 1, 64 },
  { "base_url", 's', TRUE, 1, 2048 },
  { "default_model", 's', TRUE, 1, 200 },
  { "enabled", 'b' },
  { "is_default", 'b' },
  { "options", 'o' },
  { NULL },
};

/* The shape of the API: the sealed key comes out, whether there is one goes in. */
static JsonObject *
shape (JsonObject *provider, char **sealed_key)
{
  const char *key;

  if (provider == NULL)
    return NULL;

  key = vig_json_get_string (provider, "sealed_key", NULL);
  json_object_set_object_member (provider, "key", vig_json_pack_object ("{s:b}", "set", key != NULL));
  if (sealed_key != NULL)
    *sealed_key = g_strdup (key);
  json_object_remove_member (provider, "sealed_key");

  return provider;
}

JsonObject *
vig_store_providers_list (VigDbConnection *db, const VigPage *page, GError **error)
{
  g_autofree char *after = NULL;
  JsonObject *list;
  JsonArray *items;

  if (!vig_store_cursor_text (page, "providers", &after, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, PROVIDER "WHERE name > ?1 COLLATE NOCASE ORDER BY name COLLATE NOCASE LIMIT ?2",
                                               "si", after != NULL ? after : "", vig_store_page_limit (page) + 1),
                                 PROVIDER_TYPES, page, "providers", NAME_COLUMN, error);
  if (list == NULL)
    return NULL;

  items = vig_json_get_array (list, "items");
  for (guint i = 0; i < json_array_get_length (items); i++)
    shape (json_array_get_object_element (items, i), NULL);

  return list;
}

JsonObject *
vig_store_providers_get (VigDbConnection *db, const char *id, char **sealed_key, GError **error)
{
  return shape (vig_store_row_required (vig_db_query (db, error, PROVIDER "WHERE id = ?1", "s", id),
                                        PROVIDER_TYPES, "provider", id, error),
                sealed_key);
}

JsonObject *
vig_store_providers_default (VigDbConnection *db, char **sealed_key, GError **error)
{
  return shape (vig_store_row_one (vig_db_query (db, error, PROVIDER "WHERE is_default = 1 AND enabled = 1", NULL),
                                   PROVIDER_TYPES, error),
                sealed_key);
}

static gboolean
check_complete (JsonObject *provider, GError **error)
{
  for (guint i = 0; i < 2; i++)
    {
      const char *member = i == 0 ? "name" : "type";
      g_autofree char *text = g_strstrip (g_strdup (vig_json_get_string (provider, member, "")));

      if (*text != '\0' && g_str_equal (text, vig_json_get_string (provider, member, "")))
        continue;

      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s must not be empty, nor begin or end with a space", member);
      return FALSE;
    }

  return TRUE;
}

/* Runs @sql, which takes all columns in the order of the table. */
static gboolean
write_row (VigDbConnection *db, const char *sql, JsonObject *provider, const char *sealed_key, gint64 created_at, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  const char *name = vig_json_get_string (provider, "name", NULL);
  gboolean is_default = vig_json_get_boolean (provider, "is_default", FALSE);
  g_autofree char *options = vig_store_dup_json (provider, "options");

  if (is_default && !vig_db_exec (db, error, "UPDATE providers SET is_default = 0 WHERE is_default = 1", NULL))
    return FALSE;

  if (vig_db_exec (db, &local_error, sql, "sssssbbsiis",
                   vig_json_get_string (provider, "id", NULL),
                   name,
                   vig_json_get_string (provider, "type", NULL),
                   vig_json_get_string (provider, "base_url", NULL),
                   vig_json_get_string (provider, "default_model", NULL),
                   vig_json_get_boolean (provider, "enabled", TRUE),
                   is_default,
                   sealed_key,
                   created_at,
                   vig_time_now (),
                   options != NULL ? options : "{}"))
    return TRUE;

  vig_store_name_taken ("a provider", name, &local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

JsonObject *
vig_store_providers_create (VigDbConnection *db, JsonObject *values, const char *sealed_key, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autoptr (JsonObject) provider = vig_json_pack_object ("{s:s}", "id", id);
  gint64 count;

  if (!vig_store_check_fields ("a provider", fields, values, error))
    return NULL;

  vig_store_merge (provider, values);
  count = check_complete (provider, error) ? vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM providers", NULL), error) : -1;
  if (count < 0)
    return NULL;

  if (count == 0)
    json_object_set_boolean_member (provider, "is_default", TRUE);

  if (!write_row (db,
                  "INSERT INTO providers (id, name, type, base_url, default_model, enabled, is_default, sealed_key, created_at, updated_at, options)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                  provider, sealed_key, vig_time_now (), error))
    return NULL;

  return vig_store_providers_get (db, id, NULL, error);
}

JsonObject *
vig_store_providers_update (VigDbConnection *db, const char *id, JsonObject *changes, gboolean keep_key, const char *sealed_key, GError **error)
{
  g_autofree char *old_key = NULL;
  g_autoptr (JsonObject) provider = NULL;
  gboolean was_default;
  gint64 created_at;

  if (!vig_store_check_fields ("a provider", fields, changes, error))
    return NULL;

  provider = vig_store_providers_get (db, id, &old_key, error);
  if (provider == NULL || !vig_store_get_time (provider, "created_at", &created_at, error))
    return NULL;

  was_default = vig_json_get_boolean (provider, "is_default", FALSE);
  vig_store_merge (provider, changes);
  if (was_default && !vig_json_get_boolean (provider, "is_default", FALSE))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "one provider must be the default: make another one the default instead");
      return NULL;
    }

  if (!check_complete (provider, error) ||
      !write_row (db,
                  "UPDATE providers SET name = ?2, type = ?3, base_url = ?4, default_model = ?5, enabled = ?6, is_default = ?7,"
                  " sealed_key = ?8, created_at = ?9, updated_at = ?10, options = ?11 WHERE id = ?1",
                  provider, keep_key ? old_key : sealed_key, created_at, error))
    return NULL;

  return vig_store_providers_get (db, id, NULL, error);
}

/* What uses the provider, for people, or NULL. */
static char *
dup_users (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT name FROM operators WHERE provider_id = ?1 OR fallback_provider_id = ?1"
                                                        " ORDER BY name COLLATE NOCASE LIMIT 20", "s", id);
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  g_autoptr (GString) users = g_string_new (NULL);

  if (rows == NULL || settings == NULL)
    return NULL;

  while (vig_db_rows_next (rows, error))
    g_string_append_printf (users, "%s%s", users->len > 0 ? ", " : "", vig_db_rows_string (rows, 0));

  if (g_strcmp0 (vig_json_get_string (settings, "routing_provider_id", NULL), id) == 0)
    g_string_append_printf (users, "%s%s", users->len > 0 ? ", " : "", "the routing in Settings");

  if (g_strcmp0 (vig_json_get_string (settings, "fallback_provider_id", NULL), id) == 0)
    g_string_append_printf (users, "%s%s", users->len > 0 ? ", " : "", "the second model in Settings");

  return users->len > 0 ? g_string_free (g_steal_pointer (&users), FALSE) : NULL;
}

gboolean
vig_store_providers_delete (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (JsonObject) provider = vig_store_providers_get (db, id, NULL, error);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *users = provider != NULL ? dup_users (db, id, &local_error) : NULL;

  if (provider == NULL)
    return FALSE;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  if (users != NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the provider \"%s\" is used by %s",
                   vig_json_get_string (provider, "name", ""), users);
      return FALSE;
    }

  if (!vig_db_exec (db, error, "DELETE FROM providers WHERE id = ?1", "s", id))
    return FALSE;

  return !vig_json_get_boolean (provider, "is_default", FALSE) ||
         vig_db_exec (db, error,
                      "UPDATE providers SET is_default = 1"
                      " WHERE id = (SELECT id FROM providers ORDER BY enabled DESC, created_at, id LIMIT 1)",
                      NULL);
}

gboolean
vig_store_providers_check (VigDbConnection *db, JsonObject *object, const char *member, GError **error)
{
  const char *provider_id = vig_json_get_string (object, member, NULL);
  gint64 found;

  if (provider_id == NULL)
    return TRUE;

  found = vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM providers WHERE id = ?1", "s", provider_id), error);
  if (found == 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s names no provider: %s", member, provider_id);

  return found > 0;
}
