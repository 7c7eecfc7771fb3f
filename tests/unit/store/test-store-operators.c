/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-store-approvals.h"
#include "vig-store-plugins.h"
#include "vig-store-providers.h"
#include "vig-store-settings.h"
#include "vig-store-starters.h"

static gpointer
use_operators (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) values = parse ("{\"name\": \"Docker\", \"tools\": [\"docker.ps\", \"docker.logs\"]}");
  g_autoptr (JsonObject) same = parse ("{\"name\": \"dOCKER\"}");
  g_autoptr (JsonObject) changes = parse ("{\"permission_level\": \"write\", \"model\": \"m\", \"tools\": [\"docker.logs\"]}");
  g_autoptr (JsonObject) clear = parse ("{\"model\": null, \"enabled\": false}");
  g_autoptr (JsonObject) created = vig_store_operators_create (db, values, error);
  g_autoptr (JsonObject) found = NULL;
  g_autoptr (JsonObject) updated = NULL;
  g_autoptr (JsonObject) cleared = NULL;
  g_autoptr (JsonArray) enabled = NULL;
  g_autoptr (GError) refused = NULL;
  const char *id = vig_json_get_string (created, "id", NULL);

  assert_string (created, "permission_level", "read");
  assert_string (created, "trust_mode", "inherit");
  g_assert_true (vig_json_get_boolean (created, "enabled", FALSE));
  assert_null (created, "provider_id");
  g_assert_cmpstr (json_array_get_string_element (vig_json_get_array (created, "tools"), 1), ==, "docker.logs");

  g_assert_null (vig_store_operators_create (db, same, &refused));
  assert_refused (refused, VIG_ERROR_EXISTS, "an Operator named \"dOCKER\" exists already");

  found = vig_store_operators_find (db, "docker", error);
  assert_string (found, "id", id);
  g_assert_null (vig_store_operators_find (db, "nobody", error));
  g_assert_no_error (*error);

  updated = vig_store_operators_update (db, id, changes, error);
  assert_string (updated, "permission_level", "write");
  assert_string (updated, "name", "Docker");
  assert_string (updated, "created_at", vig_json_get_string (created, "created_at", ""));
  g_assert_cmpuint (json_array_get_length (vig_json_get_array (updated, "tools")), ==, 1);
  cleared = vig_store_operators_update (db, id, clear, error);
  assert_null (cleared, "model");
  enabled = vig_store_operators_enabled (db, error);
  g_assert_cmpuint (json_array_get_length (enabled), ==, 0);

  return NULL;
}

static void
refuse_operator (VigDbConnection *db, const char *json, const char *message)
{
  g_autoptr (JsonObject) values = parse (json);
  g_autoptr (GError) refused = NULL;

  g_assert_null (vig_store_operators_create (db, values, &refused));
  assert_refused (refused, VIG_ERROR_INVALID, message);
}

static gpointer
refuse_operators (VigDbConnection *db, gpointer data, GError **error)
{
  refuse_operator (db, "{}", "name must not be empty, nor begin or end with a space");
  refuse_operator (db, "{\"name\": \"\"}", "name must not be empty");
  refuse_operator (db, "{\"name\": \" a\"}", "name must not be empty, nor begin or end with a space");
  refuse_operator (db, "{\"name\": 7}", "name must be a string");
  refuse_operator (db, "{\"name\": \"a\", \"permission_level\": \"root\"}", "permission_level must be one of read|write|exec|elevate");
  refuse_operator (db, "{\"name\": \"a\", \"trust_mode\": null}", "trust_mode must not be null");
  refuse_operator (db, "{\"name\": \"a\", \"working_directory\": \"srv\"}", "working_directory must be an absolute path");
  refuse_operator (db, "{\"name\": \"a\", \"provider_id\": \"gone\"}", "provider_id names no provider: gone");
  refuse_operator (db, "{\"name\": \"a\", \"tools\": [\"x\", \"x\"]}", "tools names x twice");
  refuse_operator (db, "{\"name\": \"a\", \"tools\": [1]}", "tools must be a list of names");
  refuse_operator (db, "{\"name\": \"a\", \"colour\": 1}", "an Operator has no member \"colour\"");
  refuse_operator (db, "{\"name\": \"a\", \"id\": \"mine\"}", "an Operator has no member \"id\"");

  return NULL;
}

