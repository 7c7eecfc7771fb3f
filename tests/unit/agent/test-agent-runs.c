/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"

static void
test_answer (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "inherit");
  g_autofree char *run = NULL;
  g_autofree char *state = NULL;
  g_autofree char *name = NULL;

  agent_test_say ("Hello there.", NULL);
  run = agent_test_ask (test, "hello");
  agent_test_wait_end (test, run);

  state = agent_test_run_state (test, run);
  name = agent_test_query (test, "SELECT operator_name FROM runs");
  g_assert_cmpstr (state, ==, "done");
  g_assert_cmpstr (name, ==, "Keeper");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages"), ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT input_tokens FROM runs"), ==, 10);
  vig_test_wait_for (agent_test_saw (test, "run.changed") && agent_test_saw (test, "message.added"));
  g_assert_true (agent_test_saw (test, "text.delta"));
  g_assert_true (g_str_has_prefix (agent_test_last_system (), "You are under test."));
}

static void
test_read_call (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = NULL;
  g_autofree char *order = NULL;

  agent_test_say ("I look.", "[{\"id\":\"c1\",\"name\":\"test.read\",\"arguments\":{\"text\":\"42 GiB\"}},"
                             "{\"id\":\"c2\",\"name\":\"test.fail\",\"arguments\":{}}]");
  agent_test_say ("It is so.", NULL);
  run = agent_test_ask (test, "how full?");
  agent_test_wait_end (test, run);

  g_assert_cmpint (agent_test_n_runs, ==, 2);
  g_assert_cmpuint (agent_test_n_asked (), ==, 2);
  g_assert_nonnull (strstr (agent_test_last_results (), "c1: <tool_output tool=\"test.read\">\n42 GiB\n</tool_output>"));
  g_assert_nonnull (strstr (agent_test_last_results (), "c2 failed: "));
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.declared'"), ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.outcome' AND outcome = 'success'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.outcome' AND outcome = 'failed'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'done' AND started_at <= ended_at"), ==, 2);
  order = agent_test_query (test, "SELECT group_concat (kind) FROM (SELECT kind FROM messages ORDER BY seq)");
  g_assert_cmpstr (order, ==, "user,assistant,tools,assistant");
}

/* What the model cut off or garbled is told to the model, and never taken for {}. */
static void
test_invalid_arguments (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = NULL;

  agent_test_say ("I look.", "[{\"id\":\"c1\",\"name\":\"test.read\",\"arguments\":\"{\\\"text\\\": \\\"42 Gi\"}]");
  agent_test_say ("Once more.", "[{\"id\":\"c2\",\"name\":\"test.read\",\"arguments\":{\"text\":\"42 GiB\"}}]");
  agent_test_say ("It is so.", NULL);
  run = agent_test_ask (test, "how full?");
  vig_test_wait_for (agent_test_n_asked () == 2);
  g_assert_nonnull (strstr (agent_test_last_results (), "Denied (invalid-arguments): the arguments are not a JSON object"));
  agent_test_wait_end (test, run);

  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_nonnull (strstr (agent_test_last_results (), "42 GiB"));
}

static void
test_approval (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autoptr (JsonObject) decided = NULL;
  g_autoptr (GError) error = NULL;

  agent_test_say ("I write, because you said so.", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"/tmp/notes.txt\",\"text\":\"x\"}}]");
  agent_test_say ("Written.", NULL);
  run = agent_test_ask (test, "write it");
  approval = agent_test_wait_approval (test);
  g_assert_cmpint (agent_test_n_runs, ==, 0);

  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\"}", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (vig_json_get_string (decided, "decided_by", ""), ==, "ada");
  agent_test_wait_end (test, run);
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants WHERE used_at IS NOT NULL AND mode = 'once'"), ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event IN ('approval.requested', 'approval.decided', 'grant.created')"), ==, 3);
  g_assert_true (agent_test_saw (test, "approvals approval.requested"));
  g_assert_true (agent_test_saw (test, "approvals approval.decided"));
  g_assert_false (agent_test_saw (test, "hunter2"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/runs/answer", test_answer);
  g_test_add_func ("/agent/runs/read-call", test_read_call);
  g_test_add_func ("/agent/runs/invalid-arguments", test_invalid_arguments);
  g_test_add_func ("/agent/runs/approval", test_approval);

  return g_test_run ();
}
