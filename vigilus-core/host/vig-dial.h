/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The other end of the daemon's VigConnector. */
GSocket           *vig_dial_open (GError **error);
GSocketConnection *vig_dial      (GSocket *socket, const char *address, GCancellable *cancellable, GError **error); /* any thread; @socket NULL: denied */

G_END_DECLS