/* Its name stays in what it did; what it was granted ends. */
static gpointer
delete_operator (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autoptr (JsonObject) values = parse ("{\"name\": \"Docker\", \"tools\": [\"docker.ps\"]}");
  g_autoptr (JsonObject) grant = parse ("{\"operator_name\": \"Docker\", \"tool\": \"docker.ps\", \"level\": \"write\", \"mode\": \"timed\","
                                        " \"granted_by\": \"Ada\", \"expires_at\": \"2099-01-01T00:00:00Z\"}");
  g_autofree char *id = take_id (vig_store_operators_create (db, values, error));
  g_autoptr (JsonObject) changes = NULL;
  g_autoptr (JsonObject) run = NULL;
  g_autoptr (JsonArray) live = NULL;
  g_autoptr (GError) refused = NULL;

  chat_init (&chat, db, error);
  changes = vig_json_pack_object ("{s:s, s:s}", "operator_id", id, "operator_name", "Docker");
  json_object_unref (vig_store_runs_update (db, chat.run, changes, error));
  json_object_set_string_member (grant, "operator_id", id);
  json_object_unref (vig_store_grants_create (db, grant, "signature", error));

  g_assert_true (vig_store_operators_delete (db, id, error));
  run = vig_store_runs_get (db, chat.run, error);
  assert_string (run, "operator_name", "Docker");
  assert_null (run, "operator_id");
  live = vig_store_grants_live (db, id, "docker.ps", NULL, error);
  g_assert_cmpuint (json_array_get_length (live), ==, 0);
  g_assert_false (vig_store_operators_delete (db, id, &refused));
  g_assert_error (refused, VIG_ERROR, VIG_ERROR_NOT_FOUND);
  chat_clear (&chat);

  return NULL;
}

/* Names before and after the cursor appear while the list is being read. */
static gpointer
page_operators (VigDbConnection *db, gpointer data, GError **error)
{
  static const char *const names[] = { "b", "D", "f", "H", "j" };
  static const char *const expected[] = { "b", "D", "e", "f", "H", "j" };
  g_autoptr (GPtrArray) seen = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *after = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s}", "name", names[i]);

      json_object_unref (vig_store_operators_create (db, values, error));
    }

  do
    {
      VigPage page = { 2, after };
      g_autoptr (JsonObject) list = vig_store_operators_list (db, &page, error);
      g_autoptr (JsonObject) early = parse ("{\"name\": \"A\"}");
      g_autoptr (JsonObject) late = parse ("{\"name\": \"e\"}");

      for (guint i = 0; i < count_items (list); i++)
        g_ptr_array_add (seen, g_strdup (vig_json_get_string (item (list, i), "name", NULL)));
      if (after == NULL)
        {
          json_object_unref (vig_store_operators_create (db, early, error));
          json_object_unref (vig_store_operators_create (db, late, error));
        }
      g_free (after);
      after = g_strdup (vig_json_get_string (list, "next", NULL));
    }
  while (after != NULL);

  g_assert_cmpuint (seen->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < seen->len; i++)
    g_assert_cmpstr (g_ptr_array_index (seen, i), ==, expected[i]);

  return NULL;
}

static void
test_operators (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_operators, NULL);
  fixture_write (self, refuse_operators, NULL);
}

static void
test_delete (Fixture *self, gconstpointer data)
{
  fixture_write (self, delete_operator, NULL);
}

static void
test_pages (Fixture *self, gconstpointer data)
{
  fixture_write (self, page_operators, NULL);
}

static char *
default_name (VigDbConnection *db, char **key, GError **error)
{
  g_autoptr (JsonObject) provider = vig_store_providers_default (db, key, error);

  g_assert_no_error (*error);

  return g_strdup (vig_json_get_string (provider, "name", NULL));
}

static void
assert_default (VigDbConnection *db, const char *name, const char *key, GError **error)
{
  g_autofree char *sealed = NULL;
  g_autofree char *found = default_name (db, &sealed, error);

  g_assert_cmpstr (found, ==, name);
  g_assert_cmpstr (sealed, ==, key);
}

static gpointer
use_providers (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) one = parse ("{\"name\": \"One\", \"type\": \"anthropic\"}");
  g_autoptr (JsonObject) two = parse ("{\"name\": \"Two\", \"type\": \"ollama\", \"base_url\": \"http://localhost:11434\"}");
  g_autoptr (JsonObject) make_default = parse ("{\"is_default\": true}");
  g_autoptr (JsonObject) no_default = parse ("{\"is_default\": false}");
  g_autoptr (JsonObject) first = vig_store_providers_create (db, one, "sealed", error);
  g_autoptr (JsonObject) second = NULL;
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (GError) refused = NULL;

  g_assert_false (json_object_has_member (first, "sealed_key"));
  g_assert_true (vig_json_get_boolean (vig_json_get_object (first, "key"), "set", FALSE));
  assert_default (db, "One", "sealed", error);
  second = vig_store_providers_create (db, two, NULL, error);
  g_assert_false (vig_json_get_boolean (vig_json_get_object (second, "key"), "set", TRUE));
  assert_default (db, "One", "sealed", error);

  g_assert_null (vig_store_providers_create (db, one, NULL, &refused));
  assert_refused (refused, VIG_ERROR_EXISTS, "a provider named \"One\" exists already");
  g_assert_null (vig_store_providers_update (db, vig_json_get_string (first, "id", NULL), no_default, TRUE, NULL, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "one provider must be the default: make another one the default instead");

  json_object_unref (vig_store_providers_update (db, vig_json_get_string (second, "id", NULL), make_default, FALSE, "new key", error));
  assert_default (db, "Two", "new key", error);
  json_object_unref (vig_store_providers_update (db, vig_json_get_string (second, "id", NULL), make_default, TRUE, NULL, error));
  assert_default (db, "Two", "new key", error);
  g_assert_true (vig_store_providers_delete (db, vig_json_get_string (second, "id", NULL), error));
  assert_default (db, "One", "sealed", error);
  list = vig_store_providers_list (db, NULL, error);
  g_assert_cmpuint (count_items (list), ==, 1);

  return NULL;
}

