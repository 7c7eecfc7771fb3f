/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"
#include "vig-store-approvals.h"
#include "vig-store-row.h"

#define GRANT \
  "SELECT id, approval_id, operator_id, operator_name, tool, level, resource," \
  " CASE WHEN standing = 1 THEN 'standing' WHEN session_id IS NOT NULL THEN 'conversation' ELSE mode END AS mode, arguments_sha256, granted_by," \
  " created_at, expires_at, used_at, revoked_at, session_id, seq, signature FROM grants "
#define GRANT_TYPES "sssssssssstttts-"
#define SIGNED_TYPES "sssssssssstttts-s"
#define SEQ_COLUMN 15

#define MAX_CANDIDATES 1000

static const VigStoreField fields[] = {
  { "id", 's', FALSE, 1, 64 },
  { "approval_id", 's', TRUE, 1, 64 },
  { "operator_id", 's', FALSE, 1, 64 },
  { "operator_name", 's' },
  { "tool", 's' },
  { "level", 's', FALSE, 1, 0, "read|write|exec|elevate" },
  { "resource", 's', TRUE },
  { "mode", 's', FALSE, 1, 0, VIG_GRANT_MODES },
  { "arguments_sha256", 's', TRUE, 64, 64 },
  { "granted_by", 's' },
  { "session_id", 's', TRUE, 1, 64 },
  { "created_at", 's', FALSE, 1, 64 },
  { "expires_at", 's', FALSE, 1, 64 },
  { NULL },
};

static JsonObject *
get (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, GRANT "WHERE id = ?1", "s", id), GRANT_TYPES, "grant", id, error);
}

static gboolean
read_times (JsonObject *grant, gint64 *created_at, gint64 *expires_at, GError **error)
{
  if (!vig_store_get_time (grant, "created_at", created_at, error) || !vig_store_get_time (grant, "expires_at", expires_at, error))
    return FALSE;

  if (*created_at == 0)
    *created_at = vig_time_now ();

  if (*expires_at > *created_at)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "expires_at must be after created_at");

  return FALSE;
}

JsonObject *
vig_store_grants_create (VigDbConnection *db, JsonObject *grant, const char *signature, GError **error)
{
  g_autofree char *fresh = vig_id_new ();
  const char *id = vig_json_get_string (grant, "id", fresh);
  gint64 created_at;
  gint64 expires_at;

  if (!vig_store_check_fields ("a grant", fields, grant, error) || !read_times (grant, &created_at, &expires_at, error))
    return NULL;

  if (!vig_db_exec (db, error,
                    "INSERT INTO grants (id, approval_id, operator_id, operator_name, tool, level, resource, mode, arguments_sha256,"
                    " granted_by, created_at, expires_at, signature, session_id, standing)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, CASE ?8 WHEN 'once' THEN 'once' ELSE 'timed' END, ?9, ?10, ?11, ?12, ?13,"
                    " CASE ?8 WHEN 'conversation' THEN ?14 END, ?8 = 'standing')",
                    "ssssssssssiiss", id,
                    vig_json_get_string (grant, "approval_id", NULL),
                    vig_json_get_string (grant, "operator_id", NULL),
                    vig_json_get_string (grant, "operator_name", NULL),
                    vig_json_get_string (grant, "tool", NULL),
                    vig_json_get_string (grant, "level", NULL),
                    vig_json_get_string (grant, "resource", NULL),
                    vig_json_get_string (grant, "mode", NULL),
                    vig_json_get_string (grant, "arguments_sha256", NULL),
                    vig_json_get_string (grant, "granted_by", NULL),
                    created_at, expires_at, signature, vig_json_get_string (grant, "session_id", NULL)))
    return NULL;

  return get (db, id, error);
}

JsonObject *
vig_store_grants_list (VigDbConnection *db, gboolean live_only, const VigPage *page, GError **error)
{
  const char *sql = live_only ? GRANT "WHERE used_at IS NULL AND revoked_at IS NULL AND expires_at > ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"
                              : GRANT "WHERE ?1 > 0 AND seq < ?2 ORDER BY seq DESC LIMIT ?3";
  gint64 before;

  if (!vig_store_cursor_before (page, "grants", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error, sql, "iii", vig_time_now (), before, vig_store_page_limit (page) + 1),
                                 GRANT_TYPES, page, "grants", SEQ_COLUMN, error);
}

JsonArray *
vig_store_grants_live (VigDbConnection *db, const char *operator_id, const char *tool, const char *arguments_sha256, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          GRANT "WHERE operator_id = ?1 AND tool = ?2 AND used_at IS NULL AND revoked_at IS NULL"
                                                " AND expires_at > ?3 AND (arguments_sha256 IS NULL OR arguments_sha256 = ?5"
                                                " OR (grants.mode <> 'once' AND resource IS NOT NULL))"
                                                " ORDER BY grants.mode, CASE WHEN resource IS NULL THEN 1 ELSE 0 END, length (resource) DESC, seq DESC"
                                                " LIMIT ?4",
                                          "ssiis", operator_id, tool, vig_time_now (), (gint64) MAX_CANDIDATES, arguments_sha256),
                            SIGNED_TYPES, error);
}

/* Why a grant that was not there to be used is not. */
static void
explain (JsonObject *grant, GError **error)
{
  const char *why = "expired";

  if (vig_json_get_string (grant, "revoked_at", NULL) != NULL)
    why = "revoked";
  else if (vig_json_get_string (grant, "used_at", NULL) != NULL)
    why = "used";

  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the grant can't be used: it is %s", why);
}

gboolean
vig_store_grants_use (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (JsonObject) grant = NULL;

  /* A timed grant stays as it is, and still must be live. */
  if (!vig_db_exec (db, error,
                    "UPDATE grants SET used_at = CASE WHEN mode = 'once' THEN ?2 END"
                    " WHERE id = ?1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ?2",
                    "si", id, vig_time_now ()))
    return FALSE;

  if (vig_db_get_changes (db) == 1)
    return TRUE;

  grant = get (db, id, error);
  if (grant != NULL)
    explain (grant, error);

  return FALSE;
}

JsonObject *
vig_store_grants_revoke (VigDbConnection *db, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE grants SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL", "si", id, vig_time_now ()))
    return NULL;

  return get (db, id, error);
}

/* What runs under it has to end. */
static gboolean
tell_ended (VigDbConnection *db, JsonArray *ended, GError **error)
{
  for (guint i = 0; i < json_array_get_length (ended); i++)
    {
      JsonObject *grant = get (db, vig_json_get_string (json_array_get_object_element (ended, i), "id", ""), error);

      if (grant == NULL)
        return FALSE;
      vig_db_tell (db, grant);
    }

  return TRUE;
}

JsonArray *
vig_store_grants_take_ended (VigDbConnection *db, GError **error)
{
  g_autoptr (JsonArray) ended = vig_store_row_all (vig_db_query (db, error,
                                                                 "SELECT id, operator_name, approval_id, tool, level, resource, unrecorded AS reason FROM grants"
                                                                 " WHERE unrecorded IS NOT NULL ORDER BY seq", NULL),
                                                   "sssssss", error);

  if (ended == NULL)
    return NULL;
  if (json_array_get_length (ended) > 0 && !vig_db_exec (db, error, "UPDATE grants SET unrecorded = NULL WHERE unrecorded IS NOT NULL", NULL))
    return NULL;

  return tell_ended (db, ended, error) ? g_steal_pointer (&ended) : NULL;
}
