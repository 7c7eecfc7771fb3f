/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"
#include "vig-id.h"

#define WRITE_X "{\"path\":\"/tmp/vig-x\",\"text\":\"hello\"}"

static char *
ask_in (AgentTest *test, const char *session_id, const char *tool, const char *arguments)
{
  g_autofree char *calls = g_strdup_printf ("[{\"id\":\"c1\",\"name\":\"%s\",\"arguments\":%s}]", tool, arguments);
  g_autoptr (GError) error = NULL;
  char *run;

  agent_test_say ("Because you asked.", calls);
  agent_test_say ("That is how it went.", NULL);
  run = agent_test_ask_in (test, session_id, "do it", &error);
  g_assert_no_error (error);

  return run;
}

static char *
ask_for (AgentTest *test, const char *tool, const char *arguments)
{
  return ask_in (test, NULL, tool, arguments);
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
decide_refused (AgentTest *test, const char *decision, int code, const char *words)
{
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) decided = agent_test_decide (test, approval, decision, &error);

  g_test_message ("%s", decision);
  g_assert_error (error, VIG_ERROR, code);
  g_assert_nonnull (strstr (error->message, words));
}

static char *
get_session (AgentTest *test, const char *run_id)
{
  g_autofree char *sql = g_strdup_printf ("SELECT session_id FROM runs WHERE id = '%s'", run_id);

  return agent_test_query (test, sql);
}

static void
took (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static JsonObject *
revoke_grant (AgentTest *test, const char *grant_id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  vig_approvals_revoke_async (test->approvals, &test->caller, grant_id, NULL, took, &result);
  vig_test_wait_for (result != NULL);

  return vig_approvals_revoke_finish (test->approvals, result, error);
}

/* The approver's arguments run, under a grant for them; the model is told, and the record names both. */
static void
test_edited (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", WRITE_X);
  g_autofree char *again = NULL;

  decide (test, "{\"decision\":\"approve\",\"arguments\":{\"path\":\"/tmp/vig-y\",\"text\":\"better\"}}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "better"));
  g_assert_nonnull (strstr (agent_test_last_results (), "[Vigilus] ada changed the arguments of this call before allowing it"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE resource = 'file:/tmp/vig-y' AND arguments LIKE '%hello%'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'approval.decided' AND arguments LIKE '%better%' AND detail LIKE '%hello%'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.declared' AND arguments LIKE '%better%'"), ==, 1);

  /* What the model asked for was never allowed. */
  again = ask_for (test, "test.write", WRITE_X);
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, again);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

/* Edited arguments are judged as any others: schema, level, ceiling, and what was redacted can't be kept in part. */
static void
test_edited_badly (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-x\",\"text\":\"hunter2-correct-horse\"}");

  decide_refused (test, "{\"decision\":\"approve\",\"arguments\":{\"text\":\"x\"}}", VIG_ERROR_INVALID, "schema");
  decide_refused (test, "{\"decision\":\"approve\",\"arguments\":{\"path\":\"/tmp/vig-x\",\"mode\":1}}", VIG_ERROR_INVALID, "schema");
  decide_refused (test, "{\"decision\":\"approve\",\"arguments\":{\"path\":\"/tmp/vig-x\",\"text\":\"my [redacted]\"}}", VIG_ERROR_INVALID, "redacted");
  decide_refused (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"resource\":\"file:/tmp/vig-x\",\"arguments\":{\"path\":\"/tmp/vig-y\"}}", VIG_ERROR_INVALID,
                  "resource");
  agent_test_update_operator (test, operator, "{\"permission_level\":\"read\"}");
  decide_refused (test, "{\"decision\":\"approve\",\"arguments\":{\"path\":\"/tmp/vig-y\"}}", VIG_ERROR_DENIED, "ceiling");
  agent_test_update_operator (test, operator, "{\"permission_level\":\"write\"}");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), ==, 0);

  /* What was left as it was shown is as it really was. */
  decide (test, "{\"decision\":\"approve\",\"arguments\":{\"path\":\"/tmp/vig-y\",\"text\":\"[redacted]\"}}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE edited_arguments LIKE '%vig-y%hunter2-correct-horse%'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE edited_arguments LIKE '%hunter2%'"), ==, 0);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

/* The level of the edited call is what is approved, and the ceiling as it stands then holds. */
static void
test_edited_level (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "elevate", "strict");
  g_autofree char *run = ask_for (test, "test.raise", "{\"high\":true}");
  g_autofree char *approval = agent_test_wait_approval (test);

  agent_test_update_operator (test, operator, "{\"permission_level\":\"exec\"}");
  decide_refused (test, "{\"decision\":\"approve\",\"arguments\":{\"high\":true,\"more\":1}}", VIG_ERROR_DENIED, "ceiling");
  decide (test, "{\"decision\":\"approve\",\"arguments\":{\"high\":false}}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants WHERE level = 'read'"), ==, 1);
}

