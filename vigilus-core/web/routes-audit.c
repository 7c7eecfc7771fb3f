/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-checkpoint.h"
#include "vig-audit-excerpt.h"
#include "vig-audit-export.h"
#include "vig-audit-list.h"
#include "vig-audit-tree.h"
#include "vig-audit.h"
#include "vig-web.h"

#define PIECE_RECORDS 1000 /* of an export, in memory at once */

/* What is asked for besides the page and the form of the answer. */
static JsonObject *
make_filter (VigRequest *request)
{
  static const char * const others[] = { "limit", "after", "format", NULL };
  JsonObject *parameters = vig_request_get_parameters (request);
  JsonObject *filter = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (parameters);

  for (GList *name = names; name != NULL; name = name->next)
    if (!g_strv_contains (others, name->data))
      json_object_set_member (filter, name->data, json_node_ref (json_object_get_member (parameters, name->data)));

  return filter;
}

static JsonNode *
list_audit (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  g_autoptr (JsonObject) filter = make_filter (request);

  return vig_node_take_object (vig_audit_list (db, filter, &page, error));
}

static JsonNode *
read_proof (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT size, (SELECT coalesce (max (last), 0) FROM audit_segments) FROM audit_tree", NULL);
  g_autoptr (JsonObject) proof = NULL;
  g_autoptr (JsonObject) last = NULL;
  g_autoptr (GError) local_error = NULL;
  gint64 size, covered;

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return NULL;

  last = vig_audit_checkpoint_last (db, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  size = vig_db_rows_int (rows, 0);
  covered = last != NULL ? vig_json_get_int (last, "size", 0) : 0;
  proof = vig_json_pack_object ("{s:s, s:I, s:I, s:I, s:J}", "key", last != NULL ? vig_json_get_string (last, "key", NULL) : NULL, "size", size,
                                "unsigned", size - covered, "sealed", vig_db_rows_int (rows, 1), "checkpoint", last);
  json_object_set_array_member (proof, "places", json_array_ref (vig_request_get_data (request)));

  return vig_node_take_object (g_steal_pointer (&proof));
}

static void
get_proof (VigRequest *request)
{
  vig_request_set_data (request, vig_audit_keeper_describe (vig_request_get_web (request)->context.audit), (GDestroyNotify) json_array_unref);
  vig_web_run_read (request, read_proof);
}

static void
signed_now (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *checkpoint = vig_audit_keeper_sign_finish (VIG_AUDIT_KEEPER (source), result, &error);

  if (checkpoint == NULL)
    {
      vig_request_fail (request, error);
      return;
    }
  json_object_remove_member (checkpoint, "is_new");
  vig_request_respond (request, vig_node_take_object (checkpoint));
}

static void
sign_audit (VigRequest *request)
{
  vig_audit_keeper_sign_async (vig_request_get_web (request)->context.audit, signed_now, vig_request_ref (request));
}

typedef struct
{
  VigExport export;
  gboolean  begun;
} Export;

static gboolean
make_piece (VigDbConnection *db, gpointer data, GString *piece, gboolean *done, GError **error)
{
  Export *self = data;

  if (!self->begun && !vig_audit_export_begin (db, self->export.format, &self->export, piece, error))
    return FALSE;
  self->begun = TRUE;
  if (!vig_audit_export_step (&self->export, db, PIECE_RECORDS, piece, error))
    return FALSE;
  *done = self->export.next > self->export.last;

  return TRUE;
}

static gboolean
make_excerpt_piece (VigDbConnection *db, gpointer data, GString *piece, gboolean *done, GError **error)
{
  return vig_audit_excerpt_step (data, db, piece, done, error);
}

static const char *
get_type (gboolean is_csv)
{
  return is_csv ? "text/csv; charset=utf-8; header=present" : "application/jsonl";
}

static void
send_whole (VigRequest *request, gboolean is_csv)
{
  Export *self = g_new0 (Export, 1);

  self->export.format = is_csv ? VIG_EXPORT_CSV : VIG_EXPORT_JSONL;
  vig_web_download (request, get_type (is_csv), is_csv ? "vigilus-audit.csv" : "vigilus-audit.jsonl", make_piece, self, g_free);
}

static void
send_excerpt (VigRequest *request, JsonObject *filter, gboolean is_csv)
{
  vig_web_download (request, get_type (is_csv), is_csv ? "vigilus-audit-excerpt.csv" : "vigilus-audit-excerpt.jsonl", make_excerpt_piece,
                    vig_audit_excerpt_new (filter, is_csv ? VIG_EXPORT_CSV : VIG_EXPORT_JSONL), (GDestroyNotify) vig_audit_excerpt_free);
}

static void
signed_for_export (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) checkpoint = vig_audit_keeper_sign_finish (VIG_AUDIT_KEEPER (source), result, &error);
  gboolean is_csv = g_str_equal (vig_json_get_string (vig_request_get_parameters (request), "format", "jsonl"), "csv");
  g_autoptr (JsonObject) filter = make_filter (request);

  if (checkpoint == NULL)
    vig_request_fail (request, error);
  else if (json_object_get_size (filter) == 0)
    send_whole (request, is_csv);
  else
    send_excerpt (request, filter, is_csv);
}

static gpointer
record_export (VigDbConnection *db, gpointer data, GError **error)
{
  const char *format = vig_json_get_string (vig_request_get_parameters (data), "format", "jsonl");
  g_autoptr (JsonObject) filter = make_filter (data);

  return GINT_TO_POINTER (vig_web_audit (db, data, "audit.exported", vig_json_pack_object ("{s:s, s:J}", "format", format, "filter", filter), error));
}

static void
export_recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;

  vig_db_finish (VIG_DB (source), result, &error);
  if (error != NULL)
    vig_request_fail (request, error);
  else
    vig_audit_keeper_sign_async (vig_request_get_web (request)->context.audit, signed_for_export, vig_request_ref (request));
}

/* That somebody takes the record away is in it, and in what they take. */
static void
export_audit (VigRequest *request)
{
  g_autoptr (JsonObject) filter = make_filter (request);
  g_autoptr (GError) error = NULL;

  /* Later the answer has begun, and can only break off. */
  if (!vig_audit_list_check (filter, &error))
    {
      vig_request_fail (request, error);
      return;
    }

  vig_db_write_async (vig_request_get_web (request)->context.agent->db, record_export, request, NULL, NULL, NULL, export_recorded,
                      vig_request_ref (request));
}

const VigRoute VIG_ROUTES_AUDIT[] = {
  { "exportAudit", .handle = export_audit },
  { "getAuditProof", .handle = get_proof },
  { "listAudit", .read = list_audit },
  { "signAudit", .handle = sign_audit },
  { NULL },
};
