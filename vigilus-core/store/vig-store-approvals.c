/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-approvals.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define APPROVAL \
  "SELECT id, call_id, run_id, session_id, user_id, operator_id, operator_name, tool, level, resource, arguments, arguments_sha256," \
  " reason, preview, status, CASE WHEN scope <> '' THEN scope ELSE mode END AS mode, minutes, decided_by, deny_reason, created_at, expires_at," \
  " decided_at, seq, granted_resource, edited_arguments, taint, times_approved, offer_standing, approvers_needed, first_by, first_at, first_terms," \
  " rule, because, (SELECT json_object ('id', g.id, 'expires_at', g.expires_at, 'used_at', g.used_at, 'revoked_at', g.revoked_at) FROM grants g" \
  " WHERE g.approval_id = approvals.id ORDER BY g.seq LIMIT 1) AS grant," \
  " (SELECT name FROM users WHERE users.id = approvals.user_id) AS user_name FROM approvals "
#define APPROVAL_TYPES "ssssssssssjssjssissttt-sjjibistjssjs"
#define SEQ_COLUMN 22

static const VigStoreField fields[] = {
  { "id", 's', FALSE, 1, 64 },
  { "call_id", 's', FALSE, 1, 64 },
  { "run_id", 's', FALSE, 1, 64 },
  { "session_id", 's', FALSE, 1, 64 },
  { "user_id", 's', FALSE, 1, 64 },
  { "operator_id", 's', FALSE, 1, 64 },
  { "operator_name", 's' },
  { "tool", 's' },
  { "level", 's', FALSE, 1, 0, "read|write|exec|elevate" },
  { "resource", 's', TRUE },
  { "arguments", 'o' },
  { "arguments_sha256", 's', FALSE, 64, 64 },
  { "reason", 's', TRUE },
  { "preview", 'o', TRUE },
  { "expires_at", 's', FALSE, 1, 64 },
  { "taint", 'o', TRUE },
  { "times_approved", 'i' },
  { "offer_standing", 'b' },
  { "approvers_needed", 'i', FALSE, 1, 2 },
  { "rule", 's', TRUE },
  { "because", 's', TRUE },
  { NULL },
};

static const VigStoreField changes_fields[] = {
  { "mode", 's', TRUE, 1, 0, VIG_GRANT_MODES },
  { "minutes", 'i', TRUE, 1 },
  { "decided_by", 's', TRUE },
  { "deny_reason", 's', TRUE, 0, 2000 },
  { "resource", 's', TRUE },
  { "arguments", 'o', TRUE },
  { NULL },
};

/* The times of the grant are as the store keeps them: microseconds. Of what the first approver chose, people are shown the redacted part. */
static JsonObject *
shape (JsonObject *approval)
{
  static const char * const times[] = { "expires_at", "used_at", "revoked_at" };
  JsonObject *grant = approval != NULL ? vig_json_get_object (approval, "grant") : NULL;
  JsonObject *terms = approval != NULL ? vig_json_get_object (approval, "first_terms") : NULL;

  if (terms != NULL)
    {
      JsonObject *shown = vig_json_pack_object ("{s:s, s:I, s:s, s:J}", "mode", vig_json_get_string (terms, "mode", "once"),
                                                "minutes", vig_json_get_int (terms, "minutes", 0), "resource", vig_json_get_string (terms, "covers", NULL),
                                                "arguments", vig_json_get_object (terms, "shown"));

      json_object_set_object_member (approval, "first_terms", shown);
    }
  for (guint i = 0; grant != NULL && i < G_N_ELEMENTS (times); i++)
    vig_store_set_time (grant, times[i], vig_json_get_int (grant, times[i], 0));

  return approval;
}

JsonObject *
vig_store_approvals_get (VigDbConnection *db, const char *id, GError **error)
{
  return shape (vig_store_row_required (vig_db_query (db, error, APPROVAL "WHERE id = ?1", "s", id), APPROVAL_TYPES, "approval", id, error));
}

JsonObject *
vig_store_approvals_renew_preview (VigDbConnection *db, const char *id, JsonObject *preview, GError **error)
{
  g_autoptr (JsonObject) approval = vig_store_approvals_get (db, id, error);
  JsonObject *shown = approval != NULL ? vig_json_get_object (approval, "preview") : NULL;

  if (approval == NULL || !g_str_equal (vig_json_get_string (approval, "status", ""), "pending"))
    return NULL;
  if (shown != NULL && g_strcmp0 (vig_json_get_string (shown, "text", NULL), vig_json_get_string (preview, "text", NULL)) == 0)
    return NULL;
  if (!vig_db_exec (db, error, "UPDATE approvals SET preview = ?2 WHERE id = ?1 AND status = 'pending'", "so", id, preview))
    return NULL;

  return vig_store_approvals_get (db, id, error);
}

