/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"
#include "vig-conversation-export.h"
#include "vig-delegation.h"
#include "vig-server-access.h"
#include "vig-store-sessions.h"

#define ASK(operator, task) "[{\"id\":\"a1\",\"name\":\"operators.ask\",\"arguments\":{\"operator\":\"" operator "\",\"task\":\"" task "\"}}]"
#define PLAN(steps) "[{\"id\":\"p1\",\"name\":\"plan\",\"arguments\":{\"steps\":[" steps "]}}]"
#define STEP(operator, task, after) "{\"operator\":\"" operator "\",\"task\":\"" task "\",\"after\":[" after "]}"

static void
add (AgentTest *test, const char *name, const char *level, const char *trust, const char *tools)
{
  g_autofree char *id = agent_test_add_operator (test, name, level, trust);
  g_autofree char *changes = g_strdup_printf ("{\"tools\":[%s]}", tools);

  agent_test_update_operator (test, id, changes);
}

static AgentTest *
make_two (void)
{
  AgentTest *test = agent_test_new ();

  add (test, "Keeper", "read", "strict", "\"test.read\"");
  add (test, "Night Watch", "write", "lenient", "\"test.read\",\"test.write\"");

  return test;
}

static void
assert_text (AgentTest *test, const char *sql, const char *wanted)
{
  g_autofree char *text = agent_test_query (test, sql);

  g_assert_cmpstr (text, ==, wanted);
}

static void
restart (AgentTest *test)
{
  agent_test_close (test);
  agent_test_open (test);
  agent_test_resume (test);
}

static void
approve (AgentTest *test, const char *approval)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) decided = agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &error);

  g_assert_no_error (error);
}

/* One after another: the plan stands there before anyone is asked, and what the first found is told to the second. */
static void
test_in_order (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;

  agent_test_say ("", PLAN (STEP ("Keeper", "look at the disks", "") "," STEP ("Night Watch", "report them", "1")));
  agent_test_say ("42 GiB are used.", NULL);
  agent_test_say ("Reported.", NULL);
  agent_test_say ("42 GiB, and it is reported.", NULL);
  run = agent_test_ask (test, "look at the disks and report them");
  agent_test_wait_end (test, run);

  assert_text (test, "SELECT group_concat (operator_name || ':' || state || ':' || depth, ' ') FROM (SELECT * FROM runs ORDER BY seq)",
               "Vigilus:done:0 Keeper:done:1 Night Watch:done:1");
  assert_text (test, "SELECT json_extract (plan, '$.steps[1].after[0]') FROM runs WHERE depth = 0", "1");
  assert_text (test, "SELECT group_concat (kind, ' ') FROM (SELECT * FROM messages WHERE depth = 0 ORDER BY seq)",
               "user notice assistant tools assistant tools assistant");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'user' AND depth = 1 AND content LIKE '%42 GiB are used%'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages m JOIN runs r ON r.depth = 1 WHERE m.kind = 'notice' AND m.depth = 0"
                                           " AND m.created_at > r.created_at"), ==, 0);
  assert_text (test, "SELECT json_extract (content, '$.text') FROM messages WHERE depth = 0 ORDER BY seq DESC", "42 GiB, and it is reported.");
  g_assert_nonnull (strstr (agent_test_last_system (), "in one voice"));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE tool = 'operators.ask' AND event = 'call.declared'"), ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE tool = 'operators.ask' AND event = 'call.outcome' AND outcome = 'success'"), ==, 2);
}

static gpointer
export_it (VigDbConnection *db, gpointer data, GError **error)
{
  AgentTest *test = data;
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT session_id FROM runs WHERE depth = 0", NULL);
  g_autoptr (JsonObject) session = vig_db_rows_next (rows, error) ? vig_store_sessions_get (db, test->user_id, vig_db_rows_string (rows, 0), error) : NULL;
  gpointer export = vig_conversation_export_new (session, FALSE, test->context.redactor);
  GString *text = g_string_new (NULL);

  for (gboolean done = FALSE; !done;)
    {
      g_autoptr (GString) piece = g_string_new (NULL);

      g_assert_true (vig_conversation_export_piece (db, export, piece, &done, error));
      g_string_append (text, piece->str);
    }
  vig_conversation_export_free (export);

  return g_string_free (text, FALSE);
}

