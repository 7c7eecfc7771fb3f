/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-store-operators.h"
#include "vig-store-settings.h"

static gpointer
use_users (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (GError) again = NULL;
  g_autoptr (GError) missing = NULL;
  g_autofree char *record = NULL;
  g_autoptr (JsonObject) owner = vig_store_users_create_owner (db, "Ada", "record 1", error);
  g_autoptr (JsonObject) found = NULL;
  g_autoptr (JsonObject) same = NULL;
  const char *id;

  g_assert_no_error (*error);
  assert_string (owner, "name", "Ada");
  assert_string (owner, "role", "owner");
  g_assert_false (json_object_has_member (owner, "record"));
  id = vig_json_get_string (owner, "id", NULL);

  g_assert_null (vig_store_users_create_owner (db, "Eve", "record", &again));
  g_assert_error (again, VIG_ERROR, VIG_ERROR_CONFLICT);
  g_assert_cmpint (vig_store_users_count (db, error), ==, 1);

  g_assert_true (vig_store_users_set_record (db, id, "record 2", error));
  g_assert_false (vig_store_users_set_record (db, "nobody", "x", &missing));
  g_assert_error (missing, VIG_ERROR, VIG_ERROR_NOT_FOUND);

  found = vig_store_users_find (db, "aDA", &record, error);
  assert_string (found, "id", id);
  g_assert_cmpstr (record, ==, "record 2");
  g_assert_null (vig_store_users_find (db, "nobody", NULL, error));
  same = vig_store_users_find_unchanged (db, "Ada", record, error);
  g_assert_nonnull (same);
  g_assert_null (vig_store_users_find_unchanged (db, "Ada", "another record", error));
  g_assert_no_error (*error);

  return NULL;
}

static void
test_users (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_users, NULL);
}

static gboolean
signed_in (VigDbConnection *db, const char *token, GError **error)
{
  g_autoptr (JsonObject) user = vig_store_logins_find (db, token, error);

  g_assert_no_error (*error);

  return user != NULL;
}

static gpointer
use_logins (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) owner = vig_store_users_create_owner (db, "Ada", "record", error);
  const char *id = vig_json_get_string (owner, "id", NULL);
  g_autoptr (VigDbRows) clear = NULL;

  g_assert_true (vig_store_logins_create (db, id, "one", 3600, "::1", "browser", error));
  g_assert_true (vig_store_logins_create (db, id, "two", 3600, NULL, NULL, error));
  g_assert_true (vig_store_logins_create (db, id, "three", 3600, NULL, NULL, error));
  g_assert_true (vig_store_logins_create (db, id, "expired", -1, NULL, NULL, error));

  g_assert_true (signed_in (db, "one", error));
  g_assert_false (signed_in (db, "expired", error));
  g_assert_false (signed_in (db, "other", error));

  clear = vig_db_query (db, error, "SELECT count(*) FROM logins WHERE token_sha256 IN ('one', 'two', 'three')", NULL);
  g_assert_true (vig_db_rows_next (clear, error));
  g_assert_cmpint (vig_db_rows_int (clear, 0), ==, 0);

  g_assert_true (vig_store_logins_end (db, "one", error));
  g_assert_false (signed_in (db, "one", error));
  g_assert_true (vig_store_logins_end_all (db, id, "two", error));
  g_assert_true (signed_in (db, "two", error));
  g_assert_false (signed_in (db, "three", error));

  g_assert_true (vig_db_exec (db, error, "UPDATE users SET disabled = 1", NULL));
  g_assert_false (signed_in (db, "two", error));

  return NULL;
}

static void
test_logins (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_logins, NULL);
}

static gint64
count_logins (VigDbConnection *db, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT count(*) FROM logins", NULL);

  g_assert_true (vig_db_rows_next (rows, error));

  return vig_db_rows_int (rows, 0);
}

static gpointer
age_logins (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) owner = vig_store_users_create_owner (db, "Ada", "record", error);
  const char *id = vig_json_get_string (owner, "id", NULL);

  g_assert_true (vig_store_logins_create (db, id, "long expired", -31 * 24 * 3600, NULL, NULL, error));
  g_assert_true (vig_store_logins_create (db, id, "long ended", 3600, NULL, NULL, error));
  g_assert_true (vig_store_logins_end (db, "long ended", error));
  g_assert_true (vig_db_exec (db, error, "UPDATE logins SET ended_at = 1 WHERE ended_at IS NOT NULL", NULL));
  g_assert_true (vig_store_logins_create (db, id, "just expired", -3600, NULL, NULL, error));
  g_assert_true (vig_store_logins_create (db, id, "live", 3600, NULL, NULL, error));
  g_assert_cmpint (count_logins (db, error), ==, 2);
  g_assert_true (signed_in (db, "live", error));

  return NULL;
}

static void
test_login_retention (Fixture *self, gconstpointer data)
{
  fixture_write (self, age_logins, NULL);
}

