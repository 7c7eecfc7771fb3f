/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-worker.h"

#include "vig-test.h"

typedef struct
{
  GMutex   lock;
  GCond    cond;
  guint    running;
  guint    most;
  guint    ended;
  gboolean released;
} Shared;

static void
count_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_task_propagate_boolean (G_TASK (result), &error));
  g_assert_no_error (error);
  ((Shared *) user_data)->ended++;
}

static void
hold (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Shared *shared = data;

  g_mutex_lock (&shared->lock);
  shared->running++;
  shared->most = MAX (shared->most, shared->running);
  g_cond_broadcast (&shared->cond);
  while (!shared->released)
    g_cond_wait (&shared->cond, &shared->lock);
  shared->running--;
  g_mutex_unlock (&shared->lock);

  g_task_return_boolean (task, TRUE);
}

static void
start_jobs (VigWorker *worker, Shared *shared, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, count_done, shared);

      g_task_set_task_data (task, shared, NULL);
      vig_worker_run_task (worker, task, hold);
    }
}

static void
test_limit (void)
{
  g_autoptr (VigWorker) worker = vig_worker_new ("test", 3);
  Shared shared = { 0 };

  start_jobs (worker, &shared, 10);
  g_mutex_lock (&shared.lock);
  while (shared.running < 3)
    g_cond_wait (&shared.cond, &shared.lock);
  shared.released = TRUE;
  g_cond_broadcast (&shared.cond);
  g_mutex_unlock (&shared.lock);

  vig_test_wait_for (shared.ended == 10);
  g_assert_cmpuint (shared.most, ==, 3);
}

static void
never (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_assert_not_reached ();
}

static void
cancelled_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (g_task_propagate_boolean (G_TASK (result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  *(gboolean *) user_data = TRUE;
}

static void
test_cancelled_before_start (void)
{
  g_autoptr (VigWorker) worker = vig_worker_new ("test", 1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gboolean done = FALSE;
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, cancelled_done, &done);

  g_cancellable_cancel (cancellable);
  vig_worker_run_task (worker, task, never);
  vig_test_wait_for (done);
}

static void
test_outlived_by_its_jobs (void)
{
  VigWorker *worker = vig_worker_new ("test", 1);
  Shared shared = { 0 };

  start_jobs (worker, &shared, 3);
  g_object_unref (worker);
  g_mutex_lock (&shared.lock);
  shared.released = TRUE;
  g_cond_broadcast (&shared.cond);
  g_mutex_unlock (&shared.lock);

  vig_test_wait_for (shared.ended == 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker/limit", test_limit);
  g_test_add_func ("/worker/cancelled-before-start", test_cancelled_before_start);
  g_test_add_func ("/worker/outlived", test_outlived_by_its_jobs);

  return g_test_run ();
}
