/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vig-audit-checkpoint.h"
#include "vig-audit-export.h"
#include "vig-audit-list.h"
#include "vig-audit-tree.h"
#include "vig-test.h"
#include "vig-verify.h"

/* bench-audit rows: durable audit records with 64 in flight, hashed and indexed; the floor is bare SQLite that commits the same rows, 64 at a time, into a table
 *   with no index but that of its key.
 * bench-audit verify [RECORDS]: seconds that an export of so many takes to be verified.
 * bench-audit page [RECORDS]: milliseconds of the slowest page over many filters; the floor is the same with 5,000. */

#define IN_FLIGHT 64
#define ROUNDS 5
#define ROUND_TIME (G_USEC_PER_SEC / 2)
#define CHUNK 51200 /* records of one transaction while a log is made */

typedef struct
{
  VigDb       *db;
  VigRedactor *redactor;
  VigVault    *vault;
  JsonObject  *record;
  gint64       end;
  guint64      written;
  guint        in_flight;
} Load;

static gpointer
append (VigDbConnection *db, gpointer data, GError **error)
{
  Load *load = data;

  vig_audit_append (db, load->redactor, load->record, error);

  return NULL;
}

static void
appended (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Load *load = user_data;
  g_autoptr (GError) error = NULL;

  vig_db_finish (VIG_DB (object), result, &error);
  g_assert_no_error (error);
  load->written++;
  if (g_get_monotonic_time () < load->end)
    vig_db_write_async (load->db, append, load, NULL, NULL, NULL, appended, load);
  else
    load->in_flight--;
}

static double
measure_ours (Load *load)
{
  gint64 begin = g_get_monotonic_time ();

  load->end = begin + ROUND_TIME;
  load->written = 0;
  load->in_flight = IN_FLIGHT;
  for (guint i = 0; i < IN_FLIGHT; i++)
    vig_db_write_async (load->db, append, load, NULL, NULL, NULL, appended, load);
  while (load->in_flight > 0)
    g_main_context_iteration (NULL, TRUE);

  return load->written * (double) G_USEC_PER_SEC / (g_get_monotonic_time () - begin);
}

