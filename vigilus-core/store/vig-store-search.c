/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-search.h"

#include "vig-store-row.h"
#include "vig-store-sessions.h"

#include <string.h>

#define HIT_TYPES "sssssts-"
#define SEQ_COLUMN 7

JsonObject *
vig_store_search_messages (VigDbConnection *db, const char *user_id, const char *fts, const VigPage *page, GError **error)
{
  gint64 before;

  if (!vig_store_cursor_before (page, "search", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error,
                                               "SELECT messages.session_id, sessions.title AS session_title, messages.id AS message_id, messages.kind,"
                                               " messages.operator_name, messages.created_at, json_extract (messages.content, '$.text') AS text,"
                                               " messages.seq FROM message_words CROSS JOIN messages ON messages.seq = message_words.rowid"
                                               " CROSS JOIN sessions ON sessions.id = messages.session_id AND sessions.user_id = ?1"
                                               " WHERE message_words MATCH ?2 AND message_words.rowid < ?3 AND messages.depth = 0"
                                               " ORDER BY message_words.rowid DESC LIMIT ?4",
                                               "ssii", user_id, fts, before, vig_store_page_limit (page) + 1),
                                 HIT_TYPES, page, "search", SEQ_COLUMN, error);
}

static gboolean
has_words (const char *title, char **words)
{
  g_autofree char *lower = g_utf8_strdown (title, -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (strstr (lower, words[i]) == NULL)
      return FALSE;

  return TRUE;
}

JsonArray *
vig_store_search_titles (VigDbConnection *db, const char *user_id, char **words, guint limit, GError **error)
{
  JsonArray *found = json_array_new ();
  VigPage page = { 200, NULL };
  g_autoptr (JsonObject) list = vig_store_sessions_list (db, user_id, &page, error);
  JsonArray *items = vig_json_get_array (list, "items");

  for (guint i = 0; items != NULL && i < json_array_get_length (items) && json_array_get_length (found) < limit; i++)
    {
      JsonObject *session = json_array_get_object_element (items, i);

      if (has_words (vig_json_get_string (session, "title", ""), words))
        json_array_add_object_element (found, json_object_ref (session));
    }

  return found;
}
