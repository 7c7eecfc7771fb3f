/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-store-settings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 20
#define IN_FLIGHT 16

/* The child: writes for ever, and says the number of each write that is on disk. */

typedef struct
{
  VigDb *db;
  guint  next;
} Writer;

static gpointer
write_pair (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *a = g_strdup_printf ("a%u", GPOINTER_TO_UINT (data));
  g_autofree char *b = g_strdup_printf ("b%u", GPOINTER_TO_UINT (data));

  if (vig_store_value_set (db, a, "x", error))
    vig_store_value_set (db, b, "x", error);

  return data;
}

static void queue_next (Writer *self);

static void
written (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Writer *self = user_data;
  guint number = GPOINTER_TO_UINT (vig_db_finish (VIG_DB (object), result, NULL));
  char line[32];

  g_assert_cmpuint (number, >, 0);
  g_snprintf (line, sizeof line, "%u\n", number);
  if (write (STDOUT_FILENO, line, strlen (line)) < 0)
    _exit (1);
  queue_next (self);
}

static void
queue_next (Writer *self)
{
  vig_db_write_async (self->db, write_pair, GUINT_TO_POINTER (self->next), NULL, NULL, NULL, written, self);
  self->next++;
}

static int
run_writer (const char *path, const char *first)
{
  g_autoptr (GError) error = NULL;
  Writer self = { vig_db_open (path, &error), (guint) atoi (first) };

  g_assert_no_error (error);
  for (guint i = 0; i < IN_FLIGHT; i++)
    queue_next (&self);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);

  return 0;
}

/* The parent. */

/* Reads numbers until @max of them came, or to the end. What is cut short was not acknowledged. */
static guint
read_numbers (FILE *from, GHashTable *numbers, guint max)
{
  char line[64];
  guint count = 0;

  while (count < max && fgets (line, sizeof line, from) != NULL)
    if (strchr (line, '\n') != NULL)
      {
        g_hash_table_add (numbers, GUINT_TO_POINTER ((guint) atoi (line)));
        count++;
      }

  return count;
}

static void
write_and_kill (const char *path, guint first, guint acknowledged, GHashTable *numbers)
{
  g_autofree char *start = g_strdup_printf ("%u", first);
  const char *argv[] = { "/proc/self/exe", "--writer", path, start, NULL };
  g_autoptr (GError) error = NULL;
  GPid pid;
  int output;
  FILE *from;

  g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  from = fdopen (output, "r");

  g_assert_cmpuint (read_numbers (from, numbers, acknowledged), ==, acknowledged);
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  read_numbers (from, numbers, G_MAXUINT);
  fclose (from);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_spawn_close_pid (pid);
}

static gpointer
check_pairs (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigDbRows) check = vig_db_query (db, error, "PRAGMA integrity_check", NULL);
  g_autoptr (VigDbRows) halves = vig_db_query (db, error,
                                               "SELECT count(*) FROM internal_values AS one WHERE NOT EXISTS"
                                               " (SELECT 1 FROM internal_values AS other WHERE substr (other.name, 2) = substr (one.name, 2)"
                                               "  AND other.name = CASE substr (one.name, 1, 1) WHEN 'a' THEN 'b' ELSE 'a' END || substr (one.name, 2))",
                                               NULL);
  GHashTableIter iter;
  gpointer number;

  g_assert_true (vig_db_rows_next (check, error));
  g_assert_cmpstr (vig_db_rows_string (check, 0), ==, "ok");
  g_assert_true (vig_db_rows_next (halves, error));
  g_assert_cmpint (vig_db_rows_int (halves, 0), ==, 0);

  g_hash_table_iter_init (&iter, data);
  while (g_hash_table_iter_next (&iter, &number, NULL))
    {
      g_autofree char *name = g_strdup_printf ("b%u", GPOINTER_TO_UINT (number));
      g_autofree char *value = vig_store_value_dup (db, name, error);

      g_assert_cmpstr (value, ==, "x");
    }

  return NULL;
}

