/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-store-approvals.h"

static gpointer
use_sessions (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autoptr (GError) refused = NULL;
  g_autoptr (JsonObject) session = NULL;
  g_autoptr (JsonObject) renamed = NULL;
  g_autoptr (JsonObject) done = parse ("{\"state\": \"done\"}");
  g_autofree char *missing = NULL;

  chat_init (&chat, db, error);
  session = vig_store_sessions_get (db, chat.user, chat.session, error);
  assert_string (session, "title", "Disks");
  assert_string (session, "run_state", "routing");

  missing = g_strdup_printf ("no session has the id %s", chat.session);
  g_assert_null (vig_store_sessions_get (db, "somebody else", chat.session, &refused));
  assert_refused (refused, VIG_ERROR_NOT_FOUND, missing);
  g_assert_null (vig_store_sessions_rename (db, "somebody else", chat.session, "Mine", &refused));
  assert_refused (refused, VIG_ERROR_NOT_FOUND, missing);
  g_assert_false (vig_store_sessions_delete (db, "somebody else", chat.session, &refused));
  assert_refused (refused, VIG_ERROR_NOT_FOUND, missing);
  g_assert_null (vig_store_sessions_create (db, chat.user, "", &refused));
  assert_refused (refused, VIG_ERROR_INVALID, "title must not be empty");

  renamed = vig_store_sessions_rename (db, chat.user, chat.session, "Full disks", error);
  assert_string (renamed, "title", "Full disks");

  g_assert_false (vig_store_sessions_delete (db, chat.user, chat.session, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "a run is live in this session: stop it first");
  json_object_unref (vig_store_runs_update (db, chat.run, done, error));
  g_assert_true (vig_store_sessions_delete (db, chat.user, chat.session, error));
  chat_clear (&chat);

  return NULL;
}

static void
test_sessions (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_sessions, NULL);
}

/* Pages of a list that grows at its head show each of the older rows once. */
static gpointer
page_sessions (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *user = take_id (vig_store_users_create_owner (db, "Ada", "record", error));
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *after = NULL;
  guint pages = 0;

  for (guint i = 0; i < 25; i++)
    json_object_unref (vig_store_sessions_create (db, user, "old", error));

  do
    {
      VigPage page = { 10, after };
      g_autoptr (JsonObject) list = vig_store_sessions_list (db, user, &page, error);

      g_assert_no_error (*error);
      for (guint i = 0; i < count_items (list); i++)
        g_assert_true (g_hash_table_add (seen, g_strdup (vig_json_get_string (item (list, i), "id", NULL))));
      json_object_unref (vig_store_sessions_create (db, user, "new", error));
      g_free (after);
      after = g_strdup (vig_json_get_string (list, "next", NULL));
      pages++;
    }
  while (after != NULL);

  g_assert_cmpuint (pages, ==, 3);
  g_assert_cmpuint (g_hash_table_size (seen), ==, 25);

  return NULL;
}

static gpointer
refuse_cursors (VigDbConnection *db, gpointer data, GError **error)
{
  /* Not base64url, of another list, no number, with padding, empty. */
  static const char *const cursors[] = { "!", "bWVzc2FnZXM6NQ", "c2Vzc2lvbnM6eA", "c2Vzc2lvbnM6MTph=", "" };

  for (guint i = 0; i < G_N_ELEMENTS (cursors); i++)
    {
      VigPage page = { 10, cursors[i] };
      g_autoptr (GError) refused = NULL;

      g_assert_null (vig_store_sessions_list (db, "user", &page, &refused));
      assert_refused (refused, VIG_ERROR_INVALID, "after is not a cursor of this list");
    }

  return NULL;
}

static void
test_pages (Fixture *self, gconstpointer data)
{
  fixture_write (self, page_sessions, NULL);
  fixture_write (self, refuse_cursors, NULL);
}

static void
add_message (VigDbConnection *db, Chat *chat, int number, GError **error)
{
  g_autoptr (JsonObject) content = vig_json_pack_object ("{s:i}", "text", number);

  json_object_unref (vig_store_messages_add (db, chat->session, chat->run, "user", NULL, content, error));
  g_assert_no_error (*error);
}

static gint64
number_of (JsonObject *message)
{
  return vig_json_get_int (vig_json_get_object (message, "content"), "text", -1);
}

