/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-dbus-authority.h"

#define NAME "org.freedesktop.PolicyKit1"
#define PATH "/org/freedesktop/PolicyKit1/Authority"
#define INTERFACE NAME ".Authority"

#define ALLOW_USER_INTERACTION 1u
#define TIMEOUT_MS 5000
#define INTERACTIVE_TIMEOUT_MS (5 * 60 * 1000)

/* CheckAuthorization (subject, action, details, flags, cancellation) of polkit's D-Bus interface. The subject is the name on the bus,
 * which the bus gives and nobody else can take, so no process id can be reused in between. */
void
vig_dbus_authority_check_async (GDBusConnection *connection, const char *sender, const char *action, gboolean interactive,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  GVariantBuilder subject;
  GVariantBuilder details;

  g_variant_builder_init (&subject, G_VARIANT_TYPE ("a{sv}"));
  g_variant_builder_add (&subject, "{sv}", "name", g_variant_new_string (sender));
  g_variant_builder_init (&details, G_VARIANT_TYPE ("a{ss}"));
  g_dbus_connection_call (connection, NAME, PATH, INTERFACE, "CheckAuthorization",
                          g_variant_new ("((sa{sv})sa{ss}us)", "system-bus-name", &subject, action, &details,
                                         interactive ? ALLOW_USER_INTERACTION : 0u, ""),
                          G_VARIANT_TYPE ("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE, interactive ? INTERACTIVE_TIMEOUT_MS : TIMEOUT_MS, NULL,
                          callback, user_data);
}

gboolean
vig_dbus_authority_check_finish (GDBusConnection *connection, GAsyncResult *result, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (connection, result, &local_error);
  gboolean allowed = FALSE;
  gboolean challenge = FALSE;

  if (reply == NULL)
    {
      g_dbus_error_strip_remote_error (local_error);
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "only root may control Vigilus on the system bus, since polkit does not answer: %s", local_error->message);
      return FALSE;
    }

  g_variant_get (reply, "((bba{ss}))", &allowed, &challenge, NULL);
  if (allowed)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED,
                       challenge ? "polkit wants a password for that, and this call does not let it ask for one"
                                 : "polkit does not let this user do that");

  return FALSE;
}
