/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-connect.h"

G_BEGIN_DECLS

/* Signed-in connections that nobody uses now, kept for SSH_POOL_IDLE seconds. One call has a connection for itself; several calls to
 * one server have several. Thread-safe. */
typedef struct _VigSshPool VigSshPool;

#define SSH_POOL_IDLE 60  /* seconds */
#define SSH_POOL_MAX  64  /* idle connections in all */

VigSshPool *vig_ssh_pool_new  (void);
void        vig_ssh_pool_free (VigSshPool *self);

/* An idle connection that still answers to the same name, user, credential and host key, or a new one. @was_idle: it may have died unseen. */
ssh_session vig_ssh_pool_take (VigSshPool *self, VigServer *server, gboolean *was_idle, VigSshStep *step, GCancellable *cancellable, GError **error);
void        vig_ssh_pool_give (VigSshPool *self, VigServer *server, ssh_session session); /* (transfer full) session */
void        vig_ssh_pool_reap (VigSshPool *self); /* closes what has been idle for too long */

G_END_DECLS
