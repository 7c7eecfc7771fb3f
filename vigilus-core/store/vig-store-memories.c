/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-memories.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define MEMORY \
  "SELECT m.id AS id, m.text AS text, m.scope AS scope, m.user_id AS user_id, m.operator_id AS operator_id, o.name AS operator_name," \
  " m.status AS status, m.source AS source, m.source_name AS source_name, m.reason AS reason, m.session_id AS session_id, m.run_id AS run_id," \
  " m.call_id AS call_id, m.is_tainted AS is_tainted, m.decided_by AS decided_by, m.created_at AS created_at, m.updated_at AS updated_at," \
  " m.decided_at AS decided_at, m.expires_at AS expires_at, m.seq AS seq FROM memories m LEFT JOIN operators o ON o.id = m.operator_id "
#define MEMORY_TYPES "sssssssssssssbstttt-"
#define SEQ_COLUMN 19
#define TOLD 200

/* Another person's own is nobody else's business. */
#define VISIBLE "(m.scope <> 'person' OR m.user_id = ?1)"

static const VigStoreField fields[] = {
  { "text", 's', FALSE, 1, VIG_MEMORY_MAX_TEXT },
  { "scope", 's', FALSE, 1, 0, "everyone|person|operator" },
  { "user_id", 's', TRUE, 1, 64 },
  { "operator_id", 's', TRUE, 1, 64 },
  { "expires_at", 's', TRUE, 1, 64 },
  { "status", 's', FALSE, 1, 0, "proposed|accepted|rejected" },
  { "source", 's', FALSE, 1, 0, "person|operator" },
  { "source_name", 's', FALSE, 1, 200 },
  { "reason", 's', TRUE, 0, VIG_MEMORY_MAX_TEXT },
  { "session_id", 's', TRUE, 1, 64 },
  { "run_id", 's', TRUE, 1, 64 },
  { "call_id", 's', TRUE, 1, 64 },
  { "is_tainted", 'b' },
  { "decided_by", 's', TRUE, 1, 200 },
  { NULL },
};

JsonObject *
vig_store_memories_list (VigDbConnection *db, const char *user_id, const char *status, const char *scope, const char *operator_id, const VigPage *page,
                         GError **error)
{
  gint64 before;

  if (!vig_store_cursor_before (page, "memories", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error,
                                               MEMORY "WHERE " VISIBLE " AND m.seq < ?2 AND (?3 IS NULL OR m.status = ?3)"
                                               " AND (?4 IS NULL OR m.scope = ?4) AND (?5 IS NULL OR m.operator_id = ?5) ORDER BY m.seq DESC LIMIT ?6",
                                               "sisssi", user_id, before, status, scope, operator_id, vig_store_page_limit (page) + 1),
                                 MEMORY_TYPES, page, "memories", SEQ_COLUMN, error);
}

JsonObject *
vig_store_memories_get (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, MEMORY "WHERE " VISIBLE " AND m.id = ?2", "ss", user_id, id), MEMORY_TYPES, "memory", id, error);
}

static JsonObject *
get_any (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, MEMORY "WHERE m.id = ?1", "s", id), MEMORY_TYPES, "memory", id, error);
}

/* Whom it is for, and nobody beside. */
static gboolean
check_scope (VigDbConnection *db, JsonObject *memory, GError **error)
{
  const char *scope = vig_json_get_string (memory, "scope", "");
  const char *operator_id = vig_json_get_string (memory, "operator_id", NULL);
  gint64 found;

  if (!g_str_equal (scope, "person"))
    json_object_set_null_member (memory, "user_id");
  if (!g_str_equal (scope, "operator"))
    {
      json_object_set_null_member (memory, "operator_id");
      return TRUE;
    }
  if (operator_id == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "operator_id: say which Operator it is for");
      return FALSE;
    }

  found = vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM operators WHERE id = ?1", "s", operator_id), error);
  if (found == 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "operator_id: there is no Operator %s", operator_id);

  return found > 0;
}

static gboolean
check_accepted (VigDbConnection *db, JsonObject *memory, GError **error)
{
  gint64 n = vig_store_row_count (vig_db_query (db, error,
                                                "SELECT count(*) FROM memories WHERE status = 'accepted' AND scope = ?1 AND user_id IS ?2"
                                                " AND operator_id IS ?3 AND id <> ?4 AND (expires_at IS NULL OR expires_at > ?5)", "ssssi",
                                                vig_json_get_string (memory, "scope", ""), vig_json_get_string (memory, "user_id", NULL),
                                                vig_json_get_string (memory, "operator_id", NULL), vig_json_get_string (memory, "id", ""),
                                                vig_time_now ()),
                                  error);

  if (n >= VIG_MEMORY_MAX_ACCEPTED)
    g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "there are %d memories of this scope, which is the limit: delete some that are no longer needed",
                 VIG_MEMORY_MAX_ACCEPTED);

  return n >= 0 && n < VIG_MEMORY_MAX_ACCEPTED;
}

static gboolean
check_proposed (VigDbConnection *db, JsonObject *memory, GError **error)
{
  gint64 n = vig_store_row_count (vig_db_query (db, error,
                                                "SELECT count(*) FROM memories WHERE status = 'proposed' AND source = 'operator' AND source_name = ?1", "s",
                                                vig_json_get_string (memory, "source_name", "")),
                                  error);

  if (n >= VIG_MEMORY_MAX_PROPOSED)
    g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%d proposals of this Operator wait for a decision, which is the limit: nothing more is proposed",
                 VIG_MEMORY_MAX_PROPOSED);

  return n >= 0 && n < VIG_MEMORY_MAX_PROPOSED;
}

