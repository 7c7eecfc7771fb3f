/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-frozen.h"

#include "vig-id.h"
#include "vig-store-settings.h"

#define NAME "frozen"

JsonObject *
vig_store_frozen_get (VigDbConnection *db, GError **error)
{
  g_autofree char *text = vig_store_value_dup (db, NAME, error);

  return text != NULL && *text != '\0' ? vig_json_parse_object (text, -1, 0, error) : NULL;
}

gboolean
vig_store_frozen_set (VigDbConnection *db, const char *by, const char *reason, GError **error)
{
  g_autofree char *at = vig_time_to_iso (vig_time_now ());
  g_autoptr (JsonObject) frozen = vig_json_pack_object ("{s:s, s:s, s:s}", "at", at, "by", by, "reason", reason);
  g_autofree char *text = vig_json_object_to_string (frozen);

  return vig_store_value_set (db, NAME, text, error);
}

gboolean
vig_store_frozen_clear (VigDbConnection *db, GError **error)
{
  return vig_store_value_set (db, NAME, "", error);
}

gint64
vig_store_frozen_revoke (VigDbConnection *db, GError **error)
{
  gint64 now = vig_time_now ();

  if (!vig_db_exec (db, error, "UPDATE grants SET revoked_at = ?1, unrecorded = 'the panic switch was pressed'"
                               " WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > ?1", "i", now))
    return -1;

  return vig_db_get_changes (db);
}

gint64
vig_store_frozen_stop_runs (VigDbConnection *db, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE runs SET stop_requested = 1 WHERE state IN ('routing', 'asking', 'resolving')", NULL))
    return -1;

  return vig_db_get_changes (db);
}
