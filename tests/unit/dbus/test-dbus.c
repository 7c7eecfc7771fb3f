/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "agent-test.h"
#include "vig-dbus-call.h"
#include "vig-dbus-generated.h"
#include "vig-dbus-service.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOBODY 65534

/* A bus of our own, which lets every user in: who may call is the service's to say. */
static char *bus_dir;
static GSubprocess *bus;

static void
die_with_us (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
start_bus (void)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *config = NULL;
  g_autofree char *text = NULL;
  g_autofree char *option = NULL;
  g_autofree char *address = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autoptr (GError) error = NULL;

  bus_dir = vig_test_make_dir ();
  g_assert_cmpint (g_chmod (bus_dir, 0755), ==, 0);
  config = g_build_filename (bus_dir, "bus.conf", NULL);
  option = g_strconcat ("--config-file=", config, NULL);
  text = g_strdup_printf ("<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth><policy context='default'>"
                          "<allow user='*'/><allow own='*'/><allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>", bus_dir);
  g_assert_true (g_file_set_contents (config, text, -1, NULL));
  g_subprocess_launcher_set_child_setup (launcher, die_with_us, NULL, NULL);
  bus = g_subprocess_launcher_spawn (launcher, &error, "dbus-daemon", "--nofork", "--nopidfile", "--print-address", option, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (bus));
  address = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
}

static void
stop_bus (void)
{
  g_subprocess_force_exit (bus);
  g_subprocess_wait (bus, NULL, NULL);
  g_clear_object (&bus);
  vig_test_remove_dir (bus_dir);
  g_free (bus_dir);
}

typedef struct
{
  AgentTest       *agent;
  VigPluginLoader *plugins;
  VigPanic        *panic;
  VigDbusService  *service;
  GDBusConnection *client;
  GPtrArray       *signals; /* "Name {...}" */
  guint            subscription;
} Fixture;

static void
heard (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal, GVariant *parameters,
       gpointer user_data)
{
  const char *text;

  g_variant_get (parameters, "(&s)", &text);
  g_ptr_array_add (user_data, g_strdup_printf ("%s %s", signal, text));
}

