/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-sessions.h"

#define MESSAGE \
  "SELECT messages.id, messages.session_id, messages.run_id, messages.kind, messages.operator_name, messages.content, messages.created_at," \
  " messages.seq, messages.parent_id," \
  " (SELECT json_group_array (beside.id) FROM (SELECT id FROM messages AS other WHERE other.session_id = messages.session_id" \
  "  AND other.parent_id IS messages.parent_id AND other.depth = messages.depth" \
  "  AND (other.depth = 0 OR other.run_id = messages.run_id) ORDER BY other.seq) AS beside) AS alternatives, messages.depth "
#define MESSAGE_TYPES "sssssjt-sji"
#define SEQ_COLUMN 7

/* From ?2 up to the first message, ?3 of them at most: as far as the page goes, and no further. */
#define PATH \
  "WITH RECURSIVE path (path_seq, path_parent, n) AS (" \
  " SELECT seq, parent_id, 1 FROM messages WHERE session_id = ?1 AND id = ?2" \
  " UNION ALL SELECT seq, parent_id, n + 1 FROM path JOIN messages ON id = path_parent WHERE n < ?3) " \
  MESSAGE "FROM path JOIN messages ON messages.seq = path_seq ORDER BY n"

static gboolean
touch_session (VigDbConnection *db, const char *session_id, gint64 now, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE sessions SET updated_at = ?2 WHERE id = ?1", "si", session_id, now))
    return FALSE;

  return vig_db_get_changes (db) > 0 || vig_store_not_found ("session", session_id, error);
}

/* What a search finds it by. */
static gboolean
add_words (VigDbConnection *db, const char *id, const char *kind, JsonObject *content, GError **error)
{
  const char *text = vig_json_get_string (content, "text", "");

  if (*text == '\0' || !(g_str_equal (kind, "user") || g_str_equal (kind, "assistant")))
    return TRUE;

  return vig_db_exec (db, error, "INSERT INTO message_words (rowid, text) SELECT seq, ?2 FROM messages WHERE id = ?1", "ss", id, text);
}

static JsonObject *
add (VigDbConnection *db, const char *session_id, const char *run_id, const char *kind, const char *operator_name, const char *parent_id,
     JsonObject *content, GError **error)
{
  g_autofree char *id = vig_id_new ();
  gint64 now = vig_time_now ();

  if (!touch_session (db, session_id, now, error) ||
      !vig_db_exec (db, error,
                    "INSERT INTO messages (id, session_id, run_id, kind, operator_name, content, created_at, parent_id, depth)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, coalesce ((SELECT depth FROM runs WHERE id = ?3), 0))",
                    "sssssois", id, session_id, run_id, kind, operator_name, content, now, parent_id) ||
      !add_words (db, id, kind, content, error))
    return NULL;

  return vig_store_messages_get (db, id, error);
}

/* What a run says follows what it said last, else what it was asked. */
static char *
find_parent (VigDbConnection *db, const char *session_id, const char *run_id, GError **error)
{
  g_autoptr (VigDbRows) rows = NULL;

  rows = vig_db_query (db, error,
                       "SELECT COALESCE ((SELECT id FROM messages WHERE run_id = ?2 ORDER BY seq DESC LIMIT 1),"
                       " (SELECT question_id FROM runs WHERE id = ?2), (SELECT leaf_id FROM sessions WHERE id = ?1))",
                       "ss", session_id, run_id);

  return rows != NULL && vig_db_rows_next (rows, error) ? g_strdup (vig_db_rows_string (rows, 0)) : NULL;
}

JsonObject *
vig_store_messages_add (VigDbConnection *db, const char *session_id, const char *run_id, const char *kind, const char *operator_name,
                        JsonObject *content, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *parent_id = find_parent (db, session_id, run_id, &local_error);
  g_autoptr (JsonObject) message = NULL;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  message = add (db, session_id, run_id, kind, operator_name, parent_id, content, error);
  if (message == NULL ||
      !vig_db_exec (db, error, "UPDATE sessions SET leaf_id = ?2 WHERE id = ?1 AND leaf_id IS ?3", "sss", session_id,
                    vig_json_get_string (message, "id", ""), parent_id))
    return NULL;

  return g_steal_pointer (&message);
}