static gboolean
has_opaque (JsonObject *message)
{
  return json_object_has_member (vig_json_get_object (message, "content"), "opaque");
}

/* What a provider gets back unchanged is for its model, not for whoever reads the conversation. */
static gpointer
use_opaque (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  VigPage page = { 3, NULL };
  g_autoptr (JsonObject) content = vig_json_pack_object ("{s:s, s:{s:s}}", "text", "hello", "opaque", "thinking", "unredacted");
  g_autoptr (JsonObject) added = NULL;
  g_autoptr (JsonObject) got = NULL;
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (JsonObject) of_run = NULL;
  g_autoptr (JsonArray) since = NULL;
  g_autoptr (JsonArray) history = NULL;
  gint64 after = 0;

  chat_init (&chat, db, error);
  added = vig_store_messages_add (db, chat.session, chat.run, "assistant", "Keeper", content, error);
  got = vig_store_messages_get (db, vig_json_get_string (added, "id", ""), error);
  list = vig_store_messages_list (db, chat.session, &page, error);
  of_run = vig_store_messages_list_run (db, chat.run, &page, error);
  since = vig_store_messages_since (db, chat.session, &after, 10, error);
  history = vig_store_messages_path (db, chat.session, vig_json_get_string (added, "id", ""), 10, error);
  g_assert_false (has_opaque (added));
  g_assert_false (has_opaque (got));
  g_assert_false (has_opaque (item (list, 0)));
  g_assert_false (has_opaque (item (of_run, 0)));
  g_assert_false (has_opaque (json_array_get_object_element (since, 0)));
  g_assert_true (has_opaque (json_array_get_object_element (history, 0)));
  chat_clear (&chat);

  return NULL;
}

static gpointer
use_messages (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  VigPage page = { 3, NULL };
  g_autoptr (JsonObject) newest = NULL;
  g_autoptr (JsonObject) older = NULL;
  g_autoptr (JsonArray) all = NULL;
  g_autoptr (JsonObject) content = json_object_new ();
  g_autoptr (GError) refused = NULL;

  chat_init (&chat, db, error);
  for (int i = 0; i < 5; i++)
    add_message (db, &chat, i, error);

  newest = vig_store_messages_list (db, chat.session, &page, error);
  g_assert_cmpint (number_of (item (newest, 0)), ==, 2);
  g_assert_cmpint (number_of (item (newest, 2)), ==, 4);

  page.after = vig_json_get_string (newest, "next", NULL);
  older = vig_store_messages_list (db, chat.session, &page, error);
  g_assert_cmpuint (count_items (older), ==, 2);
  g_assert_cmpint (number_of (item (older, 0)), ==, 0);
  assert_null (older, "next");

  all = vig_store_messages_of_run (db, chat.run, error);
  g_assert_cmpuint (json_array_get_length (all), ==, 5);
  g_assert_cmpint (number_of (json_array_get_object_element (all, 4)), ==, 4);

  g_assert_null (vig_store_messages_add (db, "nowhere", NULL, "user", NULL, content, &refused));
  assert_refused (refused, VIG_ERROR_NOT_FOUND, "no session has the id nowhere");
  g_assert_null (vig_store_messages_add (db, chat.session, NULL, "song", NULL, content, &refused));
  g_assert_error (refused, VIG_ERROR, VIG_ERROR_INVALID);
  chat_clear (&chat);

  return NULL;
}

static void
test_messages (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_messages, NULL);
}

static void
test_opaque (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_opaque, NULL);
}

/* What is shown, as "a>b>c". */
static char *
shown_path (VigDbConnection *db, const char *session, guint limit, GError **error)
{
  VigPage page = { limit, NULL };
  g_autoptr (JsonObject) list = vig_store_messages_list (db, session, &page, error);
  g_autoptr (GString) path = g_string_new (NULL);

  for (guint i = 0; i < count_items (list); i++)
    g_string_append_printf (path, "%s%" G_GINT64_FORMAT, i > 0 ? ">" : "", number_of (item (list, i)));

  return g_string_free (g_steal_pointer (&path), FALSE);
}

static char *
add_question (VigDbConnection *db, const char *session, const char *parent, int number, GError **error)
{
  g_autoptr (JsonObject) content = vig_json_pack_object ("{s:i}", "text", number);
  g_autoptr (JsonObject) message = vig_store_messages_add_question (db, session, NULL, parent, content, error);

  g_assert_no_error (*error);
  g_assert_true (vig_store_messages_show (db, session, vig_json_get_string (message, "id", ""), error));

  return g_strdup (vig_json_get_string (message, "id", ""));
}

