/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"

/* What is looked at before a change that nobody is asked for: a look that takes long holds nothing up, and what is stopped meanwhile did not run. */
static gint64 clock_offset;

static gint64
fake_now (void)
{
  return g_get_real_time () + clock_offset;
}

static void
took (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static char *
ask_in (AgentTest *test, const char *session)
{
  g_autoptr (GError) error = NULL;
  char *run;

  agent_test_say ("Because you asked.", "[{\"id\":\"c1\",\"name\":\"test.look\",\"arguments\":{\"path\":\"/tmp/vig-x\"}}]");
  agent_test_say ("That is how it went.", NULL);
  run = agent_test_ask_in (test, session, "do it", &error);
  g_assert_no_error (error);

  return run;
}

static void
wait_running (AgentTest *test)
{
  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'running'") == 1);
}

/* The record says @why it did not run. */
static void
assert_unrun (AgentTest *test, const char *why)
{
  g_autofree char *text = agent_test_query (test, "SELECT json_extract (result, '$.text') FROM calls ORDER BY rowid DESC LIMIT 1");
  g_autofree char *wanted = g_strdup_printf ("%s before it started. It did not run.", why);

  g_assert_cmpstr (text, ==, wanted);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'interrupted'"), ==, 1);
}

static void
test_long (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "lenient");
  g_autofree char *run = NULL;

  agent_test_hold_previews (TRUE);
  run = ask_in (test, NULL);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'success' AND preview IS NULL"), ==, 1);
  agent_test_hold_previews (FALSE);
}

/* Whoever is asked is not kept waiting as long as the tool may take, and is told why there is nothing to look at. */
static void
test_asked (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autofree char *preview = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) decided = NULL;

  agent_test_hold_previews (TRUE);
  run = ask_in (test, NULL);
  approval = agent_test_wait_approval (test);
  preview = agent_test_query (test, "SELECT json_extract (preview, '$.text') FROM approvals");
  g_assert_true (g_str_has_prefix (preview, "What this would change can't be shown: "));
  g_assert_nonnull (strstr (preview, "test.look took longer than its limit"));
  agent_test_hold_previews (FALSE);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"once\"}", &error);
  g_assert_no_error (error);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

/* A write that fails takes nothing of it away: the next one has it. */
static void
test_kept (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "lenient");
  g_autofree char *run = NULL;

  agent_test_exec (test, "CREATE TRIGGER no_running BEFORE UPDATE ON calls WHEN NEW.state = 'running' BEGIN SELECT raise (FAIL, 'no'); END");
  agent_test_hold_runs (TRUE);
  run = ask_in (test, NULL);
  vig_test_wait_for (agent_test_n_runs == 1);
  for (guint i = 0; i < 10; i++)
    vig_test_iterate ();
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'declaring'"), ==, 1);
  agent_test_hold_runs (FALSE);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'success' AND preview LIKE '%would change it%'"), ==, 1);
}

static void
test_stopped (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "lenient");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonObject) stopped = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *run = NULL;

  agent_test_hold_previews (TRUE);
  run = ask_in (test, NULL);
  wait_running (test);
  vig_runner_stop_async (test->runner, &test->caller, run, NULL, took, &result);
  vig_test_wait_for (result != NULL);
  stopped = vig_runner_stop_finish (test->runner, result, &error);
  g_assert_no_error (error);
  assert_unrun (test, "Stopped");
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  agent_test_hold_previews (FALSE);
}

/* A call under a grant for the conversation, which is only looked at yet. */
static char *
begin_granted (AgentTest *test)
{
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *first = ask_in (test, NULL);
  g_autofree char *session = NULL;
  g_autofree char *sql = g_strdup_printf ("SELECT session_id FROM runs WHERE id = '%s'", first);
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"conversation\"}", &error);
  char *run;

  g_assert_no_error (error);
  agent_test_wait_end (test, first);
  session = agent_test_query (test, sql);
  agent_test_hold_previews (TRUE);
  run = ask_in (test, session);
  wait_running (test);

  return run;
}

static void
test_revoked (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *run = begin_granted (test);
  g_autofree char *grant = agent_test_query (test, "SELECT grant_id FROM calls WHERE state = 'running'");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonObject) revoked = NULL;
  g_autoptr (GError) error = NULL;

  vig_approvals_revoke_async (test->approvals, &test->caller, grant, NULL, took, &result);
  vig_test_wait_for (result != NULL);
  revoked = vig_approvals_revoke_finish (test->approvals, result, &error);
  g_assert_no_error (error);
  agent_test_wait_end (test, run);
  assert_unrun (test, "Its grant was revoked");
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  agent_test_hold_previews (FALSE);
}

static void
test_grant_ended (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *run = NULL;

  clock_offset = 0;
  vig_approvals_set_clock (test->approvals, fake_now);
  run = begin_granted (test);
  clock_offset = 30 * G_TIME_SPAN_DAY;
  agent_test_hold_previews (FALSE);
  agent_test_wait_end (test, run);
  assert_unrun (test, "Its grant ended");
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/preview/long", test_long);
  g_test_add_func ("/agent/preview/asked", test_asked);
  g_test_add_func ("/agent/preview/kept", test_kept);
  g_test_add_func ("/agent/preview/stopped", test_stopped);
  g_test_add_func ("/agent/preview/revoked", test_revoked);
  g_test_add_func ("/agent/preview/grant-ended", test_grant_ended);

  return g_test_run ();
}
