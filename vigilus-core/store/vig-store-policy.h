/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* The newest version: {"version", "rules", "note", "user_name", "created_at"}; version 0 with no rules where none was stored. */
JsonObject *vig_store_policy_get      (VigDbConnection *db, GError **error);
gint64      vig_store_policy_version  (VigDbConnection *db, GError **error); /* -1: error */
/* Adds the version after @expected. CONFLICT: that is not the newest any more. */
JsonObject *vig_store_policy_add      (VigDbConnection *db, gint64 expected, JsonArray *rules, const char *note, const char *user_name, GError **error);
JsonObject *vig_store_policy_list     (VigDbConnection *db, const VigPage *page, GError **error);

/* Calls since @since (microseconds), at most @limit: what a rule is asked about. The newest first, then those of deleted conversations as the audit
 * log has them. */
JsonArray  *vig_store_policy_history  (VigDbConnection *db, gint64 since, gint64 limit, GError **error);

/* {"items": [{"tool", "level", "user_name", "created_at"}]} */
JsonObject *vig_store_floors_list     (VigDbConnection *db, GError **error);
/* NULL without error: the tool has none. (transfer full) */
char       *vig_store_floors_dup      (VigDbConnection *db, const char *tool, GError **error);
/* @level NULL: the tool's declared level counts again. */
gboolean    vig_store_floors_set      (VigDbConnection *db, const char *tool, const char *level, const char *user_name, GError **error);

G_END_DECLS