static gpointer
use_branches (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autofree char *first = NULL;
  g_autofree char *edited = NULL;
  g_autofree char *second = NULL;
  g_autofree char *path = NULL;
  g_autofree char *back = NULL;
  g_autofree char *follows = NULL;
  g_autoptr (JsonObject) one = NULL;
  g_autoptr (JsonObject) question = NULL;
  g_autoptr (JsonArray) tail = NULL;

  chat_init (&chat, db, error);
  first = add_question (db, chat.session, NULL, 1, error);
  second = add_question (db, chat.session, first, 2, error);
  edited = add_question (db, chat.session, NULL, 10, error);
  follows = add_question (db, chat.session, edited, 11, error);
  path = shown_path (db, chat.session, 10, error);
  g_assert_cmpstr (path, ==, "10>11");

  one = vig_store_messages_get_own (db, chat.user, first, error);
  g_assert_cmpuint (json_array_get_length (vig_json_get_array (one, "alternatives")), ==, 2);
  g_assert_cmpstr (json_array_get_string_element (vig_json_get_array (one, "alternatives"), 1), ==, edited);

  g_assert_true (vig_store_messages_show_branch (db, chat.session, first, error));
  back = shown_path (db, chat.session, 10, error);
  g_assert_cmpstr (back, ==, "1>2");

  question = vig_store_messages_find_question (db, second, error);
  g_assert_cmpint (number_of (question), ==, 2);
  tail = vig_store_messages_path (db, chat.session, follows, 1, error);
  g_assert_cmpuint (json_array_get_length (tail), ==, 1);
  g_assert_null (vig_store_messages_get_own (db, "somebody else", first, error));
  g_assert_error (*error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
  g_clear_error (error);
  chat_clear (&chat);

  return NULL;
}

static void
test_branches (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_branches, NULL);
}

static gpointer
use_runs (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autoptr (GError) refused = NULL;
  g_autoptr (JsonObject) changes = parse ("{\"state\": \"asking\", \"operator_name\": \"Files\", \"turns\": 2, \"usage\": {\"input_tokens\": 7, \"output_tokens\": null}}");
  g_autoptr (JsonObject) failed = parse ("{\"state\": \"failed\", \"error\": {\"code\": \"remote\", \"message\": \"no answer\"}}");
  g_autoptr (JsonObject) again = parse ("{\"state\": \"asking\"}");
  g_autoptr (JsonObject) asking = NULL;
  g_autoptr (JsonObject) ended = NULL;
  g_autoptr (JsonArray) unfinished = NULL;
  g_autoptr (JsonArray) none = NULL;

  chat_init (&chat, db, error);
  g_assert_null (vig_store_runs_create (db, chat.session, chat.user, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "a run is live in this session: wait for its end or stop it");
  g_assert_null (vig_store_runs_create (db, "nowhere", chat.user, &refused));
  assert_refused (refused, VIG_ERROR_NOT_FOUND, "no session has the id nowhere");

  asking = vig_store_runs_update (db, chat.run, changes, error);
  assert_string (asking, "state", "asking");
  g_assert_cmpint (vig_json_get_int (vig_json_get_object (asking, "usage"), "input_tokens", -1), ==, 7);
  assert_null (vig_json_get_object (asking, "usage"), "output_tokens");
  assert_null (asking, "ended_at");
  unfinished = vig_store_runs_unfinished (db, error);
  g_assert_cmpuint (json_array_get_length (unfinished), ==, 1);

  ended = vig_store_runs_update (db, chat.run, failed, error);
  assert_string (vig_json_get_object (ended, "error"), "code", "remote");
  assert_string (ended, "operator_name", "Files");
  g_assert_nonnull (vig_json_get_string (ended, "ended_at", NULL));
  g_assert_null (vig_store_runs_update (db, chat.run, again, &refused));
  assert_refused (refused, VIG_ERROR_CONFLICT, "the run has ended: it is failed");
  none = vig_store_runs_unfinished (db, error);
  g_assert_cmpuint (json_array_get_length (none), ==, 0);
  chat_clear (&chat);

  return NULL;
}

static gpointer
list_runs (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) all = vig_store_runs_list (db, NULL, NULL, NULL, 0, NULL, error);
  const char *session = vig_json_get_string (item (all, 0), "session_id", NULL);
  g_autoptr (JsonObject) failed = vig_store_runs_list (db, NULL, session, "failed", 0, NULL, error);
  g_autoptr (JsonObject) done = vig_store_runs_list (db, NULL, session, "done", 0, NULL, error);
  g_autoptr (JsonObject) foreign = vig_store_runs_list (db, "somebody else", NULL, NULL, 0, NULL, error);
  g_autoptr (GDateTime) made = g_date_time_new_from_iso8601 (vig_json_get_string (item (all, 0), "created_at", ""), NULL);
  gint64 second = g_date_time_to_unix (made) * G_USEC_PER_SEC;
  g_autoptr (JsonObject) before = vig_store_runs_list (db, NULL, NULL, NULL, second, NULL, error);
  g_autoptr (JsonObject) until = vig_store_runs_list (db, NULL, NULL, NULL, second + G_USEC_PER_SEC, NULL, error);

  g_assert_cmpuint (count_items (all), ==, 1);
  g_assert_cmpuint (count_items (failed), ==, 1);
  g_assert_cmpuint (count_items (done), ==, 0);
  g_assert_cmpuint (count_items (foreign), ==, 0);
  g_assert_cmpuint (count_items (before), ==, 0);
  g_assert_cmpuint (count_items (until), ==, 1);

  return NULL;
}

