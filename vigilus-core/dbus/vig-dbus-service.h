/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-panic.h"
#include "vig-plugin-loader.h"
#include "vig-runner.h"

G_BEGIN_DECLS

#define VIG_DBUS_NAME "org.vigilus.Vigilus1"
#define VIG_DBUS_PATH "/org/vigilus/Vigilus1"

/* Offers org.vigilus.Vigilus1 (data/dbus): on the session bus to our own user, on the system bus to root. Calls act as the owner. */
#define VIG_TYPE_DBUS_SERVICE (vig_dbus_service_get_type ())
G_DECLARE_FINAL_TYPE (VigDbusService, vig_dbus_service, VIG, DBUS_SERVICE, GObject)

VigDbusService *vig_dbus_service_new        (const VigAgentContext *context, VigRunner *runner, VigApprovals *approvals, VigPluginLoader *plugins,
                                             VigPanic *panic);

/* @bus: as vig_config_get_dbus () says. A bus that is not there is told in the log, and no failure: the dashboard works without. */
void            vig_dbus_service_start      (VigDbusService *self, const char *bus);
void            vig_dbus_service_stop       (VigDbusService *self);
gboolean        vig_dbus_service_is_offered (VigDbusService *self); /* the name is ours */

G_END_DECLS
