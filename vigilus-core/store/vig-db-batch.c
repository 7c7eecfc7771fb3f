/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-db-batch.h"

gboolean
vig_db_job_is_cancelled (VigDbJob *job)
{
  GCancellable *cancellable = job->task != NULL ? g_task_get_cancellable (job->task) : NULL;

  return cancellable != NULL && g_cancellable_set_error_if_cancelled (cancellable, &job->error);
}

void
vig_db_job_run (VigDbJob *job, VigDbConnection *db)
{
  job->result = job->func (db, job->data, &job->error);

  /* A failure has no result. */
  if (job->error != NULL && job->free_result != NULL)
    g_clear_pointer (&job->result, job->free_result);
}

/* Runs @job so that its failure undoes its own writes only. FALSE: the whole transaction is gone. */
static gboolean
run_in_savepoint (VigDbConnection *db, VigDbJob *job, GError **error)
{
  guint n_hooks = vig_db_connection_count_hooks (db);

  if (vig_db_job_is_cancelled (job))
    return TRUE;

  if (!vig_db_exec (db, error, "SAVEPOINT job", NULL))
    return FALSE;

  vig_db_job_run (job, db);

  if (!vig_db_connection_in_transaction (db))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the transaction was rolled back: %s",
                   job->error != NULL ? job->error->message : "the database failed");
      return FALSE;
    }

  if (job->error == NULL)
    return vig_db_exec (db, error, "RELEASE job", NULL);

  vig_db_connection_drop_hooks (db, n_hooks);

  return vig_db_exec (db, error, "ROLLBACK TO job", NULL) && vig_db_exec (db, error, "RELEASE job", NULL);
}

/* What has to be on disk together with what the functions wrote. */
static gboolean
run_before (VigDbConnection *db, gboolean *watched, GError **error)
{
  VigDbFunc before = vig_db_connection_steal_before (db);
  GError *failure = NULL;

  if (before == NULL)
    return TRUE;

  *watched = TRUE;
  before (db, NULL, &failure);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, failure);

  return FALSE;
}

gboolean
vig_db_batch_run (GPtrArray *batch, VigDbConnection *db, gboolean *watched, GError **error)
{
  if (!vig_db_exec (db, error, "BEGIN IMMEDIATE", NULL))
    return FALSE;

  for (guint i = 0; i < batch->len; i++)
    if (!run_in_savepoint (db, g_ptr_array_index (batch, i), error))
      return FALSE;

  return run_before (db, watched, error) && vig_db_exec (db, error, "COMMIT", NULL);
}

void
vig_db_batch_fail (GPtrArray *batch, const GError *error)
{
  for (guint i = 0; i < batch->len; i++)
    {
      VigDbJob *job = g_ptr_array_index (batch, i);

      if (job->error != NULL)
        continue;

      if (job->free_result != NULL)
        g_clear_pointer (&job->result, job->free_result);
      job->result = NULL;
      job->error = g_error_new (VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to store: %s", error->message);
    }
}
