/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit.h"
#include "vig-file-state.h"
#include "vig-sandbox-files.h"
#include "vig-store-changes.h"
#include "vig-store-settings.h"
#include "vig-test.h"
#include "vig-undo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

typedef struct
{
  char        *dir;
  char        *place;     /* where the files are */
  char        *store;
  int          fd;        /* of place */
  VigDb       *db;
  VigWorker   *worker;
  VigEvents   *events;
  VigRedactor *redactor;
  VigUndo     *undo;
  guint        n_calls;
} Fixture;

static void
open_all (Fixture *self)
{
  g_autofree char *path = g_build_filename (self->dir, "vigilus.db", NULL);
  g_autoptr (GError) error = NULL;

  self->db = vig_db_open (path, &error);
  g_assert_no_error (error);
  self->worker = vig_worker_new ("test", 2);
  self->events = vig_events_new ();
  self->redactor = vig_redactor_new ();
  self->undo = vig_undo_new (self->db, self->worker, self->events, self->redactor, self->store, &error);
  g_assert_no_error (error);
}

static void
close_all (Fixture *self)
{
  for (guint i = 0; i < 10; i++)
    vig_test_iterate ();
  g_clear_object (&self->undo);
  vig_db_close (self->db);
  g_clear_object (&self->db);
  g_clear_object (&self->worker);
  g_clear_object (&self->events);
  g_clear_object (&self->redactor);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  self->dir = vig_test_make_dir ();
  self->place = g_build_filename (self->dir, "place", NULL);
  self->store = g_build_filename (self->dir, "undo", NULL);
  g_assert_cmpint (g_mkdir (self->place, 0755), ==, 0);
  self->fd = open (self->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  open_all (self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  close_all (self);
  close (self->fd);
  vig_test_remove_dir (self->dir);
  g_free (self->dir);
  g_free (self->place);
  g_free (self->store);
}

static char *
path_of (Fixture *self, const char *name)
{
  return g_build_filename (self->place, name, NULL);
}

static void
put (Fixture *self, const char *name, const char *text)
{
  g_autofree char *path = path_of (self, name);

  g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
}

#define assert_holds(name, expected) \
  G_STMT_START { \
    g_autofree char *path_ = path_of (self, name); \
    g_autofree char *text_ = NULL; \
    g_file_get_contents (path_, &text_, NULL, NULL); \
    g_assert_cmpstr (text_, ==, expected); \
  } G_STMT_END

/* As a tool does it: keeps, then writes (NULL: deletes). */
static void
keep (Fixture *self, const char *call_id, const char *name, const char *after)
{
  const VigUndoSubject subject = { call_id, NULL, "run", "session", "Files", "ada", "filesystem.write" };
  g_autofree char *hash = after != NULL ? g_compute_checksum_for_string (G_CHECKSUM_SHA256, after, -1) : NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (vig_undo_keep (self->undo, &subject, self->fd, name, hash, &error));
  g_assert_no_error (error);
}

static void
change (Fixture *self, const char *call_id, const char *name, const char *after)
{
  keep (self, call_id, name, after);
  if (after != NULL)
    {
      g_autofree char *path = path_of (self, name);
      int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

      g_assert_cmpint (write (fd, after, strlen (after)), ==, (gssize) strlen (after));
      close (fd);
    }
  else
    g_assert_cmpint (unlinkat (self->fd, name, 0), ==, 0);
}

static gpointer
list (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_changes_list (db, data, NULL, NULL, error);
}

/* The change of a call; (transfer full) its id. */
static char *
find (Fixture *self, const char *call_id)
{
  g_autoptr (JsonObject) page = vig_db_read (self->db, list, (gpointer) call_id, NULL);
  JsonArray *items = vig_json_get_array (page, "items");

  g_assert_cmpuint (json_array_get_length (items), ==, 1);

  return g_strdup (vig_json_get_string (json_array_get_object_element (items, 0), "id", NULL));
}

typedef struct
{
  gboolean    done;
  JsonObject *change;
  GError     *error;
} Answer;

static void
answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->change = vig_undo_run_finish (VIG_UNDO (source), result, &answer->error);
  answer->done = TRUE;
}

/* (transfer full) the change as it is then, or NULL. */
static JsonObject *
undo (Fixture *self, const char *id, gboolean override, GError **error)
{
  Answer answer = { FALSE, NULL, NULL };

  vig_undo_run_async (self->undo, id, override, "grace", "127.0.0.1", answered, &answer);
  vig_test_wait_for (answer.done);
  if (answer.error != NULL)
    g_propagate_error (error, answer.error);

  return answer.change;
}

static void
undo_well (Fixture *self, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) done = undo (self, id, FALSE, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (vig_json_get_string (done, "state", NULL), ==, "undone");
  g_assert_cmpstr (vig_json_get_string (done, "undone_by", NULL), ==, "grace");
}

static void
test_bytes_owner_mode (Fixture *self, gconstpointer data)
{
  g_autofree char *path = path_of (self, "a");
  g_autofree char *id = NULL;
  g_autofree char *held = NULL;
  struct stat info;
  gsize length;

  g_assert_true (g_file_set_contents (path, "old\0\xff bytes", 10, NULL));
  g_assert_cmpint (g_chmod (path, 04751), ==, 0);
  if (geteuid () == 0)
    g_assert_cmpint (chown (path, 1234, 5678), ==, 0);
  g_assert_cmpint (g_chmod (path, 04751), ==, 0);
  change (self, "call", "a", "new");
  /* A tool keeps owner and mode, but for set-id bits. */
  g_assert_cmpint (g_chmod (path, 0751), ==, 0);

  id = find (self, "call");
  undo_well (self, id);
  g_assert_true (g_file_get_contents (path, &held, &length, NULL));
  g_assert_cmpmem (held, length, "old\0\xff bytes", 10);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 04751);
  if (geteuid () == 0)
    g_assert_true (info.st_uid == 1234 && info.st_gid == 5678);
}

