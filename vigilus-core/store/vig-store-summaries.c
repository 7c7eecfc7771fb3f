/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-summaries.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define SUMMARY "SELECT id, session_id, run_id, operator_name, message_id, n_messages, model, text, kept, created_at FROM summaries "
#define SUMMARY_TYPES "sssssissjt"

JsonObject *
vig_store_summaries_add (VigDbConnection *db, JsonObject *summary, GError **error)
{
  g_autofree char *id = vig_id_new ();

  if (!vig_db_exec (db, error,
                    "INSERT INTO summaries (id, session_id, run_id, operator_name, message_id, n_messages, model, text, kept, created_at)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    "sssssissoi", id,
                    vig_json_get_string (summary, "session_id", NULL),
                    vig_json_get_string (summary, "run_id", NULL),
                    vig_json_get_string (summary, "operator_name", NULL),
                    vig_json_get_string (summary, "message_id", NULL),
                    vig_json_get_int (summary, "n_messages", 0),
                    vig_json_get_string (summary, "model", NULL),
                    vig_json_get_string (summary, "text", NULL),
                    vig_json_get_object (summary, "kept"),
                    vig_time_now ()))
    return NULL;

  return vig_store_row_one (vig_db_query (db, error, SUMMARY "WHERE id = ?1", "s", id), SUMMARY_TYPES, error);
}

JsonArray *
vig_store_summaries_newest (VigDbConnection *db, const char *session_id, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          SUMMARY "WHERE seq IN (SELECT max (seq) FROM summaries WHERE session_id = ?1 GROUP BY operator_name)",
                                          "s", session_id),
                            SUMMARY_TYPES, error);
}
