/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-changes.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define CHANGE \
  "SELECT id, call_id, undoes, run_id, session_id, operator_name, user_name, tool, state, created_at, undone_at, undone_by, undone_as, seq FROM changes "
#define CHANGE_TYPES "sssssssssttss-"
#define SEQ_COLUMN 13
#define FILE_TYPES "sssiiiisssss"
#define KEPT_BYTES \
  "SELECT coalesce (sum (size), 0) FROM (SELECT max (before_size) AS size FROM change_files JOIN changes ON changes.id = change_id" \
  " WHERE state <> 'expired' AND before_sha256 IS NOT NULL GROUP BY before_sha256)"
#define MOST_AT_ONCE 1000

static const VigStoreField fields[] = {
  { "call_id", 's', TRUE, 1, 64 },
  { "undoes", 's', TRUE, 1, 64 },
  { "run_id", 's', TRUE, 1, 64 },
  { "session_id", 's', TRUE, 1, 64 },
  { "operator_name", 's', TRUE },
  { "user_name", 's', TRUE },
  { "tool", 's', FALSE, 1, 64 },
  { NULL },
};

static const VigStoreField file_fields[] = {
  { "path", 's', FALSE, 1, 8192 },
  { "before_kind", 's', FALSE, 1, 0, "absent|file|directory|link" },
  { "before_sha256", 's', TRUE, 64, 64 },
  { "before_size", 'i', TRUE },
  { "before_mode", 'i', TRUE },
  { "before_uid", 'i', TRUE },
  { "before_gid", 'i', TRUE },
  { "before_target", 's', TRUE, 1, 8192 },
  { "after_kind", 's', FALSE, 1, 0, "absent|file|directory|link" },
  { "after_sha256", 's', TRUE, 64, 64 },
  { "server_id", 's', TRUE, 1, 64 },
  { "server_name", 's', TRUE, 1, 64 },
  { NULL },
};

static gboolean
add_files (VigDbConnection *db, JsonObject *change, GError **error)
{
  JsonArray *files = vig_store_row_all (vig_db_query (db, error,
                                                      "SELECT path, before_kind, before_sha256, before_size, before_mode, before_uid, before_gid, before_target,"
                                                      " after_kind, after_sha256, server_id, server_name FROM change_files WHERE change_id = ?1 ORDER BY seq",
                                                      "s", vig_json_get_string (change, "id", "")),
                                        FILE_TYPES, error);

  if (files == NULL)
    return FALSE;
  json_object_set_array_member (change, "files", files);

  return TRUE;
}

/* Takes @change, which may be NULL. */
static JsonObject *
complete (VigDbConnection *db, JsonObject *change, GError **error)
{
  g_autoptr (JsonObject) owned = change;

  return owned != NULL && add_files (db, owned, error) ? g_steal_pointer (&owned) : NULL;
}

JsonObject *
vig_store_changes_get (VigDbConnection *db, const char *id, GError **error)
{
  return complete (db, vig_store_row_required (vig_db_query (db, error, CHANGE "WHERE id = ?1", "s", id), CHANGE_TYPES, "change", id, error), error);
}

JsonObject *
vig_store_changes_ensure (VigDbConnection *db, JsonObject *values, GError **error)
{
  const char *call_id = vig_json_get_string (values, "call_id", NULL);
  g_autofree char *id = vig_id_new ();
  g_autoptr (JsonObject) found = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!vig_store_check_fields ("a change", fields, values, error))
    return NULL;

  found = vig_store_row_one (vig_db_query (db, &local_error, CHANGE "WHERE call_id = ?1", "s", call_id), CHANGE_TYPES, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (found != NULL)
    return complete (db, g_steal_pointer (&found), error);

  if (!vig_db_exec (db, error,
                    "INSERT INTO changes (id, call_id, undoes, run_id, session_id, operator_name, user_name, tool, state, created_at)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'kept', ?9)",
                    "ssssssssi", id, call_id,
                    vig_json_get_string (values, "undoes", NULL),
                    vig_json_get_string (values, "run_id", NULL),
                    vig_json_get_string (values, "session_id", NULL),
                    vig_json_get_string (values, "operator_name", NULL),
                    vig_json_get_string (values, "user_name", NULL),
                    vig_json_get_string (values, "tool", NULL),
                    vig_time_now ()))
    return NULL;

  return vig_store_changes_get (db, id, error);
}

gboolean
vig_store_changes_add_file (VigDbConnection *db, const char *id, JsonObject *file, GError **error)
{
  const char *path = vig_json_get_string (file, "path", NULL);

  if (!vig_store_check_fields ("a changed file", file_fields, file, error)
      || !vig_db_exec (db, error, "UPDATE change_files SET after_kind = ?3, after_sha256 = ?4 WHERE change_id = ?1 AND path = ?2 AND server_id IS ?5", "sssss", id,
                       path, vig_json_get_string (file, "after_kind", NULL), vig_json_get_string (file, "after_sha256", NULL),
                       vig_json_get_string (file, "server_id", NULL)))
    return FALSE;
  if (vig_db_get_changes (db) > 0)
    return TRUE;

  return vig_db_exec (db, error,
                      "INSERT INTO change_files (change_id, path, before_kind, before_sha256, before_size, before_mode, before_uid, before_gid,"
                      " before_target, after_kind, after_sha256, server_id, server_name) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                      "ssssiiiisssss", id, path,
                      vig_json_get_string (file, "before_kind", NULL),
                      vig_json_get_string (file, "before_sha256", NULL),
                      vig_json_get_int (file, "before_size", 0),
                      vig_json_get_int (file, "before_mode", 0),
                      vig_json_get_int (file, "before_uid", 0),
                      vig_json_get_int (file, "before_gid", 0),
                      vig_json_get_string (file, "before_target", NULL),
                      vig_json_get_string (file, "after_kind", NULL),
                      vig_json_get_string (file, "after_sha256", NULL),
                      vig_json_get_string (file, "server_id", NULL),
                      vig_json_get_string (file, "server_name", NULL));
}