static double
measure_floor (sqlite3 *bare)
{
  gint64 begin = g_get_monotonic_time ();
  guint64 written = 0;
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_prepare_v2 (bare, "INSERT INTO audit (id, at, event, user_name, operator_name, run_id, call_id, tool, level, resource, arguments)"
                                             " VALUES ('01a20eaf-ba0b-7420-8ded-0f34c6fa2154', 1, 'call.declared', 'Ada', 'Files',"
                                             " '01a20eaf-ba0b-7420-8ded-0f34c6fa2155', '01a20eaf-ba0b-7420-8ded-0f34c6fa2156', 'filesystem.write', 'write',"
                                             " 'file:/etc/nginx/nginx.conf', '{\"path\":\"/etc/nginx/nginx.conf\",\"text\":\"worker_processes 4;\"}')",
                                       -1, &statement, NULL), ==, SQLITE_OK);
  for (; g_get_monotonic_time () < begin + ROUND_TIME; written += IN_FLIGHT)
    {
      sqlite3_exec (bare, "BEGIN IMMEDIATE", NULL, NULL, NULL);
      for (guint i = 0; i < IN_FLIGHT; i++)
        {
          g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
          sqlite3_reset (statement);
        }
      g_assert_cmpint (sqlite3_exec (bare, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
    }
  sqlite3_finalize (statement);

  return written * (double) G_USEC_PER_SEC / (g_get_monotonic_time () - begin);
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  return *(const double *) a < *(const double *) b ? -1 : *(const double *) a > *(const double *) b;
}

static void
bench_rows (Load *load, const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "bare.db", NULL);
  double ours[ROUNDS], floor[ROUNDS];
  sqlite3 *bare = NULL;

  g_assert_cmpint (sqlite3_open (path, &bare), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (bare, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE audit (seq INTEGER PRIMARY KEY, id, at, event,"
                                       " user_name, operator_name, run_id, call_id, tool, level, resource, arguments)", NULL, NULL, NULL), ==, SQLITE_OK);
  load->record = vig_json_parse_object ("{\"event\": \"call.declared\", \"user_name\": \"Ada\", \"operator_name\": \"Files\","
                                        " \"run_id\": \"01a20eaf-ba0b-7420-8ded-0f34c6fa2155\", \"call_id\": \"01a20eaf-ba0b-7420-8ded-0f34c6fa2156\","
                                        " \"tool\": \"filesystem.write\", \"level\": \"write\", \"resource\": \"file:/etc/nginx/nginx.conf\","
                                        " \"arguments\": {\"path\": \"/etc/nginx/nginx.conf\", \"text\": \"worker_processes 4;\"}}", -1, 0, NULL);
  for (guint i = 0; i < ROUNDS; i++)
    {
      ours[i] = measure_ours (load);
      floor[i] = measure_floor (bare);
    }
  qsort (ours, ROUNDS, sizeof *ours, compare_doubles);
  qsort (floor, ROUNDS, sizeof *floor, compare_doubles);
  g_print ("ours %.0f floor %.0f rows/s\n", ours[ROUNDS / 2], floor[ROUNDS / 2]);
  json_object_unref (load->record);
  sqlite3_close (bare);
}

/* As operations make them: mostly reads that succeed, a few of everything else, one needle. */
static gpointer
make_chunk (VigDbConnection *db, gpointer data, GError **error)
{
  gint64 *range = data;

  vig_db_exec (db, error,
               "WITH RECURSIVE n (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)"
               " INSERT INTO audit (id, at, event, user_name, operator_name, session_id, run_id, call_id, tool, level, resource, arguments, decision, rule,"
               " outcome, duration_us)"
               " SELECT printf ('01a20eaf-ba0b-7420-8ded-%012x', i), 1700000000000000 + i * 1000000,"
               " CASE WHEN i % 1000 = 7 THEN 'login.failed' WHEN i % 2 THEN 'call.outcome' ELSE 'call.declared' END,"
               " CASE i % 5 WHEN 0 THEN 'ada' WHEN 1 THEN 'grace' ELSE 'linus' END, CASE i % 3 WHEN 0 THEN 'Files' WHEN 1 THEN 'Docker' ELSE 'Network' END,"
               " printf ('s-%d', i / 400), printf ('r-%d', i / 20), printf ('c-%d', i / 2),"
               " CASE i % 4 WHEN 0 THEN 'filesystem.read' WHEN 1 THEN 'docker.logs' WHEN 2 THEN 'shell.exec' ELSE 'http.get' END,"
               " CASE WHEN i % 50 = 0 THEN 'exec' WHEN i % 7 = 0 THEN 'write' ELSE 'read' END, printf ('file:/srv/app%d/config', i % 5000),"
               " printf ('{\"path\":\"/srv/app%d/config\",\"lines\":%d%s}', i % 5000, i % 97, CASE WHEN i = 4000 THEN ',\"note\":\"needle\"' ELSE '' END), 'allow',"
               " 'level', CASE WHEN i % 500 = 3 THEN 'denied' WHEN i % 2 THEN 'success' END, i % 100000 FROM n",
               "ii", range[0], range[1]);
  vig_db_before_commit (db, vig_audit_tree_grow);

  return NULL;
}

static void
write_db (Load *load, VigDbFunc func, gpointer data)
{
  g_autoptr (GError) error = NULL;

  vig_db_write (load->db, func, data, &error);
  g_assert_no_error (error);
}

static void
make_log (Load *load, gint64 n)
{
  for (gint64 i = 0; i < n; i += CHUNK)
    {
      gint64 range[2] = { i, MIN (i + CHUNK, n) - 1 };

      write_db (load, make_chunk, range);
    }
}

static gpointer
sign (VigDbConnection *db, gpointer data, GError **error)
{
  Load *load = data;
  g_autoptr (JsonObject) checkpoint = vig_audit_checkpoint_make (db, load->vault, load->redactor, error);

  return checkpoint != NULL ? g_strdup (vig_json_get_string (checkpoint, "key", NULL)) : NULL;
}

static gpointer
export (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  VigExport export;

  if (!vig_audit_export_begin (db, VIG_EXPORT_JSONL, &export, out, error))
    return NULL;
  do
    {
      fwrite (out->str, 1, out->len, data);
      g_string_truncate (out, 0);
    }
  while (export.next <= export.last && vig_audit_export_step (&export, db, 1000, out, error));
  fwrite (out->str, 1, out->len, data);

  return NULL;
}

static void
bench_verify (Load *load, const char *directory, gint64 n)
{
  g_autofree char *path = g_build_filename (directory, "export", NULL);
  g_autofree char *key = NULL;
  g_autofree char *said = NULL;
  g_autoptr (VigVerify) verify = vig_verify_new ();
  g_autoptr (GError) error = NULL;
  FILE *file = fopen (path, "w+");
  gint64 begin;

  make_log (load, n);
  key = vig_db_write (load->db, sign, load, &error);
  g_assert_no_error (error);
  write_db (load, export, file);
  rewind (file);

  begin = g_get_monotonic_time ();
  g_assert_true (vig_verify_add_key (verify, key, NULL));
  vig_verify_read (verify, file, &error);
  g_assert_no_error (error);
  g_print ("%.2f s for %" G_GINT64_FORMAT " records\n", (g_get_monotonic_time () - begin) / (double) G_USEC_PER_SEC, n);
  said = vig_verify_describe (verify);
  g_print ("# %s\n", said);
  fclose (file);
}

static const char *const FILTERS[] = {
  "{}", "{\"event\": \"login.failed\"}", "{\"outcome\": \"denied\", \"user_name\": \"ada\"}", "{\"level\": \"exec\", \"tool\": \"docker.logs\"}",
  "{\"text\": \"needle\"}", "{\"text\": \"app4711\"}", "{\"text\": \"config srv\"}", "{\"text\": \"app47*\"}", "{\"call_id\": \"c-4711\"}", "{\"run_id\": \"r-11\"}",
  "{\"from\": \"2023-11-14T22:13:20Z\", \"until\": \"2023-11-14T23:00:00Z\"}",
  "{\"user_name\": \"nobody\"}", "{\"operator_name\": \"Docker\", \"outcome\": \"success\", \"until\": \"2023-11-15T00:00:00Z\"}",
};

static gpointer
read_page (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (JsonObject) filter = vig_json_parse_object (data, -1, 0, NULL);
  g_autoptr (JsonObject) page = vig_audit_list (db, filter, NULL, error);

  return NULL;
}

/* Milliseconds of the slowest; each is the median of its rounds. */
static double
measure_pages (Load *load)
{
  double slowest = 0;

  for (guint i = 0; i < G_N_ELEMENTS (FILTERS); i++)
    {
      double times[ROUNDS];

      for (guint j = 0; j < ROUNDS; j++)
        {
          g_autoptr (GError) error = NULL;
          gint64 begin = g_get_monotonic_time ();

          vig_db_read (load->db, read_page, (gpointer) FILTERS[i], &error);
          g_assert_no_error (error);
          times[j] = (g_get_monotonic_time () - begin) / 1000.0;
        }
      qsort (times, ROUNDS, sizeof *times, compare_doubles);
      g_print ("# %.2f ms (first %.2f) %s\n", times[ROUNDS / 2], times[ROUNDS - 1], FILTERS[i]);
      slowest = MAX (slowest, times[ROUNDS / 2]);
    }

  return slowest;
}

static void
open_log (Load *load, const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autoptr (GError) error = NULL;

  load->db = vig_db_open (path, &error);
  g_assert_no_error (error);
}

static void
close_log (Load *load)
{
  vig_db_close (load->db);
  g_clear_object (&load->db);
}

static void
bench_page (Load *load, const char *directory, gint64 n)
{
  double large, small;

  make_log (load, n);
  large = measure_pages (load);
  close_log (load);
  open_log (load, directory, "small.db");
  make_log (load, 5000);
  small = measure_pages (load);
  g_print ("ours %.2f floor %.2f ms\n", large, small);
}

int
main (int argc, char **argv)
{
  g_autofree char *directory = vig_test_make_dir ();
  g_autoptr (VigSecret) secret = NULL;
  g_autoptr (GBytes) salt = g_bytes_new_static ("0123456789abcdef", 16);
  const char *what = argc > 1 ? argv[1] : "rows";
  gint64 n = argc > 2 ? g_ascii_strtoll (argv[2], NULL, 10) : 1000000;
  Load load = { 0 };

  open_log (&load, directory, "ours.db");
  load.redactor = vig_redactor_new ();
  load.vault = vig_vault_new (load.redactor);
  secret = vig_secret_new ("a secret for this benchmark", salt, NULL);
  vig_vault_set_secret (load.vault, secret);
  if (g_str_equal (what, "verify"))
    bench_verify (&load, directory, n);
  else if (g_str_equal (what, "page"))
    bench_page (&load, directory, n);
  else
    bench_rows (&load, directory);
  close_log (&load);
  g_object_unref (load.vault);
  g_object_unref (load.redactor);
  vig_test_remove_dir (directory);

  return 0;
}
