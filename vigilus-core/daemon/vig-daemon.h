/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-config.h"
#include "vig-log.h"
#include "vig-redact.h"

G_BEGIN_DECLS

/* Makes everything, and hands each its collaborators. */
#define VIG_TYPE_DAEMON (vig_daemon_get_type ())
G_DECLARE_FINAL_TYPE (VigDaemon, vig_daemon, VIG, DAEMON, GObject)

VigDaemon *vig_daemon_new    (VigConfig *config, VigRedactor *redactor);

/* Opens the database, loads the plugins and listens. Then, without anyone waiting: the secret, unfinished runs, D-Bus. Prints where it
 * listens on standard output, and "Ready" when all of that is done. */
gboolean   vig_daemon_start  (VigDaemon *self, VigLog *log, GError **error); /* log: gets its file */

/* Ends what runs; unfinished runs go on at the next start. */
void       vig_daemon_stop   (VigDaemon *self);

G_END_DECLS
