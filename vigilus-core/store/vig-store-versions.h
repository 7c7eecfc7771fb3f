/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

#define VIG_STORE_VERSIONS_KEPT 100 /* of an Operator; older ones go */

/* What an Operator was: a version for each change (schema OperatorVersion: version, content {what can be set}, note, user_name, created_at). */

/* Those values of @operator that a person can set. (transfer full) */
JsonObject *vig_store_versions_content (JsonObject *operator);
/* Adds one where @operator is not what the newest says. Call it before a change, too: so nothing is lost of one that has no version yet. */
gboolean    vig_store_versions_keep    (VigDbConnection *db, JsonObject *operator, const char *user_name, const char *note, GError **error);
JsonObject *vig_store_versions_list    (VigDbConnection *db, const char *operator_id, const VigPage *page, GError **error); /* newest first */
JsonObject *vig_store_versions_get     (VigDbConnection *db, const char *operator_id, gint64 version, GError **error);
/* Sets all that version @version says; a provider that is gone becomes the default one. The Operator as it is now. */
JsonObject *vig_store_versions_restore (VigDbConnection *db, const char *operator_id, gint64 version, const char *user_name, GError **error);

G_END_DECLS
