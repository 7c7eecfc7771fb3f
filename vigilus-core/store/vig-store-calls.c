/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-runs.h"

#define CALL \
  "SELECT id, run_id, message_id, provider_call_id, tool, arguments, level, resource, state, decision, approval_id, outcome," \
  " result, created_at, started_at, ended_at FROM calls "
#define CALL_TYPES "sssssjsssjssjttt"

#define LEVELS "read|write|exec|elevate"
#define STATES "new|waiting|declaring|running|recording|done"
#define OUTCOMES "success|failed|denied|interrupted|unknown"

static const VigStoreField fields[] = {
  { "id", 's', FALSE, 1, 64 },
  { "run_id", 's', FALSE, 1, 64 },
  { "message_id", 's', TRUE, 1, 64 },
  { "provider_call_id", 's', TRUE },
  { "tool", 's', FALSE },
  { "arguments", 'o', TRUE },
  { "level", 's', TRUE, 1, 0, LEVELS },
  { "resource", 's', TRUE },
  { "state", 's', FALSE, 1, 0, STATES },
  { "decision", 'o', TRUE },
  { "approval_id", 's', TRUE, 1, 64 },
  { "outcome", 's', TRUE, 1, 0, OUTCOMES },
  { "result", 'o', TRUE },
  { NULL },
};

JsonObject *
vig_store_calls_get (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, CALL "WHERE id = ?1", "s", id), CALL_TYPES, "call", id, error);
}

JsonArray *
vig_store_calls_of_run (VigDbConnection *db, const char *run_id, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error, CALL "WHERE run_id = ?1 ORDER BY seq", "s", run_id), CALL_TYPES, error);
}

/* When it began to run, which it does once it is declared, and when it was over: set once by the state. */
static gboolean
set_times (JsonObject *call, gint64 *started_at, gint64 *ended_at, GError **error)
{
  const char *state = vig_json_get_string (call, "state", "new");

  if (!vig_store_get_time (call, "started_at", started_at, error) || !vig_store_get_time (call, "ended_at", ended_at, error))
    return FALSE;

  if (*started_at == 0 && (g_str_equal (state, "declaring") || g_str_equal (state, "running")))
    *started_at = vig_time_now ();
  if (*ended_at == 0 && (g_str_equal (state, "recording") || g_str_equal (state, "done")))
    *ended_at = vig_time_now ();

  return TRUE;
}

/* Runs @sql, which takes all columns in the order of CALL. */
static gboolean
write_row (VigDbConnection *db, const char *sql, JsonObject *call, gint64 created_at, GError **error)
{
  gint64 started_at;
  gint64 ended_at;

  if (!set_times (call, &started_at, &ended_at, error))
    return FALSE;

  return vig_db_exec (db, error, sql, "sssssosssossoitt",
                      vig_json_get_string (call, "id", NULL),
                      vig_json_get_string (call, "run_id", NULL),
                      vig_json_get_string (call, "message_id", NULL),
                      vig_json_get_string (call, "provider_call_id", NULL),
                      vig_json_get_string (call, "tool", NULL),
                      vig_json_get_object (call, "arguments"),
                      vig_json_get_string (call, "level", NULL),
                      vig_json_get_string (call, "resource", NULL),
                      vig_json_get_string (call, "state", "new"),
                      vig_json_get_object (call, "decision"),
                      vig_json_get_string (call, "approval_id", NULL),
                      vig_json_get_string (call, "outcome", NULL),
                      vig_json_get_object (call, "result"),
                      created_at, started_at, ended_at);
}

JsonObject *
vig_store_calls_create (VigDbConnection *db, JsonObject *values, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autoptr (JsonObject) call = vig_json_pack_object ("{s:s, s:s}", "id", id, "state", "new");

  if (!vig_store_check_fields ("a call", fields, values, error))
    return NULL;

  vig_store_merge (call, values);
  if (!write_row (db,
                  "INSERT INTO calls (id, run_id, message_id, provider_call_id, tool, arguments, level, resource, state, decision,"
                  " approval_id, outcome, result, created_at, started_at, ended_at)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
                  call, vig_time_now (), error))
    return NULL;

  return vig_store_calls_get (db, json_object_get_string_member (call, "id"), error);
}

JsonObject *
vig_store_calls_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) call = NULL;
  gint64 created_at;

  if (!vig_store_check_fields ("a call", fields, changes, error))
    return NULL;

  call = vig_store_calls_get (db, id, error);
  if (call == NULL || !vig_store_get_time (call, "created_at", &created_at, error))
    return NULL;

  vig_store_merge (call, changes);
  json_object_set_string_member (call, "id", id);

  if (!write_row (db,
                  "UPDATE calls SET run_id = ?2, message_id = ?3, provider_call_id = ?4, tool = ?5, arguments = ?6, level = ?7,"
                  " resource = ?8, state = ?9, decision = ?10, approval_id = ?11, outcome = ?12, result = ?13, created_at = ?14,"
                  " started_at = ?15, ended_at = ?16 WHERE id = ?1",
                  call, created_at, error))
    return NULL;

  return vig_store_calls_get (db, id, error);
}
