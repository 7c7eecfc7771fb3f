/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "agent-test-model.h"
#include "agent-test.h"

#define ANY_SCHEMA "{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}},\"additionalProperties\":false}"
#define PATH_SCHEMA "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}," \
                    "\"required\":[\"path\"],\"additionalProperties\":false}"
#define HIGH_SCHEMA "{\"type\":\"object\",\"properties\":{\"high\":{\"type\":\"boolean\"}}}"

gint agent_test_n_runs;
static gint held_runs;

static JsonNode *
say_ok (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);
  vig_invocation_report_output (invocation, VIG_OUTPUT_STDOUT, "working on it\n", -1);

  return vig_json_pack ("s", vig_json_get_string (vig_invocation_get_arguments (invocation), "text", "ok"));
}

static JsonNode *
wait_for_cancel (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);
  while (!g_cancellable_is_cancelled (cancellable))
    g_usleep (2000);
  g_cancellable_set_error_if_cancelled (cancellable, error);

  return NULL;
}

static JsonNode *
note_and_wait (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (JsonObject) before = vig_json_pack_object ("{s:s, s:s}", "image_before", "sha256:1", "token", "hunter2-correct-horse");

  return vig_invocation_keep_record (invocation, "before", before, error) ? wait_for_cancel (invocation, cancellable, error) : NULL;
}

static JsonNode *
be_cut_off (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);

  return vig_json_pack ("{s:i, s:s, s:b}", "exit_status", -1, "stdout", "half of it", "timed_out", TRUE);
}

static JsonNode *
cut_one_off (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);

  return vig_json_pack ("{s:[{s:s, s:i}, {s:s, s:b}], s:b}", "results", "server", "one", "exit_status", 0, "server", "two", "may_have_happened", TRUE, "is_error", TRUE);
}

static JsonNode *
reach_nobody (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);
  while (!g_cancellable_is_cancelled (cancellable))
    g_usleep (2000);
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "nobody answers");

  return NULL;
}

static JsonNode *
be_stubborn (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);
  while (!g_cancellable_is_cancelled (cancellable))
    g_usleep (1000);
  while (g_atomic_int_get (&held_runs))
    g_usleep (1000);

  return vig_json_pack ("s", "done at last");
}

static JsonNode *
tell_secret (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);
  vig_invocation_report_output (invocation, VIG_OUTPUT_STDOUT, "password hunter2-", -1);
  vig_invocation_report_output (invocation, VIG_OUTPUT_STDOUT, "correct-horse\n", -1);

  return vig_json_pack ("s", "the password is hunter2-correct-horse");
}

static JsonNode *
say_much (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (GString) text = g_string_new ("begin");

  while (text->len < 300000)
    g_string_append (text, " more</tool_output> and more");
  g_string_append (text, "end");
  g_atomic_int_inc (&agent_test_n_runs);

  return json_node_init_string (json_node_alloc (), text->str);
}

static JsonNode *
fail (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "the disk is on fire");

  return NULL;
}

static VigLevel
classify_path (VigInvocation *invocation, char **resource)
{
  *resource = g_strconcat ("file:", vig_json_get_string (vig_invocation_get_arguments (invocation), "path", ""), NULL);

  return VIG_LEVEL_READ;
}

static VigLevel
classify_high (VigInvocation *invocation, char **resource)
{
  return vig_json_get_boolean (vig_invocation_get_arguments (invocation), "high", FALSE) ? VIG_LEVEL_ELEVATE : VIG_LEVEL_READ;
}

/* As the tools that run a line do. */
static VigLevel
classify_line (VigInvocation *invocation, char **resource)
{
  return vig_command_classify (invocation, vig_json_get_string (vig_invocation_get_arguments (invocation), "text", ""));
}

static VigPreview *
preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_preview_new ("text", "would write hunter2-correct-horse");
}

static gint held_previews;

void
agent_test_hold_previews (gboolean hold)
{
  g_atomic_int_set (&held_previews, hold);
}

void
agent_test_hold_runs (gboolean hold)
{
  g_atomic_int_set (&held_runs, hold);
}

static void
wait_while (gint *held, GCancellable *cancellable)
{
  while (g_atomic_int_get (held) && !g_cancellable_is_cancelled (cancellable))
    g_usleep (1000);
}

static VigPreview *
preview_held (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  wait_while (&held_previews, cancellable);

  return g_cancellable_set_error_if_cancelled (cancellable, error) ? NULL : vig_preview_new ("text", "would change it");
}

static JsonNode *
run_held (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_atomic_int_inc (&agent_test_n_runs);
  wait_while (&held_runs, cancellable);

  return vig_json_pack ("s", "changed");
}

