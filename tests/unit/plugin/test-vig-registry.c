/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "plugin-test.h"

#include <string.h>

#define NO_ARGUMENTS "{\"type\": \"object\", \"properties\": {}}"

typedef struct
{
  VigWorker   *worker;
  VigRegistry *registry;
  guint        n_changes;
} Fixture;

/* Opened for the stray threads when a test is over with them. */
static int released;

static JsonNode *
run_text (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_json_pack ("s", "done");
}

static JsonNode *
run_silent (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return NULL;
}

static JsonNode *
run_number (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_json_pack ("i", 7);
}

static JsonNode *
run_both (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "it broke");

  return vig_json_pack ("s", "and yet");
}

static JsonNode *
run_polite (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_usleep (5 * 1000);

  return NULL;
}

static JsonNode *
run_deaf (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  while (g_atomic_int_get (&released) == 0)
    g_usleep (5 * 1000);

  return vig_json_pack ("s", "late");
}

static VigPreview *
preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_preview_new ("text", "it would");
}

static const VigToolInfo infos[] = {
  { "t.text", "Text", "Text", VIG_LEVEL_READ, NO_ARGUMENTS, 0, VIG_TOOL_NONE },
  { "t.silent", "Silent", "Silent", VIG_LEVEL_READ, NO_ARGUMENTS, 7, VIG_TOOL_HOST },
  { "t.number", "Number", "Number", VIG_LEVEL_READ, NO_ARGUMENTS, 0, VIG_TOOL_NONE },
  { "t.both", "Both", "Both", VIG_LEVEL_READ, NO_ARGUMENTS, 0, VIG_TOOL_NONE },
  { "t.polite", "Polite", "Polite", VIG_LEVEL_READ, NO_ARGUMENTS, 0, VIG_TOOL_NONE },
  { "t.deaf", "Deaf", "Deaf", VIG_LEVEL_WRITE, NO_ARGUMENTS, 0, VIG_TOOL_NONE },
};

static const VigToolRunFunc functions[] = { run_text, run_silent, run_number, run_both, run_polite, run_deaf };

static void
count_change (Fixture *fixture)
{
  fixture->n_changes++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_atomic_int_set (&released, 0);
  fixture->worker = vig_worker_new ("tools", 8);
  fixture->registry = vig_registry_new (fixture->worker);
  g_signal_connect_swapped (fixture->registry, "changed", G_CALLBACK (count_change), fixture);

  for (guint i = 0; i < G_N_ELEMENTS (infos); i++)
    {
      g_autoptr (VigTool) tool = vig_simple_tool_new_full (&infos[i], functions[i], NULL, i == 0 ? preview : NULL);
      g_autoptr (GError) error = NULL;

      g_assert_true (vig_registry_add_tool (fixture->registry, i == 5 ? "core" : "probe", tool, &error));
      g_assert_no_error (error);
    }
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_atomic_int_set (&released, 1);
  vig_test_wait_for (vig_registry_get_n_stray (fixture->registry) == 0);
  g_signal_handlers_disconnect_by_data (fixture->registry, fixture);
  g_clear_object (&fixture->registry);
  g_clear_object (&fixture->worker);
}

static void
test_tools (Fixture *fixture, gconstpointer data)
{
  g_autoptr (VigTool) same_name = vig_simple_tool_new (&infos[0], run_text);
  g_autoptr (JsonArray) list = vig_registry_describe_tools (fixture->registry);
  g_autoptr (GPtrArray) tools = vig_registry_list_tools (fixture->registry);
  g_autoptr (GError) error = NULL;
  JsonObject *silent = json_array_get_object_element (list, 4);

  g_assert_cmpint (fixture->n_changes, ==, 6);
  g_assert_false (vig_registry_add_tool (fixture->registry, "other", same_name, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, "probe"));
  g_assert_cmpstr (vig_registry_get_tool_plugin (fixture->registry, "t.text"), ==, "probe");

  g_assert_cmpint (json_array_get_length (list), ==, 6);
  g_assert_cmpint (tools->len, ==, 6);
  g_assert_cmpstr (vig_tool_get_info (g_ptr_array_index (tools, 0))->name, ==, "t.both");
  g_assert_cmpstr (vig_json_get_string (silent, "name", NULL), ==, "t.silent");
  g_assert_cmpint (vig_json_get_int (silent, "timeout", 0), ==, 7);
  g_assert_true (vig_json_get_boolean (silent, "host", FALSE));
  g_assert_cmpint (vig_json_get_int (json_array_get_object_element (list, 3), "timeout", 0), ==, 60);
  g_assert_cmpstr (vig_json_get_string (json_array_get_object_element (list, 1), "level", NULL), ==, "write");
  g_assert_nonnull (vig_json_get_object (silent, "input_schema"));
  g_assert_true (vig_json_get_boolean (silent, "available", FALSE));

  vig_registry_set_available (fixture->registry, "t.text", FALSE);
  g_assert_false (vig_registry_is_available (fixture->registry, "t.text"));
  g_assert_nonnull (vig_registry_find_tool (fixture->registry, "t.text"));
  vig_registry_remove_tool (fixture->registry, "t.text");
  g_assert_null (vig_registry_find_tool (fixture->registry, "t.text"));
  g_assert_cmpint (fixture->n_changes, ==, 8);
}

