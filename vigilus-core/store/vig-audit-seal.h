/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-vault.h"

G_BEGIN_DECLS

#define VIG_AUDIT_SEGMENT 16384 /* records of a sealed segment; full tiles */

typedef struct
{
  VigDb       *db;
  VigVault    *vault;
  VigRedactor *redactor;
  const char  *directory; /* made where it is missing */
  gint64       before;    /* only records that are all older, microseconds */
  gint64       n_records; /* of a segment: a multiple of VIG_AUDIT_TILE */
} VigAuditSeal;

/* Moves the oldest segment out of the database into a file: an export that vigilus-verify takes, checked against the tree before any record leaves. Blocking: on a
 * worker. *file (transfer full): its path, or NULL where no whole segment is old enough. */
gboolean vig_audit_seal (const VigAuditSeal *self, char **file, GError **error);

G_END_DECLS
