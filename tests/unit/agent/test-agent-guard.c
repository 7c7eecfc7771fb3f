/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "agent-test.h"

/* One request that leads to one call, and what the model says after it. */
static char *
ask_for (AgentTest *test, const char *tool, const char *arguments)
{
  g_autofree char *calls = g_strdup_printf ("[{\"id\":\"c1\",\"name\":\"%s\",\"arguments\":%s}]", tool, arguments);

  agent_test_say ("Because you asked.", calls);
  agent_test_say ("That is how it went.", NULL);

  return agent_test_ask (test, "do it");
}

static void
assert_denied (AgentTest *test, const char *tool, const char *arguments, const char *rule)
{
  gint before = agent_test_n_runs;
  gint64 denied = agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.denied'");
  g_autofree char *run = ask_for (test, tool, arguments);
  g_autofree char *sql = NULL;

  agent_test_wait_end (test, run);
  g_test_message ("%s %s", tool, arguments);
  g_assert_cmpint (agent_test_n_runs, ==, before);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.denied'"), ==, denied + 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.declared'"), ==, 0);
  sql = g_strdup_printf ("SELECT count(*) FROM audit WHERE event = 'call.denied' AND rule = '%s' AND run_id = '%s'", rule, run);
  g_assert_cmpint (agent_test_count (test, sql), ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "c1 failed: "));
  g_assert_nonnull (strstr (agent_test_last_results (), rule));
}

/* PITFALLS 2, 3 and 6. */
static void
test_denied (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "lenient");

  assert_denied (test, "test.nowhere", "{}", "unknown-tool");
  assert_denied (test, "test.write", "{\"path\":\"/tmp/x\"}", "ceiling");
  assert_denied (test, "test.exec", "{}", "ceiling");
  assert_denied (test, "test.raise", "{\"high\":true}", "ceiling");
  assert_denied (test, "test.read", "{\"text\":7}", "invalid-arguments");
  assert_denied (test, "test.read", "{\"resource\":\"file:/safe\"}", "invalid-arguments");
  assert_denied (test, "test.read", "\"{not json\"", "invalid-arguments");
  assert_denied (test, "test.host", "{}", "no-working-directory");
  agent_test_update_operator (test, operator, "{\"tools\":[\"test.write\"]}");
  assert_denied (test, "test.read", "{}", "not-assigned");
}

/* As much as is taken runs; what is more is not looked at, and the model is told how much may be. */
static void
test_large (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "lenient");
  g_autofree char *much = g_strnfill (7 * 1024 * 1024, 'a');
  g_autofree char *more = g_strnfill (8 * 1024 * 1024, 'a');
  g_autofree char *fits = g_strdup_printf ("{\"text\":\"%s\"}", much);
  g_autofree char *too_large = g_strdup_printf ("{\"text\":\"%s\"}", more);
  g_autofree char *denied = ask_for (test, "test.read", too_large);
  g_autofree char *run = NULL;

  agent_test_wait_end (test, denied);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_nonnull (strstr (agent_test_last_results (), "more than the 8 MiB that a call takes"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.denied' AND rule = 'invalid-arguments'"), ==, 1);
  run = ask_for (test, "test.read", fits);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

/* What is withdrawn while the model thinks is withdrawn: the call is judged by what stands in the store then. */
static void
test_withdrawn (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) decided = NULL;

  agent_test_update_operator (test, operator, "{\"permission_level\":\"read\"}");
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &error);
  g_assert_no_error (error);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_nonnull (strstr (agent_test_last_results (), "ceiling"));
}

static void
test_lenient (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "inherit");
  g_autofree char *run = NULL;

  agent_test_set (test, "{\"trust_mode\":\"lenient\"}");
  run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants WHERE granted_by = 'lenient trust mode' AND used_at IS NOT NULL"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event IN ('grant.created', 'call.declared') AND rule = 'lenient'"), ==, 2);
}

static void
decide (AgentTest *test, const char *decision)
{
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) decided = agent_test_decide (test, approval, decision, &error);

  g_assert_no_error (error);
}

static void
test_person_denies (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");

  decide (test, "{\"decision\":\"deny\",\"reason\":\"not on Sundays\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_nonnull (strstr (agent_test_last_results (), "ada denied it: not on Sundays"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'approval.decided' AND user_name = 'ada'"), ==, 1);
}

