/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db-private.h"

G_BEGIN_DECLS

/* One function to run. Belongs to the caller's stack when somebody waits (task is NULL), else to its task's context. */
typedef struct
{
  VigDbFunc      func;
  gpointer       data;
  GDestroyNotify free_data;
  GDestroyNotify free_result;
  GTask         *task;
  gpointer       result;
  GError        *error;
  gboolean       done;
} VigDbJob;

gboolean vig_db_job_is_cancelled (VigDbJob *job); /* and then has that as its error */
void     vig_db_job_run          (VigDbJob *job, VigDbConnection *db);

/* Runs VigDbJobs as one transaction. FALSE: all that they wrote is gone. @watched: it ran a function of vig_db_before_commit (). */
gboolean vig_db_batch_run        (GPtrArray *batch, VigDbConnection *db, gboolean *watched, GError **error);
/* What the functions had written is lost; those that had failed by themselves keep their reason. */
void     vig_db_batch_fail       (GPtrArray *batch, const GError *error);

G_END_DECLS
