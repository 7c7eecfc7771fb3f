/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-db-batch.h"

#include <unistd.h>

/* Jobs in one transaction: bounds how long the first of them waits. */
#define MAX_BATCH 256

/* How long the writer waits for as many jobs as it had before: whoever was just answered often asks again at once, and
 * one flush of the disk costs more than this. */
#define GATHER_TIME 250 /* microseconds */

#define N_READERS 2

typedef struct
{
  GQueue jobs;
  GCond  wake;
  guint  wanted; /* jobs at which the thread is woken */
} Queue;

struct _VigDb
{
  GObject       parent_instance;

  char         *path;
  int           lock_fd;
  GMainContext *context;

  GMutex        mutex;
  GCond         done;
  Queue         writes;
  Queue         reads;
  gboolean      closing;
  guint         n_commits; /* atomic; counts those that may have failed as well */

  VigDbHearFunc   hear;
  gpointer        hear_data;

  GSourceOnceFunc watch;
  gpointer        watch_data;
  gint            watch_queued; /* atomic */

  GThread      *threads[1 + N_READERS];
};

G_DEFINE_FINAL_TYPE (VigDb, vig_db, G_TYPE_OBJECT)

static void
job_free (VigDbJob *job)
{
  g_clear_error (&job->error);
  if (job->free_data != NULL)
    g_clear_pointer (&job->data, job->free_data);
  if (job->free_result != NULL)
    g_clear_pointer (&job->result, job->free_result);
  g_clear_object (&job->task);
  g_free (job);
}

static void
answer_job (VigDbJob *job)
{
  if (job->error != NULL)
    g_task_return_error (job->task, g_steal_pointer (&job->error));
  else
    g_task_return_pointer (job->task, g_steal_pointer (&job->result), job->free_result);
}

/* On the context of whoever asked, which therefore holds the last reference to the tasks. A callback that runs this
 * context itself finds the jobs behind it here. */
static gboolean
answer_jobs (gpointer user_data)
{
  GQueue *jobs = user_data;
  VigDbJob *job;

  while ((job = g_queue_pop_head (jobs)) != NULL)
    {
      answer_job (job);
      job_free (job);
    }

  return G_SOURCE_REMOVE;
}

static void
free_jobs (gpointer data)
{
  g_queue_free_full (data, (GDestroyNotify) job_free);
}

static void
attach (GMainContext *context, GSourceFunc func, gpointer data, GDestroyNotify free_data)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_can_recurse (source, TRUE);
  g_source_set_callback (source, func, data, free_data);
  g_source_attach (source, context);
}

static void
wake_waiter (VigDb *self, VigDbJob *job)
{
  g_mutex_lock (&self->mutex);
  job->done = TRUE;
  g_cond_broadcast (&self->done);
  g_mutex_unlock (&self->mutex);
}

/* One wake-up for all jobs in a row that belong to one context. */
static void
finish_jobs (VigDb *self, VigDbJob **jobs, guint n_jobs)
{
  for (guint i = 0; i < n_jobs;)
    {
      GMainContext *context = jobs[i]->task != NULL ? g_task_get_context (jobs[i]->task) : NULL;
      g_autoptr (GQueue) answers = g_queue_new ();

      if (jobs[i]->task == NULL)
        {
          wake_waiter (self, jobs[i++]);
          continue;
        }

      while (i < n_jobs && jobs[i]->task != NULL && g_task_get_context (jobs[i]->task) == context)
        g_queue_push_tail (answers, jobs[i++]);
      attach (context, answer_jobs, g_steal_pointer (&answers), free_jobs);
    }
}

typedef struct
{
  VigDb  *self;
  GArray *hooks;
} Hooks;

static void
hooks_free (gpointer data)
{
  Hooks *run = data;

  g_array_unref (run->hooks);
  g_object_unref (run->self);
  g_free (run);
}

static gboolean
run_hooks (gpointer user_data)
{
  Hooks *run = user_data;

  for (guint i = 0; i < run->hooks->len; i++)
    {
      VigDbHook *hook = &g_array_index (run->hooks, VigDbHook, i);

      if (hook->func != NULL)
        hook->func (hook->data);
      else if (run->self->hear != NULL)
        run->self->hear (hook->data, run->self->hear_data);
    }

  return G_SOURCE_REMOVE;
}