static void
test_create_and_delete (Fixture *self, gconstpointer data)
{
  g_autofree char *created = NULL;
  g_autofree char *deleted = NULL;

  put (self, "b", "precious");
  change (self, "one", "a", "new");
  change (self, "two", "b", NULL);
  created = find (self, "one");
  deleted = find (self, "two");
  undo_well (self, created);
  undo_well (self, deleted);
  assert_holds ("a", NULL);
  assert_holds ("b", "precious");
}

/* Somebody wrote to it since: it is said, nothing is touched, and what is replaced deliberately can be had back in turn. */
static void
test_changed_since (Fixture *self, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *back = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) done = NULL;

  put (self, "a", "old");
  put (self, "b", "old b");
  change (self, "call", "a", "new");
  change (self, "call", "b", "new b");
  put (self, "a", "a person's");
  id = find (self, "call");

  g_assert_null (undo (self, id, FALSE, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, "/place/a"));
  g_assert_null (strstr (error->message, "/place/b"));
  g_clear_error (&error);
  assert_holds ("a", "a person's");
  assert_holds ("b", "new b");

  done = undo (self, id, TRUE, &error);
  g_assert_no_error (error);
  assert_holds ("a", "old");
  assert_holds ("b", "old b");

  back = g_strdup (vig_json_get_string (done, "undone_as", NULL));
  undo_well (self, back);
  assert_holds ("a", "a person's");
  assert_holds ("b", "new b");
}

