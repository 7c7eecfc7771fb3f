/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "dbus-fixture.h"
#include "vig-slash.h"

/* The system bus: root, and whom polkit lets. The bus of this test lets everybody in, and polkit is a stand-in that says what the test
 * says and writes down what it was asked. */
static const char authority_xml[] =
  "<node><interface name='org.freedesktop.PolicyKit1.Authority'><method name='CheckAuthorization'>"
  "<arg type='(sa{sv})' direction='in'/><arg type='s' direction='in'/><arg type='a{ss}' direction='in'/>"
  "<arg type='u' direction='in'/><arg type='s' direction='in'/><arg type='(bba{ss})' direction='out'/>"
  "</method></interface></node>";

typedef struct
{
  Fixture          fixture;
  GDBusConnection *bus;
  guint            object;
  guint            name;
  gboolean         owned;
  char            *let;   /* the one action that is let through, or NULL */
  GString         *asked; /* "kind name action flags\n" */
} Authority;

static void
check (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method, GVariant *parameters,
       GDBusMethodInvocation *invocation, gpointer user_data)
{
  Authority *self = user_data;
  g_autoptr (GVariant) details = NULL;
  const char *kind, *action, *cancellation, *name = "";
  guint32 flags;
  GVariantBuilder answer;
  gboolean allowed;

  g_variant_get (parameters, "((&s@a{sv})&s@a{ss}u&s)", &kind, &details, &action, NULL, &flags, &cancellation);
  g_variant_lookup (details, "name", "&s", &name);
  g_string_append_printf (self->asked, "%s %s %s %u\n", kind, name, action, flags);
  allowed = self->let != NULL && g_str_equal (action, self->let);
  g_variant_builder_init (&answer, G_VARIANT_TYPE ("a{ss}"));
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("((bba{ss}))", allowed, !allowed && flags == 0, &answer));
}

static void
owned (GDBusConnection *connection, const char *name, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
start_authority (Authority *self)
{
  static const GDBusInterfaceVTable vtable = { .method_call = check };
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (authority_xml, NULL);
  g_autoptr (GError) error = NULL;

  self->bus = g_dbus_connection_new_for_address_sync (g_getenv ("DBUS_SESSION_BUS_ADDRESS"),
                                                      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                      NULL, NULL, &error);
  g_assert_no_error (error);
  self->object = g_dbus_connection_register_object (self->bus, "/org/freedesktop/PolicyKit1/Authority", node->interfaces[0], &vtable, self, NULL, &error);
  g_assert_no_error (error);
  self->name = g_bus_own_name_on_connection (self->bus, "org.freedesktop.PolicyKit1", G_BUS_NAME_OWNER_FLAGS_NONE, owned, NULL, &self->owned, NULL);
  vig_test_wait_for (self->owned);
}

static void
set_up (Authority *self, gconstpointer data)
{
  self->asked = g_string_new (NULL);
  fixture_set_up (&self->fixture, "system");
  if (data != NULL)
    start_authority (self);
}

static void
tear_down (Authority *self, gconstpointer data)
{
  if (self->bus != NULL)
    {
      g_bus_unown_name (self->name);
      g_dbus_connection_unregister_object (self->bus, self->object);
      g_dbus_connection_close_sync (self->bus, NULL, NULL);
      g_object_unref (self->bus);
    }
  fixture_tear_down (&self->fixture, NULL);
  g_string_free (self->asked, TRUE);
  g_free (self->let);
}

static void
let (Authority *self, const char *action)
{
  g_free (self->let);
  self->let = g_strconcat (VIG_DBUS_NAME ".", action, NULL);
}

static gboolean
is_root (void)
{
  if (geteuid () == 0)
    return TRUE;
  g_test_skip ("becoming another user needs root");

  return FALSE;
}

static void
test_root (Authority *self, gconstpointer data)
{
  g_autofree char *answer = NULL;

  if (!is_root ())
    return;
  answer = fixture_call_as (NULL, "Status", NULL);
  g_assert_nonnull (strstr (answer, "\"version\""));
  g_assert_cmpstr (self->asked->str, ==, "");
}

/* Each action is its own: who may look may not decide. */
static void
test_actions (Authority *self, gconstpointer data)
{
  g_autofree char *looked = NULL;
  g_autofree char *decided = NULL;
  g_autofree char *froze = NULL;
  g_autofree char *unfroze = NULL;

  if (!is_root ())
    return;
  let (self, "read");
  looked = fixture_call_as (fixture_become_nobody, "Status", NULL);
  decided = fixture_call_as (fixture_become_nobody, "Deny", "'01930000-0000-7000-8000-000000000000' ''");
  g_assert_nonnull (strstr (looked, "\"version\""));
  g_assert_nonnull (strstr (decided, ".Error.Denied"));
  g_assert_nonnull (strstr (self->asked->str, VIG_DBUS_NAME ".read 0\n"));
  g_assert_nonnull (strstr (self->asked->str, VIG_DBUS_NAME ".decide 0\n"));
  g_assert_true (g_str_has_prefix (self->asked->str, "system-bus-name :"));

  let (self, "halt");
  froze = fixture_call_as (fixture_become_nobody, "Freeze", "'smoke'");
  g_assert_nonnull (strstr (froze, "smoke"));
  g_assert_nonnull (strstr (froze, "ada (local user 65534)"));
  unfroze = fixture_call_as (fixture_become_nobody, "Unfreeze", NULL);
  g_assert_nonnull (strstr (unfroze, ".Error.Denied"));
  g_assert_cmpint (agent_test_count (self->fixture.agent, "SELECT count(*) FROM audit WHERE user_name = 'ada (local user 65534)'"), >=, 1);
}

static const char *const actions[] = { "read", "ask", "decide", "halt", "manage" };

/* With each action allowed alone, the call is let in where that is @wanted, and polkit's is the no otherwise. What else is wrong with a call is
 * looked at after that, so one that is let in may well fail. */
static void
assert_takes (Authority *self, const char *method, const char *arguments, const char *wanted)
{
  gboolean known = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      gboolean is_wanted = g_str_equal (actions[i], wanted);
      g_autofree char *question = g_strdup_printf (" " VIG_DBUS_NAME ".%s 0\n", wanted);
      g_autofree char *answer = NULL;

      let (self, actions[i]);
      g_string_truncate (self->asked, 0);
      answer = fixture_call_as (fixture_become_nobody, method, arguments);
      g_test_message ("%s %s with %s: %s", method, arguments, actions[i], answer);
      known = known || is_wanted;
      g_assert_true (g_str_has_suffix (self->asked->str, question));
      g_assert_true ((strstr (answer, "polkit wants a password for that") == NULL) == is_wanted);
      g_assert_true ((strstr (answer, VIG_DBUS_NAME ".Error.Denied") == NULL) == is_wanted);
      g_assert_true (answer[0] == '(' || strstr (answer, VIG_DBUS_NAME ".Error.") != NULL);
    }

  g_assert_true (known);
}