/* An answer that broke off is none that is whole: who asked for it is told, and so is who reads the conversation as a file. */
static void
test_cut_answer (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;
  g_autofree char *text = NULL;

  agent_test_say ("", PLAN (STEP ("Keeper", "look at the disks", "") "," STEP ("Night Watch", "report them", "1")));
  agent_test_stop_with ("length");
  agent_test_say ("42 GiB and", NULL);
  agent_test_say ("Reported.", NULL);
  agent_test_say ("42 GiB and what", NULL);
  run = agent_test_ask (test, "look at the disks and report them");
  agent_test_wait_end (test, run);
  g_assert_nonnull (strstr (agent_test_last_results (), "Cut short: the model did not come to its end."));
  text = vig_db_read (test->context.db, export_it, test, NULL);
  g_assert_nonnull (strstr (text, "42 GiB and what\n\n> Cut short: the model did not come to its end."));
}

static void
test_mentions (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;

  agent_test_say ("Seen.", NULL);
  agent_test_say ("Written.", NULL);
  agent_test_say ("Both are done.", NULL);
  run = agent_test_ask (test, "@night-watch look around here, then @keeper write it down");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT group_concat (operator_name, ' ') FROM (SELECT * FROM runs ORDER BY seq)", "Vigilus Night Watch Keeper");
  assert_text (test, "SELECT routing_reason FROM runs WHERE depth = 0", "You named them.");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'user' AND depth = 1 AND content LIKE '%\"look around here\"%'"), ==, 1);
  g_assert_cmpuint (agent_test_n_asked (), ==, 3);
}

/* Two lines of a model that can't call tools. */
static void
test_lines (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;

  agent_test_say ("I would split it:\n1. **Keeper**: look\n2. @night-watch: write", NULL);
  agent_test_say ("Seen.", NULL);
  agent_test_say ("Written.", NULL);
  agent_test_say ("Done.", NULL);
  run = agent_test_ask (test, "look and write");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT group_concat (operator_name || ':' || state, ' ') FROM (SELECT * FROM runs ORDER BY seq)",
               "Vigilus:done Keeper:done Night Watch:done");
}

/* What depends on a step that failed is not begun. */
static void
test_failed_step (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;

  agent_test_say ("", PLAN (STEP ("Keeper", "back it up", "") "," STEP ("Night Watch", "delete it", "1")));
  agent_test_fail (g_error_new (VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the model is down"));
  agent_test_say ("It could not be backed up, so nothing was deleted.", NULL);
  run = agent_test_ask (test, "back it up and delete it");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM runs"), ==, 2);
  g_assert_nonnull (strstr (agent_test_last_system (), "2 (Night Watch)"));
  g_assert_nonnull (strstr (agent_test_last_results (), "the model is down"));
  assert_text (test, "SELECT state FROM runs WHERE depth = 0", "done");
}

/* An Operator lends no more than it has: neither its level nor its trust. */
static void
test_no_escalation (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *run = NULL;
  g_autofree char *second = NULL;
  g_autofree char *approval = NULL;

  add (test, "Reader", "read", "lenient", "\"operators.ask\"");
  add (test, "Careful", "exec", "strict", "\"operators.ask\"");
  add (test, "Doer", "exec", "lenient", "\"test.exec\"");
  agent_test_say ("", ASK ("Doer", "run it"));
  agent_test_say ("", "[{\"id\":\"c1\",\"name\":\"test.exec\",\"arguments\":{}}]");
  agent_test_say ("I may not.", NULL);
  agent_test_say ("It may not.", NULL);
  run = agent_test_ask (test, "@reader have it run");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT json_extract (decision, '$.rule') FROM calls WHERE tool = 'test.exec'", "ceiling");
  assert_text (test, "SELECT ceiling || strict FROM runs WHERE depth = 1", "read0");
  g_assert_cmpint (agent_test_n_runs, ==, 0);

  agent_test_say ("", ASK ("Doer", "run it"));
  agent_test_say ("", "[{\"id\":\"c1\",\"name\":\"test.exec\",\"arguments\":{}}]");
  second = agent_test_ask (test, "@careful have it run");
  approval = agent_test_wait_approval (test);
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  agent_test_say ("Ran.", NULL);
  agent_test_say ("It ran.", NULL);
  approve (test, approval);
  agent_test_wait_end (test, second);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  assert_text (test, "SELECT state FROM runs WHERE depth = 0 ORDER BY seq DESC", "done");
}

static void
add_server (AgentTest *test, const char *name, const char *operators)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO servers (id, name, host, port, user_name, tags, notes, status, created_at, updated_at)"
                                          " VALUES ('%s', '%s', '127.0.0.1', 22, 'root', '[]', '', 'unknown', 1, 1)", name, name);
  g_autofree char *allow = g_strdup_printf ("INSERT INTO server_operators SELECT '%s', id FROM operators WHERE name IN (%s)", name, operators);

  agent_test_exec (test, sql);
  agent_test_exec (test, allow);
}

