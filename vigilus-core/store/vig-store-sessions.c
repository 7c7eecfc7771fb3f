/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-sessions.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define SESSION \
  "SELECT id, title, created_at, updated_at," \
  " (SELECT state FROM runs WHERE session_id = sessions.id AND parent_run_id IS NULL AND state IN ('routing', 'asking', 'resolving')) AS run_state," \
  " updated_at || ':' || id AS cursor, leaf_id, title_by, pinned_at IS NOT NULL AS pinned FROM sessions "
#define SESSION_TYPES "sstts-ssb"
#define CURSOR_COLUMN 5

static const VigStoreField fields[] = {
  { "title", 's', FALSE, 1, 200 },
  { NULL },
};

/* The key of a cursor: when a session was last used, and its id. */
static gboolean
read_cursor (const VigPage *page, gint64 *updated_at, char **id, GError **error)
{
  g_autofree char *key = NULL;
  g_auto (GStrv) parts = NULL;

  *updated_at = G_MAXINT64;
  *id = g_strdup ("");
  if (!vig_store_cursor_text (page, "sessions", &key, error))
    return FALSE;

  if (key == NULL)
    return TRUE;

  parts = g_strsplit (key, ":", 2);
  if (g_strv_length (parts) != 2 || !g_ascii_string_to_signed (parts[0], 10, 0, G_MAXINT64, updated_at, NULL))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "after is not a cursor of this list");
      return FALSE;
    }

  g_free (*id);
  *id = g_strdup (parts[1]);

  return TRUE;
}

/* @pinned: 1 or 0 as the letter of a number, or NULL for both. */
static JsonObject *
list (VigDbConnection *db, const char *user_id, const char *pinned, const VigPage *page, GError **error)
{
  g_autofree char *id = NULL;
  gint64 updated_at;

  if (!read_cursor (page, &updated_at, &id, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error,
                                               SESSION "WHERE user_id = ?1 AND (updated_at, id) < (?2, ?3) AND (?5 IS NULL OR (pinned_at IS NOT NULL) = (?5 = '1'))"
                                                       " ORDER BY updated_at DESC, id DESC LIMIT ?4",
                                               "sisis", user_id, updated_at, id, vig_store_page_limit (page) + 1, pinned),
                                 SESSION_TYPES, page, "sessions", CURSOR_COLUMN, error);
}

JsonObject *
vig_store_sessions_list (VigDbConnection *db, const char *user_id, const VigPage *page, GError **error)
{
  return list (db, user_id, NULL, page, error);
}

JsonObject *
vig_store_sessions_list_pins (VigDbConnection *db, const char *user_id, gboolean pinned, const VigPage *page, GError **error)
{
  return list (db, user_id, pinned ? "1" : "0", page, error);
}

static gboolean
check_title (const char *title, GError **error)
{
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s}", "title", title);

  return vig_store_check_fields ("a session", fields, values, error);
}

JsonObject *
vig_store_sessions_create (VigDbConnection *db, const char *user_id, const char *title, GError **error)
{
  g_autofree char *id = vig_id_new ();
  gint64 now = vig_time_now ();

  if ((title != NULL && !check_title (title, error)) ||
      !vig_db_exec (db, error, "INSERT INTO sessions (id, user_id, title, created_at, updated_at, title_by) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
                    "sssis", id, user_id, title != NULL ? title : "New chat", now, title != NULL ? "person" : "words"))
    return NULL;

  return vig_store_sessions_get (db, user_id, id, error);
}

JsonObject *
vig_store_sessions_get (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, SESSION "WHERE user_id = ?1 AND id = ?2", "ss", user_id, id),
                                 SESSION_TYPES, "session", id, error);
}

JsonObject *
vig_store_sessions_rename (VigDbConnection *db, const char *user_id, const char *id, const char *title, GError **error)
{
  if (!check_title (title, error) ||
      !vig_db_exec (db, error, "UPDATE sessions SET title = ?3, title_by = 'person' WHERE user_id = ?1 AND id = ?2", "sss", user_id, id, title))
    return NULL;

  return vig_store_sessions_get (db, user_id, id, error);
}

JsonObject *
vig_store_sessions_pin (VigDbConnection *db, const char *user_id, const char *id, gboolean pinned, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE sessions SET pinned_at = ?3 WHERE user_id = ?1 AND id = ?2", "sst", user_id, id, pinned ? vig_time_now () : (gint64) 0))
    return NULL;

  return vig_store_sessions_get (db, user_id, id, error);
}

gboolean
vig_store_sessions_entitle (VigDbConnection *db, const char *id, const char *title, const char *by, GError **error)
{
  return check_title (title, error)
         && vig_db_exec (db, error, "UPDATE sessions SET title = ?2, title_by = ?3 WHERE id = ?1 AND title_by <> 'person'", "sss", id, title, by);
}

gboolean
vig_store_sessions_delete (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  g_autoptr (JsonObject) session = vig_store_sessions_get (db, user_id, id, error);

  if (session == NULL)
    return FALSE;

  if (vig_json_get_string (session, "run_state", NULL) != NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "a run is live in this session: stop it first");
      return FALSE;
    }

  return vig_store_messages_forget_words (db, user_id, id, error) && vig_db_exec (db, error, "DELETE FROM sessions WHERE id = ?1", "s", id);
}
