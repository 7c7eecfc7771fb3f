/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-panic.h"

G_BEGIN_DECLS

/* Looks at every server of the inventory, as often as the settings say: connects, signs in, asks how it is, stores that. Not while
 * Vigilus is frozen: then those under way are called off. Main thread. */
#define VIG_TYPE_SERVER_CHECKS (vig_server_checks_get_type ())
G_DECLARE_FINAL_TYPE (VigServerChecks, vig_server_checks, VIG, SERVER_CHECKS, GObject)

#define VIG_SERVER_CHECKS_AT_ONCE 4 /* each is work for a processor, and the dashboard goes first */

VigServerChecks *vig_server_checks_new     (const VigAgentContext *context, VigPanic *panic);
void             vig_server_checks_start   (VigServerChecks *self);
void             vig_server_checks_stop    (VigServerChecks *self);
void             vig_server_checks_run_all (VigServerChecks *self); /* now, whatever the settings say; those under way are not begun again */

G_END_DECLS
