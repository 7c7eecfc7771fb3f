/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-factors.h"

#include "vig-id.h"
#include "vig-store-row.h"

#define FACTOR "SELECT id, kind, name, rp_id, created_at, last_used_at FROM second_factors "
#define FACTOR_TYPES "sssstt"

#define MAX_ATTEMPTS 5 /* of one ticket */

static char *
hash (const char *text)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

JsonArray *
vig_store_factors_list (VigDbConnection *db, const char *user_id, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error, FACTOR "WHERE user_id = ?1 ORDER BY created_at", "s", user_id), FACTOR_TYPES, error);
}

gint64
vig_store_factors_count (VigDbConnection *db, const char *user_id, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM second_factors WHERE user_id = ?1", "s", user_id), error);
}

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, 64 },
  { NULL },
};

static gboolean
check_room (VigDbConnection *db, const char *user_id, const char *name, GError **error)
{
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s}", "name", name);
  gint64 count = vig_store_factors_count (db, user_id, error);

  if (count >= VIG_STORE_FACTORS_MAX)
    g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "there are %d second factors at most: remove one first", VIG_STORE_FACTORS_MAX);

  return count >= 0 && count < VIG_STORE_FACTORS_MAX && vig_store_check_fields ("second factor", fields, values, error);
}

static JsonObject *
finish_add (VigDbConnection *db, const char *id, const char *name, GError *failure, GError **error)
{
  if (failure == NULL)
    return vig_store_row_one (vig_db_query (db, error, FACTOR "WHERE id = ?1", "s", id), FACTOR_TYPES, error);

  vig_store_name_taken ("a second factor", name, &failure);
  g_propagate_error (error, failure);

  return NULL;
}

JsonObject *
vig_store_factors_add_totp (VigDbConnection *db, const char *user_id, const char *name, const char *sealed, gint64 step, GError **error)
{
  g_autofree char *id = vig_id_new ();
  GError *failure = NULL;

  if (!check_room (db, user_id, name, error))
    return NULL;

  vig_db_exec (db, &failure,
               "INSERT INTO second_factors (id, user_id, kind, name, sealed_secret, last_step, created_at) VALUES (?1, ?2, 'totp', ?3, ?4, ?5, ?6)",
               "ssssii", id, user_id, name, sealed, step, vig_time_now ());

  return finish_add (db, id, name, failure, error);
}

JsonObject *
vig_store_factors_add_passkey (VigDbConnection *db, const char *user_id, const char *name, const char *credential_id, const char *public_key,
                               const char *rp_id, gint64 counter, GError **error)
{
  g_autofree char *id = vig_id_new ();
  GError *failure = NULL;

  if (!check_room (db, user_id, name, error))
    return NULL;

  vig_db_exec (db, &failure,
               "INSERT INTO second_factors (id, user_id, kind, name, credential_id, public_key, rp_id, counter, created_at)"
               " VALUES (?1, ?2, 'passkey', ?3, ?4, ?5, ?6, ?7, ?8)",
               "ssssssii", id, user_id, name, credential_id, public_key, rp_id, counter, vig_time_now ());

  return finish_add (db, id, name, failure, error);
}

JsonObject *
vig_store_factors_find_totp (VigDbConnection *db, const char *user_id, GError **error)
{
  return vig_store_row_one (vig_db_query (db, error, "SELECT id, sealed_secret, last_step FROM second_factors WHERE user_id = ?1 AND kind = 'totp'",
                                          "s", user_id),
                            "ssi", error);
}

JsonObject *
vig_store_factors_find_passkey (VigDbConnection *db, const char *user_id, const char *credential_id, GError **error)
{
  return vig_store_row_one (vig_db_query (db, error, "SELECT id, public_key, rp_id, counter FROM second_factors WHERE user_id = ?1 AND credential_id = ?2",
                                          "ss", user_id, credential_id),
                            "sssi", error);
}

JsonArray *
vig_store_factors_passkeys (VigDbConnection *db, const char *user_id, const char *rp_id, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT credential_id FROM second_factors WHERE user_id = ?1 AND rp_id = ?2", "ss", user_id, rp_id);
  g_autoptr (JsonArray) ids = json_array_new ();
  GError *failure = NULL;

  if (rows == NULL)
    return NULL;
  while (vig_db_rows_next (rows, &failure))
    json_array_add_string_element (ids, vig_db_rows_string (rows, 0));
  if (failure == NULL)
    return g_steal_pointer (&ids);
  g_propagate_error (error, failure);

  return NULL;
}

gboolean
vig_store_factors_used (VigDbConnection *db, const char *id, gint64 step, gint64 counter, GError **error)
{
  return vig_db_exec (db, error, "UPDATE second_factors SET last_step = ?2, counter = ?3, last_used_at = ?4 WHERE id = ?1",
                      "siii", id, step, counter, vig_time_now ());
}

gboolean
vig_store_factors_remove (VigDbConnection *db, const char *user_id, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM second_factors WHERE user_id = ?1 AND id = ?2", "ss", user_id, id))
    return FALSE;
  if (vig_db_get_changes (db) == 0)
    return vig_store_not_found ("second factor", id, error);

  return vig_db_exec (db, error, "DELETE FROM recovery_codes WHERE user_id = ?1 AND NOT EXISTS (SELECT 1 FROM second_factors WHERE user_id = ?1)", "s", user_id);
}

