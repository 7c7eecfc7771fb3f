/* SPDX-License-Identifier: MIT */
#pragma once

#include "ssh-pool.h"

G_BEGIN_DECLS

/* Really connects, signs in and runs a command: what VigServerAccess.test gives. Blocks. */
JsonNode *vig_ssh_test (VigSshPool *pool, VigServer *server, GCancellable *cancellable, GError **error);

G_END_DECLS