static void
test_runs (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_runs, NULL);
  fixture_write (self, list_runs, NULL);
}

static gpointer
use_calls (VigDbConnection *db, gpointer data, GError **error)
{
  Chat chat;
  g_autoptr (JsonObject) values = parse ("{\"provider_call_id\": \"c1\", \"tool\": \"filesystem.read\", \"arguments\": {\"path\": \"a\"}}");
  g_autoptr (JsonObject) running = parse ("{\"state\": \"running\", \"level\": \"read\", \"decision\": {\"verdict\": \"allow\"}}");
  g_autoptr (JsonObject) done = parse ("{\"state\": \"done\", \"outcome\": \"success\", \"result\": {\"text\": \"b\"}}");
  g_autoptr (JsonObject) unknown = parse ("{\"state\": \"asleep\"}");
  g_autoptr (JsonObject) call = NULL;
  g_autoptr (JsonObject) started = NULL;
  g_autoptr (JsonObject) ended = NULL;
  g_autoptr (JsonArray) calls = NULL;
  g_autoptr (GError) refused = NULL;
  const char *id;

  chat_init (&chat, db, error);
  json_object_set_string_member (values, "run_id", chat.run);
  call = vig_store_calls_create (db, values, error);
  g_assert_no_error (*error);
  id = vig_json_get_string (call, "id", NULL);
  assert_string (call, "state", "new");
  assert_string (vig_json_get_object (call, "arguments"), "path", "a");
  assert_null (call, "started_at");

  started = vig_store_calls_update (db, id, running, error);
  g_assert_nonnull (vig_json_get_string (started, "started_at", NULL));
  assert_null (started, "ended_at");
  ended = vig_store_calls_update (db, id, done, error);
  assert_string (ended, "started_at", vig_json_get_string (started, "started_at", ""));
  assert_string (ended, "created_at", vig_json_get_string (call, "created_at", ""));
  assert_string (vig_json_get_object (ended, "result"), "text", "b");
  g_assert_nonnull (vig_json_get_string (ended, "ended_at", NULL));

  g_assert_null (vig_store_calls_update (db, id, unknown, &refused));
  assert_refused (refused, VIG_ERROR_INVALID, "state must be one of new|waiting|declaring|running|recording|done");
  calls = vig_store_calls_of_run (db, chat.run, error);
  g_assert_cmpuint (json_array_get_length (calls), ==, 1);
  chat_clear (&chat);

  return NULL;
}

static void
test_calls (Fixture *self, gconstpointer data)
{
  fixture_write (self, use_calls, NULL);
}

#define add(path, func) g_test_add ("/store/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("sessions", test_sessions);
  add ("pages", test_pages);
  add ("messages", test_messages);
  add ("opaque", test_opaque);
  add ("branches", test_branches);
  add ("runs", test_runs);
  add ("calls", test_calls);

  return g_test_run ();
}
