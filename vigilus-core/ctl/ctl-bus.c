/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ctl.h"

#include <unistd.h>

#define NAME "org.vigilus.Vigilus1"
#define PATH "/org/vigilus/Vigilus1"

/* As the daemon chooses: the user's own bus where there is one, the system's for root. */
static GBusType
choose_bus (const char *bus)
{
  if (g_str_equal (bus, "session"))
    return G_BUS_TYPE_SESSION;
  if (g_str_equal (bus, "system"))
    return G_BUS_TYPE_SYSTEM;

  return g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL || geteuid () != 0 ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM;
}

static GVariant *
make_arguments (const CtlRequest *request)
{
  if (request->command == CTL_PANIC)
    return g_variant_new ("(s)", request->text);
  if (request->command == CTL_COMMAND)
    return g_variant_new ("(ss)", request->text, request->session_id != NULL ? request->session_id : "");

  return NULL;
}

JsonObject *
ctl_bus_call (const CtlTarget *target, const CtlRequest *request, GError **error)
{
  static const char * const methods[] = { [CTL_STATUS] = "Status", [CTL_PANIC] = "Freeze", [CTL_UNFREEZE] = "Unfreeze", [CTL_COMMAND] = "Command" };
  GBusType type = choose_bus (target->bus);
  g_autoptr (GDBusConnection) connection = g_bus_get_sync (type, NULL, error);
  g_autoptr (GVariant) reply = NULL;
  const char *text;

  if (connection == NULL)
    {
      g_prefix_error (error, "the %s bus can't be reached (give --url or VIGILUS_URL and VIGILUS_TOKEN to use HTTP): ",
                      type == G_BUS_TYPE_SYSTEM ? "system" : "session");
      return NULL;
    }

  reply = g_dbus_connection_call_sync (connection, NAME, PATH, NAME, methods[request->command], make_arguments (request),
                                       G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NO_AUTO_START | G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT, NULL, error);
  if (reply == NULL)
    {
      if (error != NULL)
        g_dbus_error_strip_remote_error (*error);
      return NULL;
    }

  g_variant_get (reply, "(&s)", &text);

  return *text != '\0' ? vig_json_parse_object (text, -1, 0, error) : json_object_new ();
}