static gpointer
delete_used (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) values = parse ("{\"name\": \"Used\", \"type\": \"anthropic\"}");
  g_autofree char *id = take_id (vig_store_providers_create (db, values, NULL, error));
  g_autoptr (JsonObject) a = vig_json_pack_object ("{s:s, s:s}", "name", "Alpha", "provider_id", id);
  g_autoptr (JsonObject) b = vig_json_pack_object ("{s:s, s:s}", "name", "Beta", "provider_id", id);
  g_autoptr (JsonObject) routing = vig_json_pack_object ("{s:s}", "routing_provider_id", id);
  g_autoptr (GError) refused = NULL;

  json_object_unref (vig_store_operators_create (db, a, error));
  json_object_unref (vig_store_operators_create (db, b, error));
  json_object_unref (vig_store_settings_update (db, routing, error));
  g_assert_false (vig_store_providers_delete (db, id, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "the provider \"Used\" is used by Alpha, Beta, the routing in Settings");

  return NULL;
}

static void
test_providers (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_providers, NULL);
  fixture_write (self, delete_used, NULL);
}

static gpointer
use_starters (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) infrastructure = NULL;
  g_autoptr (JsonObject) activity = NULL;
  g_autoptr (JsonObject) files = NULL;

  g_assert_true (vig_store_starters_ensure (db, "/srv/workspace", error));
  infrastructure = vig_store_operators_find (db, "Infrastructure", error);
  assert_string (infrastructure, "permission_level", "exec");
  assert_string (infrastructure, "working_directory", "/srv/workspace");
  g_assert_cmpuint (json_array_get_length (vig_json_get_array (infrastructure, "tools")), ==, 9);
  activity = vig_store_operators_find (db, "Activity", error);
  assert_string (activity, "permission_level", "read");
  assert_null (activity, "working_directory");

  files = vig_store_operators_find (db, "Files", error);
  g_assert_true (vig_store_operators_delete (db, vig_json_get_string (files, "id", NULL), error));
  g_assert_true (vig_store_starters_ensure (db, "/srv/workspace", error));
  g_assert_null (vig_store_operators_find (db, "Files", error));
  g_assert_no_error (*error);

  return NULL;
}

static void
test_starters (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_starters, NULL);
}

#define HASH "00000000000000000000000000000000000000000000000000000000000000"

static gpointer
use_plugins (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) allowed = NULL;
  g_autoptr (JsonObject) none = NULL;
  g_autoptr (GError) refused = NULL;

  g_assert_true (vig_store_plugins_allow (db, "uptime", HASH "01", "Ada", error));
  g_assert_true (vig_store_plugins_allow (db, "uptime", HASH "02", "Ada", error));
  g_assert_false (vig_store_plugins_allow (db, "uptime", "short", "Ada", &refused));
  assert_refused (refused, VIG_ERROR_INVALID, "sha256 must have at least 64 characters");

  allowed = vig_store_plugins_allowed (db, error);
  assert_string (allowed, "uptime", HASH "02");
  g_assert_true (vig_store_plugins_revoke (db, "uptime", error));
  g_assert_false (vig_store_plugins_revoke (db, "uptime", &refused));
  assert_refused (refused, VIG_ERROR_NOT_FOUND, "no allowed plugin has the id uptime");
  none = vig_store_plugins_allowed (db, error);
  g_assert_cmpuint (json_object_get_size (none), ==, 0);

  return NULL;
}

static void
test_plugins (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_plugins, NULL);
}

#define add(path, func) g_test_add ("/store/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("operators", test_operators);
  add ("operators/delete", test_delete);
  add ("operators/pages", test_pages);
  add ("providers", test_providers);
  add ("starters", test_starters);
  add ("plugins", test_plugins);

  return g_test_run ();
}