/* Nothing, "", 0 or false for each that it takes. */
static char *
make_arguments (const GDBusMethodInfo *method)
{
  GString *text = g_string_new (NULL);

  for (GDBusArgInfo **arg = method->in_args; arg != NULL && *arg != NULL; arg++)
    g_string_append (text, g_str_equal ((*arg)->signature, "s") ? " ''" : g_str_equal ((*arg)->signature, "u") ? " 0" : " false");

  return g_string_free (text, FALSE);
}

/* Every method of the interface takes the one action that data/dbus says. */
static void
test_every_method (Authority *self, gconstpointer data)
{
  guint n_by_command = 0;

  if (!is_root ())
    return;
  for (GDBusMethodInfo **method = vig_dbus_vigilus1_interface_info ()->methods; *method != NULL; method++)
    {
      const char *action = g_dbus_annotation_info_lookup ((*method)->annotations, VIG_DBUS_NAME ".Action");
      g_autofree char *arguments = make_arguments (*method);

      g_assert_nonnull (action);
      if (g_str_equal (action, "command"))
        n_by_command++;
      else
        assert_takes (self, (*method)->name, arguments, action);
    }
  g_assert_cmpuint (n_by_command, ==, 1);
}

/* What a command does decides, however it is written: by "ask" alone nobody reads the owner's conversations or stops what runs. */
static void
test_every_command (Authority *self, gconstpointer data)
{
  static const struct { const char *text, *action; } commands[] = {
    { "help", "read" }, { "operators", "read" }, { "search disks", "read" }, { "SEARCH\tdisks", "read" }, { "export", "read" }, { "usage", "read" },
    { "stop", "halt" }, { "Stop now", "halt" },
    { "new", "ask" }, { "again", "ask" }, { "title x", "ask" }, { "pin", "ask" }, { "unpin", "ask" }, { "nothing-of-ours", "ask" },
  };

  if (!is_root ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *arguments = g_strdup_printf ("'/%s' ''", commands[i].text);

      assert_takes (self, "Command", arguments, commands[i].action);
    }

  for (const VigSlashCommand *command = VIG_SLASH_COMMANDS; command->name != NULL; command++)
    {
      gboolean tried = FALSE;

      for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
        tried = tried || g_str_has_prefix (commands[i].text, command->name);
      g_test_message ("/%s", command->name);
      g_assert_true (tried);
    }
}

static void
test_nobody_there (Authority *self, gconstpointer data)
{
  g_autofree char *answer = NULL;

  if (!is_root ())
    return;
  answer = fixture_call_as (fixture_become_nobody, "Status", NULL);
  g_assert_nonnull (strstr (answer, ".Error.Denied"));
  g_assert_nonnull (strstr (answer, "only root"));
}

int
main (int argc, char **argv)
{
  int status;

  g_log_writer_default_set_use_stderr (TRUE);
  g_test_init (&argc, &argv, NULL);
  fixture_start_bus ();
  g_test_add ("/dbus-polkit/root", Authority, "authority", set_up, test_root, tear_down);
  g_test_add ("/dbus-polkit/actions", Authority, "authority", set_up, test_actions, tear_down);
  g_test_add ("/dbus-polkit/every-method", Authority, "authority", set_up, test_every_method, tear_down);
  g_test_add ("/dbus-polkit/every-command", Authority, "authority", set_up, test_every_command, tear_down);
  g_test_add ("/dbus-polkit/nobody-there", Authority, NULL, set_up, test_nobody_there, tear_down);
  status = g_test_run ();
  fixture_stop_bus ();

  return status;
}
