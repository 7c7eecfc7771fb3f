/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"

static char *
end_of (AgentTest *test, const char *text)
{
  g_autofree char *run = agent_test_ask (test, text);

  agent_test_wait_end (test, run);

  return agent_test_query (test, "SELECT state || '|' || coalesce (operator_name, '-') || '|' || coalesce (routing_reason, '-') || '|' ||"
                                 " coalesce (json_extract (error, '$.message'), '-') FROM runs ORDER BY seq DESC");
}

static void
assert_end (AgentTest *test, const char *text, const char *wanted)
{
  g_autofree char *end = end_of (test, text);

  g_test_message ("%s: %s", text, end);
  g_assert_true (g_str_has_prefix (end, wanted));
}

static AgentTest *
make_two (void)
{
  AgentTest *test = agent_test_new ();
  g_autofree char *one = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *two = agent_test_add_operator (test, "Night Watch", "read", "strict");

  return test;
}

static void
test_mention (void)
{
  g_autoptr (AgentTest) test = make_two ();
  guint n_asking = 0;

  agent_test_say ("Aye.", NULL);
  assert_end (test, "@night-watch how is it?", "done|Night Watch|You named it.|-");
  g_assert_cmpuint (agent_test_n_asked (), ==, 1);
  /* It is settled with the question, in one write: nobody waits for another before the model is asked. */
  for (guint i = 0; i < test->events->len; i++)
    {
      g_assert_null (strstr (g_ptr_array_index (test->events, i), "\"state\":\"routing\""));
      n_asking += strstr (g_ptr_array_index (test->events, i), "\"state\":\"asking\"") != NULL;
    }
  g_assert_cmpuint (n_asking, >, 0);
}

static void
test_delegate (void)
{
  g_autoptr (AgentTest) test = make_two ();

  agent_test_say ("", "[{\"id\":\"d\",\"name\":\"delegate\",\"arguments\":{\"operator\":\"Keeper\",\"reason\":\"it keeps\"}}]");
  agent_test_say ("Aye.", NULL);
  assert_end (test, "how are the disks?", "done|Keeper|it keeps|-");
  g_assert_cmpuint (agent_test_n_asked (), ==, 2);
  g_assert_cmpint (agent_test_count (test, "SELECT input_tokens FROM runs"), ==, 20);
}

static void
test_prose (void)
{
  g_autoptr (AgentTest) test = make_two ();

  agent_test_say ("Good morning! What shall I look at?", NULL);
  assert_end (test, "good morning", "done|-|-|-");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'assistant' AND content LIKE '%Good morning%'"), ==, 1);
  g_assert_cmpstr (agent_test_last_tools (), ==, "delegate plan ");
  g_assert_nonnull (strstr (agent_test_last_system (), "## Night Watch"));

  agent_test_say ("This is for the Night Watch.", NULL);
  agent_test_say ("Aye.", NULL);
  assert_end (test, "who goes there?", "done|Night Watch|");
}

static void
test_nobody (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();

  assert_end (test, "hello", "failed|-|-|No Operator yet");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'notice'"), ==, 1);
}

static void
test_no_provider (void)
{
  g_autoptr (AgentTest) test = make_two ();

  agent_test_exec (test, "DELETE FROM providers");
  assert_end (test, "hello", "failed|-|-|No provider yet: go to Settings → Providers → Add Provider");
  assert_end (test, "@keeper hello", "failed|Keeper|You named it.|No provider yet");
}

static void
test_provider_fails (void)
{
  g_autoptr (AgentTest) test = make_two ();

  agent_test_fail (g_error_new (VIG_ERROR, VIG_ERROR_UNAUTHENTICATED, "Script: the key hunter2-correct-horse is wrong"));
  assert_end (test, "@keeper hello", "failed|Keeper|You named it.|Script: the key [redacted] is wrong");
  agent_test_say ("", NULL);
  assert_end (test, "@keeper hello", "failed|Keeper|You named it.|The model answered nothing");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'assistant'"), ==, 0);
  agent_test_exec (test, "UPDATE operators SET provider_id = (SELECT id FROM providers)");
  agent_test_exec (test, "UPDATE providers SET enabled = 0");
  assert_end (test, "@keeper hello", "failed|Keeper|You named it.|provider Script is disabled");
}

