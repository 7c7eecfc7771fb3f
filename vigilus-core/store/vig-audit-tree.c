/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-tree.h"

#include <string.h>

#include "vig-audit-line.h"

/* The tree and the leaves of its open tile, which would have to be hashed again else. Kept with the connection: true as long as the tree in the
 * database is the same, which a transaction that failed in the end makes false. */
typedef struct
{
  VigMerkle tree;
  gint64    first_at; /* the times of the records in the open tile: the least and the greatest */
  gint64    last_at;
  guint8    open[VIG_AUDIT_TILE][VIG_MERKLE_HASH];
} Cache;

static gint64 part_size = 512 * 1024; /* records of a part of the index of words */

static VigDbRows *
query_records (VigDbConnection *db, guint64 after, gint64 limit, GError **error)
{
  return vig_db_query (db, error, "SELECT " VIG_AUDIT_COLUMNS " FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2", "ii", (gint64) after, limit);
}

gboolean
vig_audit_tree_read (VigDbConnection *db, VigMerkle *tree, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT size, edge FROM audit_tree", NULL);
  g_autoptr (GBytes) edge = NULL;

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return FALSE;

  edge = vig_db_rows_bytes (rows, 1);
  if (vig_merkle_load (tree, (guint64) vig_db_rows_int (rows, 0), g_bytes_get_data (edge, NULL), g_bytes_get_size (edge)))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "the tree over the audit log is damaged: restore a backup");

  return FALSE;
}

/* The roots of the tiles before are the leaves of a tree that has the same edge. */
gboolean
vig_audit_tree_read_at (VigDbConnection *db, guint64 size, VigMerkle *tree, GError **error)
{
  guint64 n_tiles = size / VIG_AUDIT_TILE;
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT hashes FROM audit_tiles WHERE level = 1 ORDER BY n", NULL);

  g_return_val_if_fail (size % VIG_AUDIT_TILE == 0, FALSE);

  memset (tree, 0, sizeof *tree);
  if (rows == NULL)
    return FALSE;
  while (tree->size < n_tiles && vig_db_rows_next (rows, NULL))
    {
      g_autoptr (GBytes) hashes = vig_db_rows_bytes (rows, 0);

      for (gsize i = 0; i < g_bytes_get_size (hashes) / VIG_MERKLE_HASH && tree->size < n_tiles; i++)
        vig_merkle_append (tree, (const guint8 *) g_bytes_get_data (hashes, NULL) + i * VIG_MERKLE_HASH);
    }
  if (tree->size == n_tiles)
    {
      tree->size = size;
      return TRUE;
    }
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "the tiles of the audit log are damaged: restore a backup");

  return FALSE;
}

static gboolean
is_contiguous (VigDbRows *rows, guint64 seq, GError **error)
{
  if ((guint64) vig_db_rows_int (rows, VIG_AUDIT_SEQ) == seq)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "record %" G_GUINT64_FORMAT " of the audit log is missing: restore a backup", seq);

  return FALSE;
}

/* The leaf of the row after the last one, in its place in the open tile. */
static void
hash_row (Cache *cache, GString *line, VigDbRows *rows, guint64 index)
{
  gint64 at = vig_db_rows_int (rows, VIG_AUDIT_AT);
  guint place = index % VIG_AUDIT_TILE;

  g_string_truncate (line, 0);
  vig_audit_line_append (line, rows);
  vig_merkle_hash_leaf (line->str, line->len, cache->open[place]);
  cache->first_at = place == 0 ? at : MIN (cache->first_at, at);
  cache->last_at = place == 0 ? at : MAX (cache->last_at, at);
}

