/* SPDX-License-Identifier: MIT */
#pragma once

#include <libssh/libssh.h>
#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Cuts a connection where libssh would wait for a silent server: when @cancellable fires, and at @deadline (monotonic, microseconds; 0: none). */
typedef struct _VigSshWatch VigSshWatch;

VigSshWatch *vig_ssh_watch_begin (int fd, gint64 deadline, GCancellable *cancellable);
gboolean     vig_ssh_watch_end   (VigSshWatch *self); /* TRUE: it has cut the connection */

G_END_DECLS