static void
attach_hooks (VigDb *self, VigDbConnection *db)
{
  Hooks *run = g_new0 (Hooks, 1);

  run->self = g_object_ref (self);
  run->hooks = vig_db_connection_steal_hooks (db);
  attach (self->context, run_hooks, run, hooks_free);
}

static gboolean
run_watch (gpointer user_data)
{
  VigDb *self = user_data;

  g_atomic_int_set (&self->watch_queued, FALSE);
  if (self->watch != NULL)
    self->watch (self->watch_data);

  return G_SOURCE_REMOVE;
}

static void
write_batch (VigDb *self, VigDbConnection *db, GPtrArray *batch)
{
  gboolean watched = FALSE;
  g_autoptr (GError) error = NULL;

  if (vig_db_batch_run (batch, db, &watched, &error))
    {
      if (watched && g_atomic_int_compare_and_exchange (&self->watch_queued, FALSE, TRUE))
        attach (self->context, run_watch, g_object_ref (self), g_object_unref);
      if (vig_db_connection_count_hooks (db) > 0)
        attach_hooks (self, db);
    }
  else
    {
      g_message ("%s", error->message);
      if (vig_db_connection_in_transaction (db))
        vig_db_connection_run_script (db, "ROLLBACK", NULL);
      vig_db_connection_drop_hooks (db, 0);
      vig_db_connection_steal_before (db);
      vig_db_batch_fail (batch, error);
    }

  g_atomic_int_inc (&self->n_commits);
  finish_jobs (self, (VigDbJob **) batch->pdata, batch->len);
}

void
vig_db_watch (VigDb *self, GSourceOnceFunc func, gpointer data)
{
  g_return_if_fail (VIG_IS_DB (self));

  self->watch = func;
  self->watch_data = data;
}

void
vig_db_hear (VigDb *self, VigDbHearFunc func, gpointer data)
{
  g_return_if_fail (VIG_IS_DB (self));

  self->hear = func;
  self->hear_data = data;
}

guint
vig_db_count_commits (VigDb *self)
{
  g_return_val_if_fail (VIG_IS_DB (self), 0);

  return (guint) g_atomic_int_get (&self->n_commits);
}

/* With the mutex held: waits for more jobs, up to @expected. */
static void
gather (VigDb *self, Queue *queue, guint expected)
{
  gint64 end = g_get_monotonic_time () + GATHER_TIME;

  queue->wanted = expected;
  while (queue->jobs.length < expected && !self->closing)
    if (!g_cond_wait_until (&queue->wake, &self->mutex, end))
      break;
  queue->wanted = 1;
}

/* Waits for work, at most @max jobs; an empty batch means that there will be none. @expected: jobs that may come together. */
static GPtrArray *
take_batch (VigDb *self, Queue *queue, guint expected, guint max)
{
  GPtrArray *batch = g_ptr_array_new ();

  g_mutex_lock (&self->mutex);
  while (g_queue_is_empty (&queue->jobs) && !self->closing)
    g_cond_wait (&queue->wake, &self->mutex);
  if (expected > 1)
    gather (self, queue, expected);
  while (batch->len < max && !g_queue_is_empty (&queue->jobs))
    g_ptr_array_add (batch, g_queue_pop_head (&queue->jobs));
  g_mutex_unlock (&self->mutex);

  return batch;
}

/* A connection that met an I/O error or damage is made anew, so that the store recovers when the disk does. */
static gboolean
ensure_connection (VigDb *self, VigDbConnection **db, VigDbRole role, GError **error)
{
  if (*db != NULL && vig_db_connection_is_broken (*db))
    g_clear_pointer (db, vig_db_connection_close);

  if (*db == NULL)
    *db = vig_db_connection_open (self->path, role, error);

  return *db != NULL;
}

typedef struct
{
  VigDb           *self; /* not owned: vig_db_close () waits for the thread */
  VigDbConnection *db;
} Thread;

