/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"

static char *
ask_for (AgentTest *test, const char *tool, const char *arguments)
{
  g_autofree char *calls = g_strdup_printf ("[{\"id\":\"c1\",\"name\":\"%s\",\"arguments\":%s}]", tool, arguments);

  agent_test_say ("Because you asked.", calls);

  return agent_test_ask (test, "do it");
}

static void
took (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Stops the run and says how long it took until its end was on disk. */
static gint64
stop (AgentTest *test, const char *run_id)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonObject) run = NULL;
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();

  vig_runner_stop_async (test->runner, &test->caller, run_id, NULL, took, &result);
  vig_test_wait_for (result != NULL);
  run = vig_runner_stop_finish (test->runner, result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (vig_json_get_string (run, "state", ""), ==, "stopped");

  return g_get_monotonic_time () - begin;
}

static void
assert_stops (AgentTest *test, const char *tool, const char *state, const char *outcome)
{
  g_autofree char *run = ask_for (test, tool, "{}");
  g_autofree char *reached = g_strdup_printf ("SELECT count(*) FROM calls WHERE run_id = '%s' AND state = '%s'", run, state);
  g_autofree char *ended = g_strdup_printf ("SELECT count(*) FROM calls WHERE run_id = '%s' AND state = 'done' AND outcome = '%s'", run, outcome);

  vig_test_wait_for (agent_test_count (test, reached) == 1);
  g_assert_cmpint (stop (test, run), <, G_USEC_PER_SEC);
  g_assert_cmpint (agent_test_count (test, ended), ==, 1);
  g_assert_cmpuint (vig_runner_get_n_running (test->runner), ==, 0);
}

static void
test_stop_calls (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");

  assert_stops (test, "test.slowread", "running", "interrupted");
  assert_stops (test, "test.stubborn", "running", "interrupted");
  assert_stops (test, "test.slow", "waiting", "denied");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'cancelled'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'approval.decided' AND decision = 'cancelled'"), ==, 1);
}

