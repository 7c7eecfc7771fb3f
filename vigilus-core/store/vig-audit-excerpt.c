/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-excerpt.h"

#include "vig-audit-line.h"
#include "vig-audit.h"

#define VERSION 1
#define PAGE 200

struct _VigAuditExcerpt
{
  JsonObject     *filter;
  VigExportFormat format;
  VigAuditProver *prover; /* NULL: not begun */
  gint64          size;   /* records that the checkpoint covers */
  char           *after;
};

static gboolean
append_head (VigAuditExcerpt *self, VigDbConnection *db, GString *out, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT size, note FROM audit_checkpoints ORDER BY size DESC LIMIT 1", NULL);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) head = NULL;

  if (rows == NULL)
    return FALSE;
  if (!vig_db_rows_next (rows, &local_error))
    {
      if (local_error == NULL)
        g_set_error_literal (&local_error, VIG_ERROR, VIG_ERROR_CONFLICT, "nothing of the audit log is signed yet: set the secret, then try again");
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  self->size = vig_db_rows_int (rows, 0);
  self->prover = vig_audit_prover_new ((guint64) self->size);
  head = vig_json_pack_object ("{s:i, s:b, s:I, s:J, s:[s]}", "vigilus_audit", VERSION, "excerpt", TRUE, "size", self->size, "filter", self->filter,
                               "checkpoints", vig_db_rows_string (rows, 1));

  return vig_audit_export_append_head (self->format, head, out, error);
}

static char *
read_line (VigDbConnection *db, gint64 seq, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT " VIG_AUDIT_COLUMNS " FROM audit WHERE seq = ?1", "i", seq);
  g_autoptr (GError) local_error = NULL;
  GString *line;

  if (rows == NULL)
    return NULL;
  if (!vig_db_rows_next (rows, &local_error))
    {
      if (local_error == NULL)
        g_set_error (&local_error, VIG_ERROR, VIG_ERROR_CONFLICT, "record %" G_GINT64_FORMAT " was sealed meanwhile: export again", seq);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  line = g_string_new (NULL);
  vig_audit_line_append (line, rows);

  return g_string_free (line, FALSE);
}

static gboolean
append_record (VigAuditExcerpt *self, VigDbConnection *db, gint64 seq, GString *out, GError **error)
{
  g_autofree char *record = read_line (db, seq, error);
  g_autoptr (GByteArray) proof = record != NULL ? vig_audit_prover_prove (self->prover, db, (guint64) seq, error) : NULL;
  g_autoptr (JsonArray) hashes = json_array_new ();
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *line = NULL;
  guint i;

  if (proof == NULL)
    return FALSE;
  for (i = 0; i < proof->len; i += VIG_MERKLE_HASH)
    {
      g_autofree char *hash = g_base64_encode (proof->data + i, VIG_MERKLE_HASH);

      json_array_add_string_element (hashes, hash);
    }
  object = vig_json_pack_object ("{s:A, s:s}", "proof", g_steal_pointer (&hashes), "record", record);
  line = vig_json_object_to_string (object);

  return vig_audit_export_append (self->format, line, record, out, error);
}

gboolean
vig_audit_excerpt_step (VigAuditExcerpt *self, VigDbConnection *db, GString *out, gboolean *done, GError **error)
{
  const VigPage page = { PAGE, self->after };
  g_autoptr (JsonObject) found = NULL;
  JsonArray *items;
  guint i;

  if (self->prover == NULL)
    return append_head (self, db, out, error);

  found = vig_audit_list (db, self->filter, &page, error);
  if (found == NULL)
    return FALSE;
  items = vig_json_get_array (found, "items");
  for (i = 0; i < json_array_get_length (items); i++)
    {
      gint64 seq = vig_json_get_int (json_array_get_object_element (items, i), "seq", 0);

      if (seq <= self->size && !append_record (self, db, seq, out, error))
        return FALSE;
    }

  g_free (self->after);
  self->after = g_strdup (vig_json_get_string (found, "next", NULL));
  *done = self->after == NULL;

  return TRUE;
}

VigAuditExcerpt *
vig_audit_excerpt_new (JsonObject *filter, VigExportFormat format)
{
  VigAuditExcerpt *self = g_new0 (VigAuditExcerpt, 1);

  self->filter = json_object_ref (filter);
  self->format = format;

  return self;
}

void
vig_audit_excerpt_free (VigAuditExcerpt *self)
{
  if (self == NULL)
    return;
  json_object_unref (self->filter);
  vig_audit_prover_free (self->prover);
  g_free (self->after);
  g_free (self);
}
