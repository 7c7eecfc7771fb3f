/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-durable.h"

#define FIRST_DELAY 1  /* seconds */
#define LAST_DELAY  30 /* seconds */

typedef struct
{
  VigDbFunc      func;
  gpointer       data;
  GDestroyNotify free_data;
  GDestroyNotify free_result;
  gboolean       only_unavailable;
  VigDurableFunc on_retry;
  gpointer       retry_data;
  guint          delay;
} Write;

static void try_write (GTask *task);

static void
write_free (gpointer data)
{
  Write *write = data;

  if (write->free_data != NULL)
    write->free_data (write->data);
  g_free (write);
}

static gboolean
delay_over (gpointer user_data)
{
  GTask *task = user_data;

  if (!g_task_return_error_if_cancelled (task))
    try_write (g_object_ref (task));

  return G_SOURCE_REMOVE;
}

static gboolean
is_worth_retrying (GTask *task, const GError *error)
{
  Write *write = g_task_get_task_data (task);

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return FALSE;

  return !write->only_unavailable || g_error_matches (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
}

/* A cancellation ends the delay at once. */
static void
try_later (GTask *task, const GError *error)
{
  Write *write = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GSource) timer = g_timeout_source_new_seconds (write->delay);

  if (write->on_retry != NULL)
    write->on_retry (error, write->retry_data);

  write->delay = MIN (write->delay * 2, LAST_DELAY);
  if (cancellable != NULL)
    {
      g_autoptr (GSource) source = g_cancellable_source_new (cancellable);

      g_source_set_dummy_callback (source);
      g_source_add_child_source (timer, source);
    }
  g_task_attach_source (task, timer, delay_over);
}

static void
write_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  Write *write = g_task_get_task_data (task);
  gpointer value = vig_db_finish (VIG_DB (source), result, &error);

  if (error == NULL)
    g_task_return_pointer (task, value, write->free_result);
  else if (is_worth_retrying (task, error))
    try_later (task, error);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
try_write (GTask *task)
{
  Write *write = g_task_get_task_data (task);

  vig_db_write_async (g_task_get_source_object (task), write->func, write->data, NULL, write->free_result,
                      NULL, write_done, task);
}

void
vig_durable_write_async (VigDb               *db,
                         VigDbFunc            func,
                         gpointer             data,
                         GDestroyNotify       free_data,
                         GDestroyNotify       free_result,
                         gboolean             only_unavailable,
                         VigDurableFunc       on_retry,
                         GCancellable        *cancellable,
                         GAsyncReadyCallback  callback,
                         gpointer             user_data)
{
  GTask *task = g_task_new (db, cancellable, callback, user_data);
  Write *write = g_new0 (Write, 1);

  g_task_set_source_tag (task, vig_durable_write_async);
  g_task_set_check_cancellable (task, FALSE);
  write->func = func;
  write->data = data;
  write->free_data = free_data;
  write->free_result = free_result;
  write->only_unavailable = only_unavailable;
  write->on_retry = on_retry;
  write->retry_data = user_data;
  write->delay = FIRST_DELAY;
  g_task_set_task_data (task, write, write_free);
  try_write (task);
}

gpointer
vig_durable_write_finish (VigDb *db, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
