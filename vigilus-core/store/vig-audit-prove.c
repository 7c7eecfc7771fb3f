/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-prove.h"

#include <string.h>

#include "vig-audit-line.h"
#include "vig-audit-tree.h"

#define MAX_KEPT 4096 /* tiles and roots */

struct _VigAuditProver
{
  guint64     size;
  GHashTable *kept; /* "tLEVEL/N" or "rFIRST/COUNT" -> GBytes */
};

static gboolean
damaged (GError **error)
{
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "the tiles of the audit log are damaged: restore a backup");

  return FALSE;
}

static void
keep (VigAuditProver *self, const char *name, GBytes *bytes)
{
  if (g_hash_table_size (self->kept) >= MAX_KEPT)
    g_hash_table_remove_all (self->kept);
  g_hash_table_insert (self->kept, g_strdup (name), g_bytes_ref (bytes));
}

/* The leaves of the tile that is still open, which the database has not as hashes. */
static GBytes *
hash_open_tile (VigDbConnection *db, guint64 n, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT " VIG_AUDIT_COLUMNS " FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2", "ii",
                                             (gint64) (n * VIG_AUDIT_TILE), (gint64) VIG_AUDIT_TILE);
  g_autoptr (GByteArray) hashes = g_byte_array_new ();
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GError) local_error = NULL;
  guint8 leaf[VIG_MERKLE_HASH];

  if (rows == NULL)
    return NULL;
  while (vig_db_rows_next (rows, &local_error))
    {
      g_string_truncate (line, 0);
      vig_audit_line_append (line, rows);
      vig_merkle_hash_leaf (line->str, line->len, leaf);
      g_byte_array_append (hashes, leaf, sizeof leaf);
    }
  if (local_error == NULL)
    return g_byte_array_free_to_bytes (g_steal_pointer (&hashes));
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static GBytes *
read_tile (VigDbConnection *db, guint level, guint64 n, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT hashes FROM audit_tiles WHERE level = ?1 AND n = ?2", "ii", (gint64) level, (gint64) n);
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return NULL;
  if (vig_db_rows_next (rows, &local_error))
    return vig_db_rows_bytes (rows, 0);
  if (local_error == NULL)
    return level == 0 ? hash_open_tile (db, n, error) : g_bytes_new (NULL, 0);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

/* @count hashes of level @level from @first on, which lie in one tile: the root of the tree over them. */
static gboolean
hash_within_tile (VigAuditProver *self, VigDbConnection *db, guint level, guint64 first, guint64 count, guint8 *root, GError **error)
{
  guint64 n = first / VIG_AUDIT_TILE;
  guint64 place = first % VIG_AUDIT_TILE;
  g_autofree char *name = g_strdup_printf ("t%u/%" G_GUINT64_FORMAT, level, n);
  GBytes *known = g_hash_table_lookup (self->kept, name);
  g_autoptr (GBytes) tile = known != NULL ? g_bytes_ref (known) : read_tile (db, level, n, error);
  VigMerkle tree = { 0 };
  guint64 i;

  if (tile == NULL)
    return FALSE;
  if (known == NULL)
    keep (self, name, tile);
  if (g_bytes_get_size (tile) < (place + count) * VIG_MERKLE_HASH)
    return damaged (error);

  for (i = 0; i < count; i++)
    vig_merkle_append (&tree, (const guint8 *) g_bytes_get_data (tile, NULL) + (place + i) * VIG_MERKLE_HASH);
  vig_merkle_root (&tree, root);

  return TRUE;
}

static guint64
split (guint64 n)
{
  guint64 k = 1;

  while (k * 2 < n)
    k *= 2;

  return k;
}

static gboolean hash_range (VigAuditProver *self, VigDbConnection *db, guint64 first, guint64 n, guint8 *root, GError **error);

static gboolean
hash_halves (VigAuditProver *self, VigDbConnection *db, guint64 first, guint64 n, guint8 *root, GError **error)
{
  g_autofree char *name = g_strdup_printf ("r%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, first, n);
  GBytes *known = g_hash_table_lookup (self->kept, name);
  g_autoptr (GBytes) made = NULL;
  guint8 right[VIG_MERKLE_HASH];
  guint64 k = split (n);

  if (known != NULL)
    {
      memcpy (root, g_bytes_get_data (known, NULL), VIG_MERKLE_HASH);
      return TRUE;
    }
  if (!hash_range (self, db, first, k, root, error) || !hash_range (self, db, first + k, n - k, right, error))
    return FALSE;

  vig_merkle_hash_node (root, right, root);
  made = g_bytes_new (root, VIG_MERKLE_HASH);
  keep (self, name, made);

  return TRUE;
}

/* MTH (D[first:first + n]); @first is a multiple of the least power of two that is not under @n. */
static gboolean
hash_range (VigAuditProver *self, VigDbConnection *db, guint64 first, guint64 n, guint8 *root, GError **error)
{
  guint64 unit = 1;
  guint level = 0;

  if (n <= VIG_AUDIT_TILE)
    return hash_within_tile (self, db, 0, first, n, root, error);
  if ((n & (n - 1)) != 0)
    return hash_halves (self, db, first, n, root, error);

  for (; n / unit > VIG_AUDIT_TILE; level++)
    unit *= VIG_AUDIT_TILE;

  return hash_within_tile (self, db, level, first / unit, n / unit, root, error);
}

/* PATH (m, D[n]), from the leaf up. */
GByteArray *
vig_audit_prover_prove (VigAuditProver *self, VigDbConnection *db, guint64 seq, GError **error)
{
  g_autoptr (GByteArray) reversed = g_byte_array_new ();
  GByteArray *proof = NULL;
  guint8 hash[VIG_MERKLE_HASH];
  guint64 first = 0;
  guint64 n = self->size;
  guint i;

  g_return_val_if_fail (seq >= 1 && seq <= self->size, NULL);

  while (n > 1)
    {
      guint64 k = split (n);
      gboolean is_left = seq - 1 < first + k;

      if (!hash_range (self, db, is_left ? first + k : first, is_left ? n - k : k, hash, error))
        return NULL;
      g_byte_array_append (reversed, hash, sizeof hash);
      first += is_left ? 0 : k;
      n = is_left ? k : n - k;
    }

  proof = g_byte_array_new ();
  for (i = reversed->len; i > 0; i -= VIG_MERKLE_HASH)
    g_byte_array_append (proof, reversed->data + i - VIG_MERKLE_HASH, VIG_MERKLE_HASH);

  return proof;
}

VigAuditProver *
vig_audit_prover_new (guint64 size)
{
  VigAuditProver *self = g_new0 (VigAuditProver, 1);

  self->size = size;
  self->kept = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);

  return self;
}

void
vig_audit_prover_free (VigAuditProver *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->kept);
  g_free (self);
}
