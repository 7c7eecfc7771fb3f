/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <sqlite3.h>

#include "agent-test.h"

/* Durable guarded calls of tools that do nothing, from the model's reply to the stored result; the floor is bare SQLite that commits the
 * same rows (two audit records, the call's two states) of 64 calls at a time. */

#define RUNS    60
#define ROUNDS  5
#define CALLS   32
#define TOOLS   16
#define BATCH   64
#define SECONDS 3

static char names[TOOLS][16];
static VigToolInfo infos[TOOLS];

static JsonNode *
do_nothing (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_json_pack ("s", "ok");
}

static void
add_tools (AgentTest *test)
{
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autoptr (GString) changes = g_string_new ("{\"tools\":[");

  for (guint i = 0; i < TOOLS; i++)
    {
      g_autoptr (VigTool) tool = NULL;

      g_snprintf (names[i], sizeof names[i], "noop.t%u", i);
      infos[i] = (VigToolInfo) { names[i], "Nothing", "Does nothing.", VIG_LEVEL_READ, "{\"type\":\"object\"}", 0, 0 };
      tool = vig_simple_tool_new (&infos[i], do_nothing);
      g_assert_true (vig_registry_add_tool (test->context.registry, "bench", tool, NULL));
      g_string_append_printf (changes, "%s\"%s\"", i > 0 ? "," : "", names[i]);
    }
  g_string_append (changes, "]}");
  agent_test_update_operator (test, operator, changes->str);
}

static void
prepare_replies (void)
{
  g_autoptr (GString) calls = g_string_new ("[");

  for (guint i = 0; i < CALLS; i++)
    g_string_append_printf (calls, "%s{\"id\":\"c%u\",\"name\":\"noop.t%u\",\"arguments\":{\"n\":%u}}", i > 0 ? "," : "", i, i % TOOLS, i);
  g_string_append_c (calls, ']');
  for (guint i = 0; i < RUNS * ROUNDS; i++)
    agent_test_say ("Go.", calls->str);
  for (guint i = 0; i < RUNS; i++)
    agent_test_say ("Done.", NULL);
}

static void
started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) run = vig_runner_start_finish (VIG_RUNNER (source), result, &error);
  guint *n_started = user_data;

  g_assert_no_error (error);
  (*n_started)++;
}

static double
measure_calls (AgentTest *test)
{
  gint64 begin = g_get_monotonic_time ();
  guint n_started = 0;
  gint64 n_calls;

  for (guint i = 0; i < RUNS; i++)
    vig_runner_start_async (test->runner, &test->caller, NULL, "go", NULL, started, &n_started);
  while (n_started < RUNS || vig_runner_get_n_running (test->runner) > 0)
    g_main_context_iteration (NULL, TRUE);

  n_calls = agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.outcome' AND outcome = 'success'");
  g_assert_cmpint (n_calls, ==, RUNS * ROUNDS * CALLS);

  return n_calls * (double) G_USEC_PER_SEC / (g_get_monotonic_time () - begin);
}

static sqlite3_stmt *
prepare (sqlite3 *db, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) != SQLITE_OK)
    g_printerr ("%s\n", sqlite3_errmsg (db));
  g_assert_nonnull (statement);

  return statement;
}

static void
step (sqlite3_stmt *statement, gint64 seq)
{
  sqlite3_bind_int64 (statement, 1, seq);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
  sqlite3_reset (statement);
}

/* The same schema and indexes, the rows of the calls that were just made. */
static double
measure_floor (AgentTest *test)
{
  g_autofree char *path = g_build_filename (test->dir, "vigilus.db", NULL);
  gint64 begin = g_get_monotonic_time ();
  sqlite3_stmt *record, *update;
  guint64 n_calls = 0;
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_exec (db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL, NULL);
  record = prepare (db, "INSERT INTO audit (id, at, event, user_name, operator_name, session_id, run_id, call_id, tool, level, arguments)"
                        " SELECT id, at, event, user_name, operator_name, session_id, run_id, call_id, tool, level, arguments"
                        " FROM audit WHERE seq = ?1");
  update = prepare (db, "UPDATE calls SET state = 'done', outcome = 'success' WHERE seq = ?1");
  while (g_get_monotonic_time () - begin < SECONDS * G_USEC_PER_SEC)
    {
      sqlite3_exec (db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
      for (guint i = 0; i < BATCH; i++)
        {
          gint64 seq = (gint64) (n_calls + i) % (RUNS * ROUNDS * CALLS) + 1;

          step (record, seq);
          step (record, seq + 1);
          step (update, seq);
          step (update, seq);
        }
      sqlite3_exec (db, "COMMIT", NULL, NULL, NULL);
      n_calls += BATCH;
    }
  sqlite3_finalize (record);
  sqlite3_finalize (update);
  sqlite3_close (db);

  return n_calls * (double) G_USEC_PER_SEC / (g_get_monotonic_time () - begin);
}

int
main (int argc, char **argv)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  double ours, floor;

  add_tools (test);
  prepare_replies ();
  ours = measure_calls (test);
  floor = measure_floor (test);
  g_print ("ours %.0f floor %.0f calls/s\n", ours, floor);

  return 0;
}
