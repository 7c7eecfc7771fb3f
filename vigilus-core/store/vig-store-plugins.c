/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-plugins.h"

#include "vig-id.h"
#include "vig-store-row.h"

JsonObject *
vig_store_plugins_allowed (VigDbConnection *db, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT id, sha256 FROM plugins_allowed", NULL);
  g_autoptr (JsonObject) allowed = json_object_new ();
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return NULL;

  while (vig_db_rows_next (rows, &local_error))
    json_object_set_string_member (allowed, vig_db_rows_string (rows, 0), vig_db_rows_string (rows, 1));

  if (local_error == NULL)
    return g_steal_pointer (&allowed);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static const VigStoreField fields[] = {
  { "id", 's', FALSE, 1, 200 },
  { "sha256", 's', FALSE, 64, 64 },
  { NULL },
};

gboolean
vig_store_plugins_allow (VigDbConnection *db, const char *id, const char *sha256, const char *user_name, GError **error)
{
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s, s:s}", "id", id, "sha256", sha256);

  return vig_store_check_fields ("a consent", fields, values, error) &&
         vig_db_exec (db, error,
                      "INSERT INTO plugins_allowed (id, sha256, user_name, created_at) VALUES (?1, ?2, ?3, ?4)"
                      " ON CONFLICT (id) DO UPDATE SET sha256 = excluded.sha256, user_name = excluded.user_name, created_at = excluded.created_at",
                      "sssi", id, sha256, user_name, vig_time_now ());
}

gboolean
vig_store_plugins_revoke (VigDbConnection *db, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM plugins_allowed WHERE id = ?1", "s", id))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("allowed plugin", id, error);
}
