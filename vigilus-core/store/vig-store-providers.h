/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Configured providers (schema Provider: id, name, type, base_url, default_model, enabled, is_default, options, key {set,
 * readable}, created_at, updated_at). @sealed_key: a Fernet token from VigSecret, or NULL; never in the returned object. Exactly one is the default
 * once there is any. `key.readable` is left out by the store: the caller fills it (vig-vault). */
JsonObject *vig_store_providers_list     (VigDbConnection *db, const VigPage *page, GError **error);
JsonObject *vig_store_providers_get      (VigDbConnection *db, const char *id, char **sealed_key, GError **error); /* sealed_key may be NULL */
JsonObject *vig_store_providers_default  (VigDbConnection *db, char **sealed_key, GError **error);               /* NULL without error: none */
JsonObject *vig_store_providers_create   (VigDbConnection *db, JsonObject *provider, const char *sealed_key, GError **error);
/* @keep_key: leave the stored key; else it becomes @sealed_key (NULL: none). */
JsonObject *vig_store_providers_update   (VigDbConnection *db, const char *id, JsonObject *changes, gboolean keep_key, const char *sealed_key, GError **error);
gboolean    vig_store_providers_delete   (VigDbConnection *db, const char *id, GError **error); /* CONFLICT names the Operators that use it */
/* Whether @member of @object names a provider, or none; else INVALID, naming the member. */
gboolean    vig_store_providers_check    (VigDbConnection *db, JsonObject *object, const char *member, GError **error);

G_END_DECLS
