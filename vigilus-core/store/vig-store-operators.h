/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Operators (schema Operator: id, name, description, system_prompt, soul, provider_id|null, model|null, permission_level, trust_mode,
 * working_directory|null, fallback_provider_id|null, fallback_model|null, enabled, tools [names], created_at, updated_at). Names are unique without regard to case. */
JsonObject *vig_store_operators_list    (VigDbConnection *db, const VigPage *page, GError **error);
JsonArray  *vig_store_operators_enabled (VigDbConnection *db, GError **error); /* all that can be routed to, by name; at most 200 */
JsonObject *vig_store_operators_get     (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_operators_find    (VigDbConnection *db, const char *name, GError **error); /* NULL without error: none */
JsonObject *vig_store_operators_create  (VigDbConnection *db, JsonObject *values, GError **error);
JsonObject *vig_store_operators_update  (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);
gboolean    vig_store_operators_delete  (VigDbConnection *db, const char *id, GError **error); /* runs and audit keep its name */

G_END_DECLS
