/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-dbus-call.h"

#include "vig-dbus-authority.h"
#include "vig-dbus-service.h"
#include "vig-store-users.h"

struct _VigDbusCall
{
  gatomicrefcount         ref_count;
  const VigDbusParts     *parts;
  GObject                *keep_alive;
  const VigDbusOperation *operation;
  uid_t                   required_uid;
  uid_t                   uid; /* who asks */
  gboolean                ask_polkit;
  GDBusMethodInvocation  *invocation; /* NULL once it is answered */
  GVariant               *args;
  JsonObject             *owner; /* schema User, or NULL */
  VigCaller               caller;
  char                   *name;  /* of the caller, for the record */
};

VigDbusCall *
vig_dbus_call_ref (VigDbusCall *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

const VigDbusParts *
vig_dbus_call_get_parts (VigDbusCall *self)
{
  return self->parts;
}

const VigCaller *
vig_dbus_call_get_owner (VigDbusCall *self)
{
  return self->owner != NULL ? &self->caller : NULL;
}

GVariant *
vig_dbus_call_get_args (VigDbusCall *self)
{
  return self->args;
}

void
vig_dbus_call_answer_text (VigDbusCall *self, const char *text)
{
  GDBusMethodInvocation *invocation = g_steal_pointer (&self->invocation);

  g_return_if_fail (invocation != NULL);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", text));
}

void
vig_dbus_call_answer (VigDbusCall *self, JsonNode *node)
{
  g_autoptr (JsonNode) owned = node;
  g_autoptr (JsonNode) clean = vig_redactor_apply_json (self->parts->context->redactor, owned);
  g_autofree char *text = vig_json_to_string (clean);

  vig_dbus_call_answer_text (self, text);
}

/* "not_found" -> "org.vigilus.Vigilus1.Error.NotFound" */
static char *
make_error_name (const GError *error)
{
  GString *name = g_string_new (VIG_DBUS_NAME ".Error.");
  gboolean capital = TRUE;

  for (const char *at = vig_error_get_code_name (error); *at != '\0'; at++)
    {
      if (*at != '_')
        g_string_append_c (name, capital ? g_ascii_toupper (*at) : *at);
      capital = *at == '_';
    }

  return g_string_free (name, FALSE);
}

void
vig_dbus_call_fail (VigDbusCall *self, const GError *error)
{
  GDBusMethodInvocation *invocation = g_steal_pointer (&self->invocation);
  g_autofree char *name = make_error_name (error);
  g_autofree char *message = vig_redactor_apply (self->parts->context->redactor, error->message);

  g_return_if_fail (invocation != NULL);
  g_dbus_method_invocation_return_dbus_error (invocation, name, message);
}

static void
fail_with (VigDbusCall *self, VigError code, const char *message)
{
  g_autoptr (GError) error = g_error_new_literal (VIG_ERROR, (gint) code, message);

  vig_dbus_call_fail (self, error);
}

void
vig_dbus_call_unref (VigDbusCall *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (self->invocation != NULL)
    fail_with (self, VIG_ERROR_FAILED, "the daemon gave no answer");
  g_clear_pointer (&self->owner, json_object_unref);
  g_free (self->name);
  g_variant_unref (self->args);
  g_object_unref (self->keep_alive);
  g_free (self);
}

static gpointer
read_on_thread (VigDbConnection *db, gpointer data, GError **error)
{
  VigDbusCall *self = data;

  return self->operation->read (db, self, error);
}

static void
read_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) self = user_data;
  g_autoptr (GError) error = NULL;
  JsonNode *node = vig_db_finish (VIG_DB (source), result, &error);

  if (node == NULL)
    vig_dbus_call_fail (self, error);
  else
    vig_dbus_call_answer (self, node);
}