static void
assert_server (AgentTest *test, const char *run, const char *name, int code)
{
  g_autofree char *operator = agent_test_query (test, "SELECT id FROM operators WHERE name = 'Doer'");
  g_autoptr (GError) error = NULL;
  g_autoptr (VigServer) server = vig_server_find (&test->context, operator, run, name, &error);

  g_assert_true ((server != NULL) == (code < 0));
  if (code >= 0)
    g_assert_error (error, VIG_ERROR, code);
}

/* Nor servers: who is asked uses, finds and is told of only those that all who asked may use, however many lie between. */
static void
test_servers (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *run = NULL;
  g_autofree char *direct = NULL;
  g_autofree char *last = NULL;

  add (test, "Reader", "read", "strict", "\"operators.ask\"");
  add (test, "Between", "read", "strict", "\"operators.ask\"");
  add (test, "Doer", "read", "strict", "\"servers.list\"");
  add_server (test, "everyones", "''");
  add_server (test, "doers", "'Doer','Between'");
  add_server (test, "both", "'Doer','Reader','Between'");
  add_server (test, "readers", "'Reader'");
  agent_test_say ("", ASK ("Between", "ask Doer"));
  agent_test_say ("", ASK ("Doer", "list"));
  agent_test_say ("", "[{\"id\":\"c1\",\"name\":\"servers.list\",\"arguments\":{}}]");
  agent_test_say ("Listed.", NULL);
  agent_test_say ("So it is.", NULL);
  agent_test_say ("Indeed.", NULL);
  run = agent_test_ask (test, "@reader have it listed");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT group_concat (json_extract (s.value, '$.name'), ' ') FROM calls c,"
                     " json_each (json_extract (c.result, '$.text'), '$.servers') s WHERE c.tool = 'servers.list'", "both everyones");
  last = agent_test_query (test, "SELECT id FROM runs WHERE depth = 2");
  assert_server (test, last, "both", -1);
  assert_server (test, last, "Everyones", -1);
  assert_server (test, last, "doers", VIG_ERROR_DENIED);
  assert_server (test, last, "readers", VIG_ERROR_NOT_FOUND);

  agent_test_say ("", "[{\"id\":\"c1\",\"name\":\"servers.list\",\"arguments\":{}}]");
  agent_test_say ("Listed.", NULL);
  direct = agent_test_ask (test, "@doer list");
  agent_test_wait_end (test, direct);
  g_assert_nonnull (strstr (agent_test_last_results (), "doers"));
  assert_server (test, direct, "doers", -1);

  /* However many there are. */
  agent_test_exec (test, "INSERT INTO servers (id, name, host, port, user_name, tags, notes, status, created_at, updated_at)"
                         " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                         " SELECT 'many' || i, 'a-server-' || i, '127.0.0.1', 22, 'root', '[]', '', 'unknown', 1, 1 FROM n");
  assert_server (test, last, "everyones", -1);
  assert_server (test, direct, "a-server-299", -1);

  /* Of whom nothing is known any more nothing is lent. */
  agent_test_exec (test, "DELETE FROM operators WHERE name = 'Reader'");
  assert_server (test, last, "both", VIG_ERROR_DENIED);
  assert_server (test, last, "everyones", -1);
}

/* The orchestrator lends all that an Operator has. */
static void
test_servers_of_plan (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;
  g_autofree char *child = NULL;

  add (test, "Doer", "read", "strict", "\"servers.list\"");
  add_server (test, "doers", "'Doer'");
  agent_test_say ("", PLAN (STEP ("Keeper", "look", "") "," STEP ("Doer", "list", "1")));
  agent_test_say ("Looked.", NULL);
  agent_test_say ("Listed.", NULL);
  agent_test_say ("Done.", NULL);
  run = agent_test_ask (test, "look and list");
  agent_test_wait_end (test, run);
  child = agent_test_query (test, "SELECT id FROM runs WHERE operator_name = 'Doer'");
  assert_server (test, child, "doers", -1);
}

