/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include <string.h>

#include "vig-audit-list.h"
#include "vig-audit-tree.h"

#define RECORDS 1100 /* four full tiles and an open one */
#define FILTERS 150
#define SEED 20261124

static const char *const EVENTS[] = { "call.declared", "call.outcome", "login.failed", "settings.changed" };
static const char *const PEOPLE[] = { "Ada", "Grace", "Öykü", NULL };
static const char *const TOOLS[] = { "shell.exec", "filesystem.write", "docker.restart", NULL };
static const char *const LEVELS[] = { "read", "write", "elevate", NULL };
static const char *const OUTCOMES[] = { "success", "failed", "denied", NULL };
static const char *const TEXTS[] = { "nginx failed on /etc/nginx/nginx.conf", "100% full", "a_b and C\\nd", "Straße ÄÖ 42", "rare needle", NULL };
static const char *const SEARCHES[] = { "nginx", "FAILED nginx", "ngin*", "needle", "straSSe", "äö", "d", "full 100", "nothing", "shell exec", "ada", "ab" };

static const char *
pick (GRand *random, const char *const *values, guint n)
{
  return values[g_rand_int_range (random, 0, (gint32) n)];
}

#define PICK(values) pick (random, values, G_N_ELEMENTS (values))

static gpointer
fill (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigRedactor) redactor = vig_redactor_new ();
  GRand *random = data;

  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *run = g_strdup_printf ("run-%d", g_rand_int_range (random, 0, 40));
      g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "event", PICK (EVENTS), "user_name", PICK (PEOPLE),
                                                            "tool", PICK (TOOLS), "level", PICK (LEVELS), "outcome", PICK (OUTCOMES), "reason", PICK (TEXTS),
                                                            "run_id", run);

      json_object_set_object_member (record, "arguments", vig_json_pack_object ("{s:s}", "text", PICK (TEXTS)));
      if (!vig_audit_append (db, redactor, record, error))
        return NULL;
    }

  return NULL;
}

typedef struct
{
  JsonObject *filter;
  guint       limit;
  JsonArray  *records;
} Request;

/* All pages, one after another. */
static gpointer
read_pages (VigDbConnection *db, gpointer data, GError **error)
{
  Request *request = data;
  g_autofree char *after = NULL;

  do
    {
      VigPage page = { .limit = request->limit, .after = after };
      g_autoptr (JsonObject) answer = vig_audit_list (db, request->filter, &page, error);

      if (answer == NULL)
        return NULL;
      g_assert_cmpuint (count_items (answer), <=, request->limit);
      for (guint i = 0; i < count_items (answer); i++)
        json_array_add_object_element (request->records, json_object_ref (item (answer, i)));
      g_free (after);
      after = g_strdup (vig_json_get_string (answer, "next", NULL));
    }
  while (after != NULL);

  return NULL;
}

static JsonArray *
list (Fixture *self, JsonObject *filter, guint limit)
{
  Request request = { filter, limit, json_array_new () };
  g_autoptr (GError) error = NULL;

  vig_db_read (self->db, read_pages, &request, &error);
  g_assert_no_error (error);

  return request.records;
}

/* What a search means, said in another way than the store says it. */
static gboolean
has_word (const char *text, const char *word)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);
  g_autofree char *wanted = g_utf8_casefold (word, -1);
  gboolean is_prefix = g_str_has_suffix (wanted, "*");
  g_auto (GStrv) tokens = NULL;

  if (is_prefix)
    wanted[strlen (wanted) - 1] = '\0';
  tokens = g_regex_split_simple ("[^\\p{L}\\p{N}]+", folded, 0, 0);
  for (guint i = 0; tokens[i] != NULL; i++)
    if (is_prefix ? g_str_has_prefix (tokens[i], wanted) : g_str_equal (tokens[i], wanted))
      return TRUE;

  return FALSE;
}

