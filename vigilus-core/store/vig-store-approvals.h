/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* once: these arguments, one use; timed: tool and resource, for minutes; conversation: the same, only in the conversation that asked; standing:
 * exactly these arguments, for days. */
#define VIG_GRANT_MODES "once|timed|conversation|standing"

/* Elevation requests (schema Approval: id, call_id, run_id, session_id, user_id, operator_id, operator_name, tool, level, resource|null,
 * arguments (redacted for people), arguments_sha256, reason, preview|null {kind,text}, status pending|approved|denied|expired|cancelled,
 * mode|null VIG_GRANT_MODES, minutes|null, decided_by|null, deny_reason|null, created_at, expires_at, decided_at|null, granted_resource|null,
 * edited_arguments|null (redacted), taint|null (see vig-store-taints.h), times_approved, offer_standing, approvers_needed, first_by|null,
 * rule|null and because|null: what asked for a person,
 * user_name: whose run it is, first_at|null, first_terms|null {mode, minutes, resource, arguments}, grant|null {id, expires_at, used_at, revoked_at}). */
JsonObject *vig_store_approvals_create  (VigDbConnection *db, JsonObject *approval, GError **error);
JsonObject *vig_store_approvals_get     (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_approvals_list    (VigDbConnection *db, const char *status, const VigPage *page, GError **error); /* status may be NULL; newest first */
gint64      vig_store_approvals_pending (VigDbConnection *db, GError **error);
/* Those that are pending in a session: {id, tool, resource|null, operator_name}, at most 50. */
JsonArray  *vig_store_approvals_open    (VigDbConnection *db, const char *session_id, GError **error);
/* Another request for the very same that is still open, whoever's call made it; NULL without error: none. */
JsonObject *vig_store_approvals_find_same (VigDbConnection *db, JsonObject *approval, GError **error);
/* How often a person has approved exactly this, as it was asked; -1: @error. */
gint64      vig_store_approvals_count_same (VigDbConnection *db, JsonObject *approval, GError **error);
/* The first of two people: it stays pending. @terms are what the second one confirms; CONFLICT where it is not pending. */
JsonObject *vig_store_approvals_first   (VigDbConnection *db, const char *id, const char *by, const char *by_id, JsonObject *terms, GError **error);
/* What the first one chose, and who that was: {"by_id", "by", "terms"}; NULL without error: nobody did yet. */
JsonObject *vig_store_approvals_get_first (VigDbConnection *db, const char *id, GError **error);
/* From pending to @status, once: CONFLICT where it is no longer pending, naming what it is. @changes: mode, minutes, decided_by, deny_reason,
 * resource, arguments (edited, redacted). */
JsonObject *vig_store_approvals_decide  (VigDbConnection *db, const char *id, const char *status, JsonObject *changes, GError **error);

/* Grants (schema Grant: id, approval_id|null, operator_id, operator_name, tool, level, resource|null, mode VIG_GRANT_MODES, granted_by,
 * created_at, expires_at, used_at|null, revoked_at|null; arguments_sha256 for once and standing; session_id|null: only there). `signature` is stored and never in the API. */
JsonObject *vig_store_grants_create     (VigDbConnection *db, JsonObject *grant, const char *signature, GError **error);
/* What a call that waits would change now, in place of what it was: the Approval. NULL without error: it is the same, or no longer pending. */
JsonObject *vig_store_approvals_renew_preview (VigDbConnection *db, const char *id, JsonObject *preview, GError **error);
JsonObject *vig_store_grants_list       (VigDbConnection *db, gboolean live_only, const VigPage *page, GError **error);
/* Candidates: live, of this operator and tool, and not for other arguments; at most 1,000, narrowest first; each with its `signature` member. */
JsonArray  *vig_store_grants_live       (VigDbConnection *db, const char *operator_id, const char *tool, const char *arguments_sha256, GError **error);
/* Marks a once-grant used, once: CONFLICT if it was. */
gboolean    vig_store_grants_use        (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_grants_revoke     (VigDbConnection *db, const char *id, GError **error);
/* Grants that ended with what they were for, and the reason: no record says so yet, and whoever asks writes one of each. */
JsonArray  *vig_store_grants_take_ended (VigDbConnection *db, GError **error);

G_END_DECLS
