/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-undo-private.h"

#include "vig-store-changes.h"
#include "vig-store-settings.h"

#include <errno.h>
#include <string.h>

#define MEGABYTE    (G_GINT64_CONSTANT (1024) * 1024)
#define DAY         (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)
#define DAY_SECONDS (24 * 3600)

G_DEFINE_FINAL_TYPE (VigUndo, vig_undo, G_TYPE_OBJECT)

static gpointer
read_settings (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_settings_get (db, error);
}

typedef struct
{
  JsonObject *subject;
  JsonObject *file;
  const char *change_id; /* NULL: that of the subject's call, or a new one */
} Keep;

static gpointer
write_keep (VigDbConnection *db, gpointer data, GError **error)
{
  Keep *keep = data;
  g_autoptr (JsonObject) change = keep->change_id != NULL ? vig_store_changes_get (db, keep->change_id, error)
                                                          : vig_store_changes_ensure (db, keep->subject, error);

  if (change == NULL || !vig_store_changes_add_file (db, vig_json_get_string (change, "id", ""), keep->file, error))
    return NULL;

  return g_strdup (vig_json_get_string (change, "id", ""));
}

gboolean
vig_undo_store_file (VigUndo *self, const VigUndoSubject *subject, JsonObject *file, char **change_id, GError **error)
{
  g_autoptr (JsonObject) values = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                                                        "call_id", subject->call_id,
                                                        "undoes", subject->undoes,
                                                        "run_id", subject->run_id,
                                                        "session_id", subject->session_id,
                                                        "operator_name", subject->operator_name,
                                                        "user_name", subject->user_name,
                                                        "tool", subject->tool);
  Keep keep = { values, file, change_id != NULL ? *change_id : NULL };
  g_autofree char *id = vig_db_write (self->db, write_keep, &keep, error);

  if (id == NULL)
    return FALSE;
  if (change_id != NULL && *change_id == NULL)
    *change_id = g_steal_pointer (&id);

  return TRUE;
}

gint64
vig_undo_read_max_size (VigUndo *self, GError **error)
{
  g_autoptr (JsonObject) settings = vig_db_read (self->db, read_settings, NULL, error);

  return settings != NULL ? vig_json_get_int (settings, "undo_file_mb", 256) * MEGABYTE : -1;
}

gboolean
vig_undo_keep_state (VigUndo *self, const VigUndoSubject *subject, int directory, const char *name, const char *path, const char *after_kind,
                     const char *after_sha256, char **change_id, GError **error)
{
  gint64 max_size = vig_undo_read_max_size (self, error);
  g_auto (VigFileState) state = { 0 };
  g_autoptr (JsonObject) file = NULL;
  gboolean done;

  if (max_size < 0)
    return FALSE;

  g_rw_lock_reader_lock (&self->lock);
  done = vig_file_state_read (&state, directory, name, self->content, max_size, error);
  if (done)
    {
      file = vig_file_state_to_row (&state, path);
      json_object_set_string_member (file, "after_kind", after_kind);
      if (after_sha256 != NULL)
        json_object_set_string_member (file, "after_sha256", after_sha256);
      done = vig_undo_store_file (self, subject, file, change_id, error);
    }
  g_rw_lock_reader_unlock (&self->lock);

  return done;
}

/* Where an open directory is: without links, so that it can be found again without following any. */
static char *
make_path (int directory, const char *name, GError **error)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", directory);
  g_autofree char *real = g_file_read_link (link, error);
  g_autofree char *path = real != NULL ? g_build_filename (real, name, NULL) : NULL;

  if (path != NULL && g_utf8_validate (path, -1, NULL) && *path == '/' && !g_str_has_suffix (real, " (deleted)"))
    return g_steal_pointer (&path);
  if (path != NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the folder is gone, or its name is not UTF-8");

  return NULL;
}

gboolean
vig_undo_keep (VigUndo *self, const VigUndoSubject *subject, int directory, const char *name, const char *after, GError **error)
{
  gboolean is_hash = after != NULL && strlen (after) == 64;
  const char *kind = after == NULL ? "absent" : is_hash ? "file" : after;
  g_autofree char *path = NULL;

  g_return_val_if_fail (VIG_IS_UNDO (self), FALSE);

  path = make_path (directory, name, error);
  if (path != NULL && vig_undo_keep_state (self, subject, directory, name, path, kind, is_hash ? after : NULL, NULL, error))
    return TRUE;

  g_prefix_error (error, "%s can't be kept for undo, so it is not changed: ", name);
  if (error != NULL && g_error_matches (*error, VIG_ERROR, VIG_ERROR_TOO_LARGE))
    {
      g_autofree char *message = g_strconcat ((*error)->message, " (an administrator can raise undo_file_mb in the settings)", NULL);

      g_clear_error (error);
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, message);
    }

  return FALSE;
}

typedef struct
{
  gint64 oldest;
  gint64 max_bytes;
} Limits;

