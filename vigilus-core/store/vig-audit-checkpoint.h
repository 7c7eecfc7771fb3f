/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-note.h"
#include "vig-vault.h"

G_BEGIN_DECLS

/* Signs the head of the tree as it is in this transaction, unless it is signed already. The object has size, at, key, note and is_new.
 * Where the key is another than that of the last checkpoint, a record says so before. */
JsonObject *vig_audit_checkpoint_make (VigDbConnection *db, VigVault *vault, VigRedactor *redactor, GError **error);
/* Is the log still the one that was signed as @note, which was kept out of its database? Up to there it has the same root, and every head since is
 * signed by us. DENIED: it is another one. */
gboolean    vig_audit_checkpoint_compare (VigDbConnection *db, VigVault *vault, const char *note, GError **error);
/* The newest, or NULL without error: there is none. */
JsonObject *vig_audit_checkpoint_last (VigDbConnection *db, GError **error);
/* Signs the head of the tree as it was with @size records, at the border of a tile, where none is; tells its root. */
gboolean    vig_audit_checkpoint_at   (VigDbConnection *db, VigVault *vault, guint64 size, guint8 *root, GError **error);

G_END_DECLS
