/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* Elevation requests: decided here, whoever asks (dashboard, D-Bus). Wakes the waiting calls through "decided". */
#define VIG_TYPE_APPROVALS (vig_approvals_get_type ())
G_DECLARE_FINAL_TYPE (VigApprovals, vig_approvals, VIG, APPROVALS, GObject)

VigApprovals *vig_approvals_new           (const VigAgentContext *context);

/* @decision: {"decision": "approve"|"deny", "mode": VIG_GRANT_MODES, "minutes": n, "resource": narrower or null, "arguments": edited, "reason": text}.
 * Answers with the Approval; it is still pending where a second person has to approve, too. Errors: NOT_FOUND, CONFLICT it is no longer
 * pending, DENIED the caller may not approve this, INVALID minutes over the maximum, a wider resource, arguments that don't fit. */
void          vig_approvals_decide_async  (VigApprovals *self, const VigCaller *caller, const char *approval_id, JsonObject *decision,
                                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
JsonObject   *vig_approvals_decide_finish (VigApprovals *self, GAsyncResult *result, GError **error);

/* At once: what runs under the grant ends. Answers with the Grant. Errors: NOT_FOUND, DENIED. */
void          vig_approvals_revoke_async  (VigApprovals *self, const VigCaller *caller, const char *grant_id,
                                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
JsonObject   *vig_approvals_revoke_finish (VigApprovals *self, GAsyncResult *result, GError **error);

G_END_DECLS
