/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "dbus-fixture.h"

static JsonNode *
call_json (Fixture *self, const char *method, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = fixture_call (self, method, args, &error);
  JsonNode *node;

  g_assert_no_error (error);
  node = vig_json_parse (text, -1, 0, &error);
  g_assert_no_error (error);

  return node;
}

static void
assert_fails (Fixture *self, const char *method, GVariant *args, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = fixture_call (self, method, args, &error);
  g_autofree char *remote = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;
  g_autofree char *expected = g_strconcat (VIG_DBUS_NAME ".Error.", name, NULL);

  g_assert_null (text);
  g_assert_cmpstr (remote, ==, expected);
}

static gboolean
saw (Fixture *self, const char *signal, const char *part)
{
  for (guint i = 0; i < self->signals->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (self->signals, i), signal) && strstr (g_ptr_array_index (self->signals, i), part) != NULL)
      return TRUE;

  return FALSE;
}

/* The actions that polkit knows. */
static char *
read_policy (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_SOURCE"), "data", "polkit", "org.vigilus.Vigilus1.policy", NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

/* Each method of the interface has its operation, and that an action of polkit (test-dbus-polkit.c has which). */
static void
test_operations (void)
{
  GDBusMethodInfo **methods = vig_dbus_vigilus1_interface_info ()->methods;
  g_autofree char *policy = read_policy ();
  guint n = 0;

  for (; methods[n] != NULL; n++)
    {
      const VigDbusOperation *operation = vig_dbus_find_operation (methods[n]->name);

      g_assert_nonnull (operation);
      g_assert_true ((operation->read == NULL) != (operation->run == NULL));
      g_assert_true ((operation->action == NULL) != (operation->choose_action == NULL));
      if (operation->action != NULL)
        {
          g_autofree char *id = g_strdup_printf ("\"" VIG_DBUS_NAME ".%s\"", operation->action);

          g_assert_nonnull (strstr (policy, id));
        }
      g_assert_true (operation->before_set_up == g_str_equal (methods[n]->name, "Status"));
    }
  g_assert_cmpuint (n, ==, 19);
  g_assert_null (vig_dbus_find_operation ("Quit"));
}

static void
test_before_set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonNode) status = NULL;

  agent_test_exec (self->agent, "DELETE FROM users");
  status = call_json (self, "Status", NULL);
  g_assert_false (vig_json_get_boolean (json_node_get_object (status), "set_up", TRUE));
  assert_fails (self, "ListOperators", NULL, "Conflict");
  assert_fails (self, "Ask", g_variant_new ("(ss)", "hello", ""), "Conflict");
}

static void
test_lists (Fixture *self, gconstpointer data)
{
  g_autofree char *operator = agent_test_add_operator (self->agent, "Keeper", "write", "strict");
  g_autoptr (JsonNode) status = call_json (self, "Status", NULL);
  g_autoptr (JsonNode) operators = call_json (self, "ListOperators", NULL);
  g_autoptr (JsonNode) tools = call_json (self, "ListTools", NULL);
  g_autoptr (JsonNode) plugins = call_json (self, "ListPlugins", NULL);
  g_autoptr (JsonNode) runs = call_json (self, "ListRuns", g_variant_new ("(s)", ""));
  g_autofree char *tools_text = vig_json_to_string (tools);

  g_assert_cmpstr (vig_json_get_string (json_node_get_object (status), "version", NULL), ==, VIG_VERSION);
  g_assert_true (vig_json_get_boolean (json_node_get_object (status), "set_up", FALSE));
  g_assert_cmpstr (vig_json_get_string (json_node_get_object (status), "secret_state", NULL), ==, "ok");
  g_assert_cmpint (vig_json_get_int (json_node_get_object (status), "runs_live", -1), ==, 0);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (operators)), ==, 1);
  g_assert_cmpstr (vig_json_get_string (json_array_get_object_element (json_node_get_array (operators), 0), "id", NULL), ==, operator);
  g_assert_nonnull (strstr (tools_text, "\"test.write\""));
  g_assert_cmpuint (json_array_get_length (json_node_get_array (plugins)), ==, 0);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (runs)), ==, 0);
}

static char *
ask_to_write (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  char *run;

  agent_test_say ("Because you asked.", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"/tmp/x\"}}]");
  agent_test_say ("That is how it went.", NULL);
  run = fixture_call (self, "Ask", g_variant_new ("(ss)", "write it with hunter2-correct-horse", ""), &error);
  g_assert_no_error (error);

  return run;
}