static void
test_outcomes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (PluginTestOutcome) text = plugin_test_run (fixture->registry, "t.text", "{}", VIG_TEST_SECONDS * 1000);
  g_autoptr (PluginTestOutcome) silent = plugin_test_run (fixture->registry, "t.silent", "{}", VIG_TEST_SECONDS * 1000);
  g_autoptr (PluginTestOutcome) number = plugin_test_run (fixture->registry, "t.number", "{}", VIG_TEST_SECONDS * 1000);
  g_autoptr (PluginTestOutcome) both = plugin_test_run (fixture->registry, "t.both", "{}", VIG_TEST_SECONDS * 1000);
  g_autoptr (PluginTestOutcome) late = plugin_test_run (fixture->registry, "t.text", "{}", 0);

  g_assert_cmpstr (json_node_get_string (text->node), ==, "done");
  plugin_test_assert_error (silent, VIG_ERROR_FAILED, "probe: t.silent failed without setting an error");
  plugin_test_assert_error (number, VIG_ERROR_FAILED, "neither a string nor an object");
  plugin_test_assert_error (both, VIG_ERROR_REMOTE, "probe: it broke");
  plugin_test_assert_error (late, VIG_ERROR_UNAVAILABLE, "was not started");
}

static void
test_deadline (Fixture *fixture, gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();
  g_autoptr (PluginTestOutcome) polite = plugin_test_run (fixture->registry, "t.polite", "{}", 1000);
  gint64 taken = g_get_monotonic_time () - start;

  plugin_test_assert_error (polite, VIG_ERROR_TIMED_OUT, "t.polite took longer than its limit");
  g_assert_cmpint (taken, >=, G_USEC_PER_SEC);
  g_assert_cmpint (vig_registry_get_n_stray (fixture->registry), ==, 0);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PluginTestOutcome) polite = plugin_test_start (fixture->registry, "t.polite", "{}", VIG_TEST_SECONDS * 1000, cancellable);
  g_autoptr (PluginTestOutcome) unstarted = NULL;

  g_cancellable_cancel (cancellable);
  vig_test_wait_for (polite->done);
  g_assert_error (polite->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  unstarted = plugin_test_start (fixture->registry, "t.text", "{}", VIG_TEST_SECONDS * 1000, cancellable);
  vig_test_wait_for (unstarted->done);
  g_assert_error (unstarted->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Four threads that do not end are counted, and a fifth is not risked. */
static void
test_stray (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  PluginTestOutcome *outcomes[4] = { NULL };
  g_autoptr (PluginTestOutcome) fifth = NULL;

  g_test_expect_message ("vigilus-plugin", G_LOG_LEVEL_WARNING, "t.deaf goes on*: 1 stray*");
  g_test_expect_message ("vigilus-plugin", G_LOG_LEVEL_WARNING, "t.deaf goes on*: 2 stray*");
  g_test_expect_message ("vigilus-plugin", G_LOG_LEVEL_WARNING, "t.deaf goes on*: 3 stray*");
  g_test_expect_message ("vigilus-plugin", G_LOG_LEVEL_WARNING, "t.deaf goes on*: 4 stray*");

  for (guint i = 0; i < 4; i++)
    outcomes[i] = plugin_test_start (fixture->registry, "t.deaf", "{}", i < 3 ? 1000 : VIG_TEST_SECONDS * 1000, i < 3 ? NULL : cancellable);
  g_cancellable_cancel (cancellable);

  for (guint i = 0; i < 4; i++)
    vig_test_wait_for (outcomes[i]->done);
  g_test_assert_expected_messages ();

  plugin_test_assert_error (outcomes[0], VIG_ERROR_TIMED_OUT, "does not stop");
  plugin_test_assert_error (outcomes[3], VIG_ERROR_INTERRUPTED, "may or may not have happened");
  g_assert_cmpint (vig_registry_get_n_stray (fixture->registry), ==, 4);

  fifth = plugin_test_run (fixture->registry, "t.deaf", "{}", 1000);
  plugin_test_assert_error (fifth, VIG_ERROR_UNAVAILABLE, "4 calls of it do not end");
  g_assert_false (g_str_has_prefix (fifth->error->message, "core"));

  for (guint i = 0; i < 4; i++)
    plugin_test_outcome_free (outcomes[i]);
}

static void
preview_done (GObject *source, GAsyncResult *result, gpointer data)
{
  VigPreview **place = data;
  g_autoptr (GError) error = NULL;

  *place = vig_registry_preview_finish (VIG_REGISTRY (source), result, &error);
  g_assert_no_error (error);
  if (*place == NULL)
    *place = vig_preview_new ("none", "");
}

static void
test_preview (Fixture *fixture, gconstpointer data)
{
  VigInvocationValues values = { "call-1", "t.text", "Tester", NULL, NULL, vig_test_deadline (), 1000 };
  g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, NULL, NULL, NULL);
  g_autoptr (VigPreview) with = NULL;
  g_autoptr (VigPreview) without = NULL;

  vig_registry_preview_async (fixture->registry, vig_registry_find_tool (fixture->registry, "t.text"), invocation, NULL, preview_done, &with);
  vig_registry_preview_async (fixture->registry, vig_registry_find_tool (fixture->registry, "t.number"), invocation, NULL, preview_done, &without);
  vig_test_wait_for (with != NULL && without != NULL);

  g_assert_cmpstr (with->text, ==, "it would");
  g_assert_cmpstr (without->kind, ==, "none");
}

typedef struct
{
  GObject    parent_instance;
  VigVerdict verdict;
} Judge;

typedef struct
{
  GObjectClass parent_class;
} JudgeClass;

static GType judge_get_type (void);
static void judge_iface_init (VigPolicyInterface *iface);

G_DEFINE_TYPE_WITH_CODE (Judge, judge, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_POLICY, judge_iface_init))

