/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-credentials.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define CREDENTIAL "SELECT id, name, kind, public_key, fingerprint, created_at, updated_at, sealed FROM credentials "
#define CREDENTIAL_TYPES "ssssstts"
#define NAME_COLUMN 1

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, 100 },
  { "kind", 's', FALSE, 1, 20, "ssh_key|password|api_key|token" },
  { "public_key", 's', TRUE, 1, 16384 },
  { "fingerprint", 's', TRUE, 1, 200 },
  { NULL },
};

/* Names of what uses it. */
static gboolean
put_users (VigDbConnection *db, JsonObject *credential, const char *member, const char *sql, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, sql, "s", vig_json_get_string (credential, "id", ""));
  g_autoptr (GError) local_error = NULL;
  JsonArray *names = json_array_new ();

  json_object_set_array_member (credential, member, names);
  if (rows == NULL)
    return FALSE;

  while (vig_db_rows_next (rows, &local_error))
    json_array_add_string_element (names, vig_db_rows_string (rows, 0));
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* The shape of the API: what is sealed comes out, what uses it goes in. */
static gboolean
shape (VigDbConnection *db, JsonObject *credential, char **sealed, GError **error)
{
  if (sealed != NULL)
    *sealed = g_strdup (vig_json_get_string (credential, "sealed", NULL));
  json_object_remove_member (credential, "sealed");

  return put_users (db, credential, "servers",
                    "SELECT name FROM servers WHERE credential_id = ?1 OR docker_credential_id = ?1 ORDER BY name COLLATE NOCASE LIMIT 200", error) &&
         put_users (db, credential, "tools", "SELECT 'http.' || name FROM http_tools WHERE credential_id = ?1 ORDER BY name LIMIT 200", error);
}

JsonObject *
vig_store_credentials_list (VigDbConnection *db, const VigPage *page, GError **error)
{
  g_autofree char *after = NULL;
  g_autoptr (JsonObject) list = NULL;
  JsonArray *items;

  if (!vig_store_cursor_text (page, "credentials", &after, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, CREDENTIAL "WHERE name > ?1 COLLATE NOCASE ORDER BY name COLLATE NOCASE LIMIT ?2",
                                               "si", after != NULL ? after : "", vig_store_page_limit (page) + 1),
                                 CREDENTIAL_TYPES, page, "credentials", NAME_COLUMN, error);
  if (list == NULL)
    return NULL;

  items = vig_json_get_array (list, "items");
  for (guint i = 0; i < json_array_get_length (items); i++)
    if (!shape (db, json_array_get_object_element (items, i), NULL, error))
      return NULL;

  return g_steal_pointer (&list);
}

JsonObject *
vig_store_credentials_get (VigDbConnection *db, const char *id, char **sealed, GError **error)
{
  g_autoptr (JsonObject) credential = vig_store_row_required (vig_db_query (db, error, CREDENTIAL "WHERE id = ?1", "s", id),
                                                              CREDENTIAL_TYPES, "credential", id, error);

  return credential != NULL && shape (db, credential, sealed, error) ? g_steal_pointer (&credential) : NULL;
}

static gboolean
write_row (VigDbConnection *db, const char *sql, JsonObject *credential, const char *sealed, gint64 created_at, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  const char *name = vig_json_get_string (credential, "name", NULL);

  if (vig_db_exec (db, &local_error, sql, "ssssssii",
                   vig_json_get_string (credential, "id", NULL),
                   name,
                   vig_json_get_string (credential, "kind", NULL),
                   vig_json_get_string (credential, "public_key", NULL),
                   vig_json_get_string (credential, "fingerprint", NULL),
                   sealed,
                   created_at,
                   vig_time_now ()))
    return TRUE;

  vig_store_name_taken ("a credential", name, &local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

JsonObject *
vig_store_credentials_create (VigDbConnection *db, JsonObject *values, const char *sealed, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autoptr (JsonObject) credential = vig_json_pack_object ("{s:s}", "id", id);

  if (!vig_store_check_fields ("a credential", fields, values, error))
    return NULL;

  vig_store_merge (credential, values);
  if (!vig_store_check_name (vig_json_get_string (credential, "name", ""), error) ||
      !write_row (db,
                  "INSERT INTO credentials (id, name, kind, public_key, fingerprint, sealed, created_at, updated_at)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                  credential, sealed, vig_time_now (), error))
    return NULL;

  return vig_store_credentials_get (db, id, NULL, error);
}

JsonObject *
vig_store_credentials_update (VigDbConnection *db, const char *id, JsonObject *changes, const char *sealed, GError **error)
{
  g_autofree char *old = NULL;
  g_autoptr (JsonObject) credential = NULL;
  gint64 created_at;

  if (!vig_store_check_fields ("a credential", fields, changes, error))
    return NULL;

  credential = vig_store_credentials_get (db, id, &old, error);
  if (credential == NULL || !vig_store_get_time (credential, "created_at", &created_at, error))
    return NULL;

  vig_store_merge (credential, changes);
  if (!vig_store_check_name (vig_json_get_string (credential, "name", ""), error) ||
      !write_row (db,
                  "UPDATE credentials SET name = ?2, kind = ?3, public_key = ?4, fingerprint = ?5, sealed = ?6, created_at = ?7, updated_at = ?8"
                  " WHERE id = ?1",
                  credential, sealed != NULL ? sealed : old, created_at, error))
    return NULL;

  return vig_store_credentials_get (db, id, NULL, error);
}

static gboolean
check_unused (JsonObject *credential, const char *member, const char *what, GError **error)
{
  JsonArray *users = vig_json_get_array (credential, member);

  if (json_array_get_length (users) == 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the credential \"%s\" is used by the %s \"%s\"%s: choose another one there first",
               vig_json_get_string (credential, "name", ""), what, json_array_get_string_element (users, 0),
               json_array_get_length (users) > 1 ? " and others" : "");

  return FALSE;
}

gboolean
vig_store_credentials_check (VigDbConnection *db, const char *id, const char *member, const char *kinds, GError **error)
{
  g_autoptr (JsonObject) row = NULL;
  g_auto (GStrv) fitting = g_strsplit (kinds, "|", -1);
  g_autoptr (GError) local_error = NULL;

  if (id == NULL)
    return TRUE;

  row = vig_store_row_one (vig_db_query (db, &local_error, "SELECT name, kind FROM credentials WHERE id = ?1", "s", id), "ss", &local_error);
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (row == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: there is no credential %s", member, id);
  else if (!g_strv_contains ((const char *const *) fitting, vig_json_get_string (row, "kind", "")))
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: the credential \"%s\" is of the kind %s; here it must be one of %s", member,
                 vig_json_get_string (row, "name", ""), vig_json_get_string (row, "kind", ""), kinds);
  else
    return TRUE;

  return FALSE;
}

gboolean
vig_store_credentials_delete (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (JsonObject) credential = vig_store_credentials_get (db, id, NULL, error);

  return credential != NULL && check_unused (credential, "servers", "server", error) && check_unused (credential, "tools", "tool", error) &&
         vig_db_exec (db, error, "DELETE FROM credentials WHERE id = ?1", "s", id);
}
