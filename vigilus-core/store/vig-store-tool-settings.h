/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What is set for the tool whose settings are called @id: {"settings": {}, "secrets": [names of what is sealed], "updated_at"|null}; empty where
 * nothing is set. *sealed (transfer full; may be NULL): the secrets' token, or NULL. */
JsonObject *vig_store_tool_settings_get (VigDbConnection *db, const char *id, char **sealed, GError **error);
/* @sealed NULL: there are no secrets. */
gboolean    vig_store_tool_settings_set (VigDbConnection *db, const char *id, JsonObject *settings, JsonArray *secrets, const char *sealed, GError **error);

G_END_DECLS
