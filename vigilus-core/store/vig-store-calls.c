/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-runs.h"

#define COLUMNS \
  "id, run_id, message_id, provider_call_id, tool, arguments, level, resource, state, decision, approval_id, outcome, result," \
  " created_at, started_at, ended_at, edited_arguments, note, grant_id, preview"
#define CALL "SELECT " COLUMNS " FROM calls "
#define CALL_TYPES "sssssjsssjssjtttjssj"

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

static const VigStoreField mutable_fields[] = {
  { "level", 's', TRUE, 1, 0, LEVELS },
  { "resource", 's', TRUE },
  { "state", 's', FALSE, 1, 0, STATES },
  { "decision", 'o', TRUE },
  { "approval_id", 's', TRUE, 1, 64 },
  { "outcome", 's', TRUE, 1, 0, OUTCOMES },
  { "result", 'o', TRUE },
  { "grant_id", 's', TRUE, 1, 64 },
  { "preview", 'o', TRUE },
  { NULL },
};

JsonObject *
vig_store_calls_get (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, CALL "WHERE id = ?1", "s", id), CALL_TYPES, "call", id, error);
}

JsonObject *
vig_store_calls_get_terms (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error,
                                               "SELECT r.unattended AS unattended, r.ceiling AS ceiling, r.strict AS strict"
                                               " FROM calls c JOIN runs r ON r.id = c.run_id WHERE c.id = ?1", "s", id),
                                 "bsb", "call", id, error);
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

#define CHANGE(column, given, value) column " = CASE WHEN " given " THEN " value " ELSE " column " END"

/* Every call costs this several times, so it is plain: IN (...) and RETURNING would each make a table of their own for every row. */
gboolean
vig_store_calls_set (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autofree char *decision = vig_store_dup_json (changes, "decision");
  g_autofree char *result = vig_store_dup_json (changes, "result");
  g_autofree char *preview = vig_store_dup_json (changes, "preview");
  const char *sql = "UPDATE calls SET state = coalesce (?2, state)," CHANGE ("level", "?3", "?4") "," CHANGE ("resource", "?5", "?6") ","
                    CHANGE ("decision", "?7", "?8") "," CHANGE ("approval_id", "?9", "?10") "," CHANGE ("outcome", "?11", "?12") ","
                    CHANGE ("result", "?13", "?14") "," CHANGE ("grant_id", "?16", "?17") "," CHANGE ("preview", "?18", "?19") ","
                    " started_at = CASE WHEN ?2 = 'declaring' OR ?2 = 'running' THEN coalesce (started_at, ?15) ELSE started_at END,"
                    " ended_at = CASE WHEN ?2 = 'recording' OR ?2 = 'done' THEN coalesce (ended_at, ?15) ELSE ended_at END"
                    " WHERE id = ?1";

  if (!vig_store_check_fields ("a call", mutable_fields, changes, error))
    return FALSE;

  return vig_db_exec (db, error, sql, "ssbsbsbsbsbsbsibsbs", id,
                      vig_json_get_string (changes, "state", NULL),
                      json_object_has_member (changes, "level"), vig_json_get_string (changes, "level", NULL),
                      json_object_has_member (changes, "resource"), vig_json_get_string (changes, "resource", NULL),
                      json_object_has_member (changes, "decision"), decision,
                      json_object_has_member (changes, "approval_id"), vig_json_get_string (changes, "approval_id", NULL),
                      json_object_has_member (changes, "outcome"), vig_json_get_string (changes, "outcome", NULL),
                      json_object_has_member (changes, "result"), result,
                      vig_time_now (),
                      json_object_has_member (changes, "grant_id"), vig_json_get_string (changes, "grant_id", NULL),
                      json_object_has_member (changes, "preview"), preview);
}

JsonObject *
vig_store_calls_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  return vig_store_calls_set (db, id, changes, error) ? vig_store_calls_get (db, id, error) : NULL;
}

/* The approver's arguments take the place of the model's. */
JsonObject *
vig_store_calls_edit (VigDbConnection *db, const char *id, JsonObject *arguments, const char *note, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, "UPDATE calls SET edited_arguments = ?2, note = ?3 WHERE id = ?1 RETURNING " COLUMNS,
                                               "sos", id, arguments, note),
                                 CALL_TYPES, "call", id, error);
}

gboolean
vig_store_calls_note (VigDbConnection *db, const char *id, JsonObject *noted, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE calls SET noted = ?2 WHERE id = ?1 AND state IN ('declaring', 'running')", "so", id, noted))
    return FALSE;
  if (vig_db_get_changes (db) == 1)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the call is over already");

  return FALSE;
}

char *
vig_store_calls_dup_noted (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (JsonObject) row = vig_store_row_required (vig_db_query (db, error, "SELECT noted FROM calls WHERE id = ?1", "s", id), "s", "call", id, error);

  return row != NULL ? g_strdup (vig_json_get_string (row, "noted", NULL)) : NULL;
}
