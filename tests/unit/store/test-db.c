/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "store-fixture.h"

#include "vig-store-settings.h"

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* What a write that is held back, and what the ones queued behind it, have in common. */
typedef struct
{
  GMutex     mutex;
  GCond      cond;
  gboolean   entered;
  gboolean   released;
  guint      answers;
  guint      failures;
  GPtrArray *hooks; /* names in the order in which they ran */
  GThread   *main_thread;
} Gate;

static void
gate_init (Gate *gate)
{
  memset (gate, 0, sizeof *gate);
  g_mutex_init (&gate->mutex);
  g_cond_init (&gate->cond);
  gate->hooks = g_ptr_array_new_with_free_func (g_free);
  gate->main_thread = g_thread_self ();
}

static void
gate_clear (Gate *gate)
{
  g_ptr_array_unref (gate->hooks);
  g_cond_clear (&gate->cond);
  g_mutex_clear (&gate->mutex);
}

static gpointer
hold (VigDbConnection *db, gpointer data, GError **error)
{
  Gate *gate = data;

  g_mutex_lock (&gate->mutex);
  gate->entered = TRUE;
  g_cond_broadcast (&gate->cond);
  while (!gate->released)
    g_cond_wait (&gate->cond, &gate->mutex);
  g_mutex_unlock (&gate->mutex);

  return NULL;
}

static void
gate_wait (Gate *gate)
{
  g_mutex_lock (&gate->mutex);
  while (!gate->entered)
    g_cond_wait (&gate->cond, &gate->mutex);
  g_mutex_unlock (&gate->mutex);
}

static void
gate_release (Gate *gate)
{
  g_mutex_lock (&gate->mutex);
  gate->released = TRUE;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->mutex);
}

typedef struct
{
  Gate *gate;
  char *name;
  int   fail; /* 1: by itself, 2: on a constraint */
} Write;

static void
write_free (gpointer data)
{
  Write *write = data;

  g_free (write->name);
  g_free (write);
}

static Write *
write_new (Gate *gate, const char *name, int fail)
{
  Write *write = g_new0 (Write, 1);

  write->gate = gate;
  write->name = g_strdup (name);
  write->fail = fail;

  return write;
}

static void
hook_ran (gpointer data)
{
  Write *write = data;

  g_assert_true (g_thread_self () == write->gate->main_thread);
  g_ptr_array_add (write->gate->hooks, g_strdup (write->name));
}

static gpointer
store_value (VigDbConnection *db, gpointer data, GError **error)
{
  Write *write = data;

  vig_db_after_commit (db, hook_ran, write_new (write->gate, write->name, 0), write_free);
  if (!vig_store_value_set (db, write->name, "x", error))
    return NULL;

  if (write->fail == 1)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "on purpose");
  if (write->fail == 2)
    vig_db_exec (db, error, "INSERT INTO internal_values (name, value) VALUES (?1, 'y')", "s", write->name);

  return *error == NULL ? g_strdup (write->name) : NULL;
}

static void
stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Gate *gate = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = vig_db_finish (VIG_DB (object), result, &error);

  g_assert_true (g_thread_self () == gate->main_thread);
  g_assert_true ((name != NULL) == (error == NULL));
  gate->answers++;
  if (error != NULL)
    gate->failures++;
}

static void
queue_value (Fixture *self, Gate *gate, const char *name, int fail)
{
  vig_db_write_async (self->db, store_value, write_new (gate, name, fail), write_free, g_free, NULL, stored, gate);
}

static gpointer
read_names (VigDbConnection *db, gpointer data, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT name FROM internal_values ORDER BY name", NULL);
  GString *names = g_string_new (NULL);

  while (vig_db_rows_next (rows, error))
    g_string_append (names, vig_db_rows_string (rows, 0));

  return g_string_free (names, FALSE);
}

