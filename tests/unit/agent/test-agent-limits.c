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

/* Stops the run, until its end is on disk. */
static void
stop (AgentTest *test, const char *run_id)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonObject) run = NULL;
  g_autoptr (GError) error = NULL;

  vig_runner_stop_async (test->runner, &test->caller, run_id, NULL, took, &result);
  vig_test_wait_for (result != NULL);
  run = vig_runner_stop_finish (test->runner, result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (vig_json_get_string (run, "state", ""), ==, "stopped");
}

static void
assert_stops (AgentTest *test, const char *tool, const char *state, const char *outcome)
{
  g_autofree char *run = ask_for (test, tool, "{}");
  g_autofree char *reached = g_strdup_printf ("SELECT count(*) FROM calls WHERE run_id = '%s' AND state = '%s'", run, state);
  g_autofree char *ended = g_strdup_printf ("SELECT count(*) FROM calls WHERE run_id = '%s' AND state = 'done' AND outcome = '%s'", run, outcome);

  vig_test_wait_for (agent_test_count (test, reached) == 1);
  stop (test, run);
  g_assert_cmpint (agent_test_count (test, ended), ==, 1);
  g_assert_cmpuint (vig_runner_get_n_running (test->runner), ==, 0);
}

static void
test_stop_calls (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");

  assert_stops (test, "test.slowread", "running", "interrupted");
  /* One that goes on regardless is left behind: as long as it is held, it can't have ended. */
  agent_test_hold_runs (TRUE);
  assert_stops (test, "test.stubborn", "running", "interrupted");
  agent_test_hold_runs (FALSE);
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
  stop (test, run);

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

/* It is tried again, and said again, until it is written. */
static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  return strstr (message, "can't be written; nothing runs until it is") == NULL;
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
  g_test_log_set_fatal_handler (is_fatal, NULL);
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
  g_test_log_set_fatal_handler (NULL, NULL);
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

/* Nobody is asked for hundreds of things at once. */
static void
test_many_calls (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = NULL;
  g_autoptr (GString) calls = g_string_new ("[");

  for (guint i = 0; i < 262; i++)
    g_string_append_printf (calls, "%s{\"id\":\"c%u\",\"name\":\"test.read\",\"arguments\":{}}", i > 0 ? "," : "", i);
  g_string_append (calls, "]");
  agent_test_say ("I look everywhere.", calls->str);
  agent_test_say ("So.", NULL);
  run = agent_test_ask (test, "look");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 256);
  g_assert_nonnull (strstr (agent_test_last_results (), "c256 failed: <tool_output tool=\"test.read\">\nDenied (limit): a reply makes 256 calls at most"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.denied' AND rule = 'limit'"), ==, 6);
}

/* PITFALLS 24. Where a time limit ended what changes things, nobody knows what came of it; what only reads, or was not sent, has failed. */
static void
test_time_limits (void)
{
  static const struct { const char *tool; const char *outcome; const char *words; } rows[] = {
    { "test.late", "unknown", "it may or may not have happened. Look before you try again" }, { "test.lateread", "failed", "took longer than its limit" },
    { "test.unsent", "failed", "nobody answers" }, { "test.cut", "unknown", "what it did until then is done, the rest is not known" },
    { "test.cutread", "failed", "half of it" }, { "test.cutone", "unknown", "the rest is not known" },
  };
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "exec", "lenient");

  agent_test_update_operator (test, operator, "{\"tools\":[\"test.late\",\"test.lateread\",\"test.unsent\",\"test.cut\",\"test.cutread\",\"test.cutone\"]}");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *run = ask_for (test, rows[i].tool, "{}");
      g_autofree char *recorded = g_strdup_printf ("SELECT group_concat (outcome) FROM audit WHERE event = 'call.outcome' AND tool = '%s'", rows[i].tool);
      g_autofree char *stored = g_strdup_printf ("SELECT outcome FROM calls WHERE tool = '%s'", rows[i].tool);
      g_autofree char *outcome = NULL;
      g_autofree char *of_call = NULL;

      agent_test_say ("Oh.", NULL);
      agent_test_wait_end (test, run);
      outcome = agent_test_query (test, recorded);
      of_call = agent_test_query (test, stored);
      g_test_message ("%s: %s: %s", rows[i].tool, outcome, agent_test_last_results ());
      g_assert_cmpstr (outcome, ==, rows[i].outcome);
      g_assert_cmpstr (of_call, ==, rows[i].outcome);
      g_assert_nonnull (strstr (agent_test_last_results (), rows[i].words));
      g_assert_true (g_str_equal (outcome, "unknown") || strstr (agent_test_last_results (), "may or may not") == NULL);
    }
}

#define NOTED "Noted before it began: {\"image_before\":\"sha256:1\",\"token\":\"[redacted]\"}"

/* However it ends before the tool has a result of its own: what it noted before its change is in the record, without secrets. */
static void
test_noted (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "exec", "lenient");
  g_autofree char *late = NULL;
  g_autofree char *stopped = NULL;
  g_autofree char *lost = NULL;

  agent_test_update_operator (test, operator, "{\"tools\":[\"test.noted\"]}");
  late = ask_for (test, "test.noted", "{}");
  agent_test_say ("Oh.", NULL);
  agent_test_wait_end (test, late);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'unknown'"), ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), NOTED));

  stopped = ask_for (test, "test.noted", "{}");
  vig_test_wait_for (agent_test_n_runs == 2);
  stop (test, stopped);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'interrupted' AND json_extract (result, '$.text') LIKE '%" NOTED "'"), ==, 1);

  lost = ask_for (test, "test.noted", "{}");
  vig_test_wait_for (agent_test_n_runs == 3);
  agent_test_close (test);
  agent_test_open (test);
  agent_test_say ("Oh.", NULL);
  agent_test_resume (test);
  agent_test_wait_end (test, lost);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'interrupted' AND json_extract (result, '$.text') LIKE '%" NOTED "'"), ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(DISTINCT call_id) FROM session_taints"), ==, 3); /* the note is told to the model */
  g_assert_cmpint (agent_test_n_runs, ==, 3);
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
  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'running'") >= 4
                     && agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.declared'") >= 8);
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
  g_test_add_func ("/agent/limits/noted", test_noted);
  g_test_add_func ("/agent/limits/slots", test_slots);
  g_test_add_func ("/agent/limits/pitfall-24/time-limits", test_time_limits);
  g_test_add_func ("/agent/limits/many-calls", test_many_calls);

  return g_test_run ();
}
