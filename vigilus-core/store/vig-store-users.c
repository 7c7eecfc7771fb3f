/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-users.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-sessions.h"

#define COLUMNS "id, name, role, disabled, record = '' AS invited, EXISTS (SELECT 1 FROM second_factors WHERE user_id = users.id) AS second_factor, " \
                "created_at, last_login_at"
#define USER "SELECT " COLUMNS " FROM users "
#define USER_TYPES "sssbbbtt"

#define MAX_NAME 64

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, MAX_NAME },
  { NULL },
};

JsonObject *
vig_store_users_create_owner (VigDbConnection *db, const char *name, const char *record, GError **error)
{
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s}", "name", name);
  g_autofree char *id = vig_id_new ();
  gint64 count;

  if (!vig_store_check_fields ("user", fields, values, error))
    return NULL;

  count = vig_store_users_count (db, error);
  if (count != 0)
    {
      if (count > 0)
        g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this installation has an owner already");
      return NULL;
    }

  if (!vig_db_exec (db, error, "INSERT INTO users (id, name, role, record, created_at) VALUES (?1, ?2, 'owner', ?3, ?4)",
                    "sssi", id, name, record, vig_time_now ()))
    return NULL;

  return vig_store_users_get (db, id, error);
}

JsonObject *
vig_store_users_get_owner (VigDbConnection *db, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, USER "WHERE role = 'owner' AND disabled = 0 ORDER BY id LIMIT 1", NULL);

  return rows != NULL && vig_db_rows_next (rows, error) ? vig_store_row_to_object (rows, USER_TYPES) : NULL;
}

gint64
vig_store_users_count (VigDbConnection *db, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM users", NULL), error);
}

JsonObject *
vig_store_users_get (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, USER "WHERE id = ?1", "s", id), USER_TYPES, "user", id, error);
}

JsonObject *
vig_store_users_find (VigDbConnection *db, const char *name, char **record, GError **error)
{
  g_autoptr (VigDbRows) rows = NULL;

  rows = vig_db_query (db, error, "SELECT " COLUMNS ", nullif (record, '') FROM users WHERE name = ?1 COLLATE NOCASE", "s", name);
  if (rows == NULL || !vig_db_rows_next (rows, error))
    return NULL;

  if (record != NULL)
    *record = g_strdup (vig_db_rows_string (rows, 8));

  return vig_store_row_to_object (rows, USER_TYPES "-");
}

JsonObject *
vig_store_users_find_unchanged (VigDbConnection *db, const char *name, const char *record, GError **error)
{
  g_autofree char *found = NULL;
  g_autoptr (JsonObject) user = vig_store_users_find (db, name, &found, error);

  return user != NULL && g_strcmp0 (found, record) == 0 ? g_steal_pointer (&user) : NULL;
}

JsonArray *
vig_store_users_list (VigDbConnection *db, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          USER "ORDER BY CASE role WHEN 'owner' THEN 0 WHEN 'administrator' THEN 1 WHEN 'approver' THEN 2 ELSE 3 END,"
                                               " name COLLATE NOCASE",
                                          NULL),
                            USER_TYPES, error);
}