static void
assert_names (Fixture *self, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *names = vig_db_read (self->db, read_names, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (names, ==, expected);
}

static void
test_group (Fixture *self, gconstpointer data)
{
  Gate gate;

  gate_init (&gate);
  vig_db_write_async (self->db, hold, &gate, NULL, NULL, NULL, NULL, NULL);
  gate_wait (&gate);
  queue_value (self, &gate, "a", 0);
  queue_value (self, &gate, "b", 1);
  queue_value (self, &gate, "c", 2);
  queue_value (self, &gate, "d", 0);
  g_assert_cmpuint (gate.answers, ==, 0);
  gate_release (&gate);

  vig_test_wait_for (gate.answers == 4);
  g_assert_cmpuint (gate.failures, ==, 2);
  assert_names (self, "ad");
  g_assert_cmpuint (gate.hooks->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (gate.hooks, 0), ==, "a");
  g_assert_cmpstr (g_ptr_array_index (gate.hooks, 1), ==, "d");
  gate_clear (&gate);
}

/* A function that ends the transaction itself takes its neighbours with it, and each is told. */
static gpointer
end_transaction (VigDbConnection *db, gpointer data, GError **error)
{
  vig_db_exec (db, error, "ROLLBACK", NULL);

  return NULL;
}

static void
test_lost_transaction (Fixture *self, gconstpointer data)
{
  Gate gate;

  gate_init (&gate);
  vig_db_write_async (self->db, hold, &gate, NULL, NULL, NULL, NULL, NULL);
  gate_wait (&gate);
  queue_value (self, &gate, "a", 0);
  vig_db_write_async (self->db, end_transaction, NULL, NULL, NULL, NULL, stored, &gate);
  queue_value (self, &gate, "b", 0);
  gate_release (&gate);

  vig_test_wait_for (gate.answers == 3);
  g_assert_cmpuint (gate.failures, ==, 3);
  g_assert_cmpuint (gate.hooks->len, ==, 0);
  assert_names (self, "");
  queue_value (self, &gate, "c", 0);
  vig_test_wait_for (gate.answers == 4);
  assert_names (self, "c");
  gate_clear (&gate);
}

static void
cancelled (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vig_db_finish (VIG_DB (object), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  *(gboolean *) user_data = TRUE;
}

static void
test_cancel (Fixture *self, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gboolean done = FALSE;
  Gate gate;

  gate_init (&gate);
  vig_db_write_async (self->db, hold, &gate, NULL, NULL, NULL, NULL, NULL);
  gate_wait (&gate);
  vig_db_write_async (self->db, store_value, write_new (&gate, "a", 0), write_free, g_free, cancellable, cancelled, &done);
  g_cancellable_cancel (cancellable);
  gate_release (&gate);

  vig_test_wait_for (done);
  assert_names (self, "");
  gate_clear (&gate);
}

static void
test_close (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  Gate gate;

  gate_init (&gate);
  for (guint i = 0; i < 26; i++)
    {
      char name[] = { (char) ('a' + i), '\0' };

      queue_value (self, &gate, name, 0);
    }
  vig_db_close (self->db);
  vig_test_wait_for (gate.answers == 26);
  g_assert_cmpuint (gate.failures, ==, 0);

  g_assert_null (vig_db_write (self->db, read_names, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  queue_value (self, &gate, "late", 0);
  vig_test_wait_for (gate.answers == 27);
  g_assert_cmpuint (gate.failures, ==, 1);

  g_clear_object (&self->db);
  fixture_open (self);
  assert_names (self, "abcdefghijklmnopqrstuvwxyz");
  gate_clear (&gate);
}

static gpointer
write_in_read (VigDbConnection *db, gpointer data, GError **error)
{
  vig_store_value_set (db, "a", "b", error);

  return NULL;
}

static void
test_read_only_reads (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vig_db_read (self->db, write_in_read, NULL, &error));
  g_assert_nonnull (error);
  assert_names (self, "");
}

static void
test_modes (Fixture *self, gconstpointer data)
{
  g_autofree char *directory = g_path_get_dirname (self->path);
  static const char *const suffixes[] = { "", "-wal", "-shm", "-lock" };
  struct stat info;

  g_assert_cmpint (stat (directory, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0700);

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (self->path, suffixes[i], NULL);

      g_assert_cmpint (stat (path, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 07777, ==, 0600);
    }
}

static void
refuse_open (const char *path, int code, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigDb) db = vig_db_open (path, &error);

  g_assert_null (db);
  g_assert_error (error, VIG_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_nonnull (strstr (error->message, path));
}

static gpointer
make_newer (VigDbConnection *db, gpointer data, GError **error)
{
  vig_db_exec (db, error, "INSERT INTO schema_versions (version, applied_at) VALUES (999, 0)", NULL);

  return NULL;
}

static void
test_newer (Fixture *self, gconstpointer data)
{
  fixture_write (self, make_newer, NULL);
  fixture_close (self);
  refuse_open (self->path, VIG_ERROR_NOT_SUPPORTED, "was written by a newer Vigilus (schema 999, this one knows ");
}

static gpointer
forget_older (VigDbConnection *db, gpointer data, GError **error)
{
  vig_db_exec (db, error, "DELETE FROM schema_versions WHERE version = 50", NULL);
  g_assert_cmpint (vig_db_get_changes (db), ==, 1);

  return NULL;
}

/* A change that came with a lower number after a higher one had been applied is applied, too. */
static void
test_older (Fixture *self, gconstpointer data)
{
  fixture_write (self, forget_older, NULL);
  fixture_close (self);
  /* It was there, so it can't be done again: that shows that it was tried. */
  refuse_open (self->path, VIG_ERROR_FAILED, "failed to bring the database to version 50: ");
}

static gpointer
fill (VigDbConnection *db, gpointer data, GError **error)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%0100u", i);

      if (!vig_store_value_set (db, name, name, error))
        return NULL;
    }

  return NULL;
}

static void
test_damaged (Fixture *self, gconstpointer data)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  fixture_write (self, fill, NULL);
  fixture_close (self);
  g_file_get_contents (self->path, &contents, &length, &error);
  g_assert_no_error (error);

  memset (contents + length / 4, 0x5a, length / 2);
  g_file_set_contents (self->path, contents, length, &error);
  g_assert_no_error (error);
  refuse_open (self->path, VIG_ERROR_UNAVAILABLE, "is damaged");

  memset (contents, 0x5a, 100);
  g_file_set_contents (self->path, contents, length, &error);
  g_assert_no_error (error);
  refuse_open (self->path, VIG_ERROR_UNAVAILABLE, "is not a database");
}

static void
test_foreign (Fixture *self, gconstpointer data)
{
  g_autofree char *file = g_build_filename (self->directory, "notes.txt", NULL);
  g_autofree char *below = g_build_filename (file, "vigilus.db", NULL);
  g_autofree char *other = g_build_filename (self->directory, "other.db", NULL);
  g_autoptr (GError) error = NULL;
  sqlite3 *handle;

  g_file_set_contents (file, "not a database, but a text that is longer than the header of one, which has a hundred bytes to begin with", -1, &error);
  g_assert_no_error (error);
  refuse_open (file, VIG_ERROR_UNAVAILABLE, "is not a database");
  g_assert_null (vig_db_open (below, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, file));
  refuse_open (self->directory, VIG_ERROR_UNAVAILABLE, "Is a directory");

  g_assert_cmpint (sqlite3_open (other, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, "CREATE TABLE films (name TEXT)", NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (handle);
  refuse_open (other, VIG_ERROR_FAILED, "not one of Vigilus");
}

static gpointer
exec_sql (VigDbConnection *db, gpointer data, GError **error)
{
  vig_db_exec (db, error, data, NULL);

  return NULL;
}

static void
expect_sql_error (Fixture *self, const char *sql, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vig_db_write (self->db, exec_sql, (gpointer) sql, &error));
  g_assert_error (error, VIG_ERROR, code);
}

static void
test_errors (Fixture *self, gconstpointer data)
{
  fixture_write (self, exec_sql, (gpointer) "INSERT INTO settings (name, value) VALUES ('a', '1')");
  expect_sql_error (self, "INSERT INTO settings (name, value) VALUES ('a', '1')", VIG_ERROR_EXISTS);
  expect_sql_error (self, "INSERT INTO settings (name, value) VALUES ('b', NULL)", VIG_ERROR_INVALID);
  expect_sql_error (self, "INSERT INTO sessions (id, user_id, title, created_at, updated_at) VALUES ('1', 'nobody', 't', 0, 0)", VIG_ERROR_CONFLICT);
  expect_sql_error (self, "INSERT INTO users (id, name, role, record, disabled, created_at) VALUES ('1', 'a', 'king', 'r', 0, 0)", VIG_ERROR_INVALID);
  expect_sql_error (self, "SELECT nonsense FROM nowhere", VIG_ERROR_FAILED);
}

/* The limit of a file's size stands for a disk that gives I/O errors, and then none any more. */
static void
test_io_error (Fixture *self, gconstpointer data)
{
  struct rlimit usual;
  struct rlimit tight;
  g_autoptr (GError) error = NULL;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &usual), ==, 0);
  tight = usual;
  tight.rlim_cur = 64 * 1024;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &tight), ==, 0);
  vig_db_write (self->db, fill, NULL, &error);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &usual), ==, 0);

  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, self->path));
  assert_names (self, "");
  fixture_write (self, fill, NULL);
}

/* Which thread ends last is up to chance, so it is tried a few times: the file alone has all. */
static void
test_close_whole (Fixture *self, gconstpointer data)
{
  g_autofree char *wal = g_strconcat (self->path, "-wal", NULL);

  for (guint i = 0; i < 20; i++)
    {
      g_free (vig_db_read (self->db, read_names, NULL, NULL));
      fixture_write (self, fill, NULL);
      fixture_close (self);
      g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
      fixture_open (self);
    }
}

#define add(path, func) g_test_add ("/db/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add ("group", test_group);
  add ("lost-transaction", test_lost_transaction);
  add ("cancel", test_cancel);
  add ("close", test_close);
  add ("close-whole", test_close_whole);
  add ("read-only-reads", test_read_only_reads);
  add ("modes", test_modes);
  add ("newer", test_newer);
  add ("older", test_older);
  add ("damaged", test_damaged);
  add ("foreign", test_foreign);
  add ("errors", test_errors);
  add ("io-error", test_io_error);

  return g_test_run ();
}