static void
test_stop_model (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  agent_test_say ("wait", NULL);
  run = agent_test_ask (test, "hello");
  vig_test_wait_for (agent_test_n_asked () == 1);
  g_assert_cmpint (stop (test, run), <, G_USEC_PER_SEC);

  vig_runner_stop_async (test->runner, &test->caller, run, NULL, took, &result);
  vig_test_wait_for (result != NULL);
  g_assert_null (vig_runner_stop_finish (test->runner, result, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_CONFLICT);
}

static void
test_stop_other (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.slowread", "{}");
  VigCaller stranger = { "01a20000-0000-7000-8000-000000000000", "eve", "viewer" };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  vig_test_wait_for (agent_test_n_runs == 1);
  vig_runner_stop_async (test->runner, &stranger, run, NULL, took, &result);
  vig_test_wait_for (result != NULL);
  g_assert_null (vig_runner_stop_finish (test->runner, result, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  stop (test, run);
}

/* After a stopped run the chat goes on: the model is shown a transcript in which every call has a result. */
static void
test_go_on (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.slowread", "{}");
  g_autofree char *session = NULL;
  g_autofree char *busy = NULL;
  g_autofree char *next = NULL;
  g_autoptr (GError) conflict = NULL;
  g_autoptr (GError) error = NULL;

  vig_test_wait_for (agent_test_n_runs == 1);
  session = agent_test_query (test, "SELECT id FROM sessions");
  busy = agent_test_ask_in (test, session, "and now?", &conflict);
  g_assert_error (conflict, VIG_ERROR, VIG_ERROR_CONFLICT);
  g_assert_null (busy);
  stop (test, run);

  agent_test_say ("Now this.", NULL);
  next = agent_test_ask_in (test, session, "and now?", &error);
  g_assert_no_error (error);
  agent_test_wait_end (test, next);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM runs WHERE state = 'done'"), ==, 1);
}

/* PITFALLS 26: the audit log can't be written, and the tool does not run. */
static void
test_undeclared (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;

  agent_test_exec (test, "CREATE TRIGGER broken BEFORE INSERT ON audit WHEN NEW.event = 'call.declared' BEGIN SELECT RAISE (ABORT, 'broken'); END");
  g_test_expect_message ("vigilus-agent", G_LOG_LEVEL_WARNING, "*can't be declared*");
  run = ask_for (test, "test.read", "{}");
  agent_test_say ("Oh.", NULL);
  agent_test_wait_end (test, run);
  g_test_assert_expected_messages ();
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_nonnull (strstr (agent_test_last_results (), "audit"));
}

/* PITFALLS 26: the outcome can't be written: the result is withheld, nothing else runs, and all goes on once it can. */
static void
test_unrecorded (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *other = NULL;

  agent_test_exec (test, "CREATE TRIGGER broken BEFORE INSERT ON audit WHEN NEW.event = 'call.outcome' BEGIN SELECT RAISE (ABORT, 'broken'); END");
  g_test_expect_message ("vigilus-agent", G_LOG_LEVEL_WARNING, "*outcome of call*can't be written*");
  run = ask_for (test, "test.read", "{}");
  vig_test_wait_for (agent_test_saw (test, "\"outcome\":\"unknown\""));
  g_test_assert_expected_messages ();
  other = ask_for (test, "test.read", "{}");
  for (guint i = 0; i < 30; i++)
    vig_test_iterate ();
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpuint (agent_test_n_asked (), ==, 2);

  agent_test_say ("One.", NULL);
  agent_test_say ("Two.", NULL);
  agent_test_exec (test, "DROP TRIGGER broken");
  agent_test_wait_end (test, run);
  agent_test_wait_end (test, other);
  g_assert_cmpint (agent_test_n_runs, ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.outcome'"), ==, 2);
}

static void
test_turns (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = NULL;
  g_autofree char *error = NULL;

  agent_test_set (test, "{\"run_max_turns\":3}");
  for (guint i = 0; i < 5; i++)
    agent_test_say ("Again.", "[{\"id\":\"c1\",\"name\":\"test.read\",\"arguments\":{}}]");
  run = agent_test_ask (test, "loop");
  agent_test_wait_end (test, run);
  error = agent_test_query (test, "SELECT error FROM runs");
  g_assert_nonnull (strstr (error, "3 turns"));
  g_assert_cmpuint (agent_test_n_asked (), ==, 3);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'notice'"), ==, 1);
}

static void
test_big (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = NULL;

  agent_test_set (test, "{\"output_limit\":4096}");
  run = ask_for (test, "test.big", "{}");
  agent_test_say ("Much.", NULL);
  agent_test_wait_end (test, run);
  g_assert_cmpuint (strlen (agent_test_last_results ()), <, 6000);
  g_assert_nonnull (strstr (agent_test_last_results (), "bytes left out here"));
  g_assert_nonnull (strstr (agent_test_last_results (), "end\n</tool_output>"));
  g_assert_cmpint (agent_test_count (test, "SELECT json_extract (result, '$.truncated') FROM calls"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT json_extract (result, '$.bytes') FROM calls"), >, 300000);
}

/* Eight calls of a tool at once; the ninth waits its turn, and all of twelve run. */
static void
test_slots (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  GString *calls = g_string_new ("[");
  g_autofree char *text = NULL;
  g_autofree char *run = NULL;

  for (guint i = 0; i < 12; i++)
    g_string_append_printf (calls, "%s{\"id\":\"c%u\",\"name\":\"test.slowread\",\"arguments\":{}}", i > 0 ? "," : "", i);
  g_string_append_c (calls, ']');
  text = g_string_free (calls, FALSE);
  agent_test_say ("All.", text);
  run = agent_test_ask (test, "all");
  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'running'") >= 4);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.declared'"), ==, 8);
  stop (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'done' AND outcome = 'denied'"), ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/limits/stop-calls", test_stop_calls);
  g_test_add_func ("/agent/limits/stop-model", test_stop_model);
  g_test_add_func ("/agent/limits/stop-other", test_stop_other);
  g_test_add_func ("/agent/limits/go-on", test_go_on);
  g_test_add_func ("/agent/limits/pitfall-26/undeclared", test_undeclared);
  g_test_add_func ("/agent/limits/pitfall-26/unrecorded", test_unrecorded);
  g_test_add_func ("/agent/limits/turns", test_turns);
  g_test_add_func ("/agent/limits/big", test_big);
  g_test_add_func ("/agent/limits/slots", test_slots);

  return g_test_run ();
}