/* PITFALLS 7: a timed grant covers the next call on its resource, and no other resource, tool or level. */
static void
test_timed (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "exec", "strict");
  g_autofree char *first = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-a\"}");
  g_autofree char *again = NULL;
  g_autofree char *sibling = NULL;
  g_autofree char *other = NULL;

  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":5}");
  agent_test_wait_end (test, first);
  again = ask_for (test, "test.write", "{\"path\":\"/tmp/./vig-a\",\"text\":\"more\"}");
  agent_test_wait_end (test, again);
  g_assert_cmpint (agent_test_n_runs, ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals"), ==, 1);

  sibling = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-a-evil\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, sibling);
  other = ask_for (test, "test.exec", "{}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, other);
  g_assert_cmpint (agent_test_n_runs, ==, 2);
}

/* What was approved is what the link led to when a person saw it. */
static void
test_elsewhere (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *link = g_build_filename (test->dir, "link", NULL);
  g_autofree char *arguments = g_strdup_printf ("{\"path\":\"%s\"}", link);
  g_autofree char *run = NULL;

  g_assert_cmpint (symlink ("/tmp", link), ==, 0);
  run = ask_for (test, "test.write", arguments);
  g_free (agent_test_wait_approval (test));
  g_assert_cmpint (unlink (link), ==, 0);
  g_assert_cmpint (symlink ("/usr", link), ==, 0);
  decide (test, "{\"decision\":\"approve\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE resource = 'file:/usr' AND status = 'denied'"), ==, 1);
}

/* PITFALLS 8: a revoked grant, or one whose row was changed, covers nothing. */
static void
test_revoked (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *first = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-a\"}");
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;

  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":5}");
  agent_test_wait_end (test, first);
  agent_test_exec (test, "UPDATE grants SET revoked_at = 1");
  second = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-a\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, second);

  agent_test_exec (test, "UPDATE grants SET revoked_at = NULL, resource = 'file:/'");
  third = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-a\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, third);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

/* PITFALLS 7: grants without a resource: exactly these arguments, unless a person chose everything. */
static void
test_everything (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "exec", "strict");
  g_autofree char *first = ask_for (test, "test.exec", "{\"text\":\"a\"}");
  g_autofree char *same = NULL;
  g_autofree char *other = NULL;
  g_autofree char *any = NULL;

  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":5}");
  agent_test_wait_end (test, first);
  same = ask_for (test, "test.exec", "{\"text\":\"a\"}");
  agent_test_wait_end (test, same);
  g_assert_cmpint (agent_test_n_runs, ==, 2);

  other = ask_for (test, "test.exec", "{\"text\":\"b\"}");
  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":5,\"resource\":\"*\"}");
  agent_test_wait_end (test, other);
  any = ask_for (test, "test.exec", "{\"text\":\"c\"}");
  agent_test_wait_end (test, any);
  g_assert_cmpint (agent_test_n_runs, ==, 4);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals"), ==, 2);
}

static void
test_wider (void)
{
  static const char * const wider[] = {
    "{\"decision\":\"approve\",\"mode\":\"timed\",\"resource\":\"*\"}",
    "{\"decision\":\"approve\",\"mode\":\"timed\",\"resource\":\"file:/tmp\"}",
    "{\"decision\":\"approve\",\"mode\":\"timed\",\"resource\":\"file:/tmp/*\"}",
    "{\"decision\":\"approve\",\"mode\":\"timed\",\"resource\":\"file:/tmp/x/../..\"}",
    "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":100000}",
  };
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);

  for (guint i = 0; i < G_N_ELEMENTS (wider); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonObject) decided = agent_test_decide (test, approval, wider[i], &error);

      g_test_message ("%s", wider[i]);
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
    }
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), ==, 0);
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, run);
}

static void
test_roles (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autoptr (GError) denied = NULL;
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) twice = NULL;

  test->caller.role = "viewer";
  g_assert_null (agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &denied));
  g_assert_error (denied, VIG_ERROR, VIG_ERROR_DENIED);
  test->caller.role = "approver";
  g_assert_null (agent_test_decide (test, "01a20000-0000-7000-8000-000000000000", "{\"decision\":\"approve\"}", &missing));
  g_assert_error (missing, VIG_ERROR, VIG_ERROR_NOT_FOUND);
  decide (test, "{\"decision\":\"approve\"}");
  g_assert_null (agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &twice));
  g_assert_error (twice, VIG_ERROR, VIG_ERROR_CONFLICT);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

