/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-relay.h"

G_BEGIN_DECLS

/* Signed-in connections that nobody uses now, kept for SSH_POOL_IDLE seconds. One call has a connection for itself; several calls to
 * one server have several. Thread-safe. */
typedef struct _VigSshPool VigSshPool;

#define SSH_POOL_IDLE 60  /* seconds */
#define SSH_POOL_MAX  64  /* idle connections in all */
#define SSH_POOL_DIALS 4  /* connections to one server that are being made at once: from 10 on sshd refuses some (MaxStartups) */

VigSshPool *vig_ssh_pool_new   (void);
VigSshPool *vig_ssh_pool_ref   (VigSshPool *self);
void        vig_ssh_pool_unref (VigSshPool *self);

/* An idle connection that still answers to the same name, user, credential and host key, or a new one. @was_idle: it may have died unseen. */
ssh_session vig_ssh_pool_take (VigSshPool *self, VigServer *server, gboolean *was_idle, VigSshStep *step, GCancellable *cancellable, GError **error);
/* A new connection, through the server's jump hosts. */
ssh_session vig_ssh_pool_connect (VigSshPool *self, VigServer *server, VigSshStep *step, GCancellable *cancellable, GError **error);
/* A socket to what @server reaches at @host and @port; with port 0 @host is the path of a Unix socket there. All share one connection. -1: see *step. */
int         vig_ssh_pool_open (VigSshPool *self, VigServer *server, const char *host, guint port, VigSshStep *step, GCancellable *cancellable, GError **error);
void        vig_ssh_pool_give (VigSshPool *self, VigServer *server, ssh_session session); /* (transfer full) session */
void        vig_ssh_pool_reap (VigSshPool *self); /* closes what has been idle for too long */

G_END_DECLS
