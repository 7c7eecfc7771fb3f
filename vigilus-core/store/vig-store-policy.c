/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-policy.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define VERSION       "SELECT version, rules, note, user_name, created_at FROM policy_versions "
#define VERSION_TYPES "ijsst"
#define FLOOR         "SELECT tool, level, user_name, created_at FROM tool_floors "
#define FLOOR_TYPES   "ssst"
#define HISTORY_TYPES "ssjssisssbs"
#define MAX_LOOKED    200000 /* records of the audit log that are looked through for calls of deleted conversations */

JsonObject *
vig_store_policy_get (VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonObject *newest = vig_store_row_one (vig_db_query (db, &local_error, VERSION "ORDER BY version DESC LIMIT 1", NULL), VERSION_TYPES, &local_error);

  if (newest != NULL)
    return newest;
  if (local_error == NULL)
    return vig_json_pack_object ("{s:i, s:A, s:s, s:n, s:n}", "version", 0, "rules", json_array_new (), "note", "", "user_name", "created_at");

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

gint64
vig_store_policy_version (VigDbConnection *db, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT coalesce (max (version), 0) FROM policy_versions", NULL), error);
}

static char *
rules_to_text (JsonArray *rules)
{
  g_autoptr (JsonNode) node = json_node_init_array (json_node_alloc (), rules);

  return vig_json_to_string (node);
}

JsonObject *
vig_store_policy_add (VigDbConnection *db, gint64 expected, JsonArray *rules, const char *note, const char *user_name, GError **error)
{
  gint64 version = vig_store_policy_version (db, error);
  g_autofree char *text = rules_to_text (rules);

  if (version < 0)
    return NULL;
  if (version != expected)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the policy is at version %" G_GINT64_FORMAT " now: look at it again", version);
      return NULL;
    }
  if (!vig_db_exec (db, error, "INSERT INTO policy_versions (version, rules, note, user_name, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    "isssi", version + 1, text, note, user_name, vig_time_now ()))
    return NULL;

  return vig_store_policy_get (db, error);
}

JsonObject *
vig_store_policy_list (VigDbConnection *db, const VigPage *page, GError **error)
{
  gint64 before;

  if (!vig_store_cursor_before (page, "policy", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error, VERSION "WHERE version < ?1 ORDER BY version DESC LIMIT ?2", "ii", before,
                                               vig_store_page_limit (page) + 1),
                                 VERSION_TYPES, page, "policy", 0, error);
}

/* Of conversations that were deleted, as the audit log has it: not whether somebody was there, and the Operator by its name. Tiles say where @since is. */
static JsonArray *
read_deleted (VigDbConnection *db, gint64 since, gint64 limit, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          "SELECT call_id AS id, tool, coalesce (arguments, '{}') AS arguments, level, resource, at AS created_at, run_id,"
                                          " (SELECT id FROM operators WHERE name = operator_name) AS operator_id, operator_name, 0 AS unattended, user_name"
                                          " FROM audit WHERE seq > (SELECT max (coalesce ((SELECT min (n) * 256 FROM audit_tiles INDEXED BY audit_tiles_last"
                                          " WHERE level = 0 AND last_at >= ?1), size / 256 * 256), size - ?3) FROM audit_tree)"
                                          " AND event IN ('call.declared', 'call.denied') AND at >= ?1 AND level IS NOT NULL"
                                          " AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.id = audit.call_id) ORDER BY seq DESC LIMIT ?2",
                                          "iii", since, limit, (gint64) MAX_LOOKED),
                            HISTORY_TYPES, error);
}

static JsonArray *
read_kept (VigDbConnection *db, gint64 since, gint64 limit, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          "SELECT calls.id, calls.tool, calls.arguments, calls.level, calls.resource, calls.created_at, calls.run_id,"
                                          " runs.operator_id, runs.operator_name, runs.unattended, users.name AS user_name FROM calls"
                                          " JOIN runs ON runs.id = calls.run_id JOIN users ON users.id = runs.user_id"
                                          " WHERE calls.created_at >= ?1 AND calls.level IS NOT NULL ORDER BY calls.seq DESC LIMIT ?2",
                                          "ii", since, limit),
                            HISTORY_TYPES, error);
}

JsonArray *
vig_store_policy_history (VigDbConnection *db, gint64 since, gint64 limit, GError **error)
{
  g_autoptr (JsonArray) calls = read_kept (db, since, limit, error);
  g_autoptr (JsonArray) deleted = calls != NULL ? read_deleted (db, since, limit - json_array_get_length (calls), error) : NULL;

  for (guint i = 0; deleted != NULL && i < json_array_get_length (deleted); i++)
    json_array_add_object_element (calls, json_object_ref (json_array_get_object_element (deleted, i)));

  return deleted != NULL ? g_steal_pointer (&calls) : NULL;
}

JsonObject *
vig_store_floors_list (VigDbConnection *db, GError **error)
{
  JsonArray *items = vig_store_row_all (vig_db_query (db, error, FLOOR "ORDER BY tool", NULL), FLOOR_TYPES, error);

  return items != NULL ? vig_store_page_new (items, NULL) : NULL;
}

char *
vig_store_floors_dup (VigDbConnection *db, const char *tool, GError **error)
{
  g_autoptr (JsonObject) row = vig_store_row_one (vig_db_query (db, error, FLOOR "WHERE tool = ?1", "s", tool), FLOOR_TYPES, error);

  return row != NULL ? g_strdup (vig_json_get_string (row, "level", NULL)) : NULL;
}

gboolean
vig_store_floors_set (VigDbConnection *db, const char *tool, const char *level, const char *user_name, GError **error)
{
  if (level == NULL)
    return vig_db_exec (db, error, "DELETE FROM tool_floors WHERE tool = ?1", "s", tool);

  return vig_db_exec (db, error,
                      "INSERT INTO tool_floors (tool, level, user_name, created_at) VALUES (?1, ?2, ?3, ?4)"
                      " ON CONFLICT (tool) DO UPDATE SET level = excluded.level, user_name = excluded.user_name, created_at = excluded.created_at",
                      "sssi", tool, level, user_name, vig_time_now ());
}