/* Whoever asks (dashboard, D-Bus, an API token): the proof is looked for where the decision is written. */
static void
test_second_factor (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "exec", "strict");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autoptr (GError) no_login = NULL;
  g_autoptr (GError) no_factor = NULL;
  g_autoptr (GError) no_proof = NULL;
  g_autoptr (GError) old_proof = NULL;
  g_autoptr (GError) later = NULL;

  agent_test_set (test, "{\"second_factor_approvals\":\"exec\",\"second_factor_minutes\":5}");
  agent_test_say ("Because you asked.", "[{\"id\":\"c1\",\"name\":\"test.exec\",\"arguments\":{}}]");
  agent_test_say ("That is how it went.", NULL);
  run = agent_test_ask (test, "run it");
  approval = agent_test_wait_approval (test);
  g_assert_null (agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &no_login));
  g_assert_error (no_login, VIG_ERROR, VIG_ERROR_DENIED);

  agent_test_exec (test, "INSERT INTO logins (id, token_sha256, user_id, created_at, expires_at) SELECT 'l1', 'x', id, 1, 9000000000000000 FROM users");
  test->caller.login_id = "l1";
  agent_test_exec (test, "UPDATE logins SET proved_at = unixepoch() * 1000000");
  g_assert_null (agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &no_factor));
  g_assert_error (no_factor, VIG_ERROR, VIG_ERROR_DENIED);
  agent_test_exec (test, "INSERT INTO second_factors (id, user_id, kind, name, sealed_secret, created_at) SELECT 'f1', id, 'totp', 'phone', 'x', 1 FROM users");
  agent_test_exec (test, "UPDATE logins SET proved_at = 0");
  g_assert_null (agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &no_proof));
  g_assert_error (no_proof, VIG_ERROR, VIG_ERROR_PROOF_NEEDED);
  agent_test_exec (test, "UPDATE logins SET proved_at = (unixepoch() - 301) * 1000000");
  g_assert_null (agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &old_proof));
  g_assert_error (old_proof, VIG_ERROR, VIG_ERROR_PROOF_NEEDED);
  agent_test_exec (test, "UPDATE logins SET proved_at = (unixepoch() + 3600) * 1000000");
  g_assert_null (agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &later));
  g_assert_error (later, VIG_ERROR, VIG_ERROR_PROOF_NEEDED);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), ==, 0);

  agent_test_exec (test, "UPDATE logins SET proved_at = (unixepoch() - 200) * 1000000");
  decide (test, "{\"decision\":\"approve\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  test->caller.login_id = NULL;
}

/* Denying needs none, nor does a level that is not named. */
static void
test_second_factor_unasked (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "exec", "strict");
  g_autofree char *run = NULL;

  agent_test_set (test, "{\"second_factor_approvals\":\"elevate\"}");
  agent_test_say ("First.", "[{\"id\":\"c1\",\"name\":\"test.exec\",\"arguments\":{}}]");
  agent_test_say ("Second.", "[{\"id\":\"c2\",\"name\":\"test.exec\",\"arguments\":{}}]");
  agent_test_say ("Done.", NULL);
  run = agent_test_ask (test, "run it");
  decide (test, "{\"decision\":\"approve\"}");
  agent_test_set (test, "{\"second_factor_approvals\":\"exec\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

static void
decided (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) approval = vig_approvals_decide_finish (VIG_APPROVALS (source), result, &error);
  guint *counts = user_data;

  counts[approval != NULL ? 0 : 1]++;
  if (approval == NULL)
    g_assert_error (error, VIG_ERROR, VIG_ERROR_CONFLICT);
}

/* Ten people press the button at once: one decides. */
static void
test_race (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autoptr (JsonObject) yes = vig_json_pack_object ("{s:s}", "decision", "approve");
  g_autoptr (JsonObject) no = vig_json_pack_object ("{s:s}", "decision", "deny");
  guint counts[2] = { 0, 0 };

  for (guint i = 0; i < 10; i++)
    vig_approvals_decide_async (test->approvals, &test->caller, approval, i % 2 == 0 ? yes : no, NULL, decided, counts);
  vig_test_wait_for (counts[0] + counts[1] == 10);
  g_assert_cmpuint (counts[0], ==, 1);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), <=, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'approval.decided'"), ==, 1);
}

