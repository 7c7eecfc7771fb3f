/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-db.h"
#include "vig-id.h"
#include "vig-test.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

/* Durable writes through the store with 64 in flight; the floor is bare SQLite, which commits the same rows 64 at a time. The two take
 * turns, so that a busy disk is busy for both. */

#define IN_FLIGHT 64
#define ROUNDS 5
#define ROUND_TIME (G_USEC_PER_SEC / 2)

#define INSERT "INSERT INTO internal_values (name, value) VALUES (?1, ?2)"

static char value[300];

typedef struct
{
  VigDb  *db;
  gint64  end;
  guint64 written;
  guint   in_flight;
} Load;

static gpointer
insert (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *id = vig_id_new ();

  vig_db_exec (db, error, INSERT, "ss", id, value);

  return NULL;
}

static void
inserted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Load *load = user_data;
  g_autoptr (GError) error = NULL;

  vig_db_finish (VIG_DB (object), result, &error);
  g_assert_no_error (error);
  load->written++;
  if (g_get_monotonic_time () < load->end)
    vig_db_write_async (load->db, insert, NULL, NULL, NULL, NULL, inserted, load);
  else
    load->in_flight--;
}

/* Rows a second. */
static double
measure_ours (VigDb *db)
{
  gint64 begin = g_get_monotonic_time ();
  Load load = { db, begin + ROUND_TIME, 0, IN_FLIGHT };

  for (guint i = 0; i < IN_FLIGHT; i++)
    vig_db_write_async (db, insert, NULL, NULL, NULL, NULL, inserted, &load);
  while (load.in_flight > 0)
    g_main_context_iteration (NULL, TRUE);

  return load.written * (double) G_USEC_PER_SEC / (g_get_monotonic_time () - begin);
}

static sqlite3 *
open_bare (const char *path)
{
  sqlite3 *bare = NULL;

  g_assert_cmpint (sqlite3_open (path, &bare), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (bare,
                                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                 "CREATE TABLE internal_values (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
                                 NULL, NULL, NULL), ==, SQLITE_OK);

  return bare;
}

static double
measure_floor (sqlite3 *bare)
{
  gint64 begin = g_get_monotonic_time ();
  gint64 end = begin + ROUND_TIME;
  guint64 written = 0;
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_prepare_v2 (bare, INSERT, -1, &statement, NULL), ==, SQLITE_OK);
  for (; g_get_monotonic_time () < end; written += IN_FLIGHT)
    {
      g_assert_cmpint (sqlite3_exec (bare, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
      for (guint i = 0; i < IN_FLIGHT; i++)
        {
          sqlite3_bind_text (statement, 1, vig_id_new (), -1, g_free);
          sqlite3_bind_text (statement, 2, value, -1, SQLITE_STATIC);
          g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
          sqlite3_reset (statement);
        }
      g_assert_cmpint (sqlite3_exec (bare, "COMMIT", NULL, NULL, NULL), ==, SQLITE_OK);
    }
  sqlite3_finalize (statement);

  return written * (double) G_USEC_PER_SEC / (g_get_monotonic_time () - begin);
}

static glong
resident_kib (void)
{
  g_autofree char *contents = NULL;
  glong pages = 0;

  malloc_trim (0);
  if (g_file_get_contents ("/proc/self/statm", &contents, NULL, NULL))
    sscanf (contents, "%*d %ld", &pages);

  return pages * (sysconf (_SC_PAGESIZE) / 1024);
}

static gpointer
count (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT count(*) FROM internal_values", NULL);

  return rows != NULL && vig_db_rows_next (rows, error) ? GINT_TO_POINTER (vig_db_rows_int (rows, 0)) : NULL;
}

static VigDb *
open_and_weigh (const char *path)
{
  g_autoptr (GError) error = NULL;
  glong before = resident_kib ();
  VigDb *db = vig_db_open (path, &error);

  g_assert_no_error (error);
  vig_db_write (db, insert, NULL, &error);
  vig_db_read (db, count, NULL, &error);
  g_assert_no_error (error);
  g_print ("idle memory of an open database: %ld KiB\n", resident_kib () - before);

  return db;
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  return *(const double *) a < *(const double *) b ? -1 : 1;
}

static double
median (double *values)
{
  qsort (values, ROUNDS, sizeof *values, compare_doubles);

  return values[ROUNDS / 2];
}

int
main (void)
{
  g_autofree char *directory = vig_test_make_dir ();
  g_autofree char *our_path = g_build_filename (directory, "ours.db", NULL);
  g_autofree char *bare_path = g_build_filename (directory, "bare.db", NULL);
  g_autoptr (VigDb) db = NULL;
  sqlite3 *bare;
  double ours[ROUNDS];
  double floor[ROUNDS];

  memset (value, 'v', sizeof value - 1);
  db = open_and_weigh (our_path);
  bare = open_bare (bare_path);
  for (guint i = 0; i < ROUNDS; i++)
    {
      ours[i] = measure_ours (db);
      floor[i] = measure_floor (bare);
    }

  g_print ("ours %.0f floor %.0f rows/s\n", median (ours), median (floor));
  sqlite3_close (bare);
  vig_db_close (db);
  vig_test_remove_dir (directory);

  return 0;
}
