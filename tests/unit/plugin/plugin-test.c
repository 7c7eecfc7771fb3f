/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "plugin-test.h"

#include <string.h>

void
plugin_test_outcome_free (PluginTestOutcome *outcome)
{
  g_clear_pointer (&outcome->node, json_node_unref);
  g_clear_error (&outcome->error);
  g_free (outcome->output);
  g_free (outcome);
}

static void
report_output (gpointer data, VigOutput stream, const char *text, gsize length)
{
  PluginTestOutcome *outcome = data;

  g_free (outcome->output);
  outcome->output = g_strndup (text, length);
}

static void
report_progress (gpointer data, double fraction, const char *text)
{
  PluginTestOutcome *outcome = data;

  outcome->progress = fraction;
}

static const VigInvocationServices services = { report_output, report_progress, NULL };

static void
run_done (GObject *source, GAsyncResult *result, gpointer data)
{
  PluginTestOutcome *outcome = data;

  outcome->node = vig_registry_run_tool_finish (VIG_REGISTRY (source), result, &outcome->error);
  outcome->done = TRUE;
  g_assert_true ((outcome->node == NULL) == (outcome->error != NULL));
}

PluginTestOutcome *
plugin_test_start (VigRegistry *registry, const char *tool, const char *arguments, guint milliseconds, GCancellable *cancellable)
{
  PluginTestOutcome *outcome = g_new0 (PluginTestOutcome, 1);
  g_autoptr (JsonObject) object = vig_json_parse_object (arguments, -1, 0, NULL);
  VigInvocationValues values = { "call-1", tool, "Tester", NULL, object, g_get_monotonic_time () + milliseconds * 1000, 65536 };
  g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, &services, outcome, NULL);
  VigTool *its_tool = vig_registry_find_tool (registry, tool);

  g_assert_nonnull (its_tool);
  vig_registry_run_tool_async (registry, its_tool, invocation, cancellable, run_done, outcome);
  g_assert_false (outcome->done);

  return outcome;
}

PluginTestOutcome *
plugin_test_run (VigRegistry *registry, const char *tool, const char *arguments, guint milliseconds)
{
  PluginTestOutcome *outcome = plugin_test_start (registry, tool, arguments, milliseconds, NULL);

  vig_test_wait_for (outcome->done);

  return outcome;
}

void
plugin_test_assert_error (PluginTestOutcome *outcome, int code, const char *part)
{
  g_assert_error (outcome->error, VIG_ERROR, code);
  g_test_message ("the message is: %s", outcome->error->message);
  g_assert_nonnull (strstr (outcome->error->message, part));
}