gboolean
vig_store_factors_remove_all (VigDbConnection *db, const char *user_id, GError **error)
{
  return vig_db_exec (db, error, "DELETE FROM second_factors WHERE user_id = ?1", "s", user_id) &&
         vig_db_exec (db, error, "DELETE FROM recovery_codes WHERE user_id = ?1", "s", user_id) &&
         vig_db_exec (db, error, "UPDATE users SET code_failures = 0, codes_blocked_until = 0 WHERE id = ?1", "s", user_id);
}

gboolean
vig_store_recovery_set (VigDbConnection *db, const char *user_id, JsonArray *codes, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM recovery_codes WHERE user_id = ?1", "s", user_id))
    return FALSE;

  for (guint i = 0; i < json_array_get_length (codes); i++)
    {
      g_autofree char *digest = hash (json_array_get_string_element (codes, i));

      if (!vig_db_exec (db, error, "INSERT INTO recovery_codes (user_id, code_sha256) VALUES (?1, ?2)", "ss", user_id, digest))
        return FALSE;
    }

  return TRUE;
}

gint64
vig_store_recovery_left (VigDbConnection *db, const char *user_id, GError **error)
{
  return vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM recovery_codes WHERE user_id = ?1 AND used_at IS NULL", "s", user_id), error);
}

gboolean
vig_store_recovery_use (VigDbConnection *db, const char *user_id, const char *code, GError **error)
{
  g_autofree char *digest = hash (code);

  return vig_db_exec (db, error, "UPDATE recovery_codes SET used_at = ?3 WHERE user_id = ?1 AND code_sha256 = ?2 AND used_at IS NULL",
                      "ssi", user_id, digest, vig_time_now ()) &&
         vig_db_get_changes (db) > 0;
}

gint64
vig_store_codes_wait (VigDbConnection *db, const char *user_id, GError **error)
{
  gint64 now = vig_time_now ();
  gint64 until = vig_store_row_count (vig_db_query (db, error, "SELECT coalesce (max (codes_blocked_until), 0) FROM users WHERE id = ?1", "s", user_id), error);

  return until <= now ? MIN (until, 0) : (until - now) / G_USEC_PER_SEC + 1;
}

gboolean
vig_store_codes_count (VigDbConnection *db, const char *user_id, gboolean right, GError **error)
{
  gint64 failures, wait;

  if (right)
    return vig_db_exec (db, error, "UPDATE users SET code_failures = 0, codes_blocked_until = 0 WHERE id = ?1", "s", user_id);

  if (!vig_db_exec (db, error, "UPDATE users SET code_failures = code_failures + 1 WHERE id = ?1", "s", user_id))
    return FALSE;
  failures = vig_store_row_count (vig_db_query (db, error, "SELECT code_failures FROM users WHERE id = ?1", "s", user_id), error);
  if (failures < VIG_STORE_CODES_FREE)
    return failures >= 0;

  wait = MIN (G_GINT64_CONSTANT (30) << MIN (failures - VIG_STORE_CODES_FREE, 10), VIG_STORE_CODES_WAIT);

  return vig_db_exec (db, error, "UPDATE users SET codes_blocked_until = ?2 WHERE id = ?1", "si", user_id, vig_time_now () + wait * G_USEC_PER_SEC);
}

gboolean
vig_store_challenges_create (VigDbConnection *db, const char *ticket, const char *purpose, const char *user_id, const char *login_id,
                             const char *challenge, const char *secret, gint64 expires_at, GError **error)
{
  g_autofree char *digest = hash (ticket);

  return vig_db_exec (db, error, "DELETE FROM challenges WHERE expires_at < ?1", "i", vig_time_now ()) &&
         vig_db_exec (db, error,
                      "INSERT INTO challenges (ticket_sha256, purpose, user_id, login_id, challenge, secret, expires_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                      "ssssssi", digest, purpose, user_id, login_id, challenge, secret, expires_at);
}

JsonObject *
vig_store_challenges_find (VigDbConnection *db, const char *ticket, const char *purpose, GError **error)
{
  g_autofree char *digest = hash (ticket);

  return vig_store_row_one (vig_db_query (db, error,
                                          "SELECT user_id, login_id, challenge, secret, attempts FROM challenges"
                                          " WHERE ticket_sha256 = ?1 AND purpose = ?2 AND expires_at > ?3 AND attempts < ?4",
                                          "ssii", digest, purpose, vig_time_now (), (gint64) MAX_ATTEMPTS),
                            "ssssi", error);
}

JsonObject *
vig_store_challenges_try (VigDbConnection *db, const char *ticket, const char *purpose, GError **error)
{
  g_autofree char *digest = hash (ticket);
  g_autoptr (JsonObject) found = vig_store_challenges_find (db, ticket, purpose, error);

  if (found == NULL || !vig_db_exec (db, error, "UPDATE challenges SET attempts = attempts + 1 WHERE ticket_sha256 = ?1", "s", digest))
    return NULL;

  return g_steal_pointer (&found);
}

gboolean
vig_store_challenges_end (VigDbConnection *db, const char *ticket, GError **error)
{
  g_autofree char *digest = hash (ticket);

  return vig_db_exec (db, error, "DELETE FROM challenges WHERE ticket_sha256 = ?1", "s", digest);
}
