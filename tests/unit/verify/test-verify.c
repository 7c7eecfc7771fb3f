/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "log.h"

#include "vig-audit-excerpt.h"
#include "vig-audit-seal.h"
#include "vig-audit-tree.h"
#include "vig-id.h"

/* Pitfall 25: a log of which exports are changed in every way, each of which has to be found. */

#define SEED 20261124
#define MUTATIONS 150

static void
assert_found (const char *key, const char *checkpoints, const char *text, const char *part)
{
  g_autofree char *message = verify (key, checkpoints, text);

  g_assert_nonnull (message);
  if (strstr (message, part) == NULL)
    g_test_message ("\"%s\" does not say \"%s\"", message, part);
  g_assert_nonnull (strstr (message, part));
}

static void
test_right (Log *log, gconstpointer data)
{
  g_assert_cmpstr (verify (log->key, NULL, log->jsonl), ==, NULL);
  g_assert_cmpstr (verify (log->key, NULL, log->csv), ==, NULL);
  g_assert_cmpstr (verify (log->key, NULL, log->early), ==, NULL);
  g_assert_nonnull (strstr (log->csv, "\"'=1+1\""));
  g_assert_null (strstr (log->csv, ",\"=1+1\""));
}

static void
swap (GPtrArray *lines, guint one, guint other)
{
  gpointer line = lines->pdata[one];

  lines->pdata[one] = lines->pdata[other];
  lines->pdata[other] = line;
}

/* Changes one thing; returns what. */
static const char *
mutate (GRand *random, GPtrArray *lines, guint n_heads)
{
  guint at = (guint) g_rand_int_range (random, (gint) n_heads, (gint) lines->len);
  guint other = (guint) g_rand_int_range (random, (gint) n_heads, (gint) lines->len);
  char *line = g_ptr_array_index (lines, at);

  switch (g_rand_int_range (random, 0, 7))
    {
    case 0:
      g_ptr_array_remove_index (lines, at);
      return "a record removed";
    case 1:
      g_ptr_array_insert (lines, (gint) at, g_strdup (line));
      return "a record doubled";
    case 2:
      swap (lines, at, other != at ? other : at > n_heads ? at - 1 : at + 1);
      return "records swapped";
    case 3:
      g_ptr_array_set_size (lines, (gint) at);
      return "the tail cut";
    case 4:
      g_ptr_array_remove_range (lines, n_heads, at - n_heads + 1);
      return "the beginning cut";
    case 5:
      at = (guint) g_rand_int_range (random, 0, (gint) lines->len);
      line = g_ptr_array_index (lines, at);
      line[g_rand_int_range (random, 0, (gint) strlen (line))] ^= 1 << g_rand_int_range (random, 0, 7);
      return "a bit changed";
    default:
      g_ptr_array_insert (lines, (gint) at, g_strdup ("{\"seq\":1,\"event\":\"login.succeeded\"}"));
      return "a record added";
    }
}

static void
mutate_export (Log *log, const char *text, guint n_heads)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (SEED);

  for (guint i = 0; i < MUTATIONS; i++)
    {
      g_autoptr (GPtrArray) lines = split (text);
      const char *what = mutate (random, lines, n_heads);
      g_autofree char *changed = join (lines);
      g_autofree char *message = verify (log->key, NULL, changed);

      if (message == NULL)
        g_test_message ("mutation %u of seed %d was not found: %s", i, SEED, what);
      g_assert_nonnull (message);
    }
}

static void
test_mutations (Log *log, gconstpointer data)
{
  mutate_export (log, log->jsonl, 1);
  mutate_export (log, log->csv, 2);
}

typedef struct
{
  JsonObject *filter;
  GString    *out;
} Excerpt;

static gpointer
make_excerpt (VigDbConnection *db, gpointer data, GError **error)
{
  Excerpt *request = data;
  g_autoptr (VigAuditExcerpt) excerpt = vig_audit_excerpt_new (request->filter, VIG_EXPORT_JSONL);
  gboolean done = FALSE;

  while (!done && vig_audit_excerpt_step (excerpt, db, request->out, &done, error))
    ;

  return NULL;
}

