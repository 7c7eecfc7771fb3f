/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-tools.h"

#include "vig-test-host.h"
#include "vig-tool-runner.h"

#include <vigilus/vig-invocation-private.h>

static VigTestHost *host;
static char *after;
static gboolean refuses;
static void (*meanwhile) (gpointer data);
static gpointer meanwhile_data;
static JsonObject *settings;
static char *secret;

void
vig_test_tools_load (const char *name)
{
  g_autofree char *path = g_strdup_printf ("plugins/tools/%s/%s.so", name, name);

  if (host == NULL)
    host = vig_test_host_new ();
  vig_test_host_load (host, path);
}

static gboolean
keep_file (gpointer data, int directory, const char *name, const char *given, GError **error)
{
  void (*func) (gpointer) = meanwhile;

  g_assert_cmpint (directory, >=, 0);
  g_assert_nonnull (name);
  g_free (after);
  after = g_strdup (given);
  meanwhile = NULL;
  if (func != NULL)
    func (meanwhile_data);
  if (refuses)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "it is too large");

  return !refuses;
}

static JsonNode *
dup_setting (gpointer data, const char *name, GError **error)
{
  JsonNode *node = settings != NULL ? json_object_get_member (settings, name) : NULL;

  return node != NULL ? json_node_copy (node) : NULL;
}

static char *
dup_secret (gpointer data, const char *tool, GError **error)
{
  return g_strdup (secret);
}

static VigInvocation *
make_invocation (const char *tool, const char *working_directory, JsonObject *arguments)
{
  static const VigInvocationServices services = { .keep_file = keep_file, .dup_setting = dup_setting, .dup_secret = dup_secret };
  VigInvocationValues values = { "call", tool, "Tester", working_directory, arguments, 0, 10000 };

  return vig_invocation_new (&values, &services, NULL, NULL);
}

static VigTool *
find (const char *name)
{
  VigTool *tool = g_hash_table_lookup (host->tools, name);

  g_assert_nonnull (tool);

  return tool;
}

JsonNode *
vig_test_tools_call (const char *tool, const char *working_directory, JsonObject *arguments, GError **error)
{
  g_autoptr (VigInvocation) invocation = make_invocation (tool, working_directory, arguments);

  return vig_tool_runner_call (find (tool), invocation, FALSE, NULL, error);
}

VigLevel
vig_test_tools_classify (const char *tool, const char *working_directory, JsonObject *arguments, char **resource)
{
  g_autoptr (VigInvocation) invocation = make_invocation (tool, working_directory, arguments);

  return VIG_TOOL_GET_IFACE (find (tool))->classify (find (tool), invocation, resource);
}

char *
vig_test_tools_preview (const char *tool, JsonObject *arguments)
{
  g_autoptr (VigInvocation) invocation = make_invocation (tool, NULL, arguments);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigPreview) preview = vig_tool_runner_call (find (tool), invocation, TRUE, NULL, &error);

  return g_strdup (preview != NULL ? preview->text : error != NULL ? error->message : NULL);
}

VigTool *
vig_test_tools_describe (JsonObject *definition, GError **error)
{
  VigTool *tool = vig_tool_source_make_tool (host->source, definition, error);

  if (tool == NULL)
    return NULL;

  g_assert_true (vig_tool_info_check (vig_tool_get_info (tool), NULL));
  g_hash_table_replace (host->tools, (gpointer) vig_tool_get_info (tool)->name, tool);

  return tool;
}

void
vig_test_tools_set_settings (JsonObject *given)
{
  g_clear_pointer (&settings, json_object_unref);
  settings = given;
}

void
vig_test_tools_set_secret (const char *given)
{
  g_free (secret);
  secret = g_strdup (given);
}

void
vig_test_tools_reset (void)
{
  g_clear_pointer (&after, g_free);
  refuses = FALSE;
  meanwhile = NULL;
}

const char *
vig_test_tools_get_after (void)
{
  return after;
}

void
vig_test_tools_refuse_to_keep (gboolean refuse)
{
  refuses = refuse;
}

void
vig_test_tools_while_keeping (void (*func) (gpointer data), gpointer data)
{
  meanwhile = func;
  meanwhile_data = data;
}