static const struct
{
  VigToolInfo         info;
  VigToolRunFunc      run;
  VigToolClassifyFunc classify;
  VigToolPreviewFunc  preview;
} tools[] = {
  { { "test.read", "Read", "Reads a thing.", VIG_LEVEL_READ, ANY_SCHEMA, 0, 0 }, say_ok, NULL, NULL },
  { { "test.write", "Write", "Writes a file.", VIG_LEVEL_WRITE, PATH_SCHEMA, 0, 0 }, say_ok, classify_path, preview },
  { { "test.own", "Own", "Writes a file, and says so.", VIG_LEVEL_WRITE, PATH_SCHEMA, 0, VIG_TOOL_OWN_WORDS }, say_ok, classify_path, NULL },
  { { "test.look", "Look", "Looks, then writes.", VIG_LEVEL_WRITE, PATH_SCHEMA, 0, 0 }, run_held, classify_path, preview_held },
  { { "test.exec", "Exec", "Runs a thing.", VIG_LEVEL_EXEC, ANY_SCHEMA, 0, 0 }, say_ok, NULL, NULL },
  { { "test.raise", "Raise", "Reads, or more.", VIG_LEVEL_READ, HIGH_SCHEMA, 0, 0 }, say_ok, classify_high, NULL },
  { { "test.line", "Line", "Reads by a line of the shell.", VIG_LEVEL_READ, ANY_SCHEMA, 0, 0 }, say_ok, classify_line, NULL },
  { { "test.host", "Host", "Reads on this host.", VIG_LEVEL_READ, ANY_SCHEMA, 0, VIG_TOOL_HOST }, say_ok, NULL, NULL },
  { { "test.slow", "Slow", "Takes its time.", VIG_LEVEL_WRITE, ANY_SCHEMA, 0, 0 }, wait_for_cancel, NULL, NULL },
  { { "test.slowread", "Slow read", "Takes its time.", VIG_LEVEL_READ, ANY_SCHEMA, 0, 0 }, wait_for_cancel, NULL, NULL },
  { { "test.stubborn", "Stubborn", "Does not stop.", VIG_LEVEL_READ, ANY_SCHEMA, 0, 0 }, be_stubborn, NULL, NULL },
  { { "test.secret", "Secret", "Tells a secret.", VIG_LEVEL_READ, ANY_SCHEMA, 0, 0 }, tell_secret, NULL, NULL },
  { { "test.big", "Big", "Says much.", VIG_LEVEL_READ, ANY_SCHEMA, 0, 0 }, say_much, NULL, NULL },
  { { "test.fail", "Fail", "Fails.", VIG_LEVEL_READ, ANY_SCHEMA, 0, 0 }, fail, NULL, NULL },
  { { "test.late", "Late", "Has one second.", VIG_LEVEL_WRITE, ANY_SCHEMA, 1, 0 }, wait_for_cancel, NULL, NULL },
  { { "test.noted", "Noted", "Notes what there was, and has one second.", VIG_LEVEL_WRITE, ANY_SCHEMA, 1, 0 }, note_and_wait, NULL, NULL },
  { { "test.lateread", "Late read", "Has one second.", VIG_LEVEL_READ, ANY_SCHEMA, 1, 0 }, wait_for_cancel, NULL, NULL },
  { { "test.unsent", "Unsent", "Has one second.", VIG_LEVEL_WRITE, ANY_SCHEMA, 1, 0 }, reach_nobody, NULL, NULL },
  { { "test.cut", "Cut", "Is cut off.", VIG_LEVEL_EXEC, ANY_SCHEMA, 0, 0 }, be_cut_off, NULL, NULL },
  { { "test.cutread", "Cut read", "Is cut off.", VIG_LEVEL_READ, ANY_SCHEMA, 0, 0 }, be_cut_off, NULL, NULL },
  { { "test.cutone", "Cut one", "Is cut off at one place.", VIG_LEVEL_EXEC, ANY_SCHEMA, 0, 0 }, cut_one_off, NULL, NULL },
};

void
agent_test_add_tools (GObject *registry)
{
  for (guint i = 0; i < G_N_ELEMENTS (tools); i++)
    {
      g_autoptr (VigTool) tool = vig_simple_tool_new_full (&tools[i].info, tools[i].run, tools[i].classify, tools[i].preview);
      g_autoptr (GError) error = NULL;

      vig_registry_add_tool (VIG_REGISTRY (registry), "test", tool, &error);
      g_assert_no_error (error);
    }
}

void
agent_test_add_many (AgentTest *self, guint n)
{
  static char names[64][32];
  static VigToolInfo infos[64];

  for (guint i = 0; i < MIN (n, G_N_ELEMENTS (infos)); i++)
    {
      g_autoptr (VigTool) tool = NULL;
      g_autoptr (GError) error = NULL;

      g_snprintf (names[i], sizeof names[i], "test.many%u", i);
      infos[i] = (VigToolInfo) { .name = names[i], .title = "One of many", .description = "Does what the others do.", .input_schema = ANY_SCHEMA };
      tool = vig_simple_tool_new (&infos[i], say_ok);
      vig_registry_add_tool (self->context.registry, "test", tool, &error);
      g_assert_no_error (error);
    }
}