static char *
take_excerpt (Log *log, const char *event)
{
  g_autoptr (JsonObject) filter = vig_json_pack_object ("{s:s?}", "event", event);
  Excerpt request = { filter, g_string_new (NULL) };

  write_db (log, make_excerpt, &request);

  return g_string_free (request.out, FALSE);
}

/* A part of the log: each record is proved to stand in it, though the others are not there. */
static void
test_excerpt (Log *log, gconstpointer data)
{
  g_autofree char *all = take_excerpt (log, NULL);
  g_autofree char *half = take_excerpt (log, "call.declared");
  g_autofree char *none = take_excerpt (log, "login.failed");
  g_autoptr (GPtrArray) lines = split (half);
  g_autoptr (GPtrArray) all_lines = split (all);
  g_autoptr (GRand) random = g_rand_new_with_seed (SEED);
  guint i;

  g_assert_cmpuint (all_lines->len, >=, RECORDS + 1);
  g_assert_cmpuint (lines->len, ==, RECORDS / 2 + 1);
  g_assert_cmpstr (verify_excerpt (log->key, NULL, all), ==, NULL);
  g_assert_cmpstr (verify_excerpt (log->key, NULL, half), ==, NULL);
  g_assert_cmpstr (verify_excerpt (log->key, NULL, none), ==, NULL);
  g_assert_cmpstr (verify_excerpt (log->key, half, half), ==, NULL);

  /* A whole export can be made into one without the record that somebody does not like: it counts for complete nowhere. */
  assert_found (log->key, NULL, half, "any record may have been left out");
  assert_found (log->key, NULL, all, "any record may have been left out");

  for (i = 0; i < MUTATIONS; i++)
    {
      g_autoptr (GPtrArray) changed = split (half);
      guint at = (guint) g_rand_int_range (random, 1, (gint) changed->len); /* the filter in the head is nobody's word */
      char *line = g_ptr_array_index (changed, at);
      g_autofree char *text = NULL;
      g_autofree char *message = NULL;

      if (i % 3 == 0)
        g_ptr_array_insert (changed, (gint) at, g_strdup (line));
      else if (i % 3 == 1 && at > 1)
        swap (changed, at, at - 1);
      else
        line[g_rand_int_range (random, 0, (gint) strlen (line))] ^= 1 << g_rand_int_range (random, 0, 7);
      text = join (changed);
      message = verify_excerpt (log->key, NULL, text);
      if (message == NULL)
        g_test_message ("mutation %u at line %u of seed %d was not found", i, at, SEED);
      g_assert_nonnull (message);
    }
}

/* Byte by byte, so also in the middle of a line. */
static void
test_truncated (Log *log, gconstpointer data)
{
  gsize length = strlen (log->early);

  for (gsize cut = 0; cut < length; cut += cut < 100 ? 1 : 331)
    {
      g_autofree char *text = g_strndup (log->early, cut);
      g_autofree char *message = verify (log->key, NULL, text);

      g_assert_nonnull (message);
    }
}

static void
test_places (Log *log, gconstpointer data)
{
  g_autoptr (GPtrArray) lines = split (log->jsonl);
  g_autofree char *changed = NULL;
  char *outcome = strstr (g_ptr_array_index (lines, 201), "Ada");

  /* Between the checkpoints of 91 + 90 and 91 + 180 records: the first came with a record of its own. */
  memcpy (outcome, "Eve", 3);
  changed = join (lines);
  assert_found (log->key, NULL, changed, "the records 182 to 271 are not what was signed");
}

/* The edge of the tree before record @first, from the lines of the records that are to go. */
static JsonArray *
forge_edge (GPtrArray *lines, guint64 first)
{
  JsonArray *edge = json_array_new ();
  VigMerkle tree = { 0 };

  for (guint i = 1; i < first; i++)
    {
      const char *line = g_ptr_array_index (lines, i);
      guint8 leaf[VIG_MERKLE_HASH];

      vig_merkle_hash_leaf (line, strlen (line), leaf);
      vig_merkle_append (&tree, leaf);
    }
  for (guint i = 0; i < vig_merkle_n_edge (tree.size); i++)
    {
      g_autofree char *hash = g_base64_encode (tree.edge[i], VIG_MERKLE_HASH);

      json_array_add_string_element (edge, hash);
    }

  return edge;
}

