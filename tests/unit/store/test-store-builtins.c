/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-operator-file.h"
#include "vig-store-builtins.h"
#include "vig-store-settings.h"
#include "vig-store-starters.h"
#include "vig-store-versions.h"

static const VigBuiltin old_list[] = {
  { "keeper", 1, "Keeper", "Keeps.", "You keep.", "read", FALSE, { "a.read", "not.there" } },
  { "writer", 1, "Writer", "Writes.", "You write.", "write", TRUE, { "a.write" } },
};

static const VigBuiltin new_list[] = {
  { "keeper", 2, "Keeper", "Keeps well.", "You keep well.", "exec", FALSE, { "a.read", "a.list" } },
  { "writer", 2, "Writer", "Writes well.", "You write well.", "read", TRUE, { "a.write", "a.more" } },
  { "third", 1, "Third", "Comes later.", "You came later.", "read", FALSE, { NULL } },
};

static JsonObject *
find (VigDbConnection *db, const char *name)
{
  g_autoptr (GError) error = NULL;
  JsonObject *operator = vig_store_operators_find (db, name, &error);

  g_assert_no_error (error);

  return operator;
}

static void
change (VigDbConnection *db, const char *name, const char *json)
{
  g_autoptr (JsonObject) operator = find (db, name);
  g_autoptr (JsonObject) changes = parse (json);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) changed = vig_store_operators_update (db, vig_json_get_string (operator, "id", ""), changes, &error);

  g_assert_no_error (error);
}

static char *
show (VigDbConnection *db, const char *name)
{
  g_autoptr (JsonObject) operator = find (db, name);
  g_autoptr (GString) text = g_string_new (NULL);
  JsonObject *builtin = vig_json_get_object (operator, "builtin");
  JsonArray *tools = vig_json_get_array (operator, "tools");
  JsonArray *edited = vig_json_get_array (builtin, "edited");

  g_string_append_printf (text, "%s|%s|%s|%" G_GINT64_FORMAT "|", vig_json_get_string (operator, "description", ""),
                          vig_json_get_string (operator, "system_prompt", ""), vig_json_get_string (operator, "permission_level", ""),
                          vig_json_get_int (builtin, "version", 0));
  for (guint i = 0; i < json_array_get_length (tools); i++)
    g_string_append_printf (text, "%s ", json_array_get_string_element (tools, i));
  g_string_append_c (text, '|');
  for (guint i = 0; i < json_array_get_length (edited); i++)
    g_string_append_printf (text, "%s ", json_array_get_string_element (edited, i));

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_shown (VigDbConnection *db, const char *name, const char *wanted)
{
  g_autofree char *shown = show (db, name);

  g_assert_cmpstr (shown, ==, wanted);
}

/* One that nobody touched follows, but for a level that would rise; of one that was edited only what was not. */
static gpointer
upgrade (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) third = NULL;

  g_assert_true (vig_store_builtins_ensure (db, old_list, G_N_ELEMENTS (old_list), "/srv/work", error));
  assert_shown (db, "Keeper", "Keeps.|You keep.|read|1|a.read not.there |");
  change (db, "Writer", "{\"system_prompt\": \"Write in verse.\", \"model\": \"mine\", \"enabled\": false}");
  assert_shown (db, "Writer", "Writes.|Write in verse.|write|1|a.write |system_prompt ");

  g_assert_true (vig_store_builtins_ensure (db, new_list, G_N_ELEMENTS (new_list), "/srv/work", error));
  assert_shown (db, "Keeper", "Keeps well.|You keep well.|read|2|a.read a.list |permission_level ");
  assert_shown (db, "Writer", "Writes well.|Write in verse.|read|2|a.write a.more |system_prompt ");
  third = find (db, "Third");
  g_assert_nonnull (third);

  return NULL;
}

static gpointer
check_versions (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) writer = find (db, "Writer");
  const char *id = vig_json_get_string (writer, "id", "");
  VigPage page = { 10, NULL };
  g_autoptr (JsonObject) list = vig_store_versions_list (db, id, &page, error);
  g_autoptr (JsonObject) restored = NULL;
  g_autoptr (JsonObject) reset = NULL;
  g_autoptr (JsonObject) again = NULL;
  g_autoptr (GError) refused = NULL;

  /* As it came, as a person left it, as the upgrade left it. */
  g_assert_cmpuint (json_array_get_length (vig_json_get_array (list, "items")), ==, 3);
  assert_string (writer, "model", "mine");
  g_assert_false (vig_json_get_boolean (writer, "enabled", TRUE));

  restored = vig_store_versions_restore (db, id, 1, "ada", error);
  assert_string (restored, "system_prompt", "You write.");
  assert_null (restored, "model");
  reset = vig_store_builtins_reset (db, id, error);
  assert_string (reset, "system_prompt", "You write well.");
  assert_shown (db, "Writer", "Writes well.|You write well.|read|2|a.write a.more |");

  g_assert_null (vig_store_versions_get (db, id, 99, &refused));
  g_assert_error (refused, VIG_ERROR, VIG_ERROR_NOT_FOUND);

  g_assert_true (vig_store_operators_delete (db, id, error));
  g_assert_true (vig_store_builtins_ensure (db, new_list, G_N_ELEMENTS (new_list), "/srv/work", error));
  again = find (db, "Writer");
  g_assert_null (again);

  return NULL;
}

