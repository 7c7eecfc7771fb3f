/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Which plugins an administrator allowed to run in process: by id, for the file of exactly this SHA-256 (hex). */
JsonObject *vig_store_plugins_allowed (VigDbConnection *db, GError **error); /* {"id": "sha256"} */
gboolean    vig_store_plugins_allow   (VigDbConnection *db, const char *id, const char *sha256, const char *user_name, GError **error);
gboolean    vig_store_plugins_revoke  (VigDbConnection *db, const char *id, GError **error); /* NOT_FOUND: it was not allowed */

G_END_DECLS
