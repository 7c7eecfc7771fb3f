/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-runs.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define RUN \
  "SELECT id, session_id, user_id, state, operator_id, operator_name, routing_reason, error, turns, input_tokens, output_tokens, cost_micros, unpriced," \
  " stop_requested, created_at, updated_at, ended_at, seq, unattended, question_id, plan, parent_run_id, parent_call_id, root_run_id, depth, ceiling, strict,"  \
  " origin, origin_id, question, busy_ms, estimated FROM runs "
#define RUN_TYPES "sssssssjiiiiibttt-bsjsssisbsssii"
#define SEQ_COLUMN 17

#define LIVE "('routing', 'asking', 'resolving')"

static const VigStoreField fields[] = {
  { "state", 's', FALSE, 1, 0, "routing|asking|resolving|done|failed|stopped" },
  { "operator_id", 's', TRUE, 1, 64 },
  { "operator_name", 's', TRUE, 1, 200 },
  { "routing_reason", 's', TRUE },
  { "error", 'o', TRUE },
  { "turns", 'i' },
  { "busy_ms", 'i' },
  { "usage", 'o' },
  { "stop_requested", 'b' },
  { "plan", 'o', TRUE },
  { NULL },
};

static gboolean
has_ended (const char *state)
{
  return g_str_equal (state, "done") || g_str_equal (state, "failed") || g_str_equal (state, "stopped");
}

/* The shape of the API: usage is an object. */
static JsonObject *
shape (JsonObject *run)
{
  static const char *const counts[] = { "input_tokens", "output_tokens", "cost_micros", "unpriced", "estimated" };
  JsonObject *usage;

  if (run == NULL)
    return NULL;

  usage = json_object_new ();
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      json_object_set_member (usage, counts[i], json_object_dup_member (run, counts[i]));
      json_object_remove_member (run, counts[i]);
    }
  json_object_set_object_member (run, "usage", usage);

  return run;
}

static JsonArray *
shape_all (JsonArray *runs)
{
  for (guint i = 0; runs != NULL && i < json_array_get_length (runs); i++)
    shape (json_array_get_object_element (runs, i));

  return runs;
}

JsonObject *
vig_store_runs_create (VigDbConnection *db, const char *session_id, const char *user_id, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autoptr (GError) local_error = NULL;

  if (vig_db_exec (db, &local_error,
                   "INSERT INTO runs (id, session_id, user_id, state, created_at, updated_at) VALUES (?1, ?2, ?3, 'routing', ?4, ?4)",
                   "sssi", id, session_id, user_id, vig_time_now ()))
    return vig_store_runs_get (db, id, error);

  if (g_error_matches (local_error, VIG_ERROR, VIG_ERROR_EXISTS))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "a run is live in this session: wait for its end or stop it");
  else if (g_error_matches (local_error, VIG_ERROR, VIG_ERROR_CONFLICT))
    vig_store_not_found ("session", session_id, error);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

JsonObject *
vig_store_runs_get (VigDbConnection *db, const char *id, GError **error)
{
  return shape (vig_store_row_required (vig_db_query (db, error, RUN "WHERE id = ?1", "s", id), RUN_TYPES, "run", id, error));
}

/* The filters that are set, so that each list finds its index. All parameters are there in each form. */
static char *
make_list_query (const char *user_id, const char *session_id, const char *state, gint64 until)
{
  return g_strconcat (RUN "WHERE parent_run_id IS NULL AND seq < ?4 ",
                      user_id != NULL ? "AND user_id = ?1 " : "",
                      session_id != NULL ? "AND session_id = ?2 " : "",
                      state == NULL ? "" : g_str_equal (state, "live") ? "AND (?3 = 'live' AND state IN " LIVE ") " : "AND state = ?3 ",
                      until == 0 ? "AND ?6 = 0 " : "AND created_at < ?6 ",
                      "ORDER BY seq DESC LIMIT ?5", NULL);
}

JsonObject *
vig_store_runs_list (VigDbConnection *db, const char *user_id, const char *session_id, const char *state, gint64 until, const VigPage *page,
                     GError **error)
{
  g_autofree char *sql = make_list_query (user_id, session_id, state, until);
  JsonObject *list;
  gint64 before;

  if (!vig_store_cursor_before (page, "runs", &before, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, sql, "sssiii", user_id, session_id, state, before, vig_store_page_limit (page) + 1, until),
                                 RUN_TYPES, page, "runs", SEQ_COLUMN, error);
  if (list != NULL)
    shape_all (vig_json_get_array (list, "items"));

  return list;
}

