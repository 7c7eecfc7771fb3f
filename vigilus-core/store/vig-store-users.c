/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-users.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define USER "SELECT users.id, users.name, users.role, users.disabled, users.created_at FROM users "
#define USER_TYPES "sssbt"

#define MAX_NAME 64

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, MAX_NAME },
  { NULL },
};

JsonObject *
vig_store_users_create_owner (VigDbConnection *db, const char *name, const char *record, GError **error)
{
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s}", "name", name);
  g_autofree char *id = vig_id_new ();
  gint64 count;

  if (!vig_store_check_fields ("user", fields, values, error))
    return NULL;

  count = vig_store_users_count (db, error);
  if (count != 0)
    {
      if (count > 0)
        g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this installation has an owner already");
      return NULL;
    }

  if (!vig_db_exec (db, error, "INSERT INTO users (id, name, role, record, created_at) VALUES (?1, ?2, 'owner', ?3, ?4)",
                    "sssi", id, name, record, vig_time_now ()))
    return NULL;

  return vig_store_users_get (db, id, error);
}

JsonObject *
vig_store_users_get_owner (VigDbConnection *db, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, USER "WHERE role = 'owner' AND disabled = 0 ORDER BY id LIMIT 1", NULL);

  return rows != NULL && vig_db_rows_next (rows, error) ? vig_store_row_to_object (rows, USER_TYPES) : NULL;
}

gint64
vig_store_users_count (VigDbConnection *db, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM users", NULL), error);
}

JsonObject *
vig_store_users_get (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, USER "WHERE id = ?1", "s", id), USER_TYPES, "user", id, error);
}

JsonObject *
vig_store_users_find (VigDbConnection *db, const char *name, char **record, GError **error)
{
  g_autoptr (VigDbRows) rows = NULL;

  rows = vig_db_query (db, error,
                       "SELECT id, name, role, disabled, created_at, record FROM users WHERE name = ?1 COLLATE NOCASE",
                       "s", name);
  if (rows == NULL || !vig_db_rows_next (rows, error))
    return NULL;

  if (record != NULL)
    *record = g_strdup (vig_db_rows_string (rows, 5));

  return vig_store_row_to_object (rows, USER_TYPES);
}

gboolean
vig_store_users_set_record (VigDbConnection *db, const char *id, const char *record, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE users SET record = ?2 WHERE id = ?1", "ss", id, record))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("user", id, error);
}
