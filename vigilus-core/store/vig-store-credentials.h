/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What opens servers and HTTP services (schema Credential: id, name, kind, public_key|null, fingerprint|null, servers [names], tools [names], created_at,
 * updated_at). @sealed is a Fernet token around {"private_key", "passphrase"}, {"password"} or {"secret"}; it is never in the returned object. */
JsonObject *vig_store_credentials_list   (VigDbConnection *db, const VigPage *page, GError **error);
JsonObject *vig_store_credentials_get    (VigDbConnection *db, const char *id, char **sealed, GError **error); /* sealed may be NULL */
JsonObject *vig_store_credentials_create (VigDbConnection *db, JsonObject *values, const char *sealed, GError **error);
/* @sealed NULL: what is stored stays. With @sealed the public key and the fingerprint come from @changes, too. */
JsonObject *vig_store_credentials_update (VigDbConnection *db, const char *id, JsonObject *changes, const char *sealed, GError **error);
gboolean    vig_store_credentials_delete (VigDbConnection *db, const char *id, GError **error); /* CONFLICT names what uses it */
/* NULL, or there and of one of @kinds ("ssh_key|password"): INVALID begins with @member. */
gboolean    vig_store_credentials_check  (VigDbConnection *db, const char *id, const char *member, const char *kinds, GError **error);

G_END_DECLS