static void
test_mode_changed_since (Fixture *self, gconstpointer data)
{
  g_autofree char *path = path_of (self, "a");
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  put (self, "a", "old");
  change (self, "call", "a", "new");
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  id = find (self, "call");
  g_assert_null (undo (self, id, FALSE, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_EXISTS);
}

/* Whatever name it is given: the kernel holds it to the folder. */
static void
test_held (Fixture *self, gconstpointer data)
{
  const VigFileState nothing = { .kind = "absent" };
  g_autofree char *secret = g_build_filename (self->dir, "secret", NULL);
  g_autofree char *kept = g_build_filename (self->dir, "kept", NULL);
  g_autoptr (VigContent) content = vig_content_new (kept, NULL);
  g_auto (VigFileState) inside = { 0 };
  g_auto (VigFileState) outside = { 0 };
  g_autoptr (GError) error = NULL;

  if (vig_files_get_hold () != VIG_FILES_HOLD_ALL)
    {
      g_test_skip ("this kernel's Landlock holds nothing that writes");
      return;
    }

  put (self, "a", "inside");
  g_assert_true (g_file_set_contents (secret, "secret", -1, NULL));
  g_assert_true (vig_file_state_read (&inside, self->fd, "a", content, 100, &error));
  g_assert_no_error (error);

  g_assert_false (vig_file_state_read (&outside, self->fd, "../secret", content, 100, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_clear_error (&error);

  g_assert_false (vig_file_state_put_back (&nothing, self->fd, "../secret", &inside, content, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_clear_error (&error);
  g_assert_false (vig_file_state_put_back (&inside, self->fd, "../new", &nothing, content, &error));
  g_assert_nonnull (error);
  g_assert_true (g_file_test (secret, G_FILE_TEST_IS_REGULAR));

  g_clear_error (&error);
  g_assert_true (vig_file_state_put_back (&nothing, self->fd, "a", &inside, content, &error));
  g_assert_true (vig_file_state_put_back (&inside, self->fd, "a", &nothing, content, &error));
  g_assert_no_error (error);
}

static void
test_twice (Fixture *self, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  put (self, "a", "old");
  change (self, "call", "a", "middle");
  change (self, "call", "a", "new");
  id = find (self, "call");
  undo_well (self, id);
  assert_holds ("a", "old");

  g_assert_null (undo (self, id, FALSE, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_CONFLICT);
  g_assert_nonnull (strstr (error->message, "undone already, by grace"));
  g_clear_error (&error);
  g_assert_null (undo (self, "nothing", FALSE, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
}

/* Kept, and then nothing happened: the daemon died before the tool wrote. */
static void
test_restart (Fixture *self, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  put (self, "a", "old");
  put (self, "b", "same");
  change (self, "one", "a", "new");
  keep (self, "two", "b", "never written");
  close_all (self);
  open_all (self);
  first = find (self, "one");
  second = find (self, "two");
  undo_well (self, first);
  undo_well (self, second);
  assert_holds ("a", "old");
  assert_holds ("b", "same");
}

/* A folder on the way became a link: where it leads is not touched. */
static void
test_swapped_folder (Fixture *self, gconstpointer data)
{
  const VigUndoSubject subject = { "call", NULL, NULL, NULL, NULL, NULL, "filesystem.write" };
  g_autofree char *sub = path_of (self, "sub");
  g_autofree char *aside = path_of (self, "aside");
  g_autofree char *victim = g_build_filename (self->dir, "victim", NULL);
  g_autofree char *file = g_build_filename (victim, "a", NULL);
  g_autofree char *id = NULL;
  g_autofree char *still = NULL;
  g_autoptr (GError) error = NULL;
  int fd;

  g_assert_cmpint (g_mkdir (sub, 0755) | g_mkdir (victim, 0755), ==, 0);
  g_assert_true (g_file_set_contents (file, "not yours", -1, NULL));
  fd = open (sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_true (vig_undo_keep (self->undo, &subject, fd, "a", NULL, &error));
  close (fd);
  g_assert_cmpint (rename (sub, aside), ==, 0);
  g_assert_cmpint (symlink (victim, sub), ==, 0);

  id = find (self, "call");
  g_assert_null (undo (self, id, TRUE, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_DENIED);
  g_assert_true (g_file_get_contents (file, &still, NULL, NULL));
  g_assert_cmpstr (still, ==, "not yours");
}

static guint
count_objects (Fixture *self)
{
  g_autoptr (GDir) top = g_dir_open (self->store, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (top)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->store, name, NULL);
      g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

      while (dir != NULL && g_dir_read_name (dir) != NULL)
        n++;
    }

  return n;
}

static gpointer
write_settings (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_settings_update (db, data, error);
}

static void
set (Fixture *self, const char *json)
{
  g_autoptr (JsonObject) changes = vig_json_parse_object (json, -1, 0, NULL);
  g_autoptr (JsonObject) stored = vig_db_write (self->db, write_settings, changes, NULL);

  g_assert_nonnull (stored);
}

static gpointer
age (VigDbConnection *db, gpointer data, GError **error)
{
  return GINT_TO_POINTER (vig_db_exec (db, error, "UPDATE changes SET created_at = created_at - 86400000000 * 31 WHERE call_id = ?1", "s", data));
}

static gboolean
is_state (Fixture *self, const char *call_id, const char *state)
{
  g_autoptr (JsonObject) page = vig_db_read (self->db, list, (gpointer) call_id, NULL);

  return g_strcmp0 (vig_json_get_string (json_array_get_object_element (vig_json_get_array (page, "items"), 0), "state", NULL), state) == 0;
}

static void
test_limits (Fixture *self, gconstpointer data)
{
  const VigUndoSubject subject = { "big", NULL, NULL, NULL, NULL, NULL, "filesystem.write" };
  g_autofree char *large = g_strnfill (700 * 1024, 'x');
  g_autofree char *other = g_strnfill (700 * 1024, 'y');
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  put (self, "a", large);
  put (self, "same", large);
  put (self, "b", other);
  put (self, "c", "small");
  change (self, "one", "a", "1");
  change (self, "two", "same", "2");
  g_assert_cmpuint (count_objects (self), ==, 1);
  change (self, "three", "b", "3");
  change (self, "four", "c", "4");
  g_assert_cmpuint (count_objects (self), ==, 3);

  /* 1 MiB in all: the oldest two hold the same, and go together. */
  set (self, "{\"undo_total_mb\": 1}");
  vig_undo_sweep (self->undo);
  vig_test_wait_for (count_objects (self) == 2);
  g_assert_true (is_state (self, "one", "expired") && is_state (self, "two", "expired") && is_state (self, "three", "kept"));
  id = find (self, "one");
  g_assert_null (undo (self, id, TRUE, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_CONFLICT);
  g_clear_error (&error);
  assert_holds ("a", "1");

  g_assert_nonnull (vig_db_write (self->db, age, (gpointer) "three", NULL));
  vig_undo_sweep (self->undo);
  vig_test_wait_for (is_state (self, "three", "expired") && count_objects (self) == 1);
  g_assert_true (is_state (self, "four", "kept"));

  set (self, "{\"undo_file_mb\": 1}");
  g_free (g_steal_pointer (&large));
  large = g_strnfill (1024 * 1024 + 1, 'z');
  put (self, "d", large);
  g_assert_false (vig_undo_keep (self->undo, &subject, self->fd, "d", NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "undo_file_mb"));
}

static void
damage (Fixture *self)
{
  g_autoptr (GDir) top = g_dir_open (self->store, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (top)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->store, name, NULL);
      g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
      const char *object = dir != NULL ? g_dir_read_name (dir) : NULL;
      g_autofree char *file = object != NULL ? g_build_filename (path, object, NULL) : NULL;

      if (file != NULL)
        g_assert_true (g_file_set_contents (file, "damaged", -1, NULL));
    }
}

/* What was damaged is not put back as if nothing were wrong. */
static void
test_damage (Fixture *self, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  put (self, "a", "old");
  change (self, "call", "a", "new");
  damage (self);
  id = find (self, "call");
  g_assert_null (undo (self, id, FALSE, &error));
  g_assert_nonnull (strstr (error->message, "damaged"));
  assert_holds ("a", "new");
}

static gpointer
read_audit (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_audit_list (db, NULL, NULL, error);
}

static void
test_audit (Fixture *self, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autofree char *resource = NULL;
  g_autofree char *path = path_of (self, "a");
  g_autoptr (JsonObject) page = NULL;
  JsonObject *outcome;
  JsonObject *declared;

  put (self, "a", "old");
  change (self, "call", "a", "new");
  id = find (self, "call");
  undo_well (self, id);
  page = vig_db_read (self->db, read_audit, NULL, NULL);
  outcome = json_array_get_object_element (vig_json_get_array (page, "items"), 0);
  declared = json_array_get_object_element (vig_json_get_array (page, "items"), 1);
  resource = g_strconcat ("file:", path, NULL);
  g_assert_cmpstr (vig_json_get_string (declared, "event", NULL), ==, "undo.declared");
  g_assert_cmpstr (vig_json_get_string (outcome, "event", NULL), ==, "undo.outcome");
  g_assert_cmpstr (vig_json_get_string (outcome, "outcome", NULL), ==, "success");
  g_assert_cmpstr (vig_json_get_string (outcome, "user_name", NULL), ==, "grace");
  g_assert_cmpstr (vig_json_get_string (outcome, "call_id", NULL), ==, "call");
  g_assert_cmpstr (vig_json_get_string (outcome, "resource", NULL), ==, resource);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/undo/bytes-owner-mode", Fixture, NULL, set_up, test_bytes_owner_mode, tear_down);
  g_test_add ("/undo/create-and-delete", Fixture, NULL, set_up, test_create_and_delete, tear_down);
  g_test_add ("/undo/changed-since", Fixture, NULL, set_up, test_changed_since, tear_down);
  g_test_add ("/undo/mode-changed-since", Fixture, NULL, set_up, test_mode_changed_since, tear_down);
  g_test_add ("/undo/held", Fixture, NULL, set_up, test_held, tear_down);
  g_test_add ("/undo/twice", Fixture, NULL, set_up, test_twice, tear_down);
  g_test_add ("/undo/restart", Fixture, NULL, set_up, test_restart, tear_down);
  g_test_add ("/undo/swapped-folder", Fixture, NULL, set_up, test_swapped_folder, tear_down);
  g_test_add ("/undo/limits", Fixture, NULL, set_up, test_limits, tear_down);
  g_test_add ("/undo/damage", Fixture, NULL, set_up, test_damage, tear_down);
  g_test_add ("/undo/audit", Fixture, NULL, set_up, test_audit, tear_down);

  return g_test_run ();
}
