/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "vig-audit-checkpoint.h"
#include "vig-audit-excerpt.h"
#include "vig-audit-export.h"
#include "vig-audit-seal.h"
#include "vig-audit-tree.h"
#include "vig-audit.h"
#include "vig-id.h"
#include "vig-test.h"
#include "vig-verify.h"

/* Pitfall 25: a log of which exports are changed in every way, each of which has to be found. */

#define RECORDS 540 /* two full tiles and an open one */
#define STEP 90     /* records between two checkpoints */
#define SEED 20261124
#define MUTATIONS 150

typedef struct
{
  char        *directory;
  VigDb       *db;
  VigRedactor *redactor;
  VigVault    *vault;
  VigSecret   *secret;
  char        *key;
  char        *early; /* an export that was made when there were fewer records */
  char        *jsonl;
  char        *csv;
} Log;

static gpointer
append_some (VigDbConnection *db, gpointer data, GError **error)
{
  Log *log = data;

  for (guint i = 0; i < STEP; i++)
    {
      g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:{s:s, s:i}, s:i}", "event", i % 2 != 0 ? "call.declared" : "call.outcome",
                                                            "user_name", "Ada", "tool", "shell.exec", "reason", i % 7 != 0 ? "a \"quoted\" one,\nof two lines" : "=1+1",
                                                            "arguments", "command", "df -h", "n", (int) i, "duration_us", (int) i);

      if (!vig_audit_append (db, log->redactor, record, error))
        return NULL;
    }

  return NULL;
}

static gpointer
sign (VigDbConnection *db, gpointer data, GError **error)
{
  Log *log = data;
  g_autoptr (JsonObject) checkpoint = vig_audit_checkpoint_make (db, log->vault, log->redactor, error);

  if (checkpoint != NULL)
    {
      g_free (log->key);
      log->key = g_strdup (vig_json_get_string (checkpoint, "key", NULL));
    }

  return NULL;
}

typedef struct
{
  VigExportFormat  format;
  GString         *out;
} Request;

static gpointer
export (VigDbConnection *db, gpointer data, GError **error)
{
  Request *request = data;
  VigExport export;

  if (!vig_audit_export_begin (db, request->format, &export, request->out, error))
    return NULL;
  while (export.next <= export.last)
    if (!vig_audit_export_step (&export, db, 100, request->out, error))
      return NULL;

  return NULL;
}

static void
write_db (Log *log, VigDbFunc func, gpointer data)
{
  g_autoptr (GError) error = NULL;

  vig_db_write (log->db, func, data, &error);
  g_assert_no_error (error);
}

static char *
make_export (Log *log, VigExportFormat format)
{
  Request request = { format, g_string_new (NULL) };

  write_db (log, export, &request);

  return g_string_free (request.out, FALSE);
}

static void
set_secret (Log *log, const char *passphrase)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) salt = g_bytes_new_static ("0123456789abcdef", 16);

  g_clear_object (&log->secret);
  log->secret = vig_secret_new (passphrase, salt, &error);
  g_assert_no_error (error);
  vig_vault_set_secret (log->vault, log->secret);
}

static void
set_up (Log *log, gconstpointer data)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  log->directory = vig_test_make_dir ();
  path = g_build_filename (log->directory, "vigilus.db", NULL);
  log->db = vig_db_open (path, &error);
  g_assert_no_error (error);
  log->redactor = vig_redactor_new ();
  log->vault = vig_vault_new (log->redactor);
  set_secret (log, "a secret for this test");
  for (guint i = 0; i < RECORDS; i += STEP)
    {
      write_db (log, append_some, log);
      write_db (log, sign, log);
      if (i == STEP * 3)
        log->early = make_export (log, VIG_EXPORT_JSONL);
    }
  log->jsonl = make_export (log, VIG_EXPORT_JSONL);
  log->csv = make_export (log, VIG_EXPORT_CSV);
}

static void
tear_down (Log *log, gconstpointer data)
{
  vig_db_close (log->db);
  g_object_unref (log->db);
  g_object_unref (log->vault);
  g_object_unref (log->secret);
  g_object_unref (log->redactor);
  vig_test_remove_dir (log->directory);
  g_free (log->directory);
  g_free (log->key);
  g_free (log->early);
  g_free (log->jsonl);
  g_free (log->csv);
}

/* NULL: right; else what was found. */
static char *
verify_many (const char *key, const char *checkpoints, const char * const *exports)
{
  g_autoptr (VigVerify) verify = vig_verify_new ();
  g_autoptr (GError) error = NULL;
  gboolean good;

  g_assert_true (vig_verify_add_key (verify, key, NULL));
  good = checkpoints == NULL || vig_verify_add_checkpoints (verify, checkpoints, &error);
  for (guint i = 0; good && exports[i] != NULL; i++)
    {
      FILE *file = *exports[i] != '\0' ? fmemopen ((gpointer) exports[i], strlen (exports[i]), "r") : fopen ("/dev/null", "r");

      g_assert_nonnull (file);
      good = vig_verify_read (verify, file, &error);
      fclose (file);
    }
  if (good && vig_verify_finish (verify, &error))
    return NULL;
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);

  return g_strdup (error->message);
}

static char *
verify (const char *key, const char *checkpoints, const char *text)
{
  const char *exports[] = { text, NULL };

  return verify_many (key, checkpoints, exports);
}

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

/* Lines, the head among them, without the empty one behind the last. */
static GPtrArray *
split (const char *text)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) parts = g_strsplit (text, "\n", -1);

  for (guint i = 0; parts[i + 1] != NULL; i++)
    g_ptr_array_add (lines, g_strdup (parts[i]));

  return lines;
}

static char *
join (GPtrArray *lines)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "%s\n", (char *) g_ptr_array_index (lines, i));

  return g_string_free (text, FALSE);
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
  g_autoptr (VigAuditExcerpt) excerpt = vig_audit_excerpt_new (request->filter);
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
  g_assert_cmpstr (verify (log->key, NULL, all), ==, NULL);
  g_assert_cmpstr (verify (log->key, NULL, half), ==, NULL);
  g_assert_cmpstr (verify (log->key, NULL, none), ==, NULL);
  g_assert_cmpstr (verify (log->key, half, half), ==, NULL);

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
      message = verify (log->key, NULL, text);
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

      g_assert_true (vig_audit_seal (&seal, &path, &error));
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
  g_assert_cmpstr (verify_many (log->key, NULL, exports), ==, NULL);
  g_assert_cmpstr (verify (log->key, NULL, texts->pdata[1]), ==, NULL);
  g_assert_cmpstr (verify (log->key, NULL, rest), ==, NULL);

  exports[1] = rest;
  exports[2] = NULL;
  cut = verify_many (log->key, NULL, exports);
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
  add ("pitfall-25/cut-tail", test_cut_tail);
  add ("other-key", test_other_key);
  add ("sealed", test_sealed);
  add ("not-sealed", test_not_sealed);
  add ("pitfall-25/rewritten", test_rewritten);

  return g_test_run ();
}