/* PITFALLS 11: the same call twice in one reply asks once; a once-grant runs one of them, and the other asks again. */
static void
test_duplicates (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;

  agent_test_say ("Twice.", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"/tmp/x\"}},"
                            "{\"id\":\"c2\",\"name\":\"test.write\",\"arguments\":{\"path\":\"/tmp/x\"}}]");
  agent_test_say ("Done.", NULL);
  run = agent_test_ask (test, "twice");
  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'waiting'") == 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals"), ==, 1);
  decide (test, "{\"decision\":\"approve\"}");
  vig_test_wait_for (agent_test_n_runs == 1);
  decide (test, "{\"decision\":\"approve\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals"), ==, 2);
}

static gint64 clock_offset;

static gint64
fake_now (void)
{
  return g_get_real_time () + clock_offset;
}

/* PITFALLS 11: what has expired can't be approved, and makes no grant. */
static void
test_expired (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autoptr (GError) error = NULL;

  clock_offset = 0;
  vig_approvals_set_clock (test->approvals, fake_now);
  agent_test_set (test, "{\"approval_wait_minutes\":10}");
  run = ask_for (test, "test.write", "{\"path\":\"/tmp/x\"}");
  approval = agent_test_wait_approval (test);

  clock_offset = 9 * 60 * G_USEC_PER_SEC;
  vig_approvals_sweep (test->approvals);
  for (guint i = 0; i < 20; i++)
    vig_test_iterate ();
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending'"), ==, 1);

  clock_offset = 11 * 60 * G_USEC_PER_SEC;
  g_assert_null (agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_CONFLICT);
  vig_approvals_sweep (test->approvals);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'expired'"), ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "nobody approved it in time"));
}

/* A planted secret is in no event, no audit record, no approval, no prompt. */
static void
test_secrets (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;

  agent_test_say ("I use hunter2-correct-horse.", "[{\"id\":\"c1\",\"name\":\"test.secret\",\"arguments\":{}},"
                  "{\"id\":\"c2\",\"name\":\"test.write\",\"arguments\":{\"path\":\"/tmp/x\",\"text\":\"hunter2-correct-horse\"}}]");
  agent_test_say ("Done.", NULL);
  run = agent_test_ask (test, "my password is hunter2-correct-horse");
  decide (test, "{\"decision\":\"approve\",\"reason\":\"hunter2-correct-horse\"}");
  agent_test_wait_end (test, run);

  vig_test_wait_for (agent_test_saw (test, "\"state\":\"done\""));
  g_assert_true (agent_test_saw (test, "call.output"));
  g_assert_false (agent_test_saw (test, "hunter2"));
  g_assert_false (agent_test_saw (test, "correct-horse"));
  g_assert_null (strstr (agent_test_last_results (), "hunter2"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE coalesce (arguments, '') || coalesce (reason, '') || coalesce (error, '') LIKE '%hunter2%'"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE arguments || reason || coalesce (preview, '') LIKE '%hunter2%'"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE result LIKE '%hunter2%'"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE arguments LIKE '%hunter2%'"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/guard/denied", test_denied);
  g_test_add_func ("/agent/guard/large", test_large);
  g_test_add_func ("/agent/guard/withdrawn", test_withdrawn);
  g_test_add_func ("/agent/guard/lenient", test_lenient);
  g_test_add_func ("/agent/guard/person-denies", test_person_denies);
  g_test_add_func ("/agent/guard/timed", test_timed);
  g_test_add_func ("/agent/guard/elsewhere", test_elsewhere);
  g_test_add_func ("/agent/guard/revoked", test_revoked);
  g_test_add_func ("/agent/guard/everything", test_everything);
  g_test_add_func ("/agent/guard/wider", test_wider);
  g_test_add_func ("/agent/guard/roles", test_roles);
  g_test_add_func ("/agent/guard/race", test_race);
  g_test_add_func ("/agent/guard/duplicates", test_duplicates);
  g_test_add_func ("/agent/guard/expired", test_expired);
  g_test_add_func ("/agent/guard/secrets", test_secrets);
  g_test_add_func ("/agent/guard/second-factor", test_second_factor);
  g_test_add_func ("/agent/guard/second-factor-unasked", test_second_factor_unasked);

  return g_test_run ();
}
