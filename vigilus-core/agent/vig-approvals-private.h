/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-approvals.h"

#include "vig-parts.h"

G_BEGIN_DECLS

/* The agent's side of the approvals: waiting for one, and time. */

/* @approval: as it stands now, no longer pending. */
typedef void (*VigApprovalFunc) (JsonObject *approval, gpointer user_data);

/* Calls @func once, when the request is decided, expires or is cancelled. @expires_at: ISO 8601. */
void     vig_approvals_wait      (VigApprovals *self, const char *id, const char *expires_at, VigApprovalFunc func, gpointer user_data);
void     vig_approvals_forget    (VigApprovals *self, const char *id, gpointer user_data);
/* Tells who waits, and who listens: after a transaction that decided. */
void     vig_approvals_announce  (VigApprovals *self, JsonObject *approval);

/* Calls @func once, when a grant is revoked, or ends with what it was for: what runs under it ends. vig_approvals_forget () ends the watch. */
void     vig_approvals_watch_grant (VigApprovals *self, const char *grant_id, VigApprovalFunc func, gpointer user_data);
/* Makes the preview of what waits anew, with other arguments where @arguments is not NULL. @user_data: of vig_approvals_wait (). The
 * result is a GTask's pointer: {"kind", "text"} redacted, or NULL. */
typedef void (*VigApprovalPreviewFunc) (gpointer waiter, JsonObject *arguments, GAsyncReadyCallback callback, gpointer user_data);
void     vig_approvals_set_preview_func (VigApprovals *self, VigApprovalPreviewFunc func);
/* What edited arguments are judged with; borrowed, NULL when it goes. */
void     vig_approvals_set_parts (VigApprovals *self, VigParts *parts);

gint64   vig_approvals_now       (VigApprovals *self);  /* UTC microseconds */
void     vig_approvals_set_clock (VigApprovals *self, gint64 (*clock) (void)); /* for tests */
void     vig_approvals_sweep     (VigApprovals *self);  /* ends what has expired; the timer calls it */

G_END_DECLS
