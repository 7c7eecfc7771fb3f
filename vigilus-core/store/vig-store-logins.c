/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-users.h"

#define TOKEN "SELECT id, name, coalesce (role, 'owner') AS role, read_only, groups, created_at, expires_at, last_used_at, seq FROM tokens "
#define TOKEN_TYPES "sssbjttt-"

#define LOGIN "SELECT id, address, user_agent, created_at, last_used_at, expires_at, token_sha256 = ?2 AS current FROM logins "
#define LOGIN_TYPES "ssstttb"

/* How long a login that has ended or expired is kept, for whoever looks into it. */
#define KEEP_ENDED (G_GINT64_CONSTANT (30) * 24 * 60 * 60 * G_USEC_PER_SEC)

/* A token in use is marked as such once a minute. */
#define TOUCH_INTERVAL (60 * G_USEC_PER_SEC)

static char *
hash (const char *token)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);
}

/* Retention: each new login takes away those that nobody will ask for again. */
static gboolean
forget_ended (VigDbConnection *db, GError **error)
{
  gint64 before = vig_time_now () - KEEP_ENDED;

  return vig_db_exec (db, error, "DELETE FROM logins WHERE expires_at < ?1", "i", before) &&
         vig_db_exec (db, error, "DELETE FROM logins WHERE ended_at < ?1", "i", before);
}

gboolean
vig_store_logins_create (VigDbConnection *db, const char *user_id, const char *token, gint64 lifetime, const char *address,
                         const char *user_agent, GError **error)
{
  g_autofree char *digest = hash (token);
  g_autofree char *id = vig_id_new ();
  gint64 now = vig_time_now ();

  return forget_ended (db, error) &&
         vig_db_exec (db, error,
                      "INSERT INTO logins (id, token_sha256, user_id, address, user_agent, created_at, last_used_at, proved_at, expires_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?6, ?7)",
                      "sssssii", id, digest, user_id, address, user_agent, now, now + lifetime * G_USEC_PER_SEC) &&
         vig_db_exec (db, error, "UPDATE users SET last_login_at = ?2 WHERE id = ?1", "si", user_id, now);
}

/* The row's user beside what else it says; NULL without error where there is no row. */
static JsonObject *
add_user (VigDbConnection *db, JsonObject *row, GError **error)
{
  g_autoptr (JsonObject) owned = row;
  JsonObject *user = row != NULL ? vig_store_users_get (db, vig_json_get_string (row, "user_id", ""), error) : NULL;

  if (user == NULL)
    return NULL;

  json_object_set_object_member (row, "user", user);
  json_object_remove_member (row, "user_id");

  return g_steal_pointer (&owned);
}

JsonObject *
vig_store_logins_find (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = hash (token);
  gint64 now = vig_time_now ();
  VigDbRows *rows = vig_db_query (db, error,
                                  "SELECT logins.id, user_id, coalesce (last_used_at, 0) < ?3 AS untouched FROM logins JOIN users ON users.id = user_id"
                                  " WHERE token_sha256 = ?1 AND ended_at IS NULL AND expires_at > ?2 AND disabled = 0",
                                  "sii", digest, now, now - TOUCH_INTERVAL);

  return add_user (db, vig_store_row_one (rows, "ssb", error), error);
}

gboolean
vig_store_logins_touch (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = hash (token);

  return vig_db_exec (db, error, "UPDATE logins SET last_used_at = ?2 WHERE token_sha256 = ?1", "si", digest, vig_time_now ());
}

JsonArray *
vig_store_logins_list (VigDbConnection *db, const char *user_id, const char *current, GError **error)
{
  g_autofree char *digest = current != NULL ? hash (current) : g_strdup ("");

  return vig_store_row_all (vig_db_query (db, error,
                                          LOGIN "WHERE user_id = ?1 AND ended_at IS NULL AND expires_at > ?3"
                                                " ORDER BY current DESC, last_used_at DESC LIMIT 200",
                                          "ssi", user_id, digest, vig_time_now ()),
                            LOGIN_TYPES, error);
}

gboolean
vig_store_logins_end (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = hash (token);

  return vig_db_exec (db, error, "UPDATE logins SET ended_at = ?2 WHERE token_sha256 = ?1 AND ended_at IS NULL",
                      "si", digest, vig_time_now ());
}

gboolean
vig_store_logins_end_one (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE logins SET ended_at = ?3 WHERE user_id = ?1 AND id = ?2 AND ended_at IS NULL",
                    "ssi", user_id, id, vig_time_now ()))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("sign-in", id, error);
}

