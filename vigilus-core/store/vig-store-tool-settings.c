/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-tool-settings.h"

#include "vig-id.h"
#include "vig-store-row.h"

JsonObject *
vig_store_tool_settings_get (VigDbConnection *db, const char *id, char **sealed, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) row = vig_store_row_one (vig_db_query (db, &local_error, "SELECT settings, secrets, updated_at, sealed FROM tool_settings WHERE id = ?1",
                                                                "s", id),
                                                  "jjts", &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (row == NULL)
    return vig_json_pack_object ("{s:{}, s:[], s:n}", "settings", "secrets", "updated_at");
  if (sealed != NULL)
    *sealed = g_strdup (vig_json_get_string (row, "sealed", NULL));
  json_object_remove_member (row, "sealed");

  return g_steal_pointer (&row);
}

gboolean
vig_store_tool_settings_set (VigDbConnection *db, const char *id, JsonObject *settings, JsonArray *secrets, const char *sealed, GError **error)
{
  g_autoptr (JsonNode) names = json_node_init_array (json_node_alloc (), secrets);
  g_autofree char *text = vig_json_to_string (names);

  return vig_db_exec (db, error,
                      "INSERT INTO tool_settings (id, settings, secrets, sealed, updated_at) VALUES (?1, ?2, ?3, ?4, ?5)"
                      " ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, secrets = excluded.secrets, sealed = excluded.sealed,"
                      " updated_at = excluded.updated_at",
                      "sossi", id, settings, text, sealed, vig_time_now ());
}