/* Answers its connection, for vig_db_close () to close. */
static gpointer
writer_main (gpointer user_data)
{
  Thread *thread = user_data;
  VigDbConnection *db;
  guint expected = 1;

  while (TRUE)
    {
      g_autoptr (GPtrArray) batch = take_batch (thread->self, &thread->self->writes, expected, MAX_BATCH);
      g_autoptr (GError) error = NULL;

      if (batch->len == 0)
        break;

      expected = batch->len;

      if (ensure_connection (thread->self, &thread->db, VIG_DB_WRITER, &error))
        {
          write_batch (thread->self, thread->db, batch);
          continue;
        }

      vig_db_batch_fail (batch, error);
      finish_jobs (thread->self, (VigDbJob **) batch->pdata, batch->len);
    }

  db = thread->db;
  g_free (thread);

  return db;
}

/* The function sees one state of the database, whatever is written meanwhile. */
static void
read_one (VigDb *self, VigDbConnection **db, VigDbJob *job)
{
  if (vig_db_job_is_cancelled (job) || !ensure_connection (self, db, VIG_DB_READER, &job->error))
    return;

  if (!vig_db_exec (*db, &job->error, "BEGIN", NULL))
    return;

  vig_db_job_run (job, *db);
  vig_db_exec (*db, NULL, "ROLLBACK", NULL);
  vig_db_connection_drop_hooks (*db, 0);
}

static gpointer
reader_main (gpointer user_data)
{
  Thread *thread = user_data;

  while (TRUE)
    {
      g_autoptr (GPtrArray) batch = take_batch (thread->self, &thread->self->reads, 1, 1);

      if (batch->len == 0)
        break;

      read_one (thread->self, &thread->db, g_ptr_array_index (batch, 0));
      finish_jobs (thread->self, (VigDbJob **) batch->pdata, batch->len);
    }

  vig_db_connection_close (thread->db);
  g_free (thread);

  return NULL;
}