static gpointer
use_tokens (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) owner = vig_store_users_create_owner (db, "Ada", "record", error);
  const char *user = vig_json_get_string (owner, "id", NULL);
  g_autoptr (JsonObject) script = parse ("{\"name\":\"script\",\"role\":\"approver\",\"read_only\":true,\"groups\":[\"audit\"]}");
  g_autoptr (JsonObject) old_values = parse ("{\"name\":\"old\"}");
  g_autoptr (JsonObject) again = parse ("{\"name\":\"Script\"}");
  g_autoptr (JsonObject) token = vig_store_tokens_create (db, user, script, "secret one", 0, error);
  g_autoptr (JsonObject) old = vig_store_tokens_create (db, user, old_values, "secret two", 1, error);
  g_autoptr (JsonObject) found = NULL;
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (GError) taken = NULL;
  g_autoptr (GError) foreign = NULL;

  g_assert_true (json_object_get_null_member (token, "last_used_at"));
  g_assert_null (vig_store_tokens_create (db, user, again, "secret three", 0, &taken));
  g_assert_error (taken, VIG_ERROR, VIG_ERROR_EXISTS);
  g_assert_cmpstr (taken->message, ==, "a token named \"Script\" exists already");

  found = vig_store_tokens_find (db, "secret one", error);
  assert_string (vig_json_get_object (found, "user"), "id", user);
  assert_string (found, "role", "approver");
  g_assert_true (vig_json_get_boolean (found, "read_only", FALSE));
  g_assert_cmpstr (json_array_get_string_element (vig_json_get_array (found, "groups"), 0), ==, "audit");
  g_assert_true (vig_json_get_boolean (found, "untouched", FALSE));
  g_assert_null (vig_store_tokens_find (db, "secret two", error));
  g_assert_true (vig_store_tokens_touch (db, "secret one", error));

  list = vig_store_tokens_list (db, user, NULL, error);
  g_assert_cmpint (json_array_get_length (vig_json_get_array (list, "items")), ==, 2);
  g_assert_nonnull (vig_json_get_string (json_array_get_object_element (vig_json_get_array (list, "items"), 1), "last_used_at", NULL));

  g_assert_false (vig_store_tokens_delete (db, "another user", vig_json_get_string (token, "id", NULL), &foreign));
  g_assert_error (foreign, VIG_ERROR, VIG_ERROR_NOT_FOUND);
  g_assert_true (vig_store_tokens_delete (db, user, vig_json_get_string (token, "id", NULL), error));
  g_assert_null (vig_store_tokens_find (db, "secret one", error));

  return NULL;
}

static void
test_tokens (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_tokens, NULL);
}

static void
refuse_settings (VigDbConnection *db, const char *json, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) changes = vig_json_parse_object (json, -1, 0, NULL);

  g_assert_null (vig_store_settings_update (db, changes, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, message);
}

static gpointer
use_settings (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) before = vig_store_settings_get (db, error);
  g_autoptr (JsonObject) changes = vig_json_pack_object ("{s:s, s:i}", "trust_mode", "lenient", "run_max_turns", 7);
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (JsonObject) after = NULL;

  assert_string (before, "trust_mode", "strict");
  answer = vig_store_settings_update (db, changes, error);
  g_assert_no_error (*error);
  after = vig_store_settings_get (db, error);
  assert_string (after, "trust_mode", "lenient");
  g_assert_cmpint (vig_json_get_int (after, "run_max_turns", 0), ==, 7);
  g_assert_true (json_object_get_null_member (after, "routing_provider_id"));

  refuse_settings (db, "{\"trust_mode\": \"open\"}", "trust_mode must be one of strict|lenient");
  refuse_settings (db, "{\"colour\": 1}", "settings has no member \"colour\"");
  refuse_settings (db, "{\"run_max_turns\": \"7\"}", "run_max_turns must be an integer");
  refuse_settings (db, "{\"run_max_turns\": 0}", "run_max_turns must be from 1 to 200");
  refuse_settings (db, "{\"trust_mode\": null}", "trust_mode must not be null");
  refuse_settings (db, "{\"routing_provider_id\": \"x\"}", "routing_provider_id names no provider: x");
  refuse_settings (db, "{\"run_max_tokens\": -1}", "run_max_tokens must be from 0 to 1000000000");
  refuse_settings (db, "{\"model_prices\": \"a* 1 2\\n\\nb* cheap 2\"}",
                   "model_prices, line 3: write a model and the prices of a million tokens in and out, such as: claude-sonnet-* 3 15; "
                   "those of tokens read from and written to a cache may follow");
  refuse_settings (db, "{\"grant_minutes_default\": 500}", "grant_minutes_default must not be over grant_minutes_max");

  return NULL;
}

static gpointer
use_values (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *value = NULL;

  g_assert_null (vig_store_value_dup (db, "setup.done", error));
  g_assert_no_error (*error);
  g_assert_true (vig_store_value_set (db, "setup.done", "1", error));
  g_assert_true (vig_store_value_set (db, "setup.done", "2", error));
  value = vig_store_value_dup (db, "setup.done", error);
  g_assert_cmpstr (value, ==, "2");

  return NULL;
}

static void
test_settings (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_settings, NULL);
  fixture_write (self, use_values, NULL);
}

#define add(path, func) g_test_add ("/store/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("users", test_users);
  add ("logins", test_logins);
  add ("login-retention", test_login_retention);
  add ("tokens", test_tokens);
  add ("settings", test_settings);

  return g_test_run ();
}
