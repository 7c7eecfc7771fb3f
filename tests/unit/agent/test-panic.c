/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "agent-test.h"
#include "vig-panic.h"

#include <string.h>

typedef struct
{
  gboolean    done;
  JsonObject *frozen;
  gboolean    good;
  GError     *error;
} Answer;

static void
frozen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->frozen = vig_panic_freeze_finish (VIG_PANIC (source), result, &answer->error);
  answer->done = TRUE;
}

static void
unfrozen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->good = vig_panic_unfreeze_finish (VIG_PANIC (source), result, &answer->error);
  answer->done = TRUE;
}

static gboolean
freeze (VigPanic *panic, const char *role, GError **error)
{
  const VigCaller caller = { "id", "grace", role };
  Answer answer = { 0 };
  gboolean good;

  vig_panic_freeze_async (panic, &caller, "it does things", frozen, &answer);
  vig_test_wait_for (answer.done);
  good = answer.frozen != NULL;
  g_clear_pointer (&answer.frozen, json_object_unref);
  if (answer.error != NULL)
    g_propagate_error (error, answer.error);

  return good;
}

static gboolean
unfreeze (VigPanic *panic, const char *role, GError **error)
{
  const VigCaller caller = { "id", "ada", role };
  Answer answer = { 0 };

  vig_panic_unfreeze_async (panic, &caller, unfrozen, &answer);
  vig_test_wait_for (answer.done);
  if (answer.error != NULL)
    g_propagate_error (error, answer.error);

  return answer.good;
}

#define assert_audited(test, event) \
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = '" event "'"), ==, 1)

