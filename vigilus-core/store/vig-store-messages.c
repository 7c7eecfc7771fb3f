/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-sessions.h"

#define MESSAGE "SELECT id, session_id, run_id, kind, operator_name, content, created_at, seq FROM messages "
#define MESSAGE_TYPES "sssssjt-"
#define SEQ_COLUMN 7

JsonObject *
vig_store_messages_add (VigDbConnection *db, const char *session_id, const char *run_id, const char *kind, const char *operator_name,
                        JsonObject *content, GError **error)
{
  g_autofree char *id = vig_id_new ();
  gint64 now = vig_time_now ();

  if (!vig_db_exec (db, error, "UPDATE sessions SET updated_at = ?2 WHERE id = ?1", "si", session_id, now))
    return NULL;

  if (vig_db_get_changes (db) == 0)
    {
      vig_store_not_found ("session", session_id, error);
      return NULL;
    }

  if (!vig_db_exec (db, error,
                    "INSERT INTO messages (id, session_id, run_id, kind, operator_name, content, created_at)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    "sssssoi", id, session_id, run_id, kind, operator_name, content, now))
    return NULL;

  return vig_store_row_one (vig_db_query (db, error, MESSAGE "WHERE id = ?1", "s", id), MESSAGE_TYPES, error);
}

static void
reverse (JsonObject *list)
{
  JsonArray *items = vig_json_get_array (list, "items");
  JsonArray *reversed = json_array_new ();

  for (guint i = json_array_get_length (items); i > 0; i--)
    json_array_add_element (reversed, json_array_dup_element (items, i - 1));

  json_object_set_array_member (list, "items", reversed);
}

JsonObject *
vig_store_messages_list (VigDbConnection *db, const char *session_id, const VigPage *page, GError **error)
{
  JsonObject *list;
  gint64 before;

  if (!vig_store_cursor_before (page, "messages", &before, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, MESSAGE "WHERE session_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
                                               "sii", session_id, before, vig_store_page_limit (page) + 1),
                                 MESSAGE_TYPES, page, "messages", SEQ_COLUMN, error);
  if (list != NULL)
    reverse (list);

  return list;
}

JsonArray *
vig_store_messages_of_run (VigDbConnection *db, const char *run_id, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error, MESSAGE "WHERE run_id = ?1 ORDER BY seq", "s", run_id), MESSAGE_TYPES, error);
}
