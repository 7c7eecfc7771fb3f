/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "dbus-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
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

void
fixture_start_bus (void)
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
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
}

void
fixture_stop_bus (void)
{
  g_subprocess_force_exit (bus);
  g_subprocess_wait (bus, NULL, NULL);
  g_clear_object (&bus);
  vig_test_remove_dir (bus_dir);
  g_free (bus_dir);
}


static void
heard (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal, GVariant *parameters,
       gpointer user_data)
{
  const char *text;

  g_variant_get (parameters, "(&s)", &text);
  g_ptr_array_add (user_data, g_strdup_printf ("%s %s", signal, text));
}

void
fixture_set_up (Fixture *self, gconstpointer bus_kind)
{
  static const char *const no_dirs[] = { NULL };
  VigAgentContext *context;
  g_autofree char *undo_dir = NULL;
  g_autoptr (GError) error = NULL;

  self->agent = agent_test_new ();
  context = &self->agent->context;
  undo_dir = g_build_filename (self->agent->dir, "undo", NULL);
  context->undo = vig_undo_new (context->db, context->worker, context->events, context->redactor, undo_dir, &error);
  g_assert_no_error (error);
  self->plugins = vig_plugin_loader_new (self->agent->context.registry, no_dirs, 0, "/nonexistent/host");
  self->panic = vig_panic_new (&self->agent->context, self->agent->runner, self->agent->approvals);
  self->service = vig_dbus_service_new (&self->agent->context, self->agent->runner, self->agent->approvals, self->plugins, self->panic);
  vig_dbus_service_start (self->service, bus_kind != NULL ? bus_kind : "session");
  vig_test_wait_for (vig_dbus_service_is_offered (self->service));

  self->client = g_dbus_connection_new_for_address_sync (g_getenv ("DBUS_SESSION_BUS_ADDRESS"),
                                                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                         NULL, NULL, &error);
  g_assert_no_error (error);
  self->signals = g_ptr_array_new_with_free_func (g_free);
  self->subscription = g_dbus_connection_signal_subscribe (self->client, VIG_DBUS_NAME, VIG_DBUS_NAME, NULL, VIG_DBUS_PATH, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, heard, self->signals, NULL);
}

void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  g_dbus_connection_signal_unsubscribe (self->client, self->subscription);
  vig_dbus_service_stop (self->service);
  g_clear_object (&self->service);
  g_clear_object (&self->panic);
  g_clear_object (&self->plugins);
  g_assert_true (g_dbus_connection_close_sync (self->client, NULL, NULL));
  g_clear_object (&self->client);
  g_clear_object (&self->agent->context.undo);
  g_clear_pointer (&self->agent, agent_test_free);
  g_clear_pointer (&self->signals, g_ptr_array_unref);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* (transfer full): the one text of the answer; NULL with @error set */
char *
fixture_call (Fixture *self, const char *method, GVariant *args, GError **error)
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

void
fixture_become_nobody (gpointer data)
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

char *
fixture_call_as (GSpawnChildSetupFunc become, const char *method, const char *arguments)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  g_auto (GStrv) argv = NULL;
  char *text = NULL;

  if (become != NULL)
    g_subprocess_launcher_set_child_setup (launcher, become, NULL, NULL);
  line = g_strdup_printf ("gdbus call --address %s --dest " VIG_DBUS_NAME " --object-path " VIG_DBUS_PATH " --method " VIG_DBUS_NAME ".%s %s",
                          g_getenv ("DBUS_SESSION_BUS_ADDRESS"), method, arguments != NULL ? arguments : "");
  g_assert_true (g_shell_parse_argv (line, NULL, &argv, NULL));
  child = g_subprocess_launcher_spawnv (launcher, (const char * const *) argv, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8_async (child, NULL, NULL, text_done, &text);
  vig_test_wait_for (text != NULL);

  return text;
}