gboolean
vig_store_logins_end_all (VigDbConnection *db, const char *user_id, const char *but_token, GError **error)
{
  g_autofree char *digest = but_token != NULL ? hash (but_token) : g_strdup ("");

  return vig_db_exec (db, error, "DELETE FROM challenges WHERE user_id = ?1 AND purpose = 'login'", "s", user_id) &&
         vig_db_exec (db, error,
                      "UPDATE logins SET ended_at = ?3 WHERE user_id = ?1 AND token_sha256 <> ?2 AND ended_at IS NULL",
                      "ssi", user_id, digest, vig_time_now ());
}

gboolean
vig_store_logins_set_proved (VigDbConnection *db, const char *id, gint64 at, GError **error)
{
  return vig_db_exec (db, error, "UPDATE logins SET proved_at = ?2 WHERE id = ?1", "si", id, at);
}

gboolean
vig_store_logins_has_second_factor (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error,
                                            "SELECT count(*) FROM logins JOIN second_factors ON second_factors.user_id = logins.user_id WHERE logins.id = ?1",
                                            "s", id),
                              error) > 0;
}

gint64
vig_store_logins_get_proved (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error,
                                            "SELECT coalesce (max (proved_at), 0) FROM logins WHERE id = ?1 AND ended_at IS NULL AND expires_at > ?2",
                                            "si", id, vig_time_now ()),
                              error);
}

static const VigStoreField token_fields[] = {
  { "name", 's', FALSE, 1, 100 },
  { NULL },
};

JsonObject *
vig_store_tokens_create (VigDbConnection *db, const char *user_id, JsonObject *values, const char *token, gint64 expires_at, GError **error)
{
  const char *name = vig_json_get_string (values, "name", "");
  g_autoptr (JsonObject) checked = vig_json_pack_object ("{s:s}", "name", name);
  g_autofree char *groups = vig_store_dup_json (values, "groups");
  g_autofree char *id = vig_id_new ();
  g_autofree char *digest = hash (token);
  g_autoptr (GError) local_error = NULL;

  if (!vig_store_check_fields ("token", token_fields, checked, error))
    return NULL;

  if (!vig_db_exec (db, &local_error,
                    "INSERT INTO tokens (id, user_id, name, token_sha256, role, read_only, groups, created_at, expires_at)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                    "sssssbsit", id, user_id, name, digest, vig_json_get_string (values, "role", "owner"),
                    vig_json_get_boolean (values, "read_only", FALSE), groups, vig_time_now (), expires_at))
    {
      vig_store_name_taken ("a token", name, &local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_store_row_one (vig_db_query (db, error, TOKEN "WHERE id = ?1", "s", id), TOKEN_TYPES, error);
}

JsonObject *
vig_store_tokens_find (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = hash (token);
  gint64 now = vig_time_now ();
  VigDbRows *rows = vig_db_query (db, error,
                                  "SELECT tokens.id, user_id, coalesce (tokens.role, 'owner') AS role, read_only, groups,"
                                  " coalesce (last_used_at, 0) < ?3 AS untouched FROM tokens JOIN users ON users.id = user_id"
                                  " WHERE token_sha256 = ?1 AND (expires_at IS NULL OR expires_at > ?2) AND disabled = 0",
                                  "sii", digest, now, now - TOUCH_INTERVAL);

  return add_user (db, vig_store_row_one (rows, "sssbjb", error), error);
}

gboolean
vig_store_tokens_touch (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = hash (token);
  gint64 now = vig_time_now ();

  return vig_db_exec (db, error,
                      "UPDATE tokens SET last_used_at = ?2 WHERE token_sha256 = ?1 AND (last_used_at IS NULL OR last_used_at < ?3)",
                      "sii", digest, now, now - TOUCH_INTERVAL);
}

JsonObject *
vig_store_tokens_list (VigDbConnection *db, const char *user_id, const VigPage *page, GError **error)
{
  gint64 before;

  if (!vig_store_cursor_before (page, "tokens", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error, TOKEN "WHERE user_id = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
                                               "sii", user_id, before, vig_store_page_limit (page) + 1),
                                 TOKEN_TYPES, page, "tokens", 8, error);
}

gboolean
vig_store_tokens_delete (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM tokens WHERE user_id = ?1 AND id = ?2", "ss", user_id, id))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("token", id, error);
}

JsonArray *
vig_store_tokens_delete_all (VigDbConnection *db, const char *user_id, GError **error)
{
  g_autoptr (JsonArray) tokens = vig_store_row_all (vig_db_query (db, error, TOKEN "WHERE user_id = ?1 ORDER BY seq", "s", user_id), TOKEN_TYPES, error);

  if (tokens == NULL || !vig_db_exec (db, error, "DELETE FROM tokens WHERE user_id = ?1", "s", user_id))
    return NULL;

  return g_steal_pointer (&tokens);
}