/* The daemon ends between the decision and the call: the edited arguments are what is taken up. */
static void
test_edited_then_killed (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.write", WRITE_X);
  g_autofree char *approval = agent_test_wait_approval (test);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) decided = NULL;

  vig_runner_shut_down (test->runner);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"arguments\":{\"path\":\"/tmp/vig-y\",\"text\":\"better\"}}", &error);
  g_assert_no_error (error);
  agent_test_close (test);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  agent_test_open (test);
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "better"));
}

/* A grant for a conversation is worth nothing in another one. */
static void
test_conversation (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *first = ask_for (test, "test.write", WRITE_X);
  g_autofree char *session = get_session (test, first);
  g_autofree char *second = NULL;
  g_autofree char *elsewhere = NULL;

  agent_test_set (test, "{\"grant_minutes_max\":120}");
  decide (test, "{\"decision\":\"approve\",\"mode\":\"conversation\"}");
  agent_test_wait_end (test, first);
  g_assert_cmpint (agent_test_count (test, "SELECT minutes FROM approvals"), ==, 120);
  second = ask_in (test, session, "test.write", "{\"path\":\"/tmp/vig-x\",\"text\":\"more\"}");
  agent_test_wait_end (test, second);
  g_assert_cmpint (agent_test_n_runs, ==, 2);

  elsewhere = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-x\",\"text\":\"more\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, elsewhere);
  g_assert_cmpint (agent_test_n_runs, ==, 2);

  /* For a time, and no word of how long: as the settings say. */
  agent_test_set (test, "{\"grant_minutes_default\":17}");
  g_clear_pointer (&elsewhere, g_free);
  elsewhere = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-z\",\"text\":\"more\"}");
  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\"}");
  agent_test_wait_end (test, elsewhere);
  g_assert_cmpint (agent_test_n_runs, ==, 3);
  g_assert_cmpint (agent_test_count (test, "SELECT minutes FROM approvals ORDER BY seq DESC LIMIT 1"), ==, 17);

  /* The signature covers the conversation. */
  agent_test_exec (test, "UPDATE grants SET session_id = NULL");
  g_clear_pointer (&elsewhere, g_free);
  elsewhere = ask_for (test, "test.write", WRITE_X);
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, elsewhere);
  g_assert_cmpint (agent_test_n_runs, ==, 3);
}

/* PITFALLS 7: a narrower grant is narrower. */
static void
test_narrowed (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *first = ask_for (test, "test.write", "{\"path\":\"/tmp\"}");
  g_autofree char *inside = NULL;
  g_autofree char *outside = NULL;

  /* The grant is for less than the call itself: the call asks again. */
  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"resource\":\"file:/tmp/vig-*\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, first);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  inside = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-a\"}");
  agent_test_wait_end (test, inside);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  outside = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-a/../other\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, outside);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
}

static void
wait_running (AgentTest *test)
{
  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'running'") == 1);
}