static gboolean
fill_open (Cache *cache, VigDbConnection *db, GError **error)
{
  guint64 n_open = cache->tree.size % VIG_AUDIT_TILE;
  guint64 index = cache->tree.size - n_open;
  g_autoptr (VigDbRows) rows = query_records (db, index, (gint64) n_open, error);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return FALSE;
  for (; index < cache->tree.size && vig_db_rows_next (rows, &local_error); index++)
    {
      if (!is_contiguous (rows, index + 1, error))
        return FALSE;
      hash_row (cache, line, rows, index);
    }

  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static Cache *
ensure_cache (VigDbConnection *db, GError **error)
{
  Cache *cache = vig_db_get_cache (db);
  VigMerkle tree;

  if (!vig_audit_tree_read (db, &tree, error))
    return NULL;
  if (cache != NULL && cache->tree.size == tree.size &&
      memcmp (cache->tree.edge, tree.edge, (gsize) vig_merkle_n_edge (tree.size) * VIG_MERKLE_HASH) == 0)
    return cache;

  vig_db_set_cache (db, NULL, NULL);
  cache = g_new0 (Cache, 1);
  cache->tree = tree;
  vig_db_set_cache (db, cache, g_free);

  return fill_open (cache, db, error) ? cache : NULL;
}

void
vig_audit_tree_set_part (gint64 n_records)
{
  part_size = n_records;
}

static char *
add_part (VigDbConnection *db, gint64 first, GError **error)
{
  g_autofree char *name = g_strdup_printf ("audit_words_from_%" G_GINT64_FORMAT, first);
  g_autofree char *sql = g_strdup_printf ("CREATE VIRTUAL TABLE %s USING fts5 (words, content = '', columnsize = 0, detail = none, tokenize = 'ascii')", name);

  if (!vig_db_exec (db, error, sql, NULL) || !vig_db_exec (db, error, "INSERT INTO audit_parts (first, name) VALUES (?1, ?2)", "is", first, name))
    return NULL;

  return g_steal_pointer (&name);
}

/* The part of the index of words that the records after @after go to. */
static char *
dup_part (VigDbConnection *db, guint64 after, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT first, name FROM audit_parts ORDER BY first DESC LIMIT 1", NULL);
  gint64 first;
  g_autofree char *name = NULL;

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return NULL;
  first = vig_db_rows_int (rows, 0);
  name = g_strdup (vig_db_rows_string (rows, 1));
  g_clear_pointer (&rows, vig_db_rows_free);

  return (gint64) after + 1 - first < part_size ? g_steal_pointer (&name) : add_part (db, (gint64) after + 1, error);
}

static gboolean
index_words (VigDbConnection *db, guint64 first, GError **error)
{
  g_autofree char *part = dup_part (db, first, error);
  g_autofree char *sql = part != NULL ? g_strdup_printf ("INSERT INTO %s (rowid, words) VALUES (?1, ?2)", part) : NULL;
  g_autoptr (VigDbRows) rows = part != NULL ? query_records (db, first, VIG_AUDIT_TILE, error) : NULL;
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return FALSE;
  while (vig_db_rows_next (rows, &local_error))
    {
      g_string_truncate (words, 0);
      vig_audit_words_append (words, rows);
      if (!vig_db_exec (db, error, sql, "is", vig_db_rows_int (rows, VIG_AUDIT_SEQ), words->str))
        return FALSE;
    }

  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* Which fields stand together in this tile. */
static gboolean
index_kinds (VigDbConnection *db, guint64 after, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT INTO audit_kinds (event, user_name, operator_name, tool, level, outcome, first, last)"
                      " SELECT event, coalesce (user_name, ''), coalesce (operator_name, ''), coalesce (tool, ''), coalesce (level, ''),"
                      " coalesce (outcome, ''), min (seq), max (seq) FROM audit WHERE seq > ?1 AND seq <= ?1 + ?2 GROUP BY 1, 2, 3, 4, 5, 6"
                      " ON CONFLICT (event, user_name, operator_name, tool, level, outcome)"
                      " DO UPDATE SET first = min (first, excluded.first), last = max (last, excluded.last)",
                      "ii", (gint64) after, (gint64) VIG_AUDIT_TILE);
}

static gboolean
add_to_tile (VigDbConnection *db, gint64 level, gint64 n, const guint8 *hash, GByteArray *hashes, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT hashes FROM audit_tiles WHERE level = ?1 AND n = ?2", "ii", level, n);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return FALSE;
  if (vig_db_rows_next (rows, &local_error))
    {
      g_autoptr (GBytes) old = vig_db_rows_bytes (rows, 0);

      g_byte_array_append (hashes, g_bytes_get_data (old, NULL), (guint) g_bytes_get_size (old));
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  g_byte_array_append (hashes, hash, VIG_MERKLE_HASH);
  bytes = g_bytes_new (hashes->data, hashes->len);

  return vig_db_exec (db, error, "INSERT INTO audit_tiles (level, n, hashes) VALUES (?1, ?2, ?3)"
                                 " ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes", "iiy", level, n, bytes);
}

static void
hash_tile (const guint8 *hashes, guint8 *root)
{
  VigMerkle tile = { 0 };

  for (guint i = 0; i < VIG_AUDIT_TILE; i++)
    vig_merkle_append (&tile, hashes + (gsize) i * VIG_MERKLE_HASH);
  vig_merkle_root (&tile, root);
}

/* The roots of full tiles are the leaves of the tiles above. @n: tiles of level 0 that are full now. */
static gboolean
carry (VigDbConnection *db, const guint8 *hashes, guint64 n, GError **error)
{
  g_autoptr (GByteArray) tile = g_byte_array_new ();

  g_byte_array_append (tile, hashes, VIG_AUDIT_TILE * VIG_MERKLE_HASH);
  for (gint64 level = 1; tile->len == VIG_AUDIT_TILE * VIG_MERKLE_HASH; level++, n /= VIG_AUDIT_TILE)
    {
      guint8 root[VIG_MERKLE_HASH];

      hash_tile (tile->data, root);
      g_byte_array_set_size (tile, 0);
      if (!add_to_tile (db, level, (gint64) ((n - 1) / VIG_AUDIT_TILE), root, tile, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
close_tile (Cache *cache, VigDbConnection *db, GError **error)
{
  guint64 n = cache->tree.size / VIG_AUDIT_TILE;
  g_autoptr (GBytes) hashes = g_bytes_new (cache->open, sizeof cache->open);

  return vig_db_exec (db, error, "INSERT INTO audit_tiles (level, n, first_at, last_at, hashes) VALUES (0, ?1, ?2, ?3, ?4)", "iiiy",
                      (gint64) n - 1, cache->first_at, cache->last_at, hashes) &&
         carry (db, cache->open[0], n, error) && index_words (db, cache->tree.size - VIG_AUDIT_TILE, error) &&
         index_kinds (db, cache->tree.size - VIG_AUDIT_TILE, error);
}

static gboolean
append_rows (Cache *cache, VigDbConnection *db, GError **error)
{
  g_autoptr (VigDbRows) rows = query_records (db, cache->tree.size, -1, error);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return FALSE;
  while (vig_db_rows_next (rows, &local_error))
    {
      guint64 index = cache->tree.size;

      if (!is_contiguous (rows, index + 1, error))
        return FALSE;
      hash_row (cache, line, rows, index);
      vig_merkle_append (&cache->tree, cache->open[index % VIG_AUDIT_TILE]);
      if (cache->tree.size % VIG_AUDIT_TILE == 0 && !close_tile (cache, db, error))
        return FALSE;
    }

  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

gpointer
vig_audit_tree_grow (VigDbConnection *db, gpointer data, GError **error)
{
  Cache *cache = ensure_cache (db, error);
  g_autoptr (GBytes) edge = NULL;

  if (cache == NULL || !append_rows (cache, db, error))
    return NULL;

  edge = g_bytes_new (cache->tree.edge, (gsize) vig_merkle_n_edge (cache->tree.size) * VIG_MERKLE_HASH);
  vig_db_exec (db, error, "UPDATE audit_tree SET size = ?1, edge = ?2", "iy", (gint64) cache->tree.size, edge);

  return NULL;
}

/* The first hashes of a full tile. */
static gboolean
append_tile (VigDbConnection *db, VigMerkle *tree, guint n, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT hashes FROM audit_tiles WHERE level = 0 AND n = ?1", "i",
                                             (gint64) (tree->size / VIG_AUDIT_TILE));
  g_autoptr (GBytes) hashes = rows != NULL && vig_db_rows_next (rows, error) ? vig_db_rows_bytes (rows, 0) : NULL;

  if (hashes == NULL || g_bytes_get_size (hashes) < (gsize) n * VIG_MERKLE_HASH)
    return FALSE;
  for (guint i = 0; i < n; i++)
    vig_merkle_append (tree, (const guint8 *) g_bytes_get_data (hashes, NULL) + (gsize) i * VIG_MERKLE_HASH);

  return TRUE;
}

gboolean
vig_audit_tree_root_at (VigDbConnection *db, guint64 size, guint8 *root, GError **error)
{
  Cache *cache = ensure_cache (db, error);
  guint n = size % VIG_AUDIT_TILE;
  gboolean is_open;
  VigMerkle tree;

  if (cache == NULL || !vig_audit_tree_read_at (db, size - n, &tree, error))
    return FALSE;

  is_open = cache->tree.size / VIG_AUDIT_TILE == size / VIG_AUDIT_TILE && size <= cache->tree.size;
  for (guint i = 0; is_open && i < n; i++)
    vig_merkle_append (&tree, cache->open[i]);
  if (!is_open && n > 0 && !append_tile (db, &tree, n, error))
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "the audit log has no %" G_GUINT64_FORMAT " records", size);
      return FALSE;
    }
  vig_merkle_root (&tree, root);

  return TRUE;
}