static void
check_unfreeze (AgentTest *test, VigPanic *panic)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (unfreeze (panic, "approver", &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_nonnull (vig_panic_get_frozen (panic));
  g_assert_true (unfreeze (panic, "administrator", &error));
  g_assert_null (vig_panic_get_frozen (panic));
  assert_audited (test, "panic.unfrozen");
  g_assert_false (unfreeze (panic, "owner", &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_CONFLICT);
  g_clear_error (&error);
}

/* What runs ends, what waits is cancelled, what was granted is revoked; nothing new begins until an administrator says so. */
static void
test_freeze (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Files", "exec", "strict");
  g_autoptr (VigPanic) panic = vig_panic_new (&test->context, test->runner, test->approvals);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) decided = NULL;
  g_autofree char *slow = NULL;
  g_autofree char *waiting = NULL;
  g_autofree char *approval = NULL;
  g_autofree char *state = NULL;
  gint64 began;

  agent_test_say ("", "[{\"id\":\"1\",\"name\":\"test.slow\",\"arguments\":{}}]");
  slow = agent_test_ask (test, "@Files be slow");
  vig_test_wait_for (g_atomic_int_get (&agent_test_n_runs) == 1 || agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending'") == 1);
  if (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending'") == 1)
    {
      g_autofree char *id = agent_test_wait_approval (test);

      decided = agent_test_decide (test, id, "{\"decision\":\"approve\"}", &error);
      g_assert_no_error (error);
      vig_test_wait_for (g_atomic_int_get (&agent_test_n_runs) == 1);
    }
  agent_test_say ("", "[{\"id\":\"1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"/tmp/x\"}}]");
  waiting = agent_test_ask (test, "@Files write");
  approval = agent_test_wait_approval (test);
  agent_test_exec (test, "INSERT INTO grants (id, operator_id, operator_name, tool, level, mode, granted_by, created_at, expires_at, signature)"
                         " VALUES ('g', 'o', 'Files', 'test.write', 'write', 'timed', 'ada', 1, 9000000000000000, 's')");

  began = g_get_monotonic_time ();
  g_assert_true (freeze (panic, "approver", &error));
  g_assert_no_error (error);
  g_test_message ("frozen in %" G_GINT64_FORMAT " us", g_get_monotonic_time () - began);
  agent_test_wait_end (test, slow);
  agent_test_wait_end (test, waiting);
  state = agent_test_run_state (test, slow);
  g_assert_cmpstr (state, ==, "stopped");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending'"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants WHERE revoked_at IS NULL AND used_at IS NULL"), ==, 0);
  assert_audited (test, "panic.frozen");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'panic.frozen' AND user_name = 'grace' AND reason = 'it does things'"), ==, 1);
  g_assert_true (agent_test_saw (test, "settings frozen.changed"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'grant.revoked' AND reason LIKE '%panic switch%'"), ==, 1);
  vig_test_wait_for (agent_test_saw (test, "approvals grant.revoked"));

  g_assert_null (agent_test_ask_in (test, NULL, "@Files again", &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "grace pressed the panic switch"));
  g_clear_error (&error);

  check_unfreeze (test, panic);

  agent_test_say ("All is well.", NULL);
  g_clear_pointer (&waiting, g_free);
  waiting = agent_test_ask (test, "@Files hello");
  agent_test_wait_end (test, waiting);
}

static void
test_roles (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autoptr (VigPanic) panic = vig_panic_new (&test->context, test->runner, test->approvals);
  g_autoptr (GError) error = NULL;

  g_assert_false (freeze (panic, "viewer", &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_assert_null (vig_panic_get_frozen (panic));
}

/* It holds when the daemon starts again, also for what was running; and for a call that nobody stopped, in the transaction that declares it. */
static void
test_restart (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Files", "exec", "lenient");
  g_autoptr (VigPanic) panic = vig_panic_new (&test->context, test->runner, test->approvals);
  g_autoptr (GError) error = NULL;
  g_autofree char *run = NULL;
  g_autofree char *state = NULL;
  int before;

  agent_test_say ("", "[{\"id\":\"1\",\"name\":\"test.slow\",\"arguments\":{}}]");
  run = agent_test_ask (test, "@Files be slow");
  vig_test_wait_for (g_atomic_int_get (&agent_test_n_runs) == 1);
  agent_test_exec (test, "INSERT INTO internal_values (name, value) VALUES ('frozen', '{\"at\":\"2026-01-01T00:00:00.000000Z\",\"by\":\"grace\",\"reason\":null}')");
  g_clear_object (&panic);
  agent_test_close (test);

  before = g_atomic_int_get (&agent_test_n_runs);
  agent_test_open (test);
  g_test_expect_message ("vigilus-agent", G_LOG_LEVEL_MESSAGE, "*frozen since*grace*");
  panic = vig_panic_new (&test->context, test->runner, test->approvals);
  g_assert_true (vig_panic_load (panic, &error));
  g_test_assert_expected_messages ();
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  state = agent_test_run_state (test, run);
  g_assert_cmpstr (state, ==, "stopped");
  g_assert_cmpint (g_atomic_int_get (&agent_test_n_runs), ==, before);
  g_assert_null (agent_test_ask_in (test, NULL, "@Files again", &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
}

/* Also where no run was stopped: what the store says is what counts. */
static void
test_store_alone_denies (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Files", "exec", "lenient");
  g_autofree char *run = NULL;

  agent_test_exec (test, "INSERT INTO internal_values (name, value) VALUES ('frozen', '{\"at\":\"2026-01-01T00:00:00.000000Z\",\"by\":\"grace\",\"reason\":null}')");
  agent_test_say ("", "[{\"id\":\"1\",\"name\":\"test.read\",\"arguments\":{}}]");
  agent_test_say ("I could not.", NULL);
  run = agent_test_ask (test, "@Files read");
  agent_test_wait_end (test, run);
  g_assert_cmpint (g_atomic_int_get (&agent_test_n_runs), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.denied' AND rule = 'frozen'"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/panic/freeze", test_freeze);
  g_test_add_func ("/panic/roles", test_roles);
  g_test_add_func ("/panic/restart", test_restart);
  g_test_add_func ("/panic/store-alone-denies", test_store_alone_denies);

  return g_test_run ();
}
