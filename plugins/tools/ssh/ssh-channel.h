/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-connect.h"

#include <poll.h>

G_BEGIN_DECLS

/* A channel and the socket that stands for it here. All of it on the thread that owns the session, which does not block. Before the first
 * byte of the channel the socket gets "+", or "-", a letter for the step and the reason why there is none. */
typedef struct _VigSshChannel VigSshChannel;

VigSshChannel *vig_ssh_channel_new     (ssh_session session, const char *host, guint port, int fd); /* takes @fd */
void           vig_ssh_channel_free    (VigSshChannel *self);
gboolean       vig_ssh_channel_is_opening (VigSshChannel *self);

/* Does what can be done now. *moved: something was. FALSE: it is over. */
gboolean       vig_ssh_channel_advance (VigSshChannel *self, gboolean *moved);
void           vig_ssh_channel_want    (VigSshChannel *self, struct pollfd *fd); /* what it waits for here */
void           vig_ssh_channel_heed    (VigSshChannel *self, const struct pollfd *fd);

G_END_DECLS
