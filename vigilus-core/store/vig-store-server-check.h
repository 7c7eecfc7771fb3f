/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

#define VIG_SERVER_MAX_JUMPS 4 /* jump hosts on the way to a server */

/* What the fields of a Server must be together; INVALID names the member. */
gboolean vig_store_server_check (VigDbConnection *db, JsonObject *server, GError **error);

G_END_DECLS
