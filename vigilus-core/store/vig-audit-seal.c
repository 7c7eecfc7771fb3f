/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-seal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "vig-audit-checkpoint.h"
#include "vig-audit-export.h"
#include "vig-audit-tree.h"
#include "vig-audit.h"
#include "vig-id.h"

#define STEP 1000 /* records that are in memory at once */

typedef struct
{
  const VigAuditSeal *seal;
  VigExport           export;
  gint64              first;
  gint64              last;
  VigMerkle           before; /* the tree up to the first record */
  VigMerkle           tree;   /* and over what the file has */
  guint8              root[VIG_MERKLE_HASH];
  GChecksum          *sum;
  char               *path;
  char               *part; /* its name until it is whole */
} Segment;

static gboolean
fail (const char *what, const char *path, GError **error)
{
  int code = errno;

  g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to %s %s: %s", what, path, g_strerror (code));

  return FALSE;
}

/* Its head is signed, so that the file needs nothing else. */
static gpointer
choose (VigDbConnection *db, gpointer data, GError **error)
{
  Segment *self = data;
  gint64 n_tiles = self->seal->n_records / VIG_AUDIT_TILE;
  g_autoptr (VigDbRows) rows = vig_db_query (db, error,
                                             "SELECT s.first, (SELECT count (*) FROM audit_tiles INDEXED BY audit_tiles_last WHERE level = 0 AND last_at < ?1 AND"
                                             " n >= (s.first - 1) / 256 AND n < (s.first - 1) / 256 + ?2)"
                                             " FROM (SELECT coalesce (max (last), 0) + 1 AS first FROM audit_segments) s", "ii", self->seal->before, n_tiles);

  if (rows == NULL || !vig_db_rows_next (rows, error) || vig_db_rows_int (rows, 1) < n_tiles)
    return NULL;

  self->first = vig_db_rows_int (rows, 0);
  self->last = self->first + self->seal->n_records - 1;
  if (!vig_audit_tree_read_at (db, (guint64) self->first - 1, &self->before, error) ||
      !vig_audit_checkpoint_at (db, self->seal->vault, (guint64) self->last, self->root, error))
    return NULL;

  return GINT_TO_POINTER (TRUE);
}

static gpointer
make_head (VigDbConnection *db, gpointer data, GError **error)
{
  Segment *self = data;
  GString *out = g_string_new (NULL);

  if (vig_audit_export_segment (db, self->first, self->last, &self->export, out, error))
    return g_string_free_to_bytes (out);
  g_string_free (out, TRUE);

  return NULL;
}

static gpointer
make_records (VigDbConnection *db, gpointer data, GError **error)
{
  Segment *self = data;
  GString *out = g_string_new (NULL);

  if (vig_audit_export_step (&self->export, db, STEP, out, error))
    return g_string_free_to_bytes (out);
  g_string_free (out, TRUE);

  return NULL;
}

static gboolean
write_piece (Segment *self, FILE *file, VigDbFunc func, GError **error)
{
  g_autoptr (GBytes) piece = vig_db_read (self->seal->db, func, self, error);
  gsize length;
  const char *text;

  if (piece == NULL)
    return FALSE;
  text = g_bytes_get_data (piece, &length);
  g_checksum_update (self->sum, (const guchar *) text, (gssize) length);

  return fwrite (text, 1, length, file) == length ? TRUE : fail ("write to", self->part, error);
}

static gboolean
write_all (Segment *self, FILE *file, GError **error)
{
  if (!write_piece (self, file, make_head, error))
    return FALSE;
  while (self->export.next <= self->export.last)
    if (!write_piece (self, file, make_records, error))
      return FALSE;

  return fflush (file) == 0 && fsync (fileno (file)) == 0 ? TRUE : fail ("write to", self->part, error);
}