static void
set_up (Fixture *self, gconstpointer data)
{
  static const char *const no_dirs[] = { NULL };
  g_autoptr (GError) error = NULL;

  self->agent = agent_test_new ();
  self->plugins = vig_plugin_loader_new (self->agent->context.registry, no_dirs, 0, "/nonexistent/host");
  self->panic = vig_panic_new (&self->agent->context, self->agent->runner, self->agent->approvals);
  self->service = vig_dbus_service_new (&self->agent->context, self->agent->runner, self->agent->approvals, self->plugins, self->panic);
  vig_dbus_service_start (self->service, "session");
  vig_test_wait_for (vig_dbus_service_is_offered (self->service));

  self->client = g_dbus_connection_new_for_address_sync (g_getenv ("DBUS_SESSION_BUS_ADDRESS"),
                                                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                         NULL, NULL, &error);
  g_assert_no_error (error);
  self->signals = g_ptr_array_new_with_free_func (g_free);
  self->subscription = g_dbus_connection_signal_subscribe (self->client, VIG_DBUS_NAME, VIG_DBUS_NAME, NULL, VIG_DBUS_PATH, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, heard, self->signals, NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_dbus_connection_signal_unsubscribe (self->client, self->subscription);
  vig_dbus_service_stop (self->service);
  g_clear_object (&self->service);
  g_clear_object (&self->panic);
  g_clear_object (&self->plugins);
  g_assert_true (g_dbus_connection_close_sync (self->client, NULL, NULL));
  g_clear_object (&self->client);
  g_clear_pointer (&self->agent, agent_test_free);
  g_clear_pointer (&self->signals, g_ptr_array_unref);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* (transfer full): the one text of the answer; NULL with @error set */
static char *
call (Fixture *self, const char *method, GVariant *args, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *text = NULL;

  g_dbus_connection_call (self->client, VIG_DBUS_NAME, VIG_DBUS_PATH, VIG_DBUS_NAME, method, args, G_VARIANT_TYPE ("(s)"),
                          G_DBUS_CALL_FLAGS_NONE, 20000, NULL, keep_result, &result);
  vig_test_wait_for (result != NULL);
  reply = g_dbus_connection_call_finish (self->client, result, error);
  if (reply != NULL)
    g_variant_get (reply, "(s)", &text);

  return text;
}

static JsonNode *
call_json (Fixture *self, const char *method, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = call (self, method, args, &error);
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
  g_autofree char *text = call (self, method, args, &error);
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

/* Each method of the interface has its operation. */
static void
test_operations (void)
{
  GDBusMethodInfo **methods = vig_dbus_vigilus1_interface_info ()->methods;
  guint n = 0;

  for (; methods[n] != NULL; n++)
    {
      const VigDbusOperation *operation = vig_dbus_find_operation (methods[n]->name);

      g_assert_nonnull (operation);
      g_assert_true ((operation->read == NULL) != (operation->run == NULL));
      g_assert_true (operation->before_set_up == g_str_equal (methods[n]->name, "Status"));
    }
  g_assert_cmpuint (n, ==, 15);
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
  run = call (self, "Ask", g_variant_new ("(ss)", "write it with hunter2-correct-horse", ""), &error);
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
  run = call (self, "Ask", g_variant_new ("(ss)", "take your time", ""), &error);
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

  text = call (self, "Ask", g_variant_new ("(s)", "one argument"), &error);
  g_assert_null (text);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
}

static void
become_nobody (gpointer data)
{
  if (setgid (NOBODY) != 0 || setuid (NOBODY) != 0)
    _exit (77);
}

static void
text_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  char *text = NULL;

  g_subprocess_communicate_utf8_finish (G_SUBPROCESS (source), result, &text, NULL, NULL);
  *(char **) user_data = text != NULL ? text : g_strdup ("");
}

static char *
call_as (GSpawnChildSetupFunc become)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  if (become != NULL)
    g_subprocess_launcher_set_child_setup (launcher, become, NULL, NULL);
  child = g_subprocess_launcher_spawn (launcher, &error, "gdbus", "call", "--address", g_getenv ("DBUS_SESSION_BUS_ADDRESS"), "--dest", VIG_DBUS_NAME,
                                       "--object-path", VIG_DBUS_PATH, "--method", VIG_DBUS_NAME ".Status", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8_async (child, NULL, NULL, text_done, &text);
  vig_test_wait_for (text != NULL);

  return text;
}

/* The bus of this test lets everybody in, so that it is the service that refuses. */
static void
test_other_users (Fixture *self, gconstpointer data)
{
  g_autofree char *ours = call_as (NULL);
  g_autofree char *others = NULL;

  g_assert_nonnull (strstr (ours, "\"version\""));
  if (geteuid () != 0)
    {
      g_test_skip ("becoming another user needs root");
      return;
    }

  others = call_as (become_nobody);
  g_test_message ("%s", others);
  g_assert_nonnull (strstr (others, VIG_DBUS_NAME ".Error.Denied"));
  g_assert_null (strstr (others, "version"));
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  int status;

  g_log_writer_default_set_use_stderr (TRUE);
  g_test_init (&argc, &argv, NULL);
  start_bus ();
  g_test_add_func ("/dbus/operations", test_operations);
  ADD ("/dbus/before-set-up", test_before_set_up);
  ADD ("/dbus/lists", test_lists);
  ADD ("/dbus/approve", test_approve);
  ADD ("/dbus/deny", test_deny);
  ADD ("/dbus/stop", test_stop);
  ADD ("/dbus/errors", test_errors);
  ADD ("/dbus/other-users", test_other_users);
  status = g_test_run ();
  stop_bus ();

  return status;
}