/* Whoever else polkit let in acts as the owner, too, but the record says who that was. */
static void
take_owner (VigDbusCall *self, JsonObject *owner)
{
  const char *name = vig_json_get_string (owner, "name", "");

  self->owner = owner;
  self->name = self->uid == self->required_uid ? g_strdup (name) : g_strdup_printf ("%s (local user %u)", name, (guint) self->uid);
  self->caller = (VigCaller) { vig_json_get_string (owner, "id", ""), self->name, vig_json_get_string (owner, "role", ""), .address = "D-Bus" };
}

static gpointer
find_owner (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_users_get_owner (db, error);
}

static void
owner_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) self = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *owner = vig_db_finish (VIG_DB (source), result, &error);

  if (owner != NULL)
    take_owner (self, owner);

  if (error != NULL)
    vig_dbus_call_fail (self, error);
  else if (owner == NULL && !self->operation->before_set_up)
    fail_with (self, VIG_ERROR_CONFLICT, "nobody has set up this installation yet: open the dashboard");
  else if (self->operation->run != NULL)
    self->operation->run (self);
  else
    vig_db_read_async (self->parts->context->db, read_on_thread, self, NULL, (GDestroyNotify) json_node_unref, NULL, read_done,
                       vig_dbus_call_ref (self));
}

static void
go_on (VigDbusCall *self)
{
  vig_db_read_async (self->parts->context->db, find_owner, NULL, NULL, (GDestroyNotify) json_object_unref, NULL, owner_known,
                     vig_dbus_call_ref (self));
}

static void
refuse (VigDbusCall *self, const GError *error)
{
  g_message ("denied a D-Bus call of %s by uid %u", self->operation->name, (guint) self->uid);
  vig_dbus_call_fail (self, error);
}

static void
polkit_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) self = user_data;
  g_autoptr (GError) error = NULL;

  if (vig_dbus_authority_check_finish (G_DBUS_CONNECTION (source), result, &error))
    go_on (self);
  else
    refuse (self, error);
}

static void
ask_polkit (VigDbusCall *self)
{
  const VigDbusOperation *operation = self->operation;
  const char *name = operation->choose_action != NULL ? operation->choose_action (self) : operation->action;
  g_autofree char *action = g_strconcat (VIG_DBUS_NAME ".", name, NULL);
  GDBusMessage *message = g_dbus_method_invocation_get_message (self->invocation);
  gboolean interactive = (g_dbus_message_get_flags (message) & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;

  vig_dbus_authority_check_async (g_dbus_method_invocation_get_connection (self->invocation), g_dbus_method_invocation_get_sender (self->invocation),
                                  action, interactive, polkit_answered, vig_dbus_call_ref (self));
}

/* The bus, not the caller, says who that is. */
static void
uid_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigDbusCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  guint32 uid = G_MAXUINT32;

  if (reply != NULL)
    g_variant_get (reply, "(u)", &uid);

  self->uid = uid;
  if (reply == NULL)
    fail_with (self, VIG_ERROR_DENIED, "the bus does not say who is calling");
  else if (uid == self->required_uid)
    go_on (self);
  else if (self->ask_polkit)
    ask_polkit (self);
  else
    {
      g_autoptr (GError) denied = g_error_new_literal (VIG_ERROR, VIG_ERROR_DENIED, "this user may not control Vigilus by D-Bus");

      refuse (self, denied);
    }
}

void
vig_dbus_call_start (const VigDbusParts *parts, GObject *keep_alive, const VigDbusOperation *operation, uid_t required_uid,
                     gboolean may_ask_polkit, GDBusMethodInvocation *invocation)
{
  VigDbusCall *self = g_new0 (VigDbusCall, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->parts = parts;
  self->keep_alive = g_object_ref (keep_alive);
  self->operation = operation;
  self->required_uid = required_uid;
  self->ask_polkit = may_ask_polkit;
  self->invocation = invocation;
  self->args = g_variant_ref (g_dbus_method_invocation_get_parameters (invocation));

  g_dbus_connection_call (g_dbus_method_invocation_get_connection (invocation), "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionUnixUser",
                          g_variant_new ("(s)", g_dbus_method_invocation_get_sender (invocation)), G_VARIANT_TYPE ("(u)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, uid_known, self);
}
