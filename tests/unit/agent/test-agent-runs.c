/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"
#include "vig-opaque.h"
#include "vig-provider-cache.h"
#include "vig-titler.h"

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

static void
test_clean_titles (void)
{
  const struct { const char *answer; const char *title; } cases[] = {
    { "Disks of the NAS", "Disks of the NAS" },
    { "  **\"Disks of the NAS.\"**\n\nI chose this because", "Disks of the NAS" },
    { "Title: Übersicht der Platten", "Übersicht der Platten" },
    { "# Backups: what is missing", "Backups: what is missing" },
    { "", NULL },
    { "\n\n", NULL },
    { "...", NULL },
    { "I'm sorry, but I can't give a title to this conversation, since it holds nothing that I could name", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *title = vig_titler_clean (cases[i].answer);

      g_assert_cmpstr (title, ==, cases[i].title);
    }
}

static void
assert_title (AgentTest *test, const char *wanted)
{
  g_autofree char *title = agent_test_query (test, "SELECT title || '|' || title_by FROM sessions ORDER BY created_at DESC, id DESC");

  g_assert_cmpstr (title, ==, wanted);
}

static void
end (AgentTest *test, const char *text)
{
  g_autofree char *run = agent_test_ask (test, text);

  agent_test_wait_end (test, run);
}

/* Only where it is allowed, once, after the answer; what a person calls it stays. */
static void
test_titles (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");

  agent_test_use (600, 10, -1);
  agent_test_say ("42 GiB are used.", NULL);
  end (test, "how full are the disks?");
  g_assert_cmpuint (agent_test_n_asked (), ==, 1);
  assert_title (test, "how full are the disks?|words");

  agent_test_set (test, "{\"model_titles\":true}");
  agent_test_say ("42 GiB are used.", NULL);
  agent_test_say ("\"Space on the disks\"", NULL);
  end (test, "how full are the disks now?");
  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM sessions WHERE title_by = 'model'") == 1);
  assert_title (test, "Space on the disks|model");
  g_assert_nonnull (strstr (agent_test_last_system (), "titles"));
  g_assert_nonnull (strstr (agent_test_last_turns (), "42 GiB are used."));
  g_assert_cmpstr (agent_test_last_tools (), ==, "");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM usage WHERE purpose = 'title' AND input_tokens = 600"), ==, 1);
  vig_test_wait_for (agent_test_saw (test, "\"title\":\"Space on the disks\""));
  for (guint i = 0; i < test->events->len; i++)
    if (strstr (g_ptr_array_index (test->events, i), "\"Space on the disks\"") != NULL)
      g_assert_nonnull (strstr (g_ptr_array_index (test->events, i), "\"user_id\":")); /* whose it is, or no socket gets it */

  /* One that fails leaves the words. */
  agent_test_say ("42 GiB are used.", NULL);
  agent_test_fail (g_error_new (VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the model is down"));
  g_test_expect_message ("vigilus-agent", G_LOG_LEVEL_MESSAGE, "*no title by a model: *the model is down*");
  end (test, "and the backups?");
  vig_test_wait_for (agent_test_n_asked () == 5);
  vig_test_iterate ();
  g_test_assert_expected_messages ();
  assert_title (test, "and the backups?|words");
}

/* Whom a request is for does not stand in its title, unless it says nothing else. */
static void
test_title_without_mentions (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  static const struct { const char *asked, *title; } cases[] = {
    { "@Keeper how full are the disks?", "how full are the disks?|words" },
    { "@keeper: ask @Keeper again", "ask @Keeper again|words" },
    { "@nobody how full are they?", "@nobody how full are they?|words" },
    { "@Keeper", "@Keeper|words" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      agent_test_say ("42 GiB are used.", NULL);
      end (test, cases[i].asked);
      assert_title (test, cases[i].title);
    }
}

/* What others are told of a question is cut only once what is secret in it is out: half a secret is known to nobody. */
static void
test_first_words (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *words = g_strnfill (190, 'w');
  g_autofree char *asked = g_strdup_printf ("%s correct horse battery\nand more", words);
  g_autofree char *expected = g_strconcat (words, "…", NULL);
  g_autofree char *question = NULL;

  vig_redactor_add_value (test->context.redactor, "correct horse battery");
  agent_test_say ("Yes.", NULL);
  end (test, asked);
  question = agent_test_query (test, "SELECT question FROM runs");
  g_assert_cmpstr (question, ==, expected);
}

/* What one provider sealed is shown to no other, also where a second one goes on. */
static void
test_opaque (void)
{
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  g_autoptr (VigReply) reply = vig_reply_new ();

  vig_reply_append_text (reply, "so", -1);
  vig_reply_set_opaque (reply, vig_json_pack ("{s:s}", "format", "chat"));
  vig_opaque_mark (reply, "first");
  vig_transcript_add_reply (transcript, reply);
  vig_opaque_limit (transcript, "first");
  g_assert_nonnull (vig_reply_get_opaque (vig_transcript_get_reply (transcript, 0)));
  vig_opaque_limit (transcript, "second");
  g_assert_null (vig_reply_get_opaque (vig_transcript_get_reply (transcript, 0)));
}

/* Nor is its key kept any longer. */
static void
test_provider_deleted (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  VigProviderCache *cache = vig_provider_cache_new (test->context.registry, test->context.vault, test->context.events);
  g_autoptr (JsonObject) row = vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "id", "p", "name", "Script", "type", "scripted", "updated_at", "now");
  g_autoptr (GError) error = NULL;
  VigProvider *provider = vig_provider_cache_ensure (cache, row, NULL, &error);

  g_assert_no_error (error);
  g_object_add_weak_pointer (G_OBJECT (provider), (gpointer *) &provider);
  g_object_unref (provider);
  g_assert_nonnull (provider);
  vig_events_publish (test->context.events, "providers", "provider.deleted", vig_json_pack ("{s:s}", "id", "another"));
  vig_events_publish (test->context.events, "providers", "provider.updated", vig_json_pack ("{s:s}", "id", "p"));
  vig_test_wait_for (agent_test_saw (test, "providers provider.updated"));
  g_assert_nonnull (provider);
  vig_events_publish (test->context.events, "providers", "provider.deleted", vig_json_pack ("{s:s}", "id", "p"));
  vig_test_wait_for (provider == NULL);
  vig_provider_cache_free (cache);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/runs/opaque", test_opaque);
  g_test_add_func ("/agent/runs/title-without-mentions", test_title_without_mentions);
  g_test_add_func ("/agent/runs/first-words", test_first_words);
  g_test_add_func ("/agent/runs/answer", test_answer);
  g_test_add_func ("/agent/runs/read-call", test_read_call);
  g_test_add_func ("/agent/runs/invalid-arguments", test_invalid_arguments);
  g_test_add_func ("/agent/runs/approval", test_approval);

  g_test_add_func ("/agent/runs/clean-titles", test_clean_titles);
  g_test_add_func ("/agent/runs/titles", test_titles);
  g_test_add_func ("/agent/runs/provider-deleted", test_provider_deleted);

  return g_test_run ();
}
