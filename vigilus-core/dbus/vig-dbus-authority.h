/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Asks polkit whether who is called @sender on the bus may do @action. @interactive: a person may be asked for a password, which takes
 * minutes. FALSE with an error: no, or nobody is there to ask. */
void     vig_dbus_authority_check_async  (GDBusConnection *connection, const char *sender, const char *action, gboolean interactive,
                                          GAsyncReadyCallback callback, gpointer user_data);
gboolean vig_dbus_authority_check_finish (GDBusConnection *connection, GAsyncResult *result, GError **error);

G_END_DECLS
