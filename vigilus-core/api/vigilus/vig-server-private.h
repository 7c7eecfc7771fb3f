/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-server.h"

G_BEGIN_DECLS

/* Not installed: how the core makes a server. */
typedef gboolean (*VigPinHostKeyFunc) (VigServer *server, const char *host_key, gpointer data, GError **error);

/* Takes the strings of @values. @pin may be NULL: then pinning fails with VIG_ERROR_NOT_SUPPORTED. */
VIG_API VigServer *vig_server_new (const VigServer *values, VigPinHostKeyFunc pin, gpointer data, GDestroyNotify free_data);

G_END_DECLS
