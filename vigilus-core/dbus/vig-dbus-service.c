/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-dbus-service.h"

#include "vig-dbus-call.h"
#include "vig-dbus-generated.h"
#include "vig-id.h"

#include <string.h>
#include <unistd.h>

#define SYSTEM_BUS_SOCKET "/run/dbus/system_bus_socket"

struct _VigDbusService
{
  GObject          parent_instance;
  VigAgentContext  context;
  VigDbusParts     parts;
  GCancellable    *cancellable;
  GDBusConnection *connection;
  gboolean         is_system;
  guint            object_id;
  guint            name_id;
  guint            listener_id;
  gboolean         is_offered;
};

G_DEFINE_FINAL_TYPE (VigDbusService, vig_dbus_service, G_TYPE_OBJECT)

static void
method_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
             GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  VigDbusService *self = user_data;
  const VigDbusOperation *operation = vig_dbus_find_operation (method);

  /* GDBus has compared name and types with the interface; a method without an operation is a bug, which a test finds. */
  if (operation == NULL)
    g_dbus_method_invocation_return_dbus_error (invocation, "org.freedesktop.DBus.Error.UnknownMethod", method);
  else
    vig_dbus_call_start (&self->parts, G_OBJECT (self), operation, self->is_system ? 0 : getuid (), self->is_system, invocation);
}

static const GDBusInterfaceVTable vtable = { .method_call = method_call };

static const struct
{
  const char *topic;
  const char *event;
  const char *signal;
} signals[] = {
  { "runs", "run.changed", "RunChanged" },
  { "approvals", "approval.requested", "ApprovalRequested" },
  { "approvals", "approval.decided", "ApprovalDecided" },
  { "settings", "frozen.changed", "FrozenChanged" },
};

static gboolean
is_wanted (const char *topic, gpointer user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    if (g_str_equal (topic, signals[i].topic))
      return TRUE;

  return FALSE;
}

/* Events have passed the redactor before they were published. */
static void
on_event (const char *topic, const char *event, JsonNode *data, gpointer user_data)
{
  VigDbusService *self = user_data;

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    if (strcmp (topic, signals[i].topic) == 0 && strcmp (event, signals[i].event) == 0)
      {
        g_autofree char *text = vig_json_to_string (data);

        g_dbus_connection_emit_signal (self->connection, NULL, VIG_DBUS_PATH, VIG_DBUS_NAME, signals[i].signal,
                                       g_variant_new ("(s)", text), NULL);
      }
}

static void
name_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  VigDbusService *self = user_data;

  self->is_offered = TRUE;
  g_message ("%s is offered on the %s bus", name, self->is_system ? "system" : "session");
}

static void
name_lost (GDBusConnection *connection, const char *name, gpointer user_data)
{
  VigDbusService *self = user_data;

  self->is_offered = FALSE;
  g_message ("%s is not ours on the %s bus: another daemon has it, or the bus does not let us", name, self->is_system ? "system" : "session");
}

static void
export (VigDbusService *self, GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;

  self->connection = connection;
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  self->object_id = g_dbus_connection_register_object (connection, VIG_DBUS_PATH, vig_dbus_vigilus1_interface_info (), &vtable, self, NULL, &error);
  if (self->object_id == 0)
    {
      g_warning ("failed to offer D-Bus: %s", error->message);
      return;
    }

  self->listener_id = vig_events_listen (self->context.events, on_event, is_wanted, self);
  self->name_id = g_bus_own_name_on_connection (connection, VIG_DBUS_NAME, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, name_acquired, name_lost, self, NULL);
}

static void
bus_reached (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusService) self = user_data;
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_bus_get_finish (result, &error);

  if (connection != NULL && !g_cancellable_is_cancelled (self->cancellable))
    export (self, connection);
  else if (connection != NULL)
    g_object_unref (connection);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_message ("D-Bus is not offered: %s", error->message);
}

/* The user's own bus where there is one; the system's for a daemon that is a service. */
static const char *
choose_bus (const char *bus)
{
  if (strcmp (bus, "auto") != 0)
    return bus;
  if (g_getenv ("DBUS_SESSION_BUS_ADDRESS") != NULL)
    return "session";

  return g_getenv ("INVOCATION_ID") != NULL && access (SYSTEM_BUS_SOCKET, W_OK) == 0 ? "system" : "none";
}

void
vig_dbus_service_start (VigDbusService *self, const char *bus)
{
  const char *chosen;

  g_return_if_fail (VIG_IS_DBUS_SERVICE (self));
  g_return_if_fail (bus != NULL && self->connection == NULL);

  chosen = choose_bus (bus);
  if (strcmp (chosen, "none") == 0)
    return;

  self->is_system = strcmp (chosen, "system") == 0;
  g_bus_get (self->is_system ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION, self->cancellable, bus_reached, g_object_ref (self));
}

void
vig_dbus_service_stop (VigDbusService *self)
{
  g_return_if_fail (VIG_IS_DBUS_SERVICE (self));

  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->name_id, g_bus_unown_name);
  if (self->listener_id != 0)
    vig_events_forget (self->context.events, self->listener_id);
  self->listener_id = 0;
  if (self->object_id != 0)
    g_dbus_connection_unregister_object (self->connection, self->object_id);
  self->object_id = 0;
  self->is_offered = FALSE;
  g_clear_object (&self->connection);
}

gboolean
vig_dbus_service_is_offered (VigDbusService *self)
{
  return self->is_offered;
}

static void
vig_dbus_service_dispose (GObject *object)
{
  vig_dbus_service_stop (VIG_DBUS_SERVICE (object));

  G_OBJECT_CLASS (vig_dbus_service_parent_class)->dispose (object);
}

static void
vig_dbus_service_finalize (GObject *object)
{
  VigDbusService *self = VIG_DBUS_SERVICE (object);

  g_object_unref (self->parts.runner);
  g_object_unref (self->parts.approvals);
  g_object_unref (self->parts.plugins);
  g_object_unref (self->parts.panic);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (vig_dbus_service_parent_class)->finalize (object);
}

static void
vig_dbus_service_class_init (VigDbusServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = vig_dbus_service_dispose;
  G_OBJECT_CLASS (klass)->finalize = vig_dbus_service_finalize;
}

static void
vig_dbus_service_init (VigDbusService *self)
{
  self->cancellable = g_cancellable_new ();
}

VigDbusService *
vig_dbus_service_new (const VigAgentContext *context, VigRunner *runner, VigApprovals *approvals, VigPluginLoader *plugins, VigPanic *panic)
{
  VigDbusService *self = g_object_new (VIG_TYPE_DBUS_SERVICE, NULL);

  self->context = *context;
  self->parts = (VigDbusParts) {
    &self->context, g_object_ref (runner), g_object_ref (approvals), g_object_ref (plugins), g_object_ref (panic), vig_time_now (),
  };

  return self;
}