/* What anybody can do who holds an export: take its first records off, and say in the head what the tree was before those that stay. */
static char *
forge_beginning (const char *jsonl, guint64 first)
{
  g_autoptr (GPtrArray) lines = split (jsonl);
  g_autoptr (JsonObject) head = vig_json_parse_object (g_ptr_array_index (lines, 0), -1, 0, NULL);

  json_object_set_int_member (head, "first", (gint64) first);
  json_object_set_array_member (head, "edge", forge_edge (lines, first));
  g_free (lines->pdata[0]);
  lines->pdata[0] = vig_json_object_to_string (head);
  if (first > 1)
    g_ptr_array_remove_range (lines, 1, (guint) first - 1);

  return join (lines);
}

static void
test_cut_beginning (Log *log, gconstpointer data)
{
  static const guint64 firsts[] = { 2, 3, 90, 255, 256, 257, 258, 300, 513, RECORDS };
  g_autofree char *same = forge_beginning (log->jsonl, 1);

  g_assert_cmpstr (verify (log->key, NULL, same), ==, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (firsts); i++)
    {
      g_autofree char *cut = forge_beginning (log->jsonl, firsts[i]);
      const char *exports[] = { cut, NULL };
      g_autofree char *other = verify_many (log->key, NULL, firsts[i] + 1, exports);

      assert_found (log->key, NULL, cut, "the beginning is missing");
      g_assert_nonnull (other);
      g_assert_nonnull (strstr (other, "as --from says"));
      /* All else of it is right: nothing but the first number tells. */
      g_assert_cmpstr (verify_many (log->key, NULL, firsts[i], exports), ==, NULL);
    }
}

/* PITFALLS 25: the first records with a right signature are all right, but for somebody who kept a later checkpoint. */
static void
test_cut_tail (Log *log, gconstpointer data)
{
  g_autoptr (JsonObject) head = NULL;
  g_autoptr (GPtrArray) lines = split (log->jsonl);
  g_autofree char *line = NULL;
  g_autofree char *journal = NULL;
  const char *note;
  JsonArray *notes;

  head = vig_json_parse_object (g_ptr_array_index (lines, 0), -1, 0, NULL);
  notes = vig_json_get_array (head, "checkpoints");
  note = json_array_get_string_element (notes, json_array_get_length (notes) - 1);
  assert_found (log->key, note, log->early, "the log was cut");

  line = vig_checkpoint_to_line (note);
  journal = g_strdup_printf ("Nov 24 12:00:00 nas vigilusd[7]: audit checkpoint: %s\nsomething else\n", line);
  assert_found (log->key, journal, log->early, "the log was cut");
  g_assert_cmpstr (verify (log->key, journal, log->jsonl), ==, NULL);

  *strstr (journal, "checkpoint: vigilus/audit/") = 'C';
  g_assert_cmpstr (verify (log->key, journal, log->early), ==, NULL);
}

/* Whoever can write the database but has not the secret can make another log, not one of this key. */
static void
test_other_key (Log *log, gconstpointer data)
{
  g_autofree char *old_key = g_strdup (log->key);
  g_autofree char *text = NULL;

  set_secret (log, "another secret altogether");
  write_db (log, append_some, log);
  write_db (log, sign, log);
  g_assert_cmpstr (old_key, !=, log->key);
  text = make_export (log, VIG_EXPORT_JSONL);
  assert_found (old_key, NULL, text, "not signed with any of the keys");
  g_assert_cmpstr (verify (log->key, NULL, text), ==, NULL);
  g_assert_nonnull (strstr (text, "\"event\":\"audit.signed_by\""));
  g_assert_nonnull (strstr (text, log->key));
}

static gpointer
rewrite (VigDbConnection *db, gpointer data, GError **error)
{
  vig_db_exec (db, error, "DROP TRIGGER audit_no_update", NULL);
  vig_db_exec (db, error, "UPDATE audit SET user_name = 'Eve' WHERE seq = 300", NULL);

  return NULL;
}