static void
test_who_may_ask (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;

  agent_test_say ("", ASK ("Night Watch", "write"));
  agent_test_say ("I can't.", NULL);
  run = agent_test_ask (test, "@keeper have it written");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT json_extract (decision, '$.rule') FROM calls", "not-assigned");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM runs"), ==, 1);
}

static void
test_depth (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *run = NULL;

  add (test, "A", "read", "strict", "\"operators.ask\"");
  add (test, "B", "read", "strict", "\"operators.ask\"");
  agent_test_say ("", ASK ("B", "ask A"));
  agent_test_say ("", ASK ("A", "ask B"));
  agent_test_say ("", ASK ("B", "ask on"));
  agent_test_say ("Too deep.", NULL);
  agent_test_say ("So it was.", NULL);
  agent_test_say ("So it was, again.", NULL);
  run = agent_test_ask (test, "@a ask");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT max (depth) || '|' || count(*) FROM runs", "2|3");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE json_extract (result, '$.text') LIKE '%2 deep at most%'"), ==, 1);

  agent_test_say ("", ASK ("A", "ask myself"));
  agent_test_say ("I can't.", NULL);
  g_free (run);
  run = agent_test_ask (test, "@a ask yourself");
  agent_test_wait_end (test, run);
  g_assert_nonnull (strstr (agent_test_last_results (), "nobody asks itself"));
  g_assert_nonnull (strstr (agent_test_last_system (), "There are:\n- B: Does what tests do."));
  g_assert_null (strstr (agent_test_last_system (), "\n- A: "));
  agent_test_say ("", ASK ("C", "anything"));
  agent_test_say ("Nobody.", NULL);
  g_free (run);
  run = agent_test_ask (test, "@a ask C");
  agent_test_wait_end (test, run);
  g_assert_nonnull (strstr (agent_test_last_results (), "there are: A, B"));
}

static void
took (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static JsonObject *
stop (AgentTest *test, const char *run_id)
{
  GAsyncResult *result = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *row;

  vig_runner_stop_async (test->runner, &test->caller, run_id, NULL, took, &result);
  vig_test_wait_for (result != NULL);
  row = vig_runner_stop_finish (test->runner, result, &error);
  g_assert_no_error (error);
  g_object_unref (result);

  return row;
}

/* No more at once than the width; Stop reaches them all. */
static void
test_width_and_stop (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;
  g_autoptr (JsonObject) row = NULL;

  agent_test_say ("", PLAN (STEP ("Keeper", "1", "") "," STEP ("Keeper", "2", "") "," STEP ("Keeper", "3", "") "," STEP ("Keeper", "4", "") ","
                                STEP ("Keeper", "5", "") "," STEP ("Keeper", "6", "")));
  for (guint i = 0; i < VIG_DELEGATION_MAX_WIDTH; i++)
    agent_test_say ("wait", NULL);
  run = agent_test_ask (test, "six at once");
  vig_test_wait_for (agent_test_n_asked () == 1 + VIG_DELEGATION_MAX_WIDTH);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM runs WHERE depth = 1"), ==, VIG_DELEGATION_MAX_WIDTH);

  row = stop (test, run); /* of models that never answer */
  g_assert_cmpstr (vig_json_get_string (row, "state", ""), ==, "stopped");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT group_concat (DISTINCT state) FROM runs", "stopped");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM runs"), ==, 1 + VIG_DELEGATION_MAX_WIDTH);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE state <> 'done'"), ==, 0);
}

static void
begin_waiting_child (AgentTest *test)
{
  agent_test_say ("", PLAN (STEP ("Night Watch", "write it", "") "," STEP ("Keeper", "look at it", "1")));
  agent_test_say ("", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"/tmp/x\"}}]");
}

/* The night between: parent and child go on where they were, and the child is the same one. */
static void
test_resume (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;

  agent_test_exec (test, "UPDATE operators SET trust_mode = 'strict'");
  begin_waiting_child (test);
  run = agent_test_ask (test, "write it and look");
  approval = agent_test_wait_approval (test);
  restart (test);
  restart (test);
  g_assert_cmpuint (vig_runner_get_n_running (test->runner), ==, 2);
  agent_test_say ("Written.", NULL);
  agent_test_say ("It is there.", NULL);
  agent_test_say ("Written, and it is there.", NULL);
  approve (test, approval);
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT group_concat (operator_name || ':' || state, ' ') FROM (SELECT * FROM runs ORDER BY seq)",
               "Vigilus:done Night Watch:done Keeper:done");
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE tool = 'operators.ask'"), ==, 2);
}