JsonObject *
vig_store_messages_add_question (VigDbConnection *db, const char *session_id, const char *run_id, const char *parent_id, JsonObject *content,
                                 GError **error)
{
  return add (db, session_id, run_id, "user", NULL, parent_id, content, error);
}

/* What a provider made itself and wants back unchanged has passed no redactor, and is for that provider alone. */
static JsonObject *
take_off_opaque (JsonObject *message)
{
  JsonObject *content = message != NULL ? vig_json_get_object (message, "content") : NULL;

  if (content != NULL)
    json_object_remove_member (content, "opaque");

  return message;
}

static void
take_off_all (JsonArray *messages)
{
  for (guint i = 0; messages != NULL && i < json_array_get_length (messages); i++)
    take_off_opaque (json_array_get_object_element (messages, i));
}

JsonObject *
vig_store_messages_get (VigDbConnection *db, const char *id, GError **error)
{
  return take_off_opaque (vig_store_row_required (vig_db_query (db, error, MESSAGE "FROM messages WHERE id = ?1", "s", id), MESSAGE_TYPES, "message", id, error));
}

JsonObject *
vig_store_messages_get_own (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error,
                                               MESSAGE "FROM messages JOIN sessions ON sessions.id = messages.session_id"
                                                       " WHERE messages.id = ?1 AND sessions.user_id = ?2",
                                               "ss", id, user_id),
                                 MESSAGE_TYPES, "message", id, error);
}

static JsonArray *
reverse (JsonArray *items)
{
  JsonArray *reversed = json_array_new ();

  for (guint i = json_array_get_length (items); i > 0; i--)
    json_array_add_element (reversed, json_array_dup_element (items, i - 1));

  return reversed;
}

/* Where a page begins: the end of what is shown, or what the page before followed. */
static char *
find_start (VigDbConnection *db, const char *session_id, const VigPage *page, GError **error)
{
  g_autoptr (VigDbRows) rows = NULL;
  gint64 before;

  if (!vig_store_cursor_before (page, "messages", &before, error))
    return NULL;

  if (before == G_MAXINT64)
    rows = vig_db_query (db, error, "SELECT leaf_id FROM sessions WHERE id = ?1", "s", session_id);
  else
    rows = vig_db_query (db, error, "SELECT parent_id FROM messages WHERE session_id = ?1 AND seq = ?2", "si", session_id, before);

  return rows != NULL && vig_db_rows_next (rows, error) ? g_strdup (vig_db_rows_string (rows, 0)) : NULL;
}

JsonObject *
vig_store_messages_list (VigDbConnection *db, const char *session_id, const VigPage *page, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *start = find_start (db, session_id, page, &local_error);
  JsonObject *list;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  list = vig_store_page_collect (vig_db_query (db, error, PATH, "ssi", session_id, start, vig_store_page_limit (page) + 1), MESSAGE_TYPES, page,
                                 "messages", SEQ_COLUMN, error);
  if (list != NULL)
    {
      take_off_all (vig_json_get_array (list, "items"));
      json_object_set_array_member (list, "items", reverse (vig_json_get_array (list, "items")));
    }

  return list;
}

JsonObject *
vig_store_messages_list_run (VigDbConnection *db, const char *run_id, const VigPage *page, GError **error)
{
  g_autofree char *key = NULL;
  JsonObject *list;
  gint64 after;

  if (!vig_store_cursor_text (page, "run-messages", &key, error))
    return NULL;

  after = key != NULL ? g_ascii_strtoll (key, NULL, 10) : 0;

  list = vig_store_page_collect (vig_db_query (db, error, MESSAGE "FROM messages WHERE (run_id = ?1 OR id = (SELECT question_id FROM runs WHERE id = ?1)) AND seq > ?2"
                                               " ORDER BY seq LIMIT ?3",
                                               "sii", run_id, after, vig_store_page_limit (page) + 1),
                                 MESSAGE_TYPES, page, "run-messages", SEQ_COLUMN, error);
  if (list != NULL)
    take_off_all (vig_json_get_array (list, "items"));

  return list;
}

JsonArray *
vig_store_messages_path (VigDbConnection *db, const char *session_id, const char *end_id, guint limit, GError **error)
{
  g_autoptr (JsonArray) items = NULL;

  items = vig_store_row_all (vig_db_query (db, error, PATH, "ssi", session_id, end_id, (gint64) limit), MESSAGE_TYPES, error);

  return items != NULL ? reverse (items) : NULL;
}