/* The tools that a model is offered are those that it may call. */
static void
test_offered (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");

  agent_test_say ("Aye.", NULL);
  assert_end (test, "hello", "done|Keeper|");
  g_assert_nonnull (strstr (agent_test_last_tools (), "test.read "));
  g_assert_null (strstr (agent_test_last_tools (), "test.write "));
  g_assert_null (strstr (agent_test_last_tools (), "test.host "));
  agent_test_update_operator (test, operator, "{\"working_directory\":\"/tmp\",\"tools\":[\"test.host\",\"test.gone\"]}");
  agent_test_say ("Aye.", NULL);
  assert_end (test, "hello", "done|Keeper|");
  g_assert_cmpstr (agent_test_last_tools (), ==, "test.host ");
}

/* What was said before is there in the next run; the session is one row. */
static void
test_memory (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *session = NULL;
  g_autofree char *run = NULL;
  g_autofree char *title = NULL;
  g_autoptr (GError) error = NULL;

  agent_test_say ("I look.", "[{\"id\":\"c1\",\"name\":\"test.read\",\"arguments\":{\"text\":\"42 GiB\"}}]");
  agent_test_say ("42 GiB.", NULL);
  assert_end (test, "how full is the disk\nplease", "done|Keeper|");
  title = agent_test_query (test, "SELECT title FROM sessions");
  g_assert_cmpstr (title, ==, "how full is the disk");

  session = agent_test_query (test, "SELECT id FROM sessions");
  agent_test_say ("As I said.", NULL);
  run = agent_test_ask_in (test, session, "and?", &error);
  g_assert_no_error (error);
  agent_test_wait_end (test, run);
  g_assert_cmpstr (agent_test_last_turns (), ==, "user:how full is the disk\nplease|assistant:I look.|tools|assistant:42 GiB.|user:and?|");
}

/* The tool of the core: what was done, as far as who asks may see it. */
static void
test_activity (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");

  agent_test_say ("I look.", "[{\"id\":\"c1\",\"name\":\"test.fail\",\"arguments\":{}}]");
  agent_test_say ("It failed.", NULL);
  assert_end (test, "try it", "done|Keeper|");
  agent_test_say ("I look.", "[{\"id\":\"c1\",\"name\":\"vigilus.activity\",\"arguments\":{\"period\":\"today\"}}]");
  agent_test_say ("That.", NULL);
  assert_end (test, "what did you do today?", "done|Keeper|");
  g_assert_nonnull (strstr (agent_test_last_results (), "Keeper · done: try it"));
  g_assert_nonnull (strstr (agent_test_last_results (), "Keeper · test.fail {} · failed"));

  agent_test_exec (test, "UPDATE users SET role = 'approver'");
  agent_test_exec (test, "INSERT INTO users (id, name, role, record, created_at) VALUES ('01a20000-0000-7000-8000-000000000000', 'eve', 'approver', 'x', 1)");
  test->caller = (VigCaller) { "01a20000-0000-7000-8000-000000000000", "eve", "approver" };
  agent_test_say ("I look.", "[{\"id\":\"c1\",\"name\":\"vigilus.activity\",\"arguments\":{\"period\":\"all\"}}]");
  agent_test_say ("That.", NULL);
  assert_end (test, "what did you do?", "done|Keeper|");
  g_assert_null (strstr (agent_test_last_results (), "try it"));
  g_assert_null (strstr (agent_test_last_results (), "test.fail"));
}