static gboolean
has_text (JsonObject *record, const char *search)
{
  JsonObject *arguments = vig_json_get_object (record, "arguments");
  g_autofree char *text = g_strjoin (" ", vig_json_get_string (record, "event", ""), vig_json_get_string (record, "user_name", ""),
                                     vig_json_get_string (record, "tool", ""), vig_json_get_string (record, "reason", ""), "text",
                                     vig_json_get_string (arguments, "text", ""), NULL);
  g_auto (GStrv) words = g_strsplit (search, " ", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (!has_word (text, words[i]))
      return FALSE;

  return TRUE;
}

static gboolean
is_meant (JsonObject *record, JsonObject *filter)
{
  g_autoptr (GList) names = json_object_get_members (filter);

  for (GList *name = names; name != NULL; name = name->next)
    {
      const char *wanted = vig_json_get_string (filter, name->data, "");
      gboolean good;

      if (g_str_equal (name->data, "text"))
        good = has_text (record, wanted);
      else if (g_str_equal (name->data, "from"))
        good = strcmp (vig_json_get_string (record, "at", ""), wanted) >= 0;
      else if (g_str_equal (name->data, "until"))
        good = strcmp (vig_json_get_string (record, "at", ""), wanted) < 0;
      else
        good = g_strcmp0 (vig_json_get_string (record, name->data, NULL), wanted) == 0;
      if (!good)
        return FALSE;
    }

  return TRUE;
}

static void
maybe_set (GRand *random, JsonObject *filter, const char *name, const char *value)
{
  if (value != NULL && g_rand_int_range (random, 0, 4) == 0)
    json_object_set_string_member (filter, name, value);
}

static JsonObject *
make_filter (GRand *random, JsonArray *all)
{
  JsonObject *filter = json_object_new ();
  guint one = (guint) g_rand_int_range (random, 0, (gint32) json_array_get_length (all));
  guint other = (guint) g_rand_int_range (random, 0, (gint32) json_array_get_length (all));

  maybe_set (random, filter, "event", PICK (EVENTS));
  maybe_set (random, filter, "user_name", PICK (PEOPLE));
  maybe_set (random, filter, "tool", PICK (TOOLS));
  maybe_set (random, filter, "level", PICK (LEVELS));
  maybe_set (random, filter, "outcome", PICK (OUTCOMES));
  maybe_set (random, filter, "text", PICK (SEARCHES));
  maybe_set (random, filter, "from", vig_json_get_string (json_array_get_object_element (all, MAX (one, other)), "at", NULL));
  maybe_set (random, filter, "until", vig_json_get_string (json_array_get_object_element (all, MIN (one, other)), "at", NULL));
  if (g_rand_int_range (random, 0, 8) == 0)
    json_object_set_string_member (filter, "run_id", "run-7");

  return filter;
}

static void
compare (Fixture *self, GRand *random, JsonArray *all, guint *n_found)
{
  g_autoptr (JsonObject) filter = make_filter (random, all);
  g_autoptr (JsonArray) found = list (self, filter, (guint) g_rand_int_range (random, 1, 200));
  guint n = 0;

  for (guint i = 0; i < json_array_get_length (all); i++)
    {
      JsonObject *record = json_array_get_object_element (all, i);

      if (!is_meant (record, filter))
        continue;
      g_assert_cmpuint (n, <, json_array_get_length (found));
      g_assert_cmpint (vig_json_get_int (json_array_get_object_element (found, n), "seq", 0), ==, vig_json_get_int (record, "seq", 0));
      n++;
    }
  g_assert_cmpuint (json_array_get_length (found), ==, n);
  *n_found += n > 0;
}

static void
test_filters (Fixture *self, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (SEED);
  g_autoptr (JsonArray) all = NULL;
  guint n_found = 0;

  for (guint i = 0; i < RECORDS / 50; i++)
    fixture_write (self, fill, random);
  all = list (self, NULL, 200);
  g_assert_cmpuint (json_array_get_length (all), ==, RECORDS);
  for (guint i = 0; i < FILTERS; i++)
    compare (self, random, all, &n_found);
  g_assert_cmpuint (n_found, >, FILTERS / 4);
}

static gpointer
count_parts (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT count (*) FROM audit_parts", NULL);

  return rows != NULL && vig_db_rows_next (rows, error) ? GINT_TO_POINTER ((int) vig_db_rows_int (rows, 0)) : NULL;
}

/* The same where the index of words is in parts: pages go on from one to the next. */
static void
test_parts (Fixture *self, gconstpointer data)
{
  vig_audit_tree_set_part (2 * VIG_AUDIT_TILE);
  test_filters (self, data);
  vig_audit_tree_set_part (512 * 1024);
  g_assert_cmpint (GPOINTER_TO_INT (fixture_write (self, count_parts, NULL)), ==, 2);
}

/* The clock may be set back: records keep their order, and times find them all the same. */
static gpointer
write_times (VigDbConnection *db, gpointer data, GError **error)
{
  for (gint64 i = 0; i < 600; i++)
    if (!vig_db_exec (db, error, "INSERT INTO audit (id, at, event) VALUES ('x', ?1, 'tick')", "i", i < 300 ? 1000000 + i : 500000 + i))
      return NULL;
  vig_db_before_commit (db, vig_audit_tree_grow);

  return NULL;
}

static void
test_clock_set_back (Fixture *self, gconstpointer data)
{
  g_autoptr (JsonObject) late = parse ("{\"from\": \"1970-01-01T00:00:01Z\"}");
  g_autoptr (JsonObject) early = parse ("{\"until\": \"1970-01-01T00:00:01Z\"}");
  g_autoptr (JsonArray) found = NULL;
  g_autoptr (JsonArray) others = NULL;

  fixture_write (self, write_times, NULL);
  found = list (self, late, 200);
  others = list (self, early, 200);
  g_assert_cmpuint (json_array_get_length (found), ==, 300);
  g_assert_cmpuint (json_array_get_length (others), ==, 300);
}

static gpointer
explain (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *sql = g_strconcat ("EXPLAIN QUERY PLAN ", data, NULL);
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, sql, NULL);
  GString *plan = g_string_new (NULL);

  while (rows != NULL && vig_db_rows_next (rows, error))
    g_string_append_printf (plan, "%s; ", vig_db_rows_string (rows, 3));

  return g_string_free (plan, FALSE);
}

