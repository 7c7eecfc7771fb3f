/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Elevation requests (schema Approval: id, call_id, run_id, session_id, user_id, operator_id, operator_name, tool, level, resource|null,
 * arguments (redacted for people), arguments_sha256, reason, preview|null {kind,text}, status pending|approved|denied|expired|cancelled,
 * mode|null once|timed, minutes|null, decided_by|null, deny_reason|null, created_at, expires_at, decided_at|null). */
JsonObject *vig_store_approvals_create  (VigDbConnection *db, JsonObject *approval, GError **error);
JsonObject *vig_store_approvals_get     (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_approvals_list    (VigDbConnection *db, const char *status, const VigPage *page, GError **error); /* status may be NULL; newest first */
gint64      vig_store_approvals_pending (VigDbConnection *db, GError **error);
/* From pending to @status, once: CONFLICT where it is no longer pending, naming what it is. @changes: mode, minutes, decided_by, deny_reason. */
JsonObject *vig_store_approvals_decide  (VigDbConnection *db, const char *id, const char *status, JsonObject *changes, GError **error);

/* Grants (schema Grant: id, approval_id|null, operator_id, operator_name, tool, level, resource|null, mode once|timed, granted_by,
 * created_at, expires_at, used_at|null, revoked_at|null; arguments_sha256 for once). `signature` is stored and never in the API. */
JsonObject *vig_store_grants_create     (VigDbConnection *db, JsonObject *grant, const char *signature, GError **error);
JsonObject *vig_store_grants_list       (VigDbConnection *db, gboolean live_only, const VigPage *page, GError **error);
/* Candidates: live, of this operator and tool, at most 100, narrowest first; each with its `signature` member. */
JsonArray  *vig_store_grants_live       (VigDbConnection *db, const char *operator_id, const char *tool, GError **error);
/* Marks a once-grant used, once: CONFLICT if it was. */
gboolean    vig_store_grants_use        (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_grants_revoke     (VigDbConnection *db, const char *id, GError **error);

G_END_DECLS