/* What is in the file, not what was meant to be: each line but the head is a leaf. */
static gboolean
check_file (Segment *self, FILE *file, GError **error)
{
  g_autofree char *line = NULL;
  size_t size = 0;
  ssize_t length;
  guint8 root[VIG_MERKLE_HASH];
  gboolean is_head = TRUE;

  self->tree = self->before;
  rewind (file);
  while ((length = getline (&line, &size, file)) > 0)
    {
      guint8 leaf[VIG_MERKLE_HASH];

      if (!is_head)
        {
          vig_merkle_hash_leaf (line, (gsize) length - 1, leaf);
          vig_merkle_append (&self->tree, leaf);
        }
      is_head = FALSE;
    }

  vig_merkle_root (&self->tree, root);
  if (self->tree.size == (guint64) self->last && memcmp (root, self->root, sizeof root) == 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED,
               "the records %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " of the audit log are not what was hashed when they were written: they are not sealed",
               self->first, self->last);

  return FALSE;
}

static gboolean
write_file (Segment *self, GError **error)
{
  FILE *file;
  gboolean good;

  if (g_mkdir_with_parents (self->seal->directory, 0700) != 0)
    return fail ("make the directory", self->seal->directory, error);
  file = fopen (self->part, "w+e");
  if (file == NULL)
    return fail ("make the file", self->part, error);

  good = write_all (self, file, error) && check_file (self, file, error);
  fclose (file);
  if (good && g_rename (self->part, self->path) != 0)
    good = fail ("name the file", self->path, error);
  if (!good)
    g_unlink (self->part);

  return good;
}

/* The name of the file must be on disk before the records leave. */
static gboolean
sync_directory (Segment *self, GError **error)
{
  int fd = open (self->seal->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean good = fd >= 0 && fsync (fd) == 0;

  if (!good)
    fail ("write to the directory", self->seal->directory, error);
  if (fd >= 0)
    close (fd);

  return good;
}

static gpointer
take_out (VigDbConnection *db, gpointer data, GError **error)
{
  Segment *self = data;
  g_autofree char *name = g_path_get_basename (self->path);
  const char *sum = g_checksum_get_string (self->sum);
  g_autoptr (GBytes) edge = g_bytes_new (self->before.edge, (gsize) vig_merkle_n_edge (self->before.size) * VIG_MERKLE_HASH);
  g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s, s:{s:I, s:I, s:s, s:s}}", "event", "audit.sealed", "detail", "first", self->first,
                                                        "last", self->last, "file", name, "sha256", sum);

  /* The database takes the segment only where the record is there. */
  if (!vig_audit_append (db, self->seal->redactor, record, error) ||
      !vig_db_exec (db, error, "INSERT INTO audit_segments (first, last, file, sha256, edge, sealed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)", "iissyi", self->first,
                    self->last, name, sum, edge, vig_time_now ()))
    return NULL;
  vig_db_exec (db, error, "DELETE FROM audit WHERE seq >= ?1 AND seq <= ?2", "ii", self->first, self->last);

  return NULL;
}

static gboolean
seal (Segment *self, GError **error)
{
  g_autofree char *name = g_strdup_printf ("audit-%012" G_GINT64_FORMAT "-%012" G_GINT64_FORMAT ".jsonl", self->first, self->last);
  GError *failure = NULL;

  self->path = g_build_filename (self->seal->directory, name, NULL);
  self->part = g_strconcat (self->path, ".part", NULL);
  self->sum = g_checksum_new (G_CHECKSUM_SHA256);
  if (!write_file (self, error) || !sync_directory (self, error))
    return FALSE;

  vig_db_write (self->seal->db, take_out, self, &failure);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, failure);

  return FALSE;
}

gboolean
vig_audit_seal (const VigAuditSeal *seal_, char **file, GError **error)
{
  Segment self = { .seal = seal_ };
  GError *failure = NULL;
  gboolean found = vig_db_write (seal_->db, choose, &self, &failure) != NULL;

  *file = NULL;
  if (found && seal (&self, &failure))
    *file = g_steal_pointer (&self.path);
  g_free (self.path);
  g_free (self.part);
  g_clear_pointer (&self.sum, g_checksum_free);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, failure);

  return FALSE;
}
