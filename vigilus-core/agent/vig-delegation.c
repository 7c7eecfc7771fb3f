/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-delegation.h"

#include "vig-delegation-store.h"

struct _VigDelegation
{
  VigDb              *db;
  VigDelegationRunner runner;
  GHashTable         *live;    /* id of the run that asks → number of those it waits for */
  GHashTable         *waiting; /* id of the run that was asked for → GTask */
  GQueue              queue;   /* of GTask: over the width */
  gboolean            closed;
};

/* One question on its way; the data of its task. */
typedef struct
{
  VigDelegation      *delegation;
  VigDelegationStart *start;     /* NULL once it is being written */
  char               *parent_id;
  char               *run_id;    /* NULL: not started yet */
  GCancellable       *cancellable;
  gulong              handler;
  gboolean            counted;
} Ask;

VigDelegation *
vig_delegation_new (VigDb *db)
{
  VigDelegation *self = g_rc_box_new0 (VigDelegation);

  self->db = g_object_ref (db);
  self->live = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->queue);

  return self;
}

static void
clear (gpointer data)
{
  VigDelegation *self = data;

  g_object_unref (self->db);
  g_hash_table_unref (self->live);
  g_hash_table_unref (self->waiting);
}

void
vig_delegation_free (VigDelegation *self)
{
  self->closed = TRUE;
  g_rc_box_release_full (self, clear);
}

void
vig_delegation_set_runner (VigDelegation *self, const VigDelegationRunner *runner)
{
  self->runner = *runner;
}

static void
count (VigDelegation *self, const char *parent_id, int change)
{
  int number = GPOINTER_TO_INT (g_hash_table_lookup (self->live, parent_id)) + change;

  if (number > 0)
    g_hash_table_insert (self->live, g_strdup (parent_id), GINT_TO_POINTER (number));
  else
    g_hash_table_remove (self->live, parent_id);
}

static void
ask_free (gpointer data)
{
  Ask *ask = data;

  if (ask->handler != 0)
    g_signal_handler_disconnect (ask->cancellable, ask->handler);
  g_clear_object (&ask->cancellable);
  g_clear_pointer (&ask->start, vig_delegation_start_free);
  g_free (ask->parent_id);
  g_free (ask->run_id);
  g_rc_box_release_full (ask->delegation, clear);
  g_free (ask);
}

static void begin_queued (VigDelegation *self);

/* Takes @task. */
static void
finish (GTask *task, JsonNode *node, GError *error)
{
  g_autoptr (GTask) owned = task;
  Ask *ask = g_task_get_task_data (task);
  VigDelegation *self = g_rc_box_acquire (ask->delegation);

  if (ask->counted)
    count (self, ask->parent_id, -1);
  ask->counted = FALSE;
  if (error == NULL && g_cancellable_is_cancelled (ask->cancellable))
    {
      g_clear_pointer (&node, json_node_unref);
      error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "it was stopped");
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, node, (GDestroyNotify) json_node_unref);
  begin_queued (self);
  g_rc_box_release_full (self, clear);
}

static void
result_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  JsonNode *node = vig_db_finish (VIG_DB (source), result, &error);

  finish (user_data, node, error);
}

static void
read_result (VigDelegation *self, GTask *task)
{
  Ask *ask = g_task_get_task_data (task);

  vig_db_read_async (self->db, vig_delegation_result_run, g_strdup (ask->run_id), g_free, (GDestroyNotify) json_node_unref, NULL, result_read, task);
}

void
vig_delegation_run_ended (VigDelegation *self, const char *run_id)
{
  g_autofree char *key = NULL;
  GTask *task = NULL;

  if (g_hash_table_steal_extended (self->waiting, run_id, (gpointer *) &key, (gpointer *) &task))
    read_result (self, task);
}

static gboolean
has_ended (JsonObject *run)
{
  return vig_json_get_string (run, "ended_at", NULL) != NULL;
}