static gboolean
insert (VigDbConnection *db, JsonObject *values, const char *id, gint64 expires_at, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT INTO approvals (id, call_id, run_id, session_id, user_id, operator_id, operator_name, tool, level, resource,"
                      " arguments, arguments_sha256, reason, preview, status, created_at, expires_at, taint, times_approved, offer_standing,"
                      " approvers_needed, rule, because)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 'pending', ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
                      "ssssssssssossoiioibiss", id,
                      vig_json_get_string (values, "call_id", NULL),
                      vig_json_get_string (values, "run_id", NULL),
                      vig_json_get_string (values, "session_id", NULL),
                      vig_json_get_string (values, "user_id", NULL),
                      vig_json_get_string (values, "operator_id", NULL),
                      vig_json_get_string (values, "operator_name", NULL),
                      vig_json_get_string (values, "tool", NULL),
                      vig_json_get_string (values, "level", NULL),
                      vig_json_get_string (values, "resource", NULL),
                      vig_json_get_object (values, "arguments"),
                      vig_json_get_string (values, "arguments_sha256", NULL),
                      vig_json_get_string (values, "reason", ""),
                      vig_json_get_object (values, "preview"),
                      vig_time_now (), expires_at,
                      vig_json_get_object (values, "taint"),
                      vig_json_get_int (values, "times_approved", 0),
                      vig_json_get_boolean (values, "offer_standing", FALSE),
                      vig_json_get_int (values, "approvers_needed", 1),
                      vig_json_get_string (values, "rule", NULL),
                      vig_json_get_string (values, "because", NULL));
}

JsonObject *
vig_store_approvals_create (VigDbConnection *db, JsonObject *approval, GError **error)
{
  g_autofree char *fresh = vig_id_new ();
  const char *id = vig_json_get_string (approval, "id", fresh);
  g_autoptr (GError) local_error = NULL;
  gint64 expires_at;

  if (!vig_store_check_fields ("an approval", fields, approval, error) ||
      !vig_store_get_time (approval, "expires_at", &expires_at, error))
    return NULL;

  if (expires_at == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "expires_at is missing");
      return NULL;
    }

  if (insert (db, approval, id, expires_at, &local_error))
    return vig_store_approvals_get (db, id, error);

  if (g_error_matches (local_error, VIG_ERROR, VIG_ERROR_EXISTS))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_EXISTS, "this call waits for an approval already");
  else
    g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

JsonObject *
vig_store_approvals_list (VigDbConnection *db, const char *status, const VigPage *page, GError **error)
{
  const char *sql = status != NULL ? APPROVAL "WHERE status = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
                                   : APPROVAL "WHERE ?1 IS NULL AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
  JsonObject *list;
  JsonArray *items;
  gint64 before;

  if (!vig_store_cursor_before (page, "approvals", &before, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, sql, "sii", status, before, vig_store_page_limit (page) + 1),
                                 APPROVAL_TYPES, page, "approvals", SEQ_COLUMN, error);
  items = list != NULL ? vig_json_get_array (list, "items") : NULL;
  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    shape (json_array_get_object_element (items, i));

  return list;
}

/* What makes two requests the same, but for their conversation: what taints that is compared, for it is what the card shows. */
#define SAME "operator_id = ?1 AND tool = ?2 AND arguments_sha256 = ?3 AND level = ?4 AND resource IS ?5 AND user_id = ?6 "

JsonObject *
vig_store_approvals_find_same (VigDbConnection *db, JsonObject *approval, GError **error)
{
  g_autofree char *taint = vig_store_dup_json (approval, "taint");

  return shape (vig_store_row_one (vig_db_query (db, error, APPROVAL "WHERE status = 'pending' AND " SAME "AND taint IS ?7 AND expires_at > ?8 LIMIT 1",
                                                 "sssssssi",
                                                 vig_json_get_string (approval, "operator_id", NULL),
                                                 vig_json_get_string (approval, "tool", NULL),
                                                 vig_json_get_string (approval, "arguments_sha256", NULL),
                                                 vig_json_get_string (approval, "level", NULL),
                                                 vig_json_get_string (approval, "resource", NULL),
                                                 vig_json_get_string (approval, "user_id", NULL),
                                                 taint, vig_time_now ()),
                                   APPROVAL_TYPES, error));
}