static gboolean
check (VigDbConnection *db, JsonObject *memory, gint64 *expires_at, GError **error)
{
  const char *status = vig_json_get_string (memory, "status", "");

  if (!check_scope (db, memory, error) || !vig_store_get_time (memory, "expires_at", expires_at, error))
    return FALSE;
  if (g_str_equal (status, "accepted"))
    return check_accepted (db, memory, error);

  return !g_str_equal (status, "proposed") || check_proposed (db, memory, error);
}

static JsonObject *
find_of_call (VigDbConnection *db, const char *call_id, GError **error)
{
  return vig_store_row_one (vig_db_query (db, error, MEMORY "WHERE m.call_id = ?1", "s", call_id), MEMORY_TYPES, error);
}

JsonObject *
vig_store_memories_create (VigDbConnection *db, JsonObject *values, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autoptr (JsonObject) memory = vig_json_pack_object ("{s:s, s:s, s:s}", "id", id, "status", "accepted", "source", "person");
  g_autoptr (GError) local_error = NULL;
  JsonObject *known = NULL;
  gint64 now = vig_time_now ();
  gint64 expires_at;

  if (!vig_store_check_fields ("a memory", fields, values, error))
    return NULL;
  if (vig_json_get_string (values, "call_id", NULL) != NULL)
    known = find_of_call (db, vig_json_get_string (values, "call_id", NULL), &local_error);
  if (known != NULL || local_error != NULL)
    {
      if (local_error != NULL)
        g_propagate_error (error, g_steal_pointer (&local_error));
      return known;
    }

  vig_store_merge (memory, values);
  if (!check (db, memory, &expires_at, error)
      || !vig_db_exec (db, error,
                       "INSERT INTO memories (id, text, scope, user_id, operator_id, status, source, source_name, reason, session_id, run_id, call_id,"
                       " is_tainted, decided_by, created_at, updated_at, decided_at, expires_at)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?15, ?16, ?17)",
                       "ssssssssssssbsitt", id,
                       vig_json_get_string (memory, "text", ""),
                       vig_json_get_string (memory, "scope", ""),
                       vig_json_get_string (memory, "user_id", NULL),
                       vig_json_get_string (memory, "operator_id", NULL),
                       vig_json_get_string (memory, "status", ""),
                       vig_json_get_string (memory, "source", ""),
                       vig_json_get_string (memory, "source_name", ""),
                       vig_json_get_string (memory, "reason", NULL),
                       vig_json_get_string (memory, "session_id", NULL),
                       vig_json_get_string (memory, "run_id", NULL),
                       vig_json_get_string (memory, "call_id", NULL),
                       vig_json_get_boolean (memory, "is_tainted", FALSE),
                       vig_json_get_string (memory, "decided_by", NULL),
                       now,
                       vig_json_get_string (memory, "decided_by", NULL) != NULL ? now : 0,
                       expires_at))
    return NULL;

  return get_any (db, id, error);
}

JsonObject *
vig_store_memories_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) memory = NULL;
  gint64 expires_at;

  if (!vig_store_check_fields ("a memory", fields, changes, error))
    return NULL;
  memory = get_any (db, id, error);
  if (memory == NULL)
    return NULL;

  vig_store_merge (memory, changes);
  if (!check_scope (db, memory, error) || !vig_store_get_time (memory, "expires_at", &expires_at, error)
      || (g_str_equal (vig_json_get_string (memory, "status", ""), "accepted") && !check_accepted (db, memory, error))
      || !vig_db_exec (db, error,
                       "UPDATE memories SET text = ?2, scope = ?3, user_id = ?4, operator_id = ?5, status = ?6, decided_by = ?7, updated_at = ?8,"
                       " decided_at = CASE WHEN ?7 IS NULL THEN NULL WHEN status = ?6 THEN decided_at ELSE ?8 END, expires_at = ?9 WHERE id = ?1",
                       "sssssssit", id,
                       vig_json_get_string (memory, "text", ""),
                       vig_json_get_string (memory, "scope", ""),
                       vig_json_get_string (memory, "user_id", NULL),
                       vig_json_get_string (memory, "operator_id", NULL),
                       vig_json_get_string (memory, "status", ""),
                       vig_json_get_string (memory, "decided_by", NULL),
                       vig_time_now (),
                       expires_at))
    return NULL;

  return get_any (db, id, error);
}

gboolean
vig_store_memories_delete (VigDbConnection *db, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM memories WHERE id = ?1", "s", id))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("memory", id, error);
}

JsonArray *
vig_store_memories_for (VigDbConnection *db, const char *user_id, const char *operator_id, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          MEMORY "WHERE m.status = 'accepted' AND (m.expires_at IS NULL OR m.expires_at > ?3)"
                                          " AND (m.scope = 'everyone' OR m.user_id = ?1 OR m.operator_id = ?2) ORDER BY m.seq DESC LIMIT ?4",
                                          "ssii", user_id, operator_id, vig_time_now (), (gint64) TOLD),
                            MEMORY_TYPES, error);
}