static void
test_upgrade (Fixture *self, gconstpointer data)
{
  fixture_write (self, upgrade, NULL);
  fixture_write (self, check_versions, NULL);
}

/* An installation that is older than built-in Operators: the three of then are taken for them, and what was deleted stays away. */
static gpointer
adopt (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) files = parse ("{\"name\": \"Files\", \"description\": \"Reads, lists and writes notes and files in the workspace.\","
                                        " \"system_prompt\": \"Mine.\", \"permission_level\": \"write\"}");
  g_autoptr (JsonObject) own = parse ("{\"name\": \"Network\", \"system_prompt\": \"Mine, too.\"}");
  g_autoptr (JsonObject) created = NULL;
  g_autoptr (JsonObject) other = NULL;
  g_autoptr (JsonObject) gone = NULL;
  g_autoptr (JsonObject) network = NULL;
  g_autoptr (JsonObject) taken = NULL;

  g_assert_true (vig_store_value_set (db, "starters.done", "1", error));
  created = vig_store_operators_create (db, files, error);
  other = vig_store_operators_create (db, own, error);
  g_assert_true (vig_store_starters_ensure (db, "/srv/work", error));
  g_assert_true (vig_store_starters_ensure (db, "/srv/work", error));
  gone = find (db, "Activity");
  g_assert_null (gone);
  network = find (db, "Network");
  assert_string (network, "system_prompt", "Mine, too.");
  assert_null (network, "builtin");
  taken = find (db, "Files");
  assert_string (taken, "system_prompt", "Mine.");
  g_assert_true (g_str_has_prefix (vig_json_get_string (taken, "description", ""), "Reads, lists, searches"));

  return NULL;
}

static void
test_adopt (Fixture *self, gconstpointer data)
{
  fixture_write (self, adopt, NULL);
}

static gpointer
use_file (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) values = parse ("{\"name\": \"Docker\", \"tools\": [\"docker.list\"], \"soul\": \"Dry.\", \"permission_level\": \"write\"}");
  g_autoptr (JsonObject) operator = vig_store_operators_create (db, values, error);
  g_autoptr (JsonObject) file = vig_operator_file_make (db, operator, error);
  g_autoptr (JsonArray) notes = json_array_new ();
  g_autoptr (JsonObject) read = NULL;
  g_autoptr (JsonObject) copy = NULL;
  g_autoptr (JsonObject) odd = parse ("{\"vigilus_operator\": 1, \"name\": \"A\", \"secret\": 1}");
  g_autoptr (JsonObject) other = parse ("{\"name\": \"A\"}");
  g_autofree char *name = vig_operator_file_free_name (db, "Docker", error);
  g_autoptr (GError) refused = NULL;
  g_autoptr (GError) second = NULL;

  g_assert_cmpstr (name, ==, "Docker copy");
  json_object_set_string_member (file, "name", name);
  json_object_set_string_member (file, "working_directory", "/not/there");
  json_object_set_object_member (file, "provider", parse ("{\"name\": \"Elsewhere\", \"type\": \"openai\"}"));
  read = vig_operator_file_read (db, file, notes, error);
  copy = vig_store_operators_create (db, read, error);
  assert_string (copy, "soul", "Dry.");
  assert_string (copy, "permission_level", "write");
  assert_null (copy, "working_directory");
  g_assert_cmpuint (json_array_get_length (notes), ==, 2);

  g_assert_null (vig_operator_file_read (db, odd, notes, &refused));
  assert_refused (refused, VIG_ERROR_INVALID, "an Operator's file has no member \"secret\"");
  g_assert_null (vig_operator_file_read (db, other, notes, &second));
  assert_refused (second, VIG_ERROR_INVALID, "this is no Operator's file: \"vigilus_operator\" must be 1");

  return NULL;
}

static void
test_file (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_file, NULL);
}

static void
add (const char *name, void (*func) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strconcat ("/store/builtins/", name, NULL);

  g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("upgrade", test_upgrade);
  add ("adopt", test_adopt);
  add ("file", test_file);

  return g_test_run ();
}
