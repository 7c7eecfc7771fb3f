/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"

G_BEGIN_DECLS

/* An export is lines: a head (what comes, the tree before it, checkpoints), then every record up to the newest checkpoint. As CSV, the line is the last cell of
 * each row, named "record". vigilus-verify reads both. */
typedef enum
{
  VIG_EXPORT_JSONL,
  VIG_EXPORT_CSV,
} VigExportFormat;

typedef struct
{
  VigExportFormat format;
  gint64          next; /* the number of the record that comes next; over @last: nothing is left */
  gint64          last;
} VigExport;

/* Begins: appends the head. CONFLICT: there is no checkpoint yet. */
gboolean vig_audit_export_begin   (VigDbConnection *db, VigExportFormat format, VigExport *self, GString *out, GError **error);
/* The same for records @first to @last (both at the border of a tile), to be sealed. */
gboolean vig_audit_export_segment (VigDbConnection *db, gint64 first, gint64 last, VigExport *self, GString *out, GError **error);
/* Appends records, at most @limit. FALSE: error. */
gboolean vig_audit_export_step    (VigExport *self, VigDbConnection *db, gint64 limit, GString *out, GError **error);

/* What excerpts share: a head (as CSV after the titles), and @line, as CSV after the cells of @record. */
gboolean vig_audit_export_append_head (VigExportFormat format, JsonObject *head, GString *out, GError **error);
gboolean vig_audit_export_append      (VigExportFormat format, const char *line, const char *record, GString *out, GError **error);

G_END_DECLS
