/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-users.h"

#define USER "SELECT users.id, users.name, users.role, users.disabled, users.created_at FROM users "
#define USER_TYPES "sssbt"

#define TOKEN "SELECT id, name, created_at, expires_at, last_used_at, seq FROM tokens "
#define TOKEN_TYPES "ssttt-"

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
  gint64 now = vig_time_now ();

  return forget_ended (db, error) &&
         vig_db_exec (db, error,
                      "INSERT INTO logins (token_sha256, user_id, address, user_agent, created_at, expires_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                      "ssssii", digest, user_id, address, user_agent, now, now + lifetime * G_USEC_PER_SEC);
}

JsonObject *
vig_store_logins_find_user (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = hash (token);

  return vig_store_row_one (vig_db_query (db, error,
                                          USER "JOIN logins ON logins.user_id = users.id WHERE token_sha256 = ?1"
                                               " AND ended_at IS NULL AND expires_at > ?2 AND disabled = 0",
                                          "si", digest, vig_time_now ()),
                            USER_TYPES, error);
}

gboolean
vig_store_logins_end (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = hash (token);

  return vig_db_exec (db, error, "UPDATE logins SET ended_at = ?2 WHERE token_sha256 = ?1 AND ended_at IS NULL",
                      "si", digest, vig_time_now ());
}

gboolean
vig_store_logins_end_all (VigDbConnection *db, const char *user_id, const char *but_token, GError **error)
{
  g_autofree char *digest = but_token != NULL ? hash (but_token) : g_strdup ("");

  return vig_db_exec (db, error,
                      "UPDATE logins SET ended_at = ?3 WHERE user_id = ?1 AND token_sha256 <> ?2 AND ended_at IS NULL",
                      "ssi", user_id, digest, vig_time_now ());
}

static const VigStoreField token_fields[] = {
  { "name", 's', FALSE, 1, 100 },
  { NULL },
};

JsonObject *
vig_store_tokens_create (VigDbConnection *db, const char *user_id, const char *name, const char *token, gint64 expires_at, GError **error)
{
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s}", "name", name);
  g_autofree char *id = vig_id_new ();
  g_autofree char *digest = hash (token);
  g_autoptr (GError) local_error = NULL;

  if (!vig_store_check_fields ("token", token_fields, values, error))
    return NULL;

  if (!vig_db_exec (db, &local_error,
                    "INSERT INTO tokens (id, user_id, name, token_sha256, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    "ssssit", id, user_id, name, digest, vig_time_now (), expires_at))
    {
      vig_store_name_taken ("a token", name, &local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_store_row_one (vig_db_query (db, error, TOKEN "WHERE id = ?1", "s", id), TOKEN_TYPES, error);
}

JsonObject *
vig_store_tokens_find_user (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = hash (token);

  return vig_store_row_one (vig_db_query (db, error,
                                          USER "JOIN tokens ON tokens.user_id = users.id WHERE token_sha256 = ?1"
                                               " AND (expires_at IS NULL OR expires_at > ?2) AND disabled = 0",
                                          "si", digest, vig_time_now ()),
                            USER_TYPES, error);
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
                                 TOKEN_TYPES, page, "tokens", 5, error);
}

gboolean
vig_store_tokens_delete (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM tokens WHERE user_id = ?1 AND id = ?2", "ss", user_id, id))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("token", id, error);
}
