/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-exec.h"
#include "ssh-pool.h"

G_BEGIN_DECLS

#define SSH_COMMAND_TIME     60  /* seconds a command may take where nothing is said */
#define SSH_COMMAND_MAX_TIME 600
#define SSH_COMMAND_SERVERS  50  /* servers of one call */

/* On a pooled connection. *step: how far it came. */
VigSshResult *vig_ssh_run_pooled       (VigSshPool *pool, VigServer *server, const VigSshCommand *command, VigSshStep *step, GCancellable *cancellable,
                                        GError **error);

/* "ssh.exec" */
JsonNode     *vig_ssh_command_run      (VigSshPool *pool, VigInvocation *invocation, GCancellable *cancellable, GError **error);
VigLevel      vig_ssh_command_classify (VigInvocation *invocation, char **resource);
VigPreview   *vig_ssh_command_preview  (VigInvocation *invocation);

G_END_DECLS
