/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* What a person decided about an elevation request, as one transaction: decision, grant and audit records, or none of them. Where two
 * have to approve, the first leaves it pending. */
typedef struct _VigApprovalDecision VigApprovalDecision;

/* @edit: the approver's arguments (vig-approval-edit.h), or NULL. */
VigApprovalDecision *vig_approval_decision_new   (VigRedactor *redactor, GBytes *key, const VigCaller *caller, const char *approval_id,
                                                  JsonObject *decision, JsonObject *edit, gint64 now);
void                 vig_approval_decision_free  (gpointer data);
gpointer             vig_approval_decision_write (VigDbConnection *db, gpointer data, GError **error); /* VigDbFunc: the Approval */

/* Ends all requests that nobody decided in time: {"expired": [Approval], "next": when the next one expires or null}. */
typedef struct _VigApprovalSweep VigApprovalSweep;

VigApprovalSweep    *vig_approval_sweep_new      (VigRedactor *redactor, gint64 now);
void                 vig_approval_sweep_free     (gpointer data);
gpointer             vig_approval_decision_sweep (VigDbConnection *db, gpointer data, GError **error); /* VigDbFunc */

/* The request goes with its run. NULL without error: it was decided already. */
JsonObject          *vig_approval_decision_cancel (VigDbConnection *db, VigRedactor *redactor, const char *approval_id, GError **error);

G_END_DECLS