JsonArray *
vig_store_runs_unfinished (VigDbConnection *db, GError **error)
{
  return shape_all (vig_store_row_all (vig_db_query (db, error, RUN "WHERE state IN " LIVE " ORDER BY seq", NULL), RUN_TYPES, error));
}

static gboolean
write_row (VigDbConnection *db, JsonObject *run, GError **error)
{
  JsonObject *usage = vig_json_get_object (run, "usage");
  g_autofree char *input = vig_store_dup_json (usage, "input_tokens");
  g_autofree char *output = vig_store_dup_json (usage, "output_tokens");
  const char *state = vig_json_get_string (run, "state", "");
  gint64 now = vig_time_now ();
  gint64 ended_at;

  if (!vig_store_get_time (run, "ended_at", &ended_at, error))
    return FALSE;

  if (ended_at == 0 && has_ended (state))
    ended_at = now;

  return vig_db_exec (db, error,
                      "UPDATE runs SET state = ?2, operator_id = ?3, operator_name = ?4, routing_reason = ?5, error = ?6, turns = ?7,"
                      " input_tokens = CAST (?8 AS INTEGER), output_tokens = CAST (?9 AS INTEGER), stop_requested = ?10,"
                      " updated_at = ?11, ended_at = ?12, cost_micros = ?13, plan = ?14, busy_ms = ?15, unpriced = ?16, estimated = ?17 WHERE id = ?1",
                      "sssssoissbitioiii",
                      vig_json_get_string (run, "id", NULL), state,
                      vig_json_get_string (run, "operator_id", NULL),
                      vig_json_get_string (run, "operator_name", NULL),
                      vig_json_get_string (run, "routing_reason", NULL),
                      vig_json_get_object (run, "error"),
                      vig_json_get_int (run, "turns", 0),
                      input, output,
                      vig_json_get_boolean (run, "stop_requested", FALSE),
                      now, ended_at,
                      usage != NULL ? vig_json_get_int (usage, "cost_micros", 0) : 0,
                      vig_json_get_object (run, "plan"),
                      vig_json_get_int (run, "busy_ms", 0),
                      usage != NULL ? vig_json_get_int (usage, "unpriced", 0) : 0,
                      usage != NULL ? vig_json_get_int (usage, "estimated", 0) : 0);
}

JsonObject *
vig_store_runs_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) run = NULL;
  g_autofree char *before = NULL;

  if (!vig_store_check_fields ("a run", fields, changes, error))
    return NULL;

  run = vig_store_runs_get (db, id, error);
  if (run == NULL)
    return NULL;

  before = g_strdup (vig_json_get_string (run, "state", ""));
  vig_store_merge (run, changes);
  if (has_ended (before) && !g_str_equal (before, vig_json_get_string (run, "state", "")))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the run has ended: it is %s", before);
      return NULL;
    }

  return write_row (db, run, error) ? vig_store_runs_get (db, id, error) : NULL;
}

gboolean
vig_store_runs_set_strict (VigDbConnection *db, const char *id, GError **error)
{
  return vig_db_exec (db, error, "UPDATE runs SET strict = 1 WHERE id = ?1", "s", id);
}

gboolean
vig_store_runs_set_origin (VigDbConnection *db, const char *id, const char *origin, const char *origin_id, GError **error)
{
  return vig_db_exec (db, error, "UPDATE runs SET origin = ?2, origin_id = ?3 WHERE id = ?1", "sss", id, origin, origin_id);
}

gboolean
vig_store_runs_set_unattended (VigDbConnection *db, const char *id, GError **error)
{
  return vig_db_exec (db, error, "UPDATE runs SET unattended = 1 WHERE id = ?1", "s", id);
}

gboolean
vig_store_runs_set_question (VigDbConnection *db, const char *id, const char *message_id, const char *words, GError **error)
{
  return vig_db_exec (db, error, "UPDATE runs SET question_id = ?2, question = ?3 WHERE id = ?1", "sss", id, message_id, words);
}

/* Runs that other runs have started. */