/* No page sorts, and none goes through the table but downwards from where it begins. */
static void
test_plans (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *filter;
    gboolean    by_words;
    const char *plan;
  } rows[] = {
    { "{}", FALSE, "SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
    { "{\"from\": \"2026-01-01T00:00:00Z\"}", FALSE, "SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" },
    { "{\"run_id\": \"x\", \"event\": \"y\"}", FALSE, "SEARCH audit USING INDEX audit_run (run_id=?" },
    { "{\"session_id\": \"x\"}", FALSE, "SEARCH audit USING INDEX audit_session (session_id=?" },
    { "{\"call_id\": \"x\"}", FALSE, "SEARCH audit USING INDEX audit_call (call_id=?" },
    { "{\"text\": \"x\"}", TRUE, "SCAN audit_words VIRTUAL TABLE INDEX" },
    { "{\"event\": \"x\", \"user_name\": \"y\"}", TRUE, "SCAN audit_words VIRTUAL TABLE INDEX" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) filter = parse (rows[i].filter);
      g_autofree char *sql = vig_audit_list_make_sql (filter, rows[i].by_words ? "audit_words" : NULL);
      g_autofree char *plan = fixture_write (self, explain, sql);

      g_assert_null (strstr (plan, "TEMP B-TREE"));
      g_assert_true (g_str_has_prefix (plan, rows[i].plan));
    }
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *filter;
    const char *message;
  } rows[] = {
    { "{\"text\": \"%%%\"}", "text has no letters or digits to look for" },
    { "{\"text\": \"a*\"}", "text: a word that goes on with * needs 3 letters before it" },
    { "{\"text\": \"a b c d e f g h i j k l m n o p q r s t u\"}", "text has more than 20 words" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (JsonObject) filter = parse (rows[i].filter);
      g_autoptr (JsonArray) records = json_array_new ();
      Request request = { filter, 10, records };
      g_autoptr (GError) error = NULL;

      vig_db_read (self->db, read_pages, &request, &error);
      assert_refused (error, VIG_ERROR_INVALID, rows[i].message);
    }
}

#define add(path, func) g_test_add ("/audit-list/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("filters", test_filters);
  add ("parts", test_parts);
  add ("clock-set-back", test_clock_set_back);
  add ("plans", test_plans);
  add ("refused", test_refused);

  return g_test_run ();
}