/* However many newer ones there are. */
static void
test_activity_of_yesterday (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");

  agent_test_say ("Done.", NULL);
  assert_end (test, "water the plants", "done|Keeper|");
  agent_test_exec (test, "UPDATE runs SET created_at = created_at - 86400000000");
  agent_test_exec (test, "INSERT INTO runs (id, session_id, user_id, state, created_at, updated_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                         "FROM n WHERE i < 450) SELECT 'run-' || i, session_id, user_id, 'done', updated_at, updated_at FROM runs, n");
  agent_test_say ("I look.", "[{\"id\":\"c1\",\"name\":\"vigilus.activity\",\"arguments\":{\"period\":\"yesterday\",\"limit\":5}}]");
  agent_test_say ("That.", NULL);
  assert_end (test, "what did you do yesterday?", "done|Keeper|");
  g_assert_nonnull (strstr (agent_test_last_results (), "Keeper · done: water the plants"));
}

/* A model that can't call tools is asked again in words, and from then on only so; what it writes is a call, and is judged like one. */
static void
test_no_tool_calling (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");

  agent_test_fail (g_error_new (VIG_ERROR, VIG_ERROR_INVALID, "Script: script-1 does not support tools"));
  agent_test_say ("{\"tool\": \"test.read\", \"arguments\": {\"text\": \"42 GiB\"}}", NULL);
  agent_test_say ("```json\n{\"tool\": \"test.write\", \"arguments\": {\"path\": \"/tmp/x\"}}\n```", NULL);
  agent_test_say ("42 GiB.", NULL);
  assert_end (test, "how full is it?", "done|Keeper|");
  g_assert_cmpstr (agent_test_last_tools (), ==, "");
  g_assert_nonnull (strstr (agent_test_last_system (), "- test.read: "));
  g_assert_null (strstr (agent_test_last_turns (), "tools"));
  g_assert_nonnull (strstr (agent_test_last_turns (), "42 GiB"));
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE tool = 'test.write' AND outcome = 'denied'"), ==, 1);
}

/* Of more tools than a model is told of at once it finds those it needs. */
static void
test_many_tools (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autoptr (GString) names = g_string_new ("{\"tools\":[\"test.read\",\"test.secret\"");

  for (guint i = 0; i < 30; i++)
    g_string_append_printf (names, ",\"test.many%u\"", i);
  g_string_append (names, "]}");
  agent_test_add_many (test, 30);
  agent_test_update_operator (test, operator, names->str);
  agent_test_say ("", "[{\"id\":\"c1\",\"name\":\"tools.search\",\"arguments\":{\"query\":\"many17\"}}]");
  agent_test_say ("", "[{\"id\":\"c2\",\"name\":\"test.many17\",\"arguments\":{}}]");
  agent_test_say ("Done.", NULL);
  assert_end (test, "do the thing", "done|Keeper|");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE outcome = 'success'"), ==, 2);
  g_assert_nonnull (strstr (agent_test_last_tools (), "tools.search "));
  g_assert_nonnull (strstr (agent_test_last_tools (), "test.many17 "));
  g_assert_null (strstr (agent_test_last_tools (), "test.many18 "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/routing/mention", test_mention);
  g_test_add_func ("/agent/routing/delegate", test_delegate);
  g_test_add_func ("/agent/routing/prose", test_prose);
  g_test_add_func ("/agent/routing/nobody", test_nobody);
  g_test_add_func ("/agent/routing/no-provider", test_no_provider);
  g_test_add_func ("/agent/routing/provider-fails", test_provider_fails);
  g_test_add_func ("/agent/routing/offered", test_offered);
  g_test_add_func ("/agent/routing/memory", test_memory);
  g_test_add_func ("/agent/routing/activity", test_activity);
  g_test_add_func ("/agent/routing/activity-of-yesterday", test_activity_of_yesterday);
  g_test_add_func ("/agent/routing/no-tool-calling", test_no_tool_calling);
  g_test_add_func ("/agent/routing/many-tools", test_many_tools);

  return g_test_run ();
}