/* The daemon ended after the child had, before the parent's call was told. */
static void
test_resume_ended (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;

  agent_test_exec (test, "UPDATE operators SET trust_mode = 'strict'");
  begin_waiting_child (test);
  run = agent_test_ask (test, "write it and look");
  approval = agent_test_wait_approval (test);
  agent_test_close (test);
  agent_test_open (test);
  agent_test_exec (test, "UPDATE approvals SET status = 'cancelled'");
  agent_test_exec (test, "UPDATE calls SET state = 'done', outcome = 'denied' WHERE tool = 'test.write'");
  agent_test_exec (test, "UPDATE runs SET state = 'done', ended_at = 1 WHERE depth = 1");
  agent_test_say ("It is there.", NULL);
  agent_test_say ("All done.", NULL);
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT group_concat (operator_name || ':' || state, ' ') FROM (SELECT * FROM runs ORDER BY seq)",
               "Vigilus:done Night Watch:done Keeper:done");
}

/* Its parent is gone: nobody would hear what it does. */
static void
test_orphan (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;

  agent_test_exec (test, "UPDATE operators SET trust_mode = 'strict'");
  begin_waiting_child (test);
  run = agent_test_ask (test, "write it and look");
  approval = agent_test_wait_approval (test);
  agent_test_close (test);
  agent_test_open (test);
  agent_test_exec (test, "UPDATE runs SET state = 'failed', ended_at = 1 WHERE depth = 0");
  agent_test_resume (test);
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT state FROM runs WHERE depth = 1", "stopped");
  g_assert_cmpint (agent_test_n_runs, ==, 0);
}

/* What Operators found may be more than the model that answers can take. */
static void
test_too_much (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *words = g_strnfill (9000, 'x');
  g_autofree char *run = NULL;

  agent_test_set (test, "{\"context_tokens\":4096}");
  agent_test_use (-1, 5, -1);
  agent_test_say ("", PLAN (STEP ("Keeper", "look", "") "," STEP ("Night Watch", "look as well", "")));
  agent_test_say (words, NULL);
  agent_test_say (words, NULL);
  agent_test_say ("Both have looked.", NULL);
  run = agent_test_ask (test, "look, both");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT state FROM runs WHERE depth = 0", "done");
  assert_text (test, "SELECT json_extract (content, '$.text') FROM messages WHERE depth = 0 ORDER BY seq DESC", "Both have looked.");
  g_assert_cmpuint (strlen (agent_test_last_results ()), >, 2000);
  g_assert_cmpuint (strlen (agent_test_last_results ()), <, 12000);
}

/* What the children use counts against the limits of all. */
static void
test_budget (void)
{
  g_autoptr (AgentTest) test = make_two ();
  g_autofree char *run = NULL;

  agent_test_set (test, "{\"run_max_tokens\":1000}");
  agent_test_say ("", PLAN (STEP ("Keeper", "look", "") "," STEP ("Night Watch", "write", "1")));
  agent_test_say ("Seen.", NULL);
  agent_test_use (600, 0, -1);
  run = agent_test_ask (test, "look and write");
  agent_test_wait_end (test, run);
  assert_text (test, "SELECT state FROM runs WHERE depth = 0", "failed");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'notice' AND content LIKE '%used 1200 tokens%'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM runs"), ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/delegation/in-order", test_in_order);
  g_test_add_func ("/agent/delegation/cut-answer", test_cut_answer);
  g_test_add_func ("/agent/delegation/mentions", test_mentions);
  g_test_add_func ("/agent/delegation/lines", test_lines);
  g_test_add_func ("/agent/delegation/failed-step", test_failed_step);
  g_test_add_func ("/agent/delegation/no-escalation", test_no_escalation);
  g_test_add_func ("/agent/delegation/servers", test_servers);
  g_test_add_func ("/agent/delegation/servers-of-plan", test_servers_of_plan);
  g_test_add_func ("/agent/delegation/who-may-ask", test_who_may_ask);
  g_test_add_func ("/agent/delegation/depth", test_depth);
  g_test_add_func ("/agent/delegation/width-and-stop", test_width_and_stop);
  g_test_add_func ("/agent/delegation/resume", test_resume);
  g_test_add_func ("/agent/delegation/resume-ended", test_resume_ended);
  g_test_add_func ("/agent/delegation/orphan", test_orphan);
  g_test_add_func ("/agent/delegation/budget", test_budget);
  g_test_add_func ("/agent/delegation/too-much", test_too_much);

  return g_test_run ();
}
