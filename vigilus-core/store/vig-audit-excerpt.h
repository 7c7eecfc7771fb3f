/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-audit-export.h"
#include "vig-audit-prove.h"

G_BEGIN_DECLS

/* A part of the log by filter: a head {"vigilus_audit", "excerpt": true, "size", "filter", "checkpoints": [the note of that size]}, then for each record,
 * newest first, {"proof": [hashes in base64], "record": its line}; as CSV each of these after the cells of its record. vigilus-verify reads both. */
typedef struct _VigAuditExcerpt VigAuditExcerpt;

VigAuditExcerpt *vig_audit_excerpt_new  (JsonObject *filter, VigExportFormat format); /* as of vig_audit_list () */
void             vig_audit_excerpt_free (VigAuditExcerpt *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigAuditExcerpt, vig_audit_excerpt_free)

/* Appends the head or a page of records. *done: it was the last. CONFLICT: there is no checkpoint yet. */
gboolean         vig_audit_excerpt_step (VigAuditExcerpt *self, VigDbConnection *db, GString *out, gboolean *done, GError **error);

G_END_DECLS
