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
restart (AgentTest *test)
{
  agent_test_close (test);
  g_ptr_array_set_size (test->events, 0);
  agent_test_open (test);
}

static void
assert_state (AgentTest *test, const char *run, const char *wanted)
{
  g_autofree char *state = agent_test_run_state (test, run);

  g_assert_cmpstr (state, ==, wanted);
}

static gint64
count_outcome (AgentTest *test, const char *outcome)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM audit WHERE event = 'call.outcome' AND outcome = '%s'", outcome);

  return agent_test_count (test, sql);
}

/* An approval outlives the daemon: same id, no second request, and it still lets the call run. */
static void
test_waiting (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autofree char *same = NULL;
  g_autoptr (JsonObject) decided = NULL;
  g_autoptr (GError) error = NULL;

  restart (test);
  agent_test_resume (test);
  same = agent_test_wait_approval (test);
  g_assert_cmpstr (approval, ==, same);
  g_assert_cmpuint (vig_runner_get_n_running (test->runner), ==, 1);

  agent_test_say ("Done.", NULL);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &error);
  g_assert_no_error (error);
  agent_test_wait_end (test, run);
  assert_state (test, run, "done");
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals"), ==, 1);
}

/* Decided while nobody was there to be woken. */
static void
test_decided_meanwhile (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autoptr (JsonObject) decided = NULL;
  g_autoptr (GError) error = NULL;

  restart (test);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &error);
  g_assert_no_error (error);
  agent_test_say ("Done.", NULL);
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

/* What was running may have happened: it is not done again, and both model and record say so. */
static void
test_running (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "lenient");
  g_autofree char *run = ask_for (test, "test.slow", "{}");

  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'running'") == 1);
  restart (test);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'running'"), ==, 1);
  agent_test_say ("I look first.", NULL);
  agent_test_resume (test);
  agent_test_wait_end (test, run);

  assert_state (test, run, "done");
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (count_outcome (test, "interrupted"), ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "may or may not have happened"));
}

static void
test_running_read (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = ask_for (test, "test.read", "{}");

  agent_test_say ("Done.", NULL);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  restart (test);
  agent_test_exec (test, "UPDATE runs SET state = 'resolving', ended_at = NULL");
  agent_test_exec (test, "DELETE FROM messages WHERE seq > 2");
  agent_test_exec (test, "UPDATE calls SET state = 'running', outcome = NULL, result = NULL, ended_at = NULL");
  agent_test_say ("Done again.", NULL);
  agent_test_resume (test);
  agent_test_wait_end (test, run);

  g_assert_cmpint (agent_test_n_runs, ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE outcome = 'interrupted' AND duration_us > 0"), ==, 1);
  g_assert_cmpint (count_outcome (test, "success"), ==, 2);
}

/* A state that the daemon was in for an instant only, set from outside while it is away. */
static void
resume_from (const char *set, gint n_runs, gint n_interrupted, const char *result)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autofree char *sql = g_strconcat ("UPDATE calls SET ", set, NULL);

  restart (test);
  agent_test_exec (test, sql);
  agent_test_exec (test, "UPDATE approvals SET status = 'approved'");
  agent_test_update_operator (test, operator, "{\"trust_mode\":\"lenient\"}");
  agent_test_say ("Done.", NULL);
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  assert_state (test, run, "done");
  g_assert_cmpint (agent_test_n_runs, ==, n_runs);
  g_assert_nonnull (strstr (agent_test_last_results (), result));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.outcome' AND outcome = 'interrupted' AND level = 'write'"
                                           " AND resource = 'file:/tmp/x' AND duration_us BETWEEN 5000000 AND 1000000000"), ==, n_interrupted);
}

static void
test_instants (void)
{
  resume_from ("state = 'new', approval_id = NULL", 1, 0, "ok");
  resume_from ("state = 'declaring', started_at = created_at - 5000000", 0, 1, "may or may not have happened");
  resume_from ("state = 'running', started_at = created_at - 5000000", 0, 1, "may or may not have happened");
  resume_from ("state = 'recording', outcome = 'success', result = '{\"text\":\"as it was\",\"is_error\":false}'", 0, 0, "as it was");
  resume_from ("state = 'done', outcome = 'success', result = '{\"text\":\"as it was\",\"is_error\":false}'", 0, 0, "as it was");
}

static void
test_asking (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;

  agent_test_say ("wait", NULL);
  run = agent_test_ask (test, "hello");
  vig_test_wait_for (agent_test_n_asked () == 1);
  restart (test);
  assert_state (test, run, "asking");
  agent_test_say ("Good morning.", NULL);
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  assert_state (test, run, "done");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages"), ==, 2);
}

static void
test_routing (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *one = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *two = agent_test_add_operator (test, "Watcher", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *name = NULL;

  agent_test_say ("wait", NULL);
  run = agent_test_ask (test, "hello");
  vig_test_wait_for (agent_test_n_asked () == 1);
  restart (test);
  assert_state (test, run, "routing");
  agent_test_say ("", "[{\"id\":\"d\",\"name\":\"delegate\",\"arguments\":{\"operator\":\"Watcher\",\"reason\":\"it watches\"}}]");
  agent_test_say ("Good morning.", NULL);
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  name = agent_test_query (test, "SELECT operator_name || ': ' || routing_reason FROM runs");
  g_assert_cmpstr (name, ==, "Watcher: it watches");
}

/* The daemon went away while a Stop was on its way. */
static void
test_stop_requested (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);

  restart (test);
  agent_test_exec (test, "UPDATE runs SET stop_requested = 1");
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  assert_state (test, run, "stopped");
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'cancelled'"), ==, 1);
}

/* The Operator is gone when the daemon is back: its open call ends denied, and the run says why. */
static void
test_operator_gone (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autofree char *error = NULL;

  restart (test);
  agent_test_exec (test, "DELETE FROM operators");
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  assert_state (test, run, "failed");
  error = agent_test_query (test, "SELECT error FROM runs");
  g_assert_nonnull (strstr (error, "Keeper"));
  g_assert_cmpint (agent_test_n_runs, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/resume/waiting", test_waiting);
  g_test_add_func ("/agent/resume/decided-meanwhile", test_decided_meanwhile);
  g_test_add_func ("/agent/resume/running", test_running);
  g_test_add_func ("/agent/resume/running-read", test_running_read);
  g_test_add_func ("/agent/resume/instants", test_instants);
  g_test_add_func ("/agent/resume/asking", test_asking);
  g_test_add_func ("/agent/resume/routing", test_routing);
  g_test_add_func ("/agent/resume/stop-requested", test_stop_requested);
  g_test_add_func ("/agent/resume/operator-gone", test_operator_gone);

  return g_test_run ();
}