JsonObject *
vig_store_changes_list (VigDbConnection *db, const char *call_id, const char *run_id, const VigPage *page, GError **error)
{
  const char *sql = call_id != NULL  ? CHANGE "WHERE call_id = ?1 AND ?2 IS ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4"
                    : run_id != NULL ? CHANGE "WHERE ?1 IS NULL AND run_id = ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4"
                                     : CHANGE "WHERE ?1 IS NULL AND ?2 IS NULL AND seq < ?3 ORDER BY seq DESC LIMIT ?4";
  g_autoptr (JsonObject) list = NULL;
  JsonArray *items;
  gint64 before;

  if (!vig_store_cursor_before (page, "changes", &before, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, sql, "ssii", call_id, run_id, before, vig_store_page_limit (page) + 1), CHANGE_TYPES, page,
                                 "changes", SEQ_COLUMN, error);
  items = list != NULL ? vig_json_get_array (list, "items") : NULL;
  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    if (!add_files (db, json_array_get_object_element (items, i), error))
      return NULL;

  return g_steal_pointer (&list);
}

JsonObject *
vig_store_changes_undone (VigDbConnection *db, const char *id, const char *user_name, const char *undone_as, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE changes SET state = 'undone', undone_at = ?2, undone_by = ?3, undone_as = ?4 WHERE id = ?1 AND state = 'kept'",
                    "siss", id, vig_time_now (), user_name, undone_as))
    return NULL;
  if (vig_db_get_changes (db) == 1)
    return vig_store_changes_get (db, id, error);

  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the change %s is not kept any more", id);

  return NULL;
}

/* Bytes that are kept, or -1. */
static gint64
get_size (VigDbConnection *db, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, KEPT_BYTES, NULL), error);
}

/* The oldest that is still kept, when it is older than @oldest or there is too much; NULL without error: none. */
static char *
find_expired (VigDbConnection *db, gint64 oldest, gboolean too_much, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT id, created_at FROM changes WHERE state <> 'expired' ORDER BY seq LIMIT 1", NULL);

  if (rows == NULL || !vig_db_rows_next (rows, error) || (!too_much && vig_db_rows_int (rows, 1) >= oldest))
    return NULL;

  return g_strdup (vig_db_rows_string (rows, 0));
}

static JsonArray *
find_unneeded (VigDbConnection *db, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error,
                                             "SELECT before_sha256 FROM change_files JOIN changes ON changes.id = change_id WHERE before_sha256 IS NOT NULL"
                                             " GROUP BY before_sha256 HAVING min (state = 'expired') = 1",
                                             NULL);
  g_autoptr (JsonArray) unneeded = json_array_new ();
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return NULL;

  while (vig_db_rows_next (rows, &local_error))
    json_array_add_string_element (unneeded, vig_db_rows_string (rows, 0));
  if (local_error == NULL)
    return g_steal_pointer (&unneeded);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

GHashTable *
vig_store_changes_needed (VigDbConnection *db, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT DISTINCT before_sha256 FROM change_files WHERE before_sha256 IS NOT NULL", NULL);
  g_autoptr (GHashTable) needed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return NULL;

  while (vig_db_rows_next (rows, &local_error))
    g_hash_table_add (needed, g_strdup (vig_db_rows_string (rows, 0)));
  if (local_error == NULL)
    return g_steal_pointer (&needed);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

JsonArray *
vig_store_changes_expire (VigDbConnection *db, gint64 oldest, gint64 max_bytes, GError **error)
{
  JsonArray *unneeded;

  for (guint i = 0; i < MOST_AT_ONCE; i++)
    {
      gint64 size = get_size (db, error);
      g_autoptr (GError) local_error = NULL;
      g_autofree char *id = size >= 0 ? find_expired (db, oldest, size > max_bytes, &local_error) : NULL;

      if (size < 0)
        return NULL;
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (id == NULL)
        break;
      if (!vig_db_exec (db, error, "UPDATE changes SET state = 'expired' WHERE id = ?1", "s", id))
        return NULL;
    }

  unneeded = find_unneeded (db, error);
  /* Once its content is gone, a file of a change is only a name. */
  if (unneeded != NULL
      && !vig_db_exec (db, error,
                       "UPDATE change_files SET before_sha256 = NULL WHERE before_sha256 IS NOT NULL AND change_id IN"
                       " (SELECT id FROM changes WHERE state = 'expired')",
                       NULL))
    g_clear_pointer (&unneeded, json_array_unref);

  return unneeded;
}
