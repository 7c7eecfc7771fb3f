/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-approvals.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define APPROVAL \
  "SELECT id, call_id, run_id, session_id, user_id, operator_id, operator_name, tool, level, resource, arguments, arguments_sha256," \
  " reason, preview, status, mode, minutes, decided_by, deny_reason, created_at, expires_at, decided_at, seq FROM approvals "
#define APPROVAL_TYPES "ssssssssssjssjssissttt-"
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
  { NULL },
};

static const VigStoreField changes_fields[] = {
  { "mode", 's', TRUE, 1, 0, "once|timed" },
  { "minutes", 'i', TRUE, 1 },
  { "decided_by", 's', TRUE },
  { "deny_reason", 's', TRUE, 0, 2000 },
  { NULL },
};

JsonObject *
vig_store_approvals_get (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, APPROVAL "WHERE id = ?1", "s", id), APPROVAL_TYPES, "approval", id, error);
}

static gboolean
insert (VigDbConnection *db, JsonObject *values, const char *id, gint64 expires_at, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT INTO approvals (id, call_id, run_id, session_id, user_id, operator_id, operator_name, tool, level, resource,"
                      " arguments, arguments_sha256, reason, preview, status, created_at, expires_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 'pending', ?15, ?16)",
                      "ssssssssssossoii", id,
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
                      vig_time_now (), expires_at);
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
  gint64 before;

  if (!vig_store_cursor_before (page, "approvals", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error, sql, "sii", status, before, vig_store_page_limit (page) + 1),
                                 APPROVAL_TYPES, page, "approvals", SEQ_COLUMN, error);
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
                    "UPDATE approvals SET status = ?2, mode = ?3, minutes = ?4, decided_by = ?5, deny_reason = ?6, decided_at = ?7"
                    " WHERE id = ?1 AND status = 'pending'",
                    "ssstssi", id, status,
                    vig_json_get_string (given, "mode", NULL),
                    vig_json_get_int (given, "minutes", 0),
                    vig_json_get_string (given, "decided_by", NULL),
                    vig_json_get_string (given, "deny_reason", NULL),
                    vig_time_now ()))
    return NULL;

  if (vig_db_get_changes (db) == 1)
    return vig_store_approvals_get (db, id, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the request is no longer pending");

  return NULL;
}