JsonArray *
vig_store_messages_path_ids (VigDbConnection *db, const char *session_id, GError **error)
{
  g_autoptr (VigDbRows) rows = NULL;
  g_autoptr (JsonArray) ids = json_array_new ();
  g_autoptr (GError) local_error = NULL;

  rows = vig_db_query (db, error,
                       "WITH RECURSIVE path (id, parent_id, n) AS"
                       " (SELECT messages.id, parent_id, 1 FROM sessions JOIN messages ON messages.id = leaf_id WHERE sessions.id = ?1"
                       "  UNION ALL SELECT messages.id, messages.parent_id, n + 1 FROM path JOIN messages ON messages.id = path.parent_id)"
                       " SELECT id FROM path ORDER BY n DESC",
                       "s", session_id);
  if (rows == NULL)
    return NULL;

  while (vig_db_rows_next (rows, &local_error))
    json_array_add_string_element (ids, vig_db_rows_string (rows, 0));
  if (local_error == NULL)
    return g_steal_pointer (&ids);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

JsonArray *
vig_store_messages_since (VigDbConnection *db, const char *session_id, gint64 *after, guint limit, GError **error)
{
  g_autoptr (JsonArray) messages = NULL;
  guint length;

  messages = vig_store_row_all (vig_db_query (db, error, MESSAGE "FROM messages WHERE session_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                                              "sii", session_id, *after, (gint64) limit),
                                MESSAGE_TYPES, error);
  take_off_all (messages);
  length = messages != NULL ? json_array_get_length (messages) : 0;
  if (length > 0)
    *after = vig_store_row_count (vig_db_query (db, error, "SELECT seq FROM messages WHERE id = ?1", "s",
                                                vig_json_get_string (json_array_get_object_element (messages, length - 1), "id", "")),
                                  error);

  return g_steal_pointer (&messages);
}

JsonArray *
vig_store_messages_of_run (VigDbConnection *db, const char *run_id, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          MESSAGE "FROM messages WHERE run_id = ?1 OR id = (SELECT question_id FROM runs WHERE id = ?1) ORDER BY seq",
                                          "s", run_id),
                            MESSAGE_TYPES, error);
}

gboolean
vig_store_messages_forget_words (VigDbConnection *db, const char *user_id, const char *session_id, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT INTO message_words (message_words, rowid, text)"
                      " SELECT 'delete', messages.seq, json_extract (content, '$.text') FROM sessions JOIN messages ON session_id = sessions.id"
                      " WHERE sessions.user_id = ?1 AND (?2 IS NULL OR sessions.id = ?2)"
                      " AND kind IN ('user', 'assistant') AND json_extract (content, '$.text') <> ''",
                      "ss", user_id, session_id);
}

gboolean
vig_store_messages_show (VigDbConnection *db, const char *session_id, const char *leaf_id, GError **error)
{
  return vig_db_exec (db, error, "UPDATE sessions SET leaf_id = ?2 WHERE id = ?1", "ss", session_id, leaf_id);
}

/* The newest of all that came of a message is an end: what follows comes later than what it follows. */
gboolean
vig_store_messages_show_branch (VigDbConnection *db, const char *session_id, const char *message_id, GError **error)
{
  return vig_db_exec (db, error,
                      "UPDATE sessions SET leaf_id ="
                      " (WITH RECURSIVE below (id, seq) AS (SELECT id, seq FROM messages WHERE id = ?2"
                      "  UNION ALL SELECT messages.id, messages.seq FROM below JOIN messages"
                      "  ON messages.session_id = ?1 AND messages.parent_id = below.id)"
                      "  SELECT id FROM below ORDER BY seq DESC LIMIT 1) WHERE id = ?1",
                      "ss", session_id, message_id);
}

JsonObject *
vig_store_messages_find_question (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error,
                                               "WITH RECURSIVE up (id, parent_id, kind) AS"
                                               " (SELECT id, parent_id, kind FROM messages WHERE id = ?1"
                                               "  UNION ALL SELECT messages.id, messages.parent_id, messages.kind FROM up JOIN messages"
                                               "  ON messages.id = up.parent_id WHERE up.kind <> 'user') "
                                               MESSAGE "FROM up JOIN messages ON messages.id = up.id WHERE up.kind = 'user'",
                                               "s", id),
                                 MESSAGE_TYPES, "question before the message", id, error);
}