static gpointer
write_expire (VigDbConnection *db, gpointer data, GError **error)
{
  Limits *limits = data;

  return vig_store_changes_expire (db, limits->oldest, limits->max_bytes, error);
}

static gpointer
read_needed (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_changes_needed (db, error);
}

static void
remove_unneeded (VigUndo *self, GHashTable *needed)
{
  g_autoptr (GPtrArray) kept = vig_content_list (self->content);

  for (guint i = 0; i < kept->len; i++)
    {
      g_autoptr (GError) error = NULL;

      if (!g_hash_table_contains (needed, kept->pdata[i]) && !vig_content_remove (self->content, kept->pdata[i], &error))
        g_warning ("%s", error->message);
    }
}

static void
sweep (VigUndo *self, GError **error)
{
  g_autoptr (JsonObject) settings = vig_db_read (self->db, read_settings, NULL, error);
  g_autoptr (JsonArray) expired = NULL;
  g_autoptr (GHashTable) needed = NULL;
  Limits limits;

  if (settings == NULL)
    return;

  limits.oldest = g_get_real_time () - vig_json_get_int (settings, "undo_days", 30) * DAY;
  limits.max_bytes = vig_json_get_int (settings, "undo_total_mb", 1024) * MEGABYTE;
  expired = vig_db_write (self->db, write_expire, &limits, error);
  if (expired == NULL)
    return;

  g_rw_lock_writer_lock (&self->lock);
  needed = vig_db_read (self->db, read_needed, NULL, error);
  if (needed != NULL)
    remove_unneeded (self, needed);
  g_rw_lock_writer_unlock (&self->lock);
}

static void
sweep_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;

  sweep (source, &error);
  if (error != NULL)
    g_message ("files kept for undo were not swept: %s", error->message);
  g_clear_error (&error);
  g_task_return_boolean (task, TRUE);
}

void
vig_undo_sweep (VigUndo *self)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, NULL, NULL);

  g_task_set_source_tag (task, vig_undo_sweep);
  vig_worker_run_task (self->worker, task, sweep_on_worker);
}

static gboolean
day_over (gpointer user_data)
{
  vig_undo_sweep (user_data);

  return G_SOURCE_CONTINUE;
}

typedef struct
{
  char            *change_id;
  char            *user_name;
  char            *address;
  gboolean         override;
  VigServerAccess *access; /* or NULL */
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->change_id);
  g_free (job->user_name);
  g_free (job->address);
  g_clear_object (&job->access);
  g_free (job);
}

static void
run_on_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  VigUndo *self = source;
  Job *job = task_data;
  GError *error = NULL;
  JsonObject *change;

  g_mutex_lock (&self->undoing);
  change = vig_undo_put_back (self, job->access, job->change_id, job->override, job->user_name, job->address, &error);
  g_mutex_unlock (&self->undoing);

  if (change == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, change, (GDestroyNotify) json_object_unref);
}

void
vig_undo_run_async (VigUndo *self, const char *change_id, gboolean override, const char *user_name, const char *address, GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  Job *job = g_new0 (Job, 1);

  g_task_set_source_tag (task, vig_undo_run_async);
  job->change_id = g_strdup (change_id);
  job->user_name = g_strdup (user_name);
  job->address = g_strdup (address);
  job->override = override;
  if (self->find_access != NULL)
    g_set_object (&job->access, self->find_access (self->servers_data));
  g_task_set_task_data (task, job, job_free);
  vig_worker_run_task (self->worker, task, run_on_worker);
}

JsonObject *
vig_undo_run_finish (VigUndo *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
vig_undo_finalize (GObject *object)
{
  VigUndo *self = VIG_UNDO (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->db);
  g_clear_object (&self->worker);
  g_clear_object (&self->events);
  g_clear_object (&self->redactor);
  g_clear_pointer (&self->content, vig_content_free);
  g_rw_lock_clear (&self->lock);
  g_mutex_clear (&self->undoing);

  G_OBJECT_CLASS (vig_undo_parent_class)->finalize (object);
}

static void
vig_undo_class_init (VigUndoClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_undo_finalize;
}

static void
vig_undo_init (VigUndo *self)
{
  g_rw_lock_init (&self->lock);
  g_mutex_init (&self->undoing);
}

VigUndo *
vig_undo_new (VigDb *db, VigWorker *worker, VigEvents *events, VigRedactor *redactor, const char *directory, GError **error)
{
  g_autoptr (VigUndo) self = g_object_new (VIG_TYPE_UNDO, NULL);

  self->content = vig_content_new (directory, error);
  if (self->content == NULL)
    return NULL;

  self->db = g_object_ref (db);
  self->worker = g_object_ref (worker);
  self->events = g_object_ref (events);
  self->redactor = g_object_ref (redactor);
  self->timer = g_timeout_add_seconds (DAY_SECONDS, day_over, self);

  return g_steal_pointer (&self);
}
