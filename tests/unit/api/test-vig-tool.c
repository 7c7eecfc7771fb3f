/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

#include <string.h>

#include <vigilus/vig-invocation-private.h>

static const VigToolInfo echo_info = {
  .name = "test.echo",
  .title = "Echo",
  .description = "Says what it is told",
  .level = VIG_LEVEL_WRITE,
  .input_schema = "{\"type\": \"object\", \"properties\": {\"text\": {\"type\": \"string\"}}}",
};

static JsonNode *
echo (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_json_pack ("s", vig_json_get_string (vig_invocation_get_arguments (invocation), "text", ""));
}

static VigLevel
classify_echo (VigInvocation *invocation, char **resource)
{
  *resource = g_strdup ("file:/x");

  return VIG_LEVEL_EXEC;
}

static VigPreview *
preview_echo (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  return vig_preview_new ("text", "hello");
}

static void
test_levels (void)
{
  const char * const names[] = { "read", "write", "exec", "elevate" };
  VigLevel level;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_true (vig_level_from_string (names[i], &level));
      g_assert_cmpint (level, ==, i);
      g_assert_cmpstr (vig_level_to_string (level), ==, names[i]);
    }

  g_assert_false (vig_level_from_string ("Read", &level));
  g_assert_cmpint (level, ==, VIG_LEVEL_ELEVATE);
  g_assert_false (vig_level_from_string (NULL, &level));
}

static void
assert_name (const char *name, gboolean valid)
{
  VigToolInfo info = echo_info;
  g_autoptr (GError) error = NULL;

  info.name = name;
  g_assert_cmpint (vig_tool_info_check (&info, &error), ==, valid);
  g_assert_true (valid || vig_error_is_invalid (error));
}

static void
test_check (void)
{
  VigToolInfo info = echo_info;
  g_autoptr (GError) error = NULL;

  assert_name ("a", TRUE);
  assert_name ("a_1.b.c", TRUE);
  assert_name ("a..b", FALSE);
  assert_name (".a", FALSE);
  assert_name ("a.", FALSE);
  assert_name ("", FALSE);
  assert_name (NULL, FALSE);
  assert_name ("A.b", FALSE);
  assert_name ("a-b", FALSE);
  assert_name ("a2345678901234567890123456789012345678901234567890123456789012345", FALSE);

  info.input_schema = "{\"type\": \"string\"}";
  g_assert_false (vig_tool_info_check (&info, &error));
  g_assert_true (vig_error_is_invalid (error));
  g_clear_error (&error);

  info.input_schema = "{";
  g_assert_false (vig_tool_info_check (&info, &error));
  g_assert_nonnull (strstr (error->message, "test.echo"));
  g_clear_error (&error);

  info = echo_info;
  info.description = "";
  g_assert_false (vig_tool_info_check (&info, &error));
}

static void
test_simple (void)
{
  g_autoptr (JsonObject) arguments = vig_json_pack_object ("{s:s}", "text", "hi");
  VigInvocationValues values = { "call", "test.echo", "Tester", NULL, arguments, 0, 1000 };
  g_autoptr (VigInvocation) invocation = vig_invocation_new (&values, NULL, NULL, NULL);
  g_autoptr (VigTool) plain = vig_simple_tool_new (&echo_info, echo);
  g_autoptr (VigTool) full = vig_simple_tool_new_full (&echo_info, echo, classify_echo, preview_echo);
  g_autoptr (JsonNode) result = VIG_TOOL_GET_IFACE (plain)->run (plain, invocation, NULL, NULL);
  g_autoptr (VigPreview) preview = VIG_TOOL_GET_IFACE (full)->preview (full, invocation, NULL, NULL);
  g_autofree char *resource = NULL;

  g_assert_true (vig_tool_get_info (plain) == &echo_info);
  g_assert_cmpstr (json_node_get_string (result), ==, "hi");
  g_assert_cmpint (VIG_TOOL_GET_IFACE (plain)->classify (plain, invocation, &resource), ==, VIG_LEVEL_WRITE);
  g_assert_null (resource);
  g_assert_null (VIG_TOOL_GET_IFACE (plain)->preview (plain, invocation, NULL, NULL));
  g_assert_cmpint (VIG_TOOL_GET_IFACE (full)->classify (full, invocation, &resource), ==, VIG_LEVEL_EXEC);
  g_assert_cmpstr (resource, ==, "file:/x");
  g_assert_cmpstr (preview->text, ==, "hello");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/tool/levels", test_levels);
  g_test_add_func ("/tool/check", test_check);
  g_test_add_func ("/tool/simple", test_simple);

  return g_test_run ();
}