/* PITFALLS 8: what is revoked is over, also for what runs under it. */
static void
test_revoked_while_running (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.slow", "{}");
  g_autofree char *grant = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) revoked = NULL;

  decide (test, "{\"decision\":\"approve\"}");
  wait_running (test);
  grant = agent_test_query (test, "SELECT grant_id FROM calls");
  revoked = revoke_grant (test, grant, &error);
  g_assert_no_error (error);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'interrupted'"), ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "grant was revoked"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'grant.revoked' AND user_name = 'ada' AND tool = 'test.slow'"), ==, 1);
  vig_test_wait_for (agent_test_saw (test, "approvals grant.revoked"));
}

/* As the API does it: the change and its record are one transaction. */
static gpointer
move_operator (VigDbConnection *db, gpointer data, GError **error)
{
  AgentTest *test = data;
  g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s, s:s}", "event", "operator.updated", "user_name", "ada");

  vig_db_exec (db, error, "UPDATE operators SET working_directory = '/tmp', updated_at = ?1", "i", vig_time_now ());
  if (*error == NULL)
    vig_audit_append (db, test->context.redactor, record, error);

  return NULL;
}

/* PITFALLS 8: so does what runs under a grant that ended with what it was for. */
static void
test_ended_while_running (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = ask_for (test, "test.slow", "{}");
  g_autoptr (GError) error = NULL;

  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":5}");
  wait_running (test);
  g_assert_false (agent_test_saw (test, "approvals grant.revoked"));
  vig_db_write (test->context.db, move_operator, test, &error);
  g_assert_no_error (error);
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'interrupted'"), ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "grant was revoked"));
  vig_test_wait_for (agent_test_saw (test, "approvals grant.revoked"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'grant.revoked' AND tool = 'test.slow'"
                                           " AND reason LIKE '%working directory%'"), ==, 1);
}

static void
test_revoke_refused (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) denied = NULL;

  g_assert_null (revoke_grant (test, "01a20000-0000-7000-8000-000000000000", &missing));
  g_assert_error (missing, VIG_ERROR, VIG_ERROR_NOT_FOUND);
  test->caller.role = "viewer";
  g_assert_null (revoke_grant (test, "01a20000-0000-7000-8000-000000000000", &denied));
  g_assert_error (denied, VIG_ERROR, VIG_ERROR_DENIED);
}

/* Offered after so many of the very same; it covers these arguments and no others, and never for elevate. */
static void
test_standing (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *other = NULL;
  g_autofree char *same = NULL;

  agent_test_set (test, "{\"standing_grant_after\":2,\"standing_grant_days\":7}");
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *run = ask_for (test, "test.write", WRITE_X);
      g_autofree char *approval = agent_test_wait_approval (test);

      g_assert_cmpint (agent_test_count (test, "SELECT offer_standing FROM approvals WHERE status = 'pending'"), ==, i >= 2);
      g_assert_cmpint (agent_test_count (test, "SELECT times_approved FROM approvals WHERE status = 'pending'"), ==, i);
      if (i < 2)
        decide_refused (test, "{\"decision\":\"approve\",\"mode\":\"standing\"}", VIG_ERROR_INVALID, "several times");
      else
        decide_refused (test, "{\"decision\":\"approve\",\"mode\":\"standing\",\"resource\":\"file:/tmp/vig-x\"}", VIG_ERROR_INVALID, "exactly");
      decide (test, i < 2 ? "{\"decision\":\"approve\"}" : "{\"decision\":\"approve\",\"mode\":\"standing\"}");
      agent_test_wait_end (test, run);
    }
  g_assert_cmpint (agent_test_count (test, "SELECT (expires_at - created_at) / 86400000000 FROM grants WHERE standing = 1"), ==, 7);

  same = ask_for (test, "test.write", WRITE_X);
  agent_test_wait_end (test, same);
  g_assert_cmpint (agent_test_n_runs, ==, 4);
  other = ask_for (test, "test.write", "{\"path\":\"/tmp/vig-x\",\"text\":\"else\"}");
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, other);
  g_assert_cmpint (agent_test_n_runs, ==, 4);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants WHERE standing = 1 AND resource = 'file:/tmp/vig-x'"), ==, 1);
}

