/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What opens servers (schema Credential: id, name, kind, public_key|null, fingerprint|null, servers [names], created_at, updated_at).
 * @sealed is a Fernet token around {"private_key", "passphrase"} or {"password"}; it is never in the returned object. */
JsonObject *vig_store_credentials_list   (VigDbConnection *db, const VigPage *page, GError **error);
JsonObject *vig_store_credentials_get    (VigDbConnection *db, const char *id, char **sealed, GError **error); /* sealed may be NULL */
JsonObject *vig_store_credentials_create (VigDbConnection *db, JsonObject *values, const char *sealed, GError **error);
/* @sealed NULL: what is stored stays. With @sealed the public key and the fingerprint come from @changes, too. */
JsonObject *vig_store_credentials_update (VigDbConnection *db, const char *id, JsonObject *changes, const char *sealed, GError **error);
gboolean    vig_store_credentials_delete (VigDbConnection *db, const char *id, GError **error); /* CONFLICT names the servers that use it */

G_END_DECLS
