/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-outputs.h"

#include <string.h>

#include "vig-id.h"
#include "vig-store-row.h"

#define DAY (G_GINT64_CONSTANT (24 * 60 * 60) * G_USEC_PER_SEC)
#define MEGABYTE (1024 * 1024)

static gboolean
remove_old (VigDbConnection *db, JsonObject *settings, GError **error)
{
  gint64 oldest = vig_time_now () - vig_json_get_int (settings, "output_keep_days", 30) * DAY;
  gint64 max_bytes = vig_json_get_int (settings, "output_keep_total_mb", 512) * MEGABYTE;

  return vig_db_exec (db, error, "DELETE FROM call_outputs WHERE created_at < ?1", "i", oldest)
         && vig_db_exec (db, error,
                         "DELETE FROM call_outputs WHERE seq IN (SELECT seq FROM (SELECT seq, sum (bytes) OVER (ORDER BY created_at DESC, seq DESC) AS total"
                         " FROM call_outputs INDEXED BY call_outputs_age) WHERE total > ?1)",
                         "i", max_bytes);
}

/* A read that was interrupted runs again: the newer result counts. */
gboolean
vig_store_outputs_add (VigDbConnection *db, const char *call_id, const char *text, JsonObject *settings, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT INTO call_outputs (call_id, bytes, created_at, text) VALUES (?1, ?2, ?3, ?4)"
                      " ON CONFLICT (call_id) DO UPDATE SET bytes = excluded.bytes, created_at = excluded.created_at, text = excluded.text",
                      "siis", call_id, (gint64) strlen (text), vig_time_now (), text)
         && remove_old (db, settings, error);
}

char *
vig_store_outputs_dup (VigDbConnection *db, const char *call_id, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (VigDbRows) rows = vig_db_query (db, &local_error,
                                             "SELECT text FROM call_outputs WHERE call_id = ?1 UNION ALL"
                                             " SELECT json_extract (result, '$.text') FROM calls WHERE id = ?1 AND result IS NOT NULL"
                                             " AND NOT json_extract (result, '$.truncated') LIMIT 1", "s", call_id);

  if (rows != NULL && vig_db_rows_next (rows, &local_error))
    return g_strdup (vig_db_rows_string (rows, 0));
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND,
                 "no output of call %s is kept: it has none yet, or the limits under Settings let go of it", call_id);

  return NULL;
}

gboolean
vig_store_outputs_is_near (VigDbConnection *db, const char *call_id, const char *other_call_id, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error,
                                            "SELECT count(*) FROM calls a JOIN runs ra ON ra.id = a.run_id, calls b JOIN runs rb ON rb.id = b.run_id"
                                            " WHERE a.id = ?1 AND b.id = ?2 AND ra.session_id = rb.session_id",
                                            "ss", call_id, other_call_id),
                              error) > 0;
}