JsonObject *
vig_store_users_create (VigDbConnection *db, const char *name, const char *role, GError **error)
{
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s}", "name", name);
  g_autofree char *id = vig_id_new ();
  g_autoptr (GError) local_error = NULL;
  gint64 count;

  if (!vig_store_check_fields ("user", fields, values, error))
    return NULL;

  count = vig_store_users_count (db, error);
  if (count >= VIG_STORE_USERS_MAX)
    g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "an installation has %d accounts at most: delete one first", VIG_STORE_USERS_MAX);
  if (count < 0 || count >= VIG_STORE_USERS_MAX)
    return NULL;

  if (!vig_db_exec (db, &local_error, "INSERT INTO users (id, name, role, record, created_at) VALUES (?1, ?2, ?3, '', ?4)",
                    "sssi", id, name, role, vig_time_now ()))
    {
      vig_store_name_taken ("an account", name, &local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_store_users_get (db, id, error);
}

JsonObject *
vig_store_users_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) user = vig_store_users_get (db, id, error);
  const char *name = vig_json_get_string (changes, "name", vig_json_get_string (user, "name", NULL));
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s}", "name", name);
  g_autoptr (GError) local_error = NULL;

  if (user == NULL || !vig_store_check_fields ("user", fields, values, error))
    return NULL;

  if (!vig_db_exec (db, &local_error, "UPDATE users SET name = ?2, role = ?3, disabled = ?4 WHERE id = ?1", "sssb", id, name,
                    vig_json_get_string (changes, "role", vig_json_get_string (user, "role", "viewer")),
                    vig_json_get_boolean (changes, "disabled", vig_json_get_boolean (user, "disabled", FALSE))))
    {
      vig_store_name_taken ("an account", name, &local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_store_users_get (db, id, error);
}

gboolean
vig_store_users_delete (VigDbConnection *db, const char *id, GError **error)
{
  gint64 live = vig_store_row_count (vig_db_query (db, error,
                                                   "SELECT count(*) FROM runs WHERE user_id = ?1 AND state IN ('routing', 'asking', 'resolving')",
                                                   "s", id),
                                     error);

  if (live > 0)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "a run of this person is still going: stop it first, or disable the account");
  if (live != 0 || !vig_store_messages_forget_words (db, id, NULL, error) || !vig_db_exec (db, error, "DELETE FROM users WHERE id = ?1", "s", id))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("user", id, error);
}

gboolean
vig_store_users_check_acts (VigDbConnection *db, const char *id, const char *message, GError **error)
{
  static const char * const roles[] = { "owner", "administrator", "approver", NULL };
  g_autoptr (JsonObject) user = vig_store_users_get (db, id, error);

  if (user == NULL)
    return FALSE;
  if (!vig_json_get_boolean (user, "disabled", FALSE) && g_strv_contains (roles, vig_json_get_string (user, "role", "")))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, message);

  return FALSE;
}

/* The old owner first: at no time are there two. */
gboolean
vig_store_users_transfer (VigDbConnection *db, const char *from, const char *to, GError **error)
{
  return vig_db_exec (db, error, "UPDATE users SET role = 'administrator' WHERE id = ?1 AND role = 'owner'", "s", from) &&
         vig_db_exec (db, error, "UPDATE users SET role = 'owner' WHERE id = ?1", "s", to);
}

/* One per person: a new one takes the place of the one before. */
gboolean
vig_store_invitations_create (VigDbConnection *db, const char *user_id, const char *token, gint64 expires_at, GError **error)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);

  return vig_db_exec (db, error, "DELETE FROM invitations WHERE user_id = ?1 OR expires_at < ?2", "si", user_id, vig_time_now ()) &&
         vig_db_exec (db, error, "INSERT INTO invitations (token_sha256, user_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
                      "ssii", digest, user_id, vig_time_now (), expires_at);
}

JsonObject *
vig_store_invitations_find (VigDbConnection *db, const char *token, GError **error)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);

  return vig_store_row_one (vig_db_query (db, error,
                                          "SELECT user_id, users.name, users.role, expires_at FROM invitations JOIN users ON users.id = user_id"
                                          " WHERE token_sha256 = ?1 AND expires_at > ?2 AND disabled = 0",
                                          "si", digest, vig_time_now ()),
                            "ssst", error);
}

gboolean
vig_store_invitations_end (VigDbConnection *db, const char *user_id, GError **error)
{
  return vig_db_exec (db, error, "DELETE FROM invitations WHERE user_id = ?1", "s", user_id);
}

gboolean
vig_store_users_set_record (VigDbConnection *db, const char *id, const char *record, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE users SET record = ?2 WHERE id = ?1", "ss", id, record))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("user", id, error);
}