static char *
wait_pending (Fixture *self)
{
  g_autoptr (JsonNode) approvals = NULL;

  vig_test_wait_for (saw (self, "ApprovalRequested", "test.write"));
  approvals = call_json (self, "ListApprovals", g_variant_new ("(s)", "pending"));
  g_assert_cmpuint (json_array_get_length (json_node_get_array (approvals)), ==, 1);

  return g_strdup (vig_json_get_string (json_array_get_object_element (json_node_get_array (approvals), 0), "id", NULL));
}

static void
test_approve (Fixture *self, gconstpointer data)
{
  g_autofree char *operator = agent_test_add_operator (self->agent, "Keeper", "write", "strict");
  g_autofree char *run = ask_to_write (self);
  g_autofree char *approval = wait_pending (self);
  g_autoptr (JsonNode) approved = NULL;
  g_autoptr (JsonNode) described = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpint (agent_test_n_runs, ==, 0);
  assert_fails (self, "Approve", g_variant_new ("(ssu)", approval, "forever", 0), "Invalid");
  approved = call_json (self, "Approve", g_variant_new ("(ssu)", approval, "once", 0));
  g_assert_cmpstr (vig_json_get_string (json_node_get_object (approved), "status", NULL), ==, "approved");
  assert_fails (self, "Approve", g_variant_new ("(ssu)", approval, "once", 0), "Conflict");

  vig_test_wait_for (saw (self, "RunChanged", "\"state\":\"done\""));
  g_assert_true (saw (self, "ApprovalDecided", approval));
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (self->agent, "SELECT count(*) FROM approvals WHERE decided_by = 'ada'"), ==, 1);

  described = call_json (self, "GetRun", g_variant_new ("(s)", run));
  text = vig_json_to_string (described);
  g_assert_cmpuint (json_array_get_length (vig_json_get_array (json_node_get_object (described), "calls")), ==, 1);
  g_assert_nonnull (strstr (text, "That is how it went."));
  g_assert_null (strstr (text, "hunter2-correct-horse"));
}

/* What the approver wrote in place of the model's arguments is what runs, and a grant ends when it is revoked. */
static void
test_edit_and_revoke (Fixture *self, gconstpointer data)
{
  g_autofree char *operator = agent_test_add_operator (self->agent, "Keeper", "write", "strict");
  g_autofree char *run = ask_to_write (self);
  g_autofree char *approval = wait_pending (self);
  g_autoptr (JsonNode) approved = NULL;
  g_autoptr (JsonNode) grants = NULL;
  g_autoptr (JsonNode) revoked = NULL;
  g_autoptr (JsonNode) left = NULL;
  const char *grant;

  assert_fails (self, "ApproveEdited", g_variant_new ("(ssssu)", approval, "{\"path\":1}", "", "timed", 5), "Invalid");
  assert_fails (self, "ApproveEdited", g_variant_new ("(ssssu)", approval, "[", "", "timed", 5), "Invalid");
  approved = call_json (self, "ApproveEdited", g_variant_new ("(ssssu)", approval, "{\"path\":\"/tmp/other\"}", "", "timed", 5));
  g_assert_cmpstr (vig_json_get_string (json_node_get_object (approved), "status", NULL), ==, "approved");
  vig_test_wait_for (saw (self, "RunChanged", "\"state\":\"done\""));
  g_assert_cmpint (agent_test_n_runs, ==, 1);
  g_assert_cmpint (agent_test_count (self->agent, "SELECT count(*) FROM audit WHERE arguments LIKE '%/tmp/other%'"), >=, 1);

  grants = call_json (self, "ListGrants", g_variant_new ("(b)", TRUE));
  g_assert_cmpuint (json_array_get_length (json_node_get_array (grants)), ==, 1);
  grant = vig_json_get_string (json_array_get_object_element (json_node_get_array (grants), 0), "id", NULL);
  revoked = call_json (self, "Revoke", g_variant_new ("(s)", grant));
  g_assert_nonnull (vig_json_get_string (json_node_get_object (revoked), "revoked_at", NULL));
  left = call_json (self, "ListGrants", g_variant_new ("(b)", TRUE));
  g_assert_cmpuint (json_array_get_length (json_node_get_array (left)), ==, 0);
  assert_fails (self, "Revoke", g_variant_new ("(s)", approval), "NotFound");
}