/* The level elevate goes the whole way: denied below its ceiling, asked for at it, run once, and no standing grant however often. */
static void
test_elevate (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "exec", "lenient");
  g_autofree char *low = ask_for (test, "test.raise", "{\"high\":true}");

  agent_test_wait_end (test, low);
  g_assert_nonnull (strstr (agent_test_last_results (), "ceiling"));
  agent_test_update_operator (test, operator, "{\"permission_level\":\"elevate\",\"trust_mode\":\"strict\"}");
  agent_test_set (test, "{\"standing_grant_after\":1}");
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *run = ask_for (test, "test.raise", "{\"high\":true}");
      g_autofree char *approval = agent_test_wait_approval (test);

      g_assert_cmpint (agent_test_count (test, "SELECT offer_standing FROM approvals WHERE status = 'pending'"), ==, 0);
      decide_refused (test, "{\"decision\":\"approve\",\"mode\":\"standing\"}", VIG_ERROR_INVALID, "elevate");
      decide (test, "{\"decision\":\"approve\"}");
      agent_test_wait_end (test, run);
      g_assert_cmpint (agent_test_n_runs, ==, i + 1);
    }
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.declared' AND level = 'elevate' AND rule = 'grant'"), ==, 2);
}

static gpointer
add_person (VigDbConnection *db, gpointer data, GError **error)
{
  const char *name = data;
  g_autofree char *sql = g_strdup_printf ("INSERT INTO users (id, name, role, record, created_at) VALUES ('user-%s', '%s', 'approver', 'record', 1)", name, name);

  return GINT_TO_POINTER (vig_db_exec (db, error, sql, NULL));
}

static void
become (AgentTest *test, const char *name)
{
  static char id[64];

  g_snprintf (id, sizeof id, "user-%s", name);
  test->caller = (VigCaller) { g_str_equal (name, "ada") ? test->user_id : id, name, "approver" };
}

/* Two people: not the same one twice, and the second is not who asked; the second confirms what the first chose. */
static void
test_second_approver (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autoptr (GError) error = NULL;

  vig_db_write (test->context.db, add_person, (gpointer) "bob", &error);
  vig_db_write (test->context.db, add_person, (gpointer) "cleo", &error);
  g_assert_no_error (error);
  agent_test_set (test, "{\"second_approver_levels\":[\"write\"]}");
  run = ask_for (test, "test.write", WRITE_X);
  become (test, "bob");
  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":7,\"arguments\":{\"path\":\"/tmp/vig-y\",\"text\":\"better\"}}");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending' AND first_by = 'bob'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), ==, 0);
  vig_test_wait_for (agent_test_saw (test, "approvals approval.changed"));

  decide_refused (test, "{\"decision\":\"approve\"}", VIG_ERROR_CONFLICT, "another person");
  become (test, "ada");
  decide_refused (test, "{\"decision\":\"approve\"}", VIG_ERROR_DENIED, "somebody else");
  become (test, "cleo");
  decide_refused (test, "{\"decision\":\"approve\",\"minutes\":60}", VIG_ERROR_INVALID, "bob");
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  decide (test, "{\"decision\":\"approve\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "better"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants WHERE granted_by = 'bob, cleo' AND resource = 'file:/tmp/vig-y'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT minutes FROM approvals"), ==, 7);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event IN ('approval.first', 'approval.decided')"), ==, 2);
}

