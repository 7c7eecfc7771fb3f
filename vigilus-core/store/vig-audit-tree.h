/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"
#include "vig-merkle.h"

G_BEGIN_DECLS

#define VIG_AUDIT_TILE 256 /* hashes of a full tile (C2SP tlog-tiles) */

/* Takes every record that is not in the Merkle tree yet into it, in this transaction: a VigDbFunc, for vig_db_before_commit () too. */
gpointer vig_audit_tree_grow (VigDbConnection *db, gpointer data, GError **error);
gboolean vig_audit_tree_read (VigDbConnection *db, VigMerkle *tree, GError **error);

/* The tree as it was with @size leaves, at the border of a tile. */
gboolean vig_audit_tree_read_at (VigDbConnection *db, guint64 size, VigMerkle *tree, GError **error);

/* Its root as it was with @size leaves, anywhere. FAILED: there are not so many, or they are damaged. */
gboolean vig_audit_tree_root_at (VigDbConnection *db, guint64 size, guint8 *root, GError **error);

void     vig_audit_tree_set_part (gint64 n_records); /* for tests: how many records a part of the index of words has */

G_END_DECLS