gint64
vig_store_approvals_count_same (VigDbConnection *db, JsonObject *approval, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM approvals WHERE status = 'approved' AND edited_arguments IS NULL AND " SAME,
                                            "ssssss",
                                            vig_json_get_string (approval, "operator_id", NULL),
                                            vig_json_get_string (approval, "tool", NULL),
                                            vig_json_get_string (approval, "arguments_sha256", NULL),
                                            vig_json_get_string (approval, "level", NULL),
                                            vig_json_get_string (approval, "resource", NULL),
                                            vig_json_get_string (approval, "user_id", NULL)),
                              error);
}

static gboolean
require_change (VigDbConnection *db, GError **error)
{
  if (vig_db_get_changes (db) == 1)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the request is no longer pending");

  return FALSE;
}

/* Who may not decide any more has not decided: their half of two approvals counts for nothing. */
#define FIRST_COUNTS "EXISTS (SELECT 1 FROM users WHERE users.id = first_by_id AND disabled = 0 AND role IN ('owner', 'administrator', 'approver'))"

JsonObject *
vig_store_approvals_first (VigDbConnection *db, const char *id, const char *by, const char *by_id, JsonObject *terms, GError **error)
{
  if (!vig_db_exec (db, error,
                    "UPDATE approvals SET first_by = ?2, first_by_id = ?3, first_at = ?4, first_terms = ?5, approvers_needed = 2"
                    " WHERE id = ?1 AND status = 'pending' AND (first_by_id IS NULL OR NOT " FIRST_COUNTS ")",
                    "sssio", id, by, by_id, vig_time_now (), terms) ||
      !require_change (db, error))
    return NULL;

  return vig_store_approvals_get (db, id, error);
}

JsonObject *
vig_store_approvals_get_first (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_one (vig_db_query (db, error,
                                          "SELECT first_by_id AS by_id, first_by AS by, first_terms AS terms FROM approvals"
                                          " WHERE id = ?1 AND first_by_id IS NOT NULL AND " FIRST_COUNTS,
                                          "s", id),
                            "ssj", error);
}

JsonArray *
vig_store_approvals_open (VigDbConnection *db, const char *session_id, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          "SELECT id, tool, resource, operator_name FROM approvals"
                                          " WHERE session_id = ?1 AND status = 'pending' ORDER BY seq LIMIT 50", "s", session_id),
                            "ssss", error);
}

gint64
vig_store_approvals_pending (VigDbConnection *db, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM approvals WHERE status = 'pending'", NULL), error);
}

/* Only what is pending can be decided, and what has expired can't be approved any more. */
static gboolean
check_decidable (JsonObject *approval, const char *status, GError **error)
{
  const char *now = vig_json_get_string (approval, "status", "");
  gint64 expires_at;

  if (!g_str_equal (now, "pending"))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the request is no longer pending: it is %s", now);
      return FALSE;
    }

  if (!vig_store_get_time (approval, "expires_at", &expires_at, error))
    return FALSE;

  if (g_str_equal (status, "approved") && expires_at <= vig_time_now ())
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the request is no longer pending: it is expired");
      return FALSE;
    }

  return TRUE;
}

JsonObject *
vig_store_approvals_decide (VigDbConnection *db, const char *id, const char *status, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) none = json_object_new ();
  g_autoptr (JsonObject) approval = vig_store_approvals_get (db, id, error);
  JsonObject *given = changes != NULL ? changes : none;

  if (approval == NULL || !vig_store_check_fields ("a decision", changes_fields, given, error) ||
      !check_decidable (approval, status, error))
    return NULL;

  if (!vig_db_exec (db, error,
                    "UPDATE approvals SET status = ?2, mode = CASE WHEN ?3 IN ('conversation', 'standing') THEN 'timed' ELSE ?3 END,"
                    " minutes = ?4, decided_by = ?5, deny_reason = ?6, decided_at = ?7,"
                    " scope = CASE WHEN ?3 IN ('conversation', 'standing') THEN ?3 ELSE '' END, granted_resource = ?8, edited_arguments = ?9,"
                    " first_terms = NULL WHERE id = ?1 AND status = 'pending'",
                    "ssstssiso", id, status,
                    vig_json_get_string (given, "mode", NULL),
                    vig_json_get_int (given, "minutes", 0),
                    vig_json_get_string (given, "decided_by", NULL),
                    vig_json_get_string (given, "deny_reason", NULL),
                    vig_time_now (),
                    vig_json_get_string (given, "resource", NULL),
                    vig_json_get_object (given, "arguments")) ||
      !require_change (db, error))
    return NULL;

  return vig_store_approvals_get (db, id, error);
}