/* FALSE: the database is closed, and @job has the error. */
static gboolean
push (VigDb *self, Queue *queue, VigDbJob *job)
{
  gboolean open;

  g_mutex_lock (&self->mutex);
  open = !self->closing;
  if (open)
    {
      g_queue_push_tail (&queue->jobs, job);
      if (queue->jobs.length >= queue->wanted)
        g_cond_signal (&queue->wake);
    }
  g_mutex_unlock (&self->mutex);

  if (!open)
    g_set_error (&job->error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the database %s is closed", self->path);

  return open;
}

static void
push_async (VigDb *self, Queue *queue, VigDbJob job, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  VigDbJob *copy = g_memdup2 (&job, sizeof job);

  copy->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (copy->task, push_async);

  /* What has been committed is not reported as cancelled. */
  g_task_set_check_cancellable (copy->task, FALSE);

  if (!push (self, queue, copy))
    finish_jobs (self, &copy, 1);
}

void
vig_db_write_async (VigDb *self, VigDbFunc func, gpointer data, GDestroyNotify free_data, GDestroyNotify free_result,
                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (VIG_IS_DB (self));

  push_async (self, &self->writes, (VigDbJob) { func, data, free_data, free_result }, cancellable, callback, user_data);
}

void
vig_db_read_async (VigDb *self, VigDbFunc func, gpointer data, GDestroyNotify free_data, GDestroyNotify free_result,
                   GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (VIG_IS_DB (self));

  push_async (self, &self->reads, (VigDbJob) { func, data, free_data, free_result }, cancellable, callback, user_data);
}

gpointer
vig_db_finish (VigDb *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static gpointer
push_and_wait (VigDb *self, Queue *queue, VigDbFunc func, gpointer data, GError **error)
{
  VigDbJob job = { func, data };

  for (guint i = 0; i < G_N_ELEMENTS (self->threads); i++)
    g_return_val_if_fail (self->threads[i] != g_thread_self (), NULL);

  if (push (self, queue, &job))
    {
      g_mutex_lock (&self->mutex);
      while (!job.done)
        g_cond_wait (&self->done, &self->mutex);
      g_mutex_unlock (&self->mutex);
    }

  if (job.error != NULL)
    g_propagate_error (error, job.error);

  return job.result;
}

gpointer
vig_db_write (VigDb *self, VigDbFunc func, gpointer data, GError **error)
{
  g_return_val_if_fail (VIG_IS_DB (self), NULL);

  return push_and_wait (self, &self->writes, func, data, error);
}

gpointer
vig_db_read (VigDb *self, VigDbFunc func, gpointer data, GError **error)
{
  g_return_val_if_fail (VIG_IS_DB (self), NULL);

  return push_and_wait (self, &self->reads, func, data, error);
}

void
vig_db_close (VigDb *self)
{
  VigDbConnection *writer = NULL;

  g_return_if_fail (VIG_IS_DB (self));

  g_mutex_lock (&self->mutex);
  self->closing = TRUE;
  g_cond_broadcast (&self->writes.wake);
  g_cond_broadcast (&self->reads.wake);
  g_mutex_unlock (&self->mutex);

  for (guint i = 0; i < G_N_ELEMENTS (self->threads); i++)
    {
      GThread *thread = g_steal_pointer (&self->threads[i]);
      gpointer db = thread != NULL ? g_thread_join (thread) : NULL;

      if (db != NULL)
        writer = db;
    }

  /* Last, after the readers: only a connection that may write puts what the WAL holds into the database. */
  vig_db_connection_close (writer);

  if (self->lock_fd >= 0)
    close (self->lock_fd);
  self->lock_fd = -1;
}

static void
start_thread (VigDb *self, guint slot, const char *name, GThreadFunc func, VigDbConnection *db)
{
  Thread *thread = g_new0 (Thread, 1);

  thread->self = self;
  thread->db = db;
  self->threads[slot] = g_thread_new (name, func, thread);
}

static VigDbConnection *
open_checked (VigDb *self, GError **error)
{
  VigDbConnection *db;

  if (!vig_db_prepare_file (self->path, error))
    return NULL;

  self->lock_fd = vig_db_lock_file (self->path, error);
  if (self->lock_fd < 0)
    return NULL;

  /* What looking through the file and the migrations brought into the cache is not what is asked for next. */
  db = vig_db_connection_open (self->path, VIG_DB_WRITER, error);
  if (db != NULL && vig_db_connection_check (db, error) && vig_db_migrate (db, self->path, error)
      && vig_db_connection_run_script (db, "PRAGMA shrink_memory", error))
    return db;

  vig_db_connection_close (db);

  return NULL;
}

VigDb *
vig_db_open (const char *path, GError **error)
{
  g_autoptr (VigDb) self = g_object_new (VIG_TYPE_DB, NULL);
  VigDbConnection *db;

  g_return_val_if_fail (path != NULL, NULL);

  self->path = g_strdup (path);
  self->context = g_main_context_ref_thread_default ();
  db = open_checked (self, error);
  if (db == NULL)
    return NULL;

  start_thread (self, 0, "db-writer", writer_main, db);

  /* Readers open their connections at first use. */
  for (guint i = 1; i <= N_READERS; i++)
    start_thread (self, i, "db-reader", reader_main, NULL);

  return g_steal_pointer (&self);
}

static void
vig_db_finalize (GObject *object)
{
  VigDb *self = VIG_DB (object);

  vig_db_close (self);
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_cond_clear (&self->writes.wake);
  g_cond_clear (&self->reads.wake);
  g_cond_clear (&self->done);
  g_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (vig_db_parent_class)->finalize (object);
}

static void
vig_db_class_init (VigDbClass *class)
{
  G_OBJECT_CLASS (class)->finalize = vig_db_finalize;
}

static void
vig_db_init (VigDb *self)
{
  self->lock_fd = -1;
  g_mutex_init (&self->mutex);
  g_cond_init (&self->done);
  g_cond_init (&self->writes.wake);
  g_cond_init (&self->reads.wake);
  self->writes.wanted = 1;
  self->reads.wanted = 1;
  g_queue_init (&self->writes.jobs);
  g_queue_init (&self->reads.jobs);
}