static void
test_kill (Fixture *self, gconstpointer data)
{
  g_autoptr (GHashTable) numbers = g_hash_table_new (NULL, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (20);

  fixture_close (self);
  for (guint round = 0; round < ROUNDS; round++)
    {
      guint before = g_hash_table_size (numbers);

      write_and_kill (self->path, 1 + round * 100000, (guint) g_rand_int_range (random, 1, 400), numbers);
      g_assert_cmpuint (g_hash_table_size (numbers), >, before);
      fixture_open (self);
      fixture_write (self, check_pairs, numbers);
      fixture_close (self);
    }
  g_test_message ("%u acknowledged writes, %d kills", g_hash_table_size (numbers), ROUNDS);
}

static void
test_second_process (Fixture *self, gconstpointer data)
{
  const char *argv[] = { "/proc/self/exe", "--open", self->path, NULL };
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;

  g_spawn_sync (NULL, (char **) argv, NULL, 0, NULL, NULL, NULL, &said, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (said, "is in use by another process"));
  g_assert_nonnull (strstr (said, self->path));
}

static int
run_open (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigDb) db = vig_db_open (path, &error);

  g_printerr ("%s\n", db != NULL ? "opened" : error->message);

  return db != NULL ? 1 : 0;
}

/* A full disk: a small file system of this process alone. */

static gpointer
fill_some (VigDbConnection *db, gpointer data, GError **error)
{
  g_autofree char *name = g_strdup_printf ("fill%u", GPOINTER_TO_UINT (data));
  g_autofree char *value = g_strnfill (20000, 'x');

  vig_store_value_set (db, name, value, error);

  return NULL;
}

static guint
fill_disk (VigDb *db, GError **error)
{
  guint written_rows = 0;

  while (written_rows < 1000)
    {
      vig_db_write (db, fill_some, GUINT_TO_POINTER (written_rows), error);
      if (*error != NULL)
        break;
      written_rows++;
    }

  return written_rows;
}

static gpointer
count_rows (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT count(*) FROM internal_values", NULL);

  g_assert_true (vig_db_rows_next (rows, error));

  return GUINT_TO_POINTER ((guint) vig_db_rows_int (rows, 0));
}

static void
use_full_disk (const char *directory)
{
  g_autofree char *ballast = g_build_filename (directory, "ballast", NULL);
  g_autofree char *bytes = g_strnfill (512 * 1024, 'b');
  g_autofree char *path = g_build_filename (directory, "vigilus.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) full = NULL;
  g_autoptr (VigDb) db = NULL;
  guint rows;

  g_assert_true (g_file_set_contents (ballast, bytes, 512 * 1024, &error));
  db = vig_db_open (path, &error);
  g_assert_no_error (error);

  rows = fill_disk (db, &full);
  g_assert_error (full, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (full->message, "no space is left for the database"));
  g_assert_cmpuint (GPOINTER_TO_UINT (vig_db_read (db, count_rows, NULL, &error)), ==, rows);

  g_assert_cmpint (unlink (ballast), ==, 0);
  vig_db_write (db, fill_some, GUINT_TO_POINTER (9999), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (GPOINTER_TO_UINT (vig_db_read (db, count_rows, NULL, &error)), ==, rows + 1);
  vig_db_close (db);
}

static void
open_on_read_only (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "vigilus.db", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mount (NULL, directory, NULL, MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
  g_assert_null (vig_db_open (path, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, directory));
  g_assert_nonnull (strstr (error->message, "Read-only file system"));
}

static int
run_full (const char *directory)
{
  if (unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount ("tmpfs", directory, "tmpfs", 0, "size=2M,mode=0700") != 0)
    return errno == EPERM ? 77 : 1;

  use_full_disk (directory);
  open_on_read_only (directory);

  return 0;
}

static void
test_full (Fixture *self, gconstpointer data)
{
  const char *argv[] = { "/proc/self/exe", "--full", self->directory, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *said = NULL;
  int status;

  fixture_close (self);
  g_spawn_sync (NULL, (char **) argv, NULL, 0, NULL, NULL, NULL, &said, &status, &error);
  g_assert_no_error (error);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    {
      g_test_skip ("this user may not mount a file system");
      return;
    }

  if (status != 0)
    g_test_message ("%s", said);
  g_assert_cmpint (status, ==, 0);
}

#define add(path, func) g_test_add ("/db/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--writer"))
    return run_writer (argv[2], argv[3]);
  if (argc == 3 && g_str_equal (argv[1], "--open"))
    return run_open (argv[2]);
  if (argc == 3 && g_str_equal (argv[1], "--full"))
    return run_full (argv[2]);

  g_test_init (&argc, &argv, NULL);

  add ("kill", test_kill);
  add ("second-process", test_second_process);
  add ("full", test_full);

  return g_test_run ();
}
