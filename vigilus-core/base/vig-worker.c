/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-worker.h"

struct _VigWorker
{
  GObject      parent_instance;
  GThreadPool *pool;
  char        *name;
};

G_DEFINE_FINAL_TYPE (VigWorker, vig_worker, G_TYPE_OBJECT)

typedef struct
{
  GTask          *task;
  GTaskThreadFunc func;
} Job;

static void
job_free (Job *job)
{
  g_object_unref (job->task);
  g_free (job);
}

static void
run_job (gpointer data, gpointer user_data)
{
  Job *job = data;

  if (!g_task_return_error_if_cancelled (job->task))
    job->func (job->task, g_task_get_source_object (job->task), g_task_get_task_data (job->task),
               g_task_get_cancellable (job->task));

  job_free (job);
}

void
vig_worker_run_task (VigWorker *self, GTask *task, GTaskThreadFunc func)
{
  Job *job;

  g_return_if_fail (VIG_IS_WORKER (self));
  g_return_if_fail (G_IS_TASK (task));
  g_return_if_fail (func != NULL);

  job = g_new0 (Job, 1);
  job->task = g_object_ref (task);
  job->func = func;

  /* A failure to start one more thread leaves the job queued for the threads that there are, or for the next
   * try: nothing is lost. */
  if (!g_thread_pool_push (self->pool, job, NULL))
    g_message ("worker %s cannot start another thread; %u jobs wait", self->name, g_thread_pool_unprocessed (self->pool));
}

static void
vig_worker_finalize (GObject *object)
{
  VigWorker *self = VIG_WORKER (object);

  /* The last reference may be dropped by a job of this very pool, so waiting for the threads could wait for
   * oneself. Jobs own all that they touch; the pool frees itself after the last. */
  g_thread_pool_free (self->pool, FALSE, FALSE);
  g_free (self->name);

  G_OBJECT_CLASS (vig_worker_parent_class)->finalize (object);
}

static void
vig_worker_class_init (VigWorkerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_worker_finalize;
}

static void
vig_worker_init (VigWorker *self)
{
}

VigWorker *
vig_worker_new (const char *name, guint max_threads)
{
  VigWorker *self;

  g_return_val_if_fail (name != NULL && max_threads > 0, NULL);

  self = g_object_new (VIG_TYPE_WORKER, NULL);
  self->name = g_strdup (name);
  self->pool = g_thread_pool_new_full (run_job, NULL, (GDestroyNotify) job_free, (gint) max_threads, FALSE, NULL);

  return self;
}