static void
test_deny (Fixture *self, gconstpointer data)
{
  g_autofree char *operator = agent_test_add_operator (self->agent, "Keeper", "write", "strict");
  g_autofree char *run = ask_to_write (self);
  g_autofree char *approval = wait_pending (self);
  g_autoptr (JsonNode) denied = call_json (self, "Deny", g_variant_new ("(ss)", approval, "not on a Friday"));

  g_assert_cmpstr (vig_json_get_string (json_node_get_object (denied), "status", NULL), ==, "denied");
  vig_test_wait_for (saw (self, "RunChanged", "\"state\":\"done\""));
  g_assert_cmpint (agent_test_n_runs, ==, 0);
  g_assert_nonnull (strstr (agent_test_last_results (), "not on a Friday"));
}

static void
test_stop (Fixture *self, gconstpointer data)
{
  g_autofree char *operator = agent_test_add_operator (self->agent, "Keeper", "read", "strict");
  g_autoptr (GError) error = NULL;
  g_autofree char *run = NULL;
  g_autoptr (JsonNode) stopped = NULL;
  g_autoptr (JsonNode) runs = NULL;

  agent_test_say ("wait", NULL);
  run = fixture_call (self, "Ask", g_variant_new ("(ss)", "take your time", ""), &error);
  g_assert_no_error (error);
  stopped = call_json (self, "Stop", g_variant_new ("(s)", run));
  g_assert_cmpstr (vig_json_get_string (json_node_get_object (stopped), "state", NULL), ==, "stopped");
  assert_fails (self, "Stop", g_variant_new ("(s)", run), "Conflict");
  runs = call_json (self, "ListRuns", g_variant_new ("(s)", "stopped"));
  g_assert_cmpuint (json_array_get_length (json_node_get_array (runs)), ==, 1);
}

static void
test_errors (Fixture *self, gconstpointer data)
{
  const char *nowhere = "01930000-0000-7000-8000-000000000000";
  g_autofree char *huge = g_strnfill (100001, 'x');
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  assert_fails (self, "Ask", g_variant_new ("(ss)", " \n ", ""), "Invalid");
  assert_fails (self, "Ask", g_variant_new ("(ss)", huge, ""), "Invalid");
  assert_fails (self, "Deny", g_variant_new ("(ss)", nowhere, huge), "Invalid");
  assert_fails (self, "Ask", g_variant_new ("(ss)", "hello", nowhere), "NotFound");
  assert_fails (self, "GetRun", g_variant_new ("(s)", nowhere), "NotFound");
  assert_fails (self, "Stop", g_variant_new ("(s)", nowhere), "NotFound");
  assert_fails (self, "Deny", g_variant_new ("(ss)", nowhere, ""), "NotFound");

  text = fixture_call (self, "Ask", g_variant_new ("(s)", "one argument"), &error);
  g_assert_null (text);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
}

/* The bus of this test lets everybody in, so that it is the service that refuses. */
static void
test_other_users (Fixture *self, gconstpointer data)
{
  g_autofree char *ours = fixture_call_as (NULL, "Status", NULL);
  g_autofree char *others = NULL;

  g_assert_nonnull (strstr (ours, "\"version\""));
  if (geteuid () != 0)
    {
      g_test_skip ("becoming another user needs root");
      return;
    }

  others = fixture_call_as (fixture_become_nobody, "Status", NULL);
  g_test_message ("%s", others);
  g_assert_nonnull (strstr (others, VIG_DBUS_NAME ".Error.Denied"));
  g_assert_null (strstr (others, "version"));
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  int status;

  g_log_writer_default_set_use_stderr (TRUE);
  g_test_init (&argc, &argv, NULL);
  fixture_start_bus ();
  g_test_add_func ("/dbus/operations", test_operations);
  ADD ("/dbus/before-set-up", test_before_set_up);
  ADD ("/dbus/lists", test_lists);
  ADD ("/dbus/approve", test_approve);
  ADD ("/dbus/edit-and-revoke", test_edit_and_revoke);
  ADD ("/dbus/deny", test_deny);
  ADD ("/dbus/stop", test_stop);
  ADD ("/dbus/errors", test_errors);
  ADD ("/dbus/other-users", test_other_users);
  status = g_test_run ();
  fixture_stop_bus ();

  return status;
}