static void
test_rewritten (Log *log, gconstpointer data)
{
  g_autofree char *text = NULL;

  write_db (log, rewrite, NULL);
  text = make_export (log, VIG_EXPORT_JSONL);
  assert_found (log->key, NULL, text, "are not what was signed");
}

/* Every whole segment that is old enough. */
static GPtrArray *
seal_all (Log *log, gint64 before)
{
  g_autofree char *directory = g_build_filename (log->directory, "audit", NULL);
  VigAuditSeal seal = { log->db, log->vault, log->redactor, directory, before, VIG_AUDIT_TILE };
  GPtrArray *texts = g_ptr_array_new_with_free_func (g_free);

  while (TRUE)
    {
      g_autofree char *path = NULL;
      g_autoptr (GError) error = NULL;
      char *text;

      vig_audit_seal (&seal, &path, &error);
      g_assert_no_error (error);
      if (path == NULL)
        break;
      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      g_ptr_array_add (texts, text);
    }

  return texts;
}

/* Sealed segments are exports, and continue into the export of what is left. */
static void
test_sealed (Log *log, gconstpointer data)
{
  g_autoptr (GPtrArray) none = seal_all (log, 1);
  g_autoptr (GPtrArray) texts = seal_all (log, vig_time_now ());
  g_autofree char *rest = NULL;
  g_autofree char *cut = NULL;
  const char *exports[4] = { NULL };

  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (texts->len, ==, 2);
  write_db (log, sign, log);
  rest = make_export (log, VIG_EXPORT_JSONL);
  g_assert_nonnull (strstr (rest, "\"first\":513"));
  g_assert_nonnull (strstr (rest, "audit.sealed"));
  exports[0] = texts->pdata[0];
  exports[1] = texts->pdata[1];
  exports[2] = rest;
  g_assert_cmpstr (verify_many (log->key, NULL, 1, exports), ==, NULL);
  g_assert_cmpstr (verify_many (log->key, NULL, 257, exports + 1), ==, NULL);
  g_assert_cmpstr (verify_many (log->key, NULL, 513, exports + 2), ==, NULL);
  assert_found (log->key, NULL, texts->pdata[1], "the beginning is missing");
  assert_found (log->key, NULL, rest, "the beginning is missing");

  exports[1] = rest;
  exports[2] = NULL;
  cut = verify_many (log->key, NULL, 1, exports);
  g_assert_nonnull (cut);
}

static gpointer
delete_all (VigDbConnection *db, gpointer data, GError **error)
{
  vig_db_exec (db, error, "DELETE FROM audit WHERE seq <= 256", NULL);

  return NULL;
}

/* Nothing leaves the database but as a whole segment, and none that is not as it was written. */
static void
test_not_sealed (Log *log, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (log->directory, "audit", NULL);
  VigAuditSeal seal = { log->db, log->vault, log->redactor, directory, vig_time_now (), VIG_AUDIT_TILE };
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;

  vig_db_write (log->db, delete_all, NULL, &error);
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_clear_error (&error);

  write_db (log, rewrite, NULL);
  g_assert_true (vig_audit_seal (&seal, &file, &error));
  g_clear_pointer (&file, g_free);
  g_assert_false (vig_audit_seal (&seal, &file, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_FAILED);
  g_assert_null (file);
  text = make_export (log, VIG_EXPORT_JSONL);
  g_assert_nonnull (strstr (text, "\"first\":257"));
}

#define add(path, func) g_test_add ("/verify/" path, Log, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("right", test_right);
  add ("pitfall-25/mutations", test_mutations);
  add ("pitfall-25/excerpt", test_excerpt);
  add ("pitfall-25/truncated", test_truncated);
  add ("pitfall-25/places", test_places);
  add ("pitfall-25/cut-beginning", test_cut_beginning);
  add ("pitfall-25/cut-tail", test_cut_tail);
  add ("other-key", test_other_key);
  add ("sealed", test_sealed);
  add ("not-sealed", test_not_sealed);
  add ("pitfall-25/rewritten", test_rewritten);

  return g_test_run ();
}
