/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* Looks after the audit log: tells that records were added, signs the head of its tree, and carries the checkpoints out of reach of whoever can write the
 * database: into the journal, a file, a webhook. Seals what is older than it must be kept at hand. Main thread. */
#define VIG_TYPE_AUDIT_KEEPER (vig_audit_keeper_get_type ())
G_DECLARE_FINAL_TYPE (VigAuditKeeper, vig_audit_keeper, VIG, AUDIT_KEEPER, GObject)

#define VIG_AUDIT_CHECKPOINT_TIME    60   /* seconds: no record is unsigned for longer */
#define VIG_AUDIT_CHECKPOINT_RECORDS 1000 /* unsigned ones, at which it is signed at once */

/* @file, @webhook: where checkpoints go, or NULL. @context: outlives it. */
VigAuditKeeper *vig_audit_keeper_new         (const VigAgentContext *context, const char *file, const char *webhook);
/* What is older is sealed into files of @directory, every hour. Before start. */
void            vig_audit_keeper_set_keep    (VigAuditKeeper *self, guint days, const char *directory);
void            vig_audit_keeper_start       (VigAuditKeeper *self);
/* Signs what is left, waiting for it. */
void            vig_audit_keeper_stop        (VigAuditKeeper *self);

/* The checkpoint of all that is there, made now where there is none: as vig_audit_checkpoint_make () tells it. UNAVAILABLE: no secret is set. */
void            vig_audit_keeper_sign_async  (VigAuditKeeper *self, GAsyncReadyCallback callback, gpointer user_data);
JsonObject     *vig_audit_keeper_sign_finish (VigAuditKeeper *self, GAsyncResult *result, GError **error);

/* How the last checkpoint came to each place: kind, target, error (or null), at (or null). Of a webhook only the host is told. (transfer full) */
JsonArray      *vig_audit_keeper_describe    (VigAuditKeeper *self);

G_END_DECLS