static VigVerdict
judge_check (VigPolicy *policy, const VigRequestInfo *request, char **reason)
{
  VigVerdict verdict = ((Judge *) policy)->verdict;

  if (verdict == VIG_VERDICT_ASK)
    *reason = g_strdup ("better ask");

  return verdict;
}

static void
judge_iface_init (VigPolicyInterface *iface)
{
  iface->check = judge_check;
}

static void
judge_class_init (JudgeClass *klass)
{
}

static void
judge_init (Judge *self)
{
}

static void
add_judge (Fixture *fixture, const char *name, int verdict)
{
  g_autoptr (GObject) judge = g_object_new (judge_get_type (), NULL);

  ((Judge *) judge)->verdict = verdict;
  g_assert_true (vig_registry_add_policy (fixture->registry, name, VIG_POLICY (judge), NULL));
}

static void
assert_verdict (Fixture *fixture, VigVerdict expected, const char *expected_rule, const char *expected_reason)
{
  VigRequestInfo request = { "id", "Tester", "user", "t.text", VIG_LEVEL_READ, VIG_LEVEL_READ, NULL, NULL };
  g_autofree char *rule = NULL;
  g_autofree char *reason = NULL;

  g_assert_cmpint (vig_registry_check_policies (fixture->registry, &request, &rule, &reason), ==, expected);
  g_assert_cmpstr (rule, ==, expected_rule);
  g_assert_cmpstr (reason, ==, expected_reason);
}

static void
test_policies (Fixture *fixture, gconstpointer data)
{
  assert_verdict (fixture, VIG_VERDICT_ALLOW, NULL, NULL);
  add_judge (fixture, "mild", VIG_VERDICT_ALLOW);
  assert_verdict (fixture, VIG_VERDICT_ALLOW, NULL, NULL);
  add_judge (fixture, "careful", VIG_VERDICT_ASK);
  assert_verdict (fixture, VIG_VERDICT_ASK, "careful", "better ask");
  add_judge (fixture, "broken", 77);
  assert_verdict (fixture, VIG_VERDICT_DENY, "broken", "policy broken gives no reason");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, function) g_test_add ("/registry/" path, Fixture, NULL, set_up, function, tear_down)
  ADD ("tools", test_tools);
  ADD ("outcomes", test_outcomes);
  ADD ("deadline", test_deadline);
  ADD ("cancel", test_cancel);
  ADD ("stray", test_stray);
  ADD ("preview", test_preview);
  ADD ("policies", test_policies);

  return g_test_run ();
}
