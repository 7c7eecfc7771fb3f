/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-taints.h"

#include "vig-id.h"
#include "vig-store-row.h"

/* What other calls of the same reply bring, the model had not read when it made the call. */
#define BEFORE \
  "FROM session_taints t JOIN calls c ON c.id = ?1 JOIN runs r ON r.id = c.run_id" \
  " WHERE t.session_id = r.session_id AND (t.message_id IS NULL OR c.message_id IS NULL OR t.message_id <> c.message_id)"

gboolean
vig_store_taints_add (VigDbConnection *db, const char *call_id, const char *plugin, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT INTO session_taints (session_id, message_id, call_id, tool, plugin, resource, created_at)"
                      " SELECT r.session_id, c.message_id, c.id, c.tool, ?2, coalesce (c.resource, ''), ?3"
                      " FROM calls c JOIN runs r ON r.id = c.run_id WHERE c.id = ?1"
                      " ON CONFLICT (session_id, tool, resource) DO NOTHING",
                      "ssi", call_id, plugin, vig_time_now ());
}

gint64
vig_store_taints_count_before (VigDbConnection *db, const char *call_id, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) " BEFORE, "s", call_id), error);
}

JsonObject *
vig_store_taints_before (VigDbConnection *db, const char *call_id, GError **error)
{
  gint64 n = vig_store_taints_count_before (db, call_id, error);
  JsonArray *sources;

  if (n <= 0)
    return NULL;

  sources = vig_store_row_all (vig_db_query (db, error,
                                             "SELECT t.tool AS tool, t.plugin AS plugin, nullif (t.resource, '') AS resource, t.call_id AS call_id,"
                                             " t.created_at AS at " BEFORE " ORDER BY t.seq DESC LIMIT ?2",
                                             "si", call_id, (gint64) VIG_STORE_TAINTS_SHOWN),
                               "sssst", error);

  return sources != NULL ? vig_json_pack_object ("{s:I, s:A}", "n", n, "sources", sources) : NULL;
}