JsonObject *
vig_store_runs_create_child (VigDbConnection *db, const VigStoreChild *child, GError **error)
{
  g_autofree char *id = vig_id_new ();

  if (!vig_db_exec (db, error,
                    "INSERT INTO runs (id, session_id, user_id, state, operator_id, operator_name, routing_reason, unattended, parent_run_id,"
                    " parent_call_id, root_run_id, depth, ceiling, strict, created_at, updated_at)"
                    " SELECT ?1, session_id, user_id, 'asking', ?2, ?3, ?4, unattended, id, ?6, coalesce (root_run_id, id), depth + 1, ?7, ?8, ?9, ?9"
                    " FROM runs WHERE id = ?5",
                    "sssssssbi", id, child->operator_id, child->operator_name, child->reason, child->parent_run_id, child->parent_call_id,
                    child->ceiling, child->strict, vig_time_now ()))
    return NULL;

  return vig_store_runs_get (db, id, error);
}

JsonObject *
vig_store_runs_find_child (VigDbConnection *db, const char *parent_call_id, GError **error)
{
  return shape (vig_store_row_one (vig_db_query (db, error, RUN "WHERE parent_call_id = ?1", "s", parent_call_id), RUN_TYPES, error));
}

JsonArray *
vig_store_runs_children (VigDbConnection *db, const char *parent_run_id, GError **error)
{
  return shape_all (vig_store_row_all (vig_db_query (db, error, RUN "WHERE parent_run_id = ?1 ORDER BY seq", "s", parent_run_id), RUN_TYPES, error));
}

gint64
vig_store_runs_count_children (VigDbConnection *db, const char *parent_run_id, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM runs WHERE parent_run_id = ?1", "s", parent_run_id), error);
}

gboolean
vig_store_runs_sum_others (VigDbConnection *db, JsonObject *run, gint64 *tokens, gint64 *cost, GError **error)
{
  const char *id = vig_json_get_string (run, "id", "");
  const char *root = vig_json_get_string (run, "root_run_id", id);
  g_autoptr (VigDbRows) rows = vig_db_query (db, error,
                                             "SELECT coalesce (sum (coalesce (input_tokens, 0) + coalesce (output_tokens, 0)), 0),"
                                             " coalesce (sum (coalesce (cost_micros, 0)), 0) FROM runs"
                                             " WHERE (id = ?1 OR root_run_id = ?1) AND id <> ?2",
                                             "ss", root, id);

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return FALSE;
  *tokens = vig_db_rows_int (rows, 0);
  *cost = vig_db_rows_int (rows, 1);

  return TRUE;
}

/* As often as one can be under another. */
gboolean
vig_store_runs_stop_orphans (VigDbConnection *db, guint max_depth, GError **error)
{
  for (guint i = 0; i < max_depth; i++)
    if (!vig_db_exec (db, error,
                      "UPDATE runs SET stop_requested = 1 WHERE parent_run_id IS NOT NULL AND state IN " LIVE
                      " AND EXISTS (SELECT 1 FROM runs parent WHERE parent.id = runs.parent_run_id"
                      " AND (parent.stop_requested = 1 OR parent.state NOT IN " LIVE "))",
                      NULL))
      return FALSE;

  return TRUE;
}

gboolean
vig_store_runs_stop_user (VigDbConnection *db, const char *user_id, GError **error)
{
  return vig_db_exec (db, error, "UPDATE runs SET stop_requested = 1 WHERE user_id = ?1 AND state IN " LIVE, "s", user_id);
}

JsonArray *
vig_store_runs_by_operator (VigDbConnection *db, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          "SELECT operator_id, count(*) AS runs,"
                                          " (SELECT count(*) FROM calls c JOIN runs o ON o.id = c.run_id WHERE o.operator_id = r.operator_id"
                                          "   AND o.state IN " LIVE " AND c.state = 'waiting') AS waiting,"
                                          " (SELECT c.tool FROM calls c JOIN runs o ON o.id = c.run_id WHERE o.operator_id = r.operator_id"
                                          "   AND o.state IN " LIVE " AND c.state <> 'done' ORDER BY c.seq DESC LIMIT 1) AS tool,"
                                          " min (created_at) AS since FROM runs r"
                                          " WHERE state IN " LIVE " AND operator_id IS NOT NULL GROUP BY operator_id ORDER BY operator_id LIMIT 200",
                                          NULL),
                            "siist", error);
}
