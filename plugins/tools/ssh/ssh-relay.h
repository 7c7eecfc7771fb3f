/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-connect.h"

G_BEGIN_DECLS

/* A connection that is there for its channels: each is a socket here, and one thread moves the bytes between them. Thread-safe. */
typedef struct _VigSshRelay VigSshRelay;

#define SSH_RELAY_MAX       64 /* channels at once */
#define SSH_RELAY_KEEPALIVE 30 /* seconds without a word until it asks whether the server is there */

VigSshRelay *vig_ssh_relay_new        (ssh_session session); /* (transfer full) session */
VigSshRelay *vig_ssh_relay_ref        (VigSshRelay *self);
void         vig_ssh_relay_unref      (VigSshRelay *self); /* with the last one it ends, and all channels */

/* A socket to @host and @port as the server reaches them, or, with port 0, to the Unix socket at the path @host there. Blocks. -1: *step says
 * whether the name, the connection or the server's refusal was it. The caller closes it. */
int          vig_ssh_relay_open       (VigSshRelay *self, const char *host, guint port, VigSshStep *step, GCancellable *cancellable, GError **error);
gboolean     vig_ssh_relay_is_alive   (VigSshRelay *self);
gboolean     vig_ssh_relay_is_idle    (VigSshRelay *self, gint64 since); /* no channel since that time (monotonic) */

G_END_DECLS