static void
started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Ask *ask = g_task_get_task_data (task);
  VigDelegation *self = ask->delegation;
  GError *error = NULL;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, &error);
  JsonObject *run = stored != NULL ? vig_json_get_object (stored, "run") : NULL;

  if (run == NULL || self->closed)
    {
      if (error == NULL)
        error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the daemon ends");
      finish (task, NULL, error);
      return;
    }

  ask->run_id = g_strdup (vig_json_get_string (run, "id", ""));
  if (has_ended (run))
    {
      read_result (self, task);
      return;
    }

  g_hash_table_insert (self->waiting, g_strdup (ask->run_id), task);
  self->runner.begin (run, self->runner.data);
  if (g_cancellable_is_cancelled (ask->cancellable))
    self->runner.stop (ask->run_id, self->runner.data);
}

static void
begin (VigDelegation *self, GTask *task)
{
  Ask *ask = g_task_get_task_data (task);

  count (self, ask->parent_id, 1);
  ask->counted = TRUE;
  vig_db_write_async (self->db, vig_delegation_start_run, g_steal_pointer (&ask->start), vig_delegation_start_free,
                      (GDestroyNotify) json_object_unref, NULL, started, task);
}

static gboolean
has_room (VigDelegation *self, const char *parent_id)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (self->live, parent_id)) < VIG_DELEGATION_MAX_WIDTH;
}

static void
begin_queued (VigDelegation *self)
{
  for (GList *link = self->queue.head; link != NULL && !self->closed;)
    {
      GList *next = link->next;
      GTask *task = link->data;

      if (has_room (self, ((Ask *) g_task_get_task_data (task))->parent_id))
        {
          g_queue_delete_link (&self->queue, link);
          begin (self, task);
        }
      link = next;
    }
}

/* One that still waits for its turn ends here; one that runs ends when its run has. */
static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  Ask *ask = g_task_get_task_data (task);
  VigDelegation *self = ask->delegation;

  if (self->closed)
    return;
  if (g_queue_remove (&self->queue, task))
    finish (task, NULL, NULL);
  else if (ask->run_id != NULL && g_hash_table_contains (self->waiting, ask->run_id))
    self->runner.stop (ask->run_id, self->runner.data);
}

static VigDelegationStart *
new_start (const VigDelegationRequest *request)
{
  VigDelegationStart *start = g_new0 (VigDelegationStart, 1);

  start->call_id = g_strdup (request->call_id);
  start->run_id = g_strdup (request->run_id);
  start->asker_id = g_strdup (request->asker->id);
  start->ceiling = request->asker->ceiling;
  start->trust = request->asker->trust;
  start->operator_name = g_strdup (request->operator_name);
  start->task = g_strdup (request->task);

  return start;
}

void
vig_delegation_ask_async (VigDelegation *self, const VigDelegationRequest *request, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Ask *ask = g_new0 (Ask, 1);

  g_task_set_source_tag (task, vig_delegation_ask_async);
  ask->delegation = g_rc_box_acquire (self);
  ask->start = new_start (request);
  ask->parent_id = g_strdup (request->run_id);
  ask->cancellable = g_object_ref (cancellable);
  g_task_set_task_data (task, ask, ask_free);
  ask->handler = g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), task);
  if (self->closed)
    finish (task, NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the daemon ends"));
  else if (has_room (self, request->run_id))
    begin (self, task);
  else
    g_queue_push_tail (&self->queue, task);
}

JsonNode *
vig_delegation_ask_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
vig_delegation_close (VigDelegation *self)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer task;

  self->closed = TRUE;
  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, NULL, &task))
    g_ptr_array_add (tasks, task);
  g_hash_table_remove_all (self->waiting);
  while ((task = g_queue_pop_head (&self->queue)) != NULL)
    g_ptr_array_add (tasks, task);
  for (guint i = 0; i < tasks->len; i++)
    finish (g_ptr_array_index (tasks, i), NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the daemon ends"));
}
