/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"
#include "vig-merkle.h"

G_BEGIN_DECLS

/* Proofs that records are in the tree as it was with @size leaves (RFC 6962, section 2.1.1), from the tiles. What is read is kept for the next
 * one, so one prover is for one reading. */
typedef struct _VigAuditProver VigAuditProver;

VigAuditProver *vig_audit_prover_new  (guint64 size);
void            vig_audit_prover_free (VigAuditProver *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigAuditProver, vig_audit_prover_free)

/* Of the record with this number, from 1 to the size: hashes one after another. */
GByteArray     *vig_audit_prover_prove (VigAuditProver *self, VigDbConnection *db, guint64 seq, GError **error);

G_END_DECLS
