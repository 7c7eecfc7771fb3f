/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-export.h"

#include "vig-audit-line.h"
#include "vig-audit-tree.h"
#include "vig-csv.h"

#define MAX_CHECKPOINTS 200 /* in one head: between two of them a change can be placed */
#define VERSION 1

static const char *const NAMES[] = {
  "seq", "id", "at", "event", "user_name", "operator_name", "session_id", "run_id", "call_id", "approval_id", "tool", "level", "resource", "arguments",
  "decision", "rule", "reason", "outcome", "error", "duration_us", "detail", NULL,
};

gboolean
vig_audit_export_append (VigExportFormat format, const char *line, const char *record, GString *out, GError **error)
{
  g_autoptr (JsonObject) cells = NULL;

  if (format == VIG_EXPORT_JSONL)
    {
      g_string_append (out, line);
      g_string_append_c (out, '\n');
      return TRUE;
    }

  cells = vig_json_parse_object (record, -1, 0, error);
  if (cells == NULL)
    return FALSE;
  vig_csv_append_object (out, cells, NAMES, line);

  return TRUE;
}

static void
append_titles (GString *out)
{
  const char *titles[G_N_ELEMENTS (NAMES) + 1];

  for (guint i = 0; NAMES[i] != NULL; i++)
    titles[i] = NAMES[i];
  titles[G_N_ELEMENTS (NAMES) - 1] = "record";
  titles[G_N_ELEMENTS (NAMES)] = NULL;
  vig_csv_append_row (out, titles);
}

gboolean
vig_audit_export_append_head (VigExportFormat format, JsonObject *head, GString *out, GError **error)
{
  g_autofree char *line = vig_json_object_to_string (head);

  if (format == VIG_EXPORT_CSV)
    append_titles (out);

  return vig_audit_export_append (format, line, line, out, error);
}

/* Of the tree over the records before the first one, which is where a tile begins. */
static JsonArray *
make_edge (VigDbConnection *db, gint64 first, GError **error)
{
  g_autoptr (JsonArray) edge = json_array_new ();
  VigMerkle tree;

  if (!vig_audit_tree_read_at (db, (guint64) first - 1, &tree, error))
    return NULL;
  for (guint i = 0; i < vig_merkle_n_edge (tree.size); i++)
    {
      g_autofree char *hash = g_base64_encode (tree.edge[i], VIG_MERKLE_HASH);

      json_array_add_string_element (edge, hash);
    }

  return g_steal_pointer (&edge);
}

/* Those of the newest key alone, evenly spread, that of @last among them. */
static JsonArray *
pick_checkpoints (VigDbConnection *db, gint64 first, gint64 last, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error,
                                             "WITH mine AS (SELECT size, note FROM audit_checkpoints WHERE size >= ?1 AND size <= ?2 AND"
                                             " key = (SELECT key FROM audit_checkpoints ORDER BY size DESC LIMIT 1)),"
                                             " numbered AS (SELECT size, note, row_number () OVER (ORDER BY size DESC) - 1 AS n FROM mine)"
                                             " SELECT note FROM numbered WHERE n % ((SELECT count (*) FROM mine) / ?3 + 1) = 0 ORDER BY size",
                                             "iii", first, last, (gint64) MAX_CHECKPOINTS);
  g_autoptr (JsonArray) notes = json_array_new ();
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return NULL;
  while (vig_db_rows_next (rows, &local_error))
    json_array_add_string_element (notes, vig_db_rows_string (rows, 0));
  if (local_error == NULL)
    return g_steal_pointer (&notes);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static gboolean
append_head (VigExport *self, VigDbConnection *db, GString *out, GError **error)
{
  g_autoptr (JsonArray) edge = make_edge (db, self->next, error);
  g_autoptr (JsonArray) notes = edge != NULL ? pick_checkpoints (db, self->next, self->last, error) : NULL;
  g_autoptr (JsonObject) head = NULL;

  if (notes == NULL)
    return FALSE;

  head = vig_json_pack_object ("{s:i, s:I, s:I}", "vigilus_audit", VERSION, "first", self->next, "last", self->last);
  json_object_set_array_member (head, "edge", g_steal_pointer (&edge));
  json_object_set_array_member (head, "checkpoints", g_steal_pointer (&notes));

  return vig_audit_export_append_head (self->format, head, out, error);
}

gboolean
vig_audit_export_begin (VigDbConnection *db, VigExportFormat format, VigExport *self, GString *out, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error,
                                             "SELECT (SELECT coalesce (max (last), 0) + 1 FROM audit_segments),"
                                             " (SELECT coalesce (max (size), 0) FROM audit_checkpoints)", NULL);

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return FALSE;

  *self = (VigExport) { format, vig_db_rows_int (rows, 0), vig_db_rows_int (rows, 1) };
  if (self->last >= self->next)
    return append_head (self, db, out, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "nothing of the audit log is signed yet: set the secret, then try again");

  return FALSE;
}

gboolean
vig_audit_export_segment (VigDbConnection *db, gint64 first, gint64 last, VigExport *self, GString *out, GError **error)
{
  *self = (VigExport) { VIG_EXPORT_JSONL, first, last };

  return append_head (self, db, out, error);
}

gboolean
vig_audit_export_step (VigExport *self, VigDbConnection *db, gint64 limit, GString *out, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT " VIG_AUDIT_COLUMNS " FROM audit WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3",
                                             "iii", self->next, self->last, limit);
  g_autoptr (GString) line = g_string_new (NULL);
  GError *failure = NULL;
  gint64 begin = self->next;

  if (rows == NULL)
    return FALSE;
  while (failure == NULL && vig_db_rows_next (rows, &failure))
    {
      g_string_truncate (line, 0);
      vig_audit_line_append (line, rows);
      vig_audit_export_append (self->format, line->str, line->str, out, &failure);
      self->next = vig_db_rows_int (rows, VIG_AUDIT_SEQ) + 1;
    }
  if (failure == NULL && self->next == begin && begin <= self->last)
    g_set_error (&failure, VIG_ERROR, VIG_ERROR_CONFLICT, "record %" G_GINT64_FORMAT " was sealed meanwhile: export again", begin);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, failure);

  return FALSE;
}
