/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "dbus-fixture.h"

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
  g_test_add ("/dbus-polkit/nobody-there", Authority, NULL, set_up, test_nobody_there, tear_down);
  status = g_test_run ();
  fixture_stop_bus ();

  return status;
}
