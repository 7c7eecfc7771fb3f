/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* The append-only record (schema AuditRecord): the database refuses UPDATE and DELETE of it. @record has event (call.declared,
 * call.outcome, call.denied, approval.requested, approval.decided, grant.created, grant.revoked, login.succeeded, login.failed, logout,
 * password.changed, operator.created, ..., settings.changed, plugin.allowed, ...) and any of: user_name, operator_name, session_id, run_id,
 * call_id, approval_id, tool, level, resource, arguments, decision, rule, reason, outcome, error, duration_us, detail. Every text passes @redactor. */
gboolean    vig_audit_append (VigDbConnection *db, VigRedactor *redactor, JsonObject *record, GError **error);

/* Newest first. @filter may be NULL, or have any of: event, user_name, operator_name, tool, level, outcome, run_id, session_id, call_id, from,
 * until, text: words that a record must all have, one that ends with * may go on. */
JsonObject *vig_audit_list   (VigDbConnection *db, JsonObject *filter, const VigPage *page, GError **error);

G_END_DECLS