/* Who lost the role, or the account, meanwhile has approved nothing. */
static void
test_first_left (void)
{
  static const char * const endings[] = { "UPDATE users SET disabled = 1 WHERE name = 'bob'", "UPDATE users SET disabled = 0, role = 'viewer' WHERE name = 'bob'",
                                          "DELETE FROM users WHERE name = 'bob'" };
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autoptr (GError) error = NULL;

  vig_db_write (test->context.db, add_person, (gpointer) "bob", &error);
  vig_db_write (test->context.db, add_person, (gpointer) "cleo", &error);
  g_assert_no_error (error);
  agent_test_set (test, "{\"second_approver_levels\":[\"write\"]}");
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *run = NULL;

      agent_test_exec (test, "UPDATE users SET disabled = 0, role = 'approver' WHERE name = 'bob'");
      run = ask_for (test, "test.write", WRITE_X);
      become (test, "bob");
      decide (test, "{\"decision\":\"approve\"}");
      agent_test_exec (test, endings[i]);
      decide_refused (test, "{\"decision\":\"approve\"}", i < 2 ? VIG_ERROR_DENIED : VIG_ERROR_NOT_FOUND, i < 2 ? "any more" : "user");
      become (test, "cleo");
      decide (test, "{\"decision\":\"approve\"}");
      g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), ==, 0);
      g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending' AND first_by = 'cleo'"), ==, 1);
      decide (test, "{\"decision\":\"deny\"}");
      agent_test_wait_end (test, run);
    }
  g_assert_cmpint (agent_test_n_runs, ==, 0);
}

static void
test_second_denies (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autoptr (GError) error = NULL;

  vig_db_write (test->context.db, add_person, (gpointer) "bob", &error);
  g_assert_no_error (error);
  agent_test_set (test, "{\"second_approver_levels\":[\"write\"]}");
  run = ask_for (test, "test.write", WRITE_X);
  decide (test, "{\"decision\":\"approve\"}");
  become (test, "bob");
  decide (test, "{\"decision\":\"deny\",\"reason\":\"no\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants"), ==, 0);
}

/* PITFALLS 11: the very same from two conversations is one request; PITFALLS 12: its time runs from the approval. */
static void
test_same_elsewhere (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  for (guint i = 0; i < 2; i++)
    agent_test_say ("Because you asked.", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":" WRITE_X "}]");
  first = agent_test_ask (test, "do it");
  second = agent_test_ask (test, "do it");
  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'waiting'") == 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals"), ==, 1);
  agent_test_say ("Done.", NULL);
  agent_test_say ("Done.", NULL);
  decide (test, "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":5}");
  agent_test_wait_end (test, first);
  agent_test_wait_end (test, second);
  g_assert_cmpint (agent_test_n_runs, ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM approvals"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT abs (g.expires_at - a.decided_at - 300000000) < 1000000 FROM grants g JOIN approvals a"), ==, 1);
}

static void
test_unattended (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;

  agent_test_set (test, "{\"approval_wait_minutes\":10,\"approval_wait_minutes_unattended\":20}");
  test->caller.unattended = TRUE;
  run = ask_for (test, "test.write", WRITE_X);
  decide (test, "{\"decision\":\"deny\"}");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT abs (expires_at - created_at - 20 * 60000000) < 5000000 FROM approvals"), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/elevation/edited", test_edited);
  g_test_add_func ("/agent/elevation/edited-badly", test_edited_badly);
  g_test_add_func ("/agent/elevation/edited-level", test_edited_level);
  g_test_add_func ("/agent/elevation/edited-then-killed", test_edited_then_killed);
  g_test_add_func ("/agent/elevation/conversation", test_conversation);
  g_test_add_func ("/agent/elevation/narrowed", test_narrowed);
  g_test_add_func ("/agent/elevation/revoked-while-running", test_revoked_while_running);
  g_test_add_func ("/agent/elevation/ended-while-running", test_ended_while_running);
  g_test_add_func ("/agent/elevation/revoke-refused", test_revoke_refused);
  g_test_add_func ("/agent/elevation/standing", test_standing);
  g_test_add_func ("/agent/elevation/elevate", test_elevate);
  g_test_add_func ("/agent/elevation/second-approver", test_second_approver);
  g_test_add_func ("/agent/elevation/first-left", test_first_left);
  g_test_add_func ("/agent/elevation/second-denies", test_second_denies);
  g_test_add_func ("/agent/elevation/same-elsewhere", test_same_elsewhere);
  g_test_add_func ("/agent/elevation/unattended", test_unattended);

  return g_test_run ();
}
