/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-runner.h"

#include "vig-activity-tool.h"
#include "vig-approvals-private.h"
#include "vig-ask-tool.h"
#include "vig-call.h"
#include "vig-memory-tool.h"
#include "vig-output-tool.h"
#include "vig-run.h"
#include "vig-scope-keeper.h"
#include "vig-search-tool.h"
#include "vig-server-access.h"
#include "vig-store-runs.h"
#include "vig-titler.h"

#define MAX_BUSY 1000 /* runs at once; one that waits for a person costs nothing and does not count */

struct _VigRunner
{
  GObject     parent_instance;

  VigParts   *parts;
  GHashTable *runs;     /* id → VigRun */
  GHashTable *sessions; /* id → VigRun, borrowed */
  GHashTable *stops;    /* run id → GPtrArray of GTask */
  GQueue      queue;    /* of VigRun: left by the last daemon, not begun yet */
  guint       n_starting;
  JsonObject *frozen; /* schema Frozen; NULL: not */
  GCancellable *titles; /* that models are asked for */
  gboolean    shut_down;
};

G_DEFINE_FINAL_TYPE (VigRunner, vig_runner, G_TYPE_OBJECT)

static guint
count_busy (VigRunner *self)
{
  guint n_busy = self->n_starting;
  GHashTableIter iter;
  gpointer run;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    if (!vig_run_is_waiting (run))
      n_busy++;

  return n_busy;
}

static void
answer_stops (VigRunner *self, VigRun *run)
{
  g_autoptr (GPtrArray) tasks = NULL;
  g_autofree char *key = NULL;

  if (!g_hash_table_steal_extended (self->stops, vig_run_get_id (run), (gpointer *) &key, (gpointer *) &tasks))
    return;

  for (guint i = 0; i < tasks->len; i++)
    g_task_return_pointer (g_ptr_array_index (tasks, i), json_object_ref (vig_run_get_row (run)), (GDestroyNotify) json_object_unref);
}

static void begin_queued (VigRunner *self);

static void
run_ended (VigRun *run, gpointer user_data)
{
  VigRunner *self = user_data;
  g_autoptr (VigRun) alive = g_object_ref (run);

  answer_stops (self, run);
  vig_delegation_run_ended (self->parts->delegation, vig_run_get_id (run));
  if (g_hash_table_lookup (self->sessions, vig_run_get_session_id (run)) == run)
    g_hash_table_remove (self->sessions, vig_run_get_session_id (run));
  g_hash_table_remove (self->runs, vig_run_get_id (run));
  if (vig_run_get_depth (run) == 0 && vig_run_get_state (run) == VIG_RUN_DONE && !self->shut_down && self->frozen == NULL)
    vig_titler_run (self->parts, vig_run_get_id (run), self->titles);
  begin_queued (self);
}

static void
begin (VigRunner *self, VigRun *run, VigRunLoaded *loaded)
{
  g_hash_table_insert (self->runs, g_strdup (vig_run_get_id (run)), run);
  if (vig_run_get_depth (run) == 0)
    g_hash_table_insert (self->sessions, g_strdup (vig_run_get_session_id (run)), run);
  vig_run_start (run, loaded);
  if (self->frozen != NULL)
    vig_run_stop (run);
}

static void
begin_queued (VigRunner *self)
{
  while (!self->shut_down && !g_queue_is_empty (&self->queue) && count_busy (self) < MAX_BUSY)
    begin (self, g_queue_pop_head (&self->queue), NULL);
}

/* Runs that other runs ask for: they take their place, so they are not counted. */

static VigRun *
take_queued (VigRunner *self, const char *run_id)
{
  for (GList *link = self->queue.head; link != NULL; link = link->next)
    if (g_str_equal (vig_run_get_id (link->data), run_id))
      {
        VigRun *run = link->data;

        g_queue_delete_link (&self->queue, link);
        return run;
      }

  return NULL;
}

static void
begin_child (JsonObject *row, gpointer data)
{
  VigRunner *self = data;
  const char *id = vig_json_get_string (row, "id", "");
  VigRun *run;

  if (self->shut_down || g_hash_table_contains (self->runs, id))
    return;

  run = take_queued (self, id);
  if (run == NULL)
    {
      run = vig_run_new (self->parts, row, run_ended, self);
      vig_parts_publish_run (self->parts, row);
    }
  begin (self, run, NULL);
}

static void
stop_child (const char *run_id, gpointer data)
{
  VigRunner *self = data;
  VigRun *run = self->shut_down ? NULL : g_hash_table_lookup (self->runs, run_id);

  if (run != NULL)
    vig_run_stop (run);
}

/* Starting */

/* Whether what was shown is no longer what is shown: asked again, or said elsewhere than at its end. */
static gboolean
leaves_branch (JsonObject *stored)
{
  JsonObject *message = vig_json_get_object (stored, "message");
  const char *leaf_id = vig_json_get_string (vig_json_get_object (stored, "session"), "leaf_id", NULL);

  return message == NULL || g_strcmp0 (vig_json_get_string (message, "parent_id", NULL), leaf_id) != 0;
}

static void
publish_branch (VigRunner *self, JsonObject *run)
{
  const char *session_id = vig_json_get_string (run, "session_id", "");
  g_autoptr (JsonObject) data = vig_json_pack_object ("{s:s, s:s}", "session_id", session_id, "leaf_id", vig_json_get_string (run, "question_id", NULL));

  vig_parts_publish_session (self->parts, session_id, "branch.shown", data);
}
static void
publish_start (VigRunner *self, JsonObject *stored)
{
  JsonObject *run = vig_json_get_object (stored, "run");
  JsonObject *message = vig_json_get_object (stored, "message");
  JsonObject *session = vig_json_get_object (stored, "session");
  const char *session_id = vig_json_get_string (run, "session_id", "");

  if (session != NULL && vig_json_get_string (session, "leaf_id", NULL) == NULL)
    {
      json_object_set_string_member (session, "user_id", vig_json_get_string (run, "user_id", ""));
      vig_parts_publish (self->parts, "sessions", "session.changed", session);
    }
  if (leaves_branch (stored))
    publish_branch (self, run);
  if (message != NULL)
    vig_parts_publish_session (self->parts, session_id, "message.added", message);
  vig_parts_publish_run (self->parts, run);
}

static void
start_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigRunner *self = g_task_get_source_object (task);
  GError *error = NULL;
  VigRunStarted *started = vig_db_finish (VIG_DB (source), result, &error);
  JsonObject *row;

  self->n_starting--;
  if (started == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  row = vig_json_get_object (started->stored, "run");
  /* The model is on its way before anyone is told; what it says comes later. */
  if (!self->shut_down)
    begin (self, vig_run_new (self->parts, row, run_ended, self), g_steal_pointer (&started->loaded));
  publish_start (self, started->stored);
  g_task_return_pointer (task, json_object_ref (row), (GDestroyNotify) json_object_unref);
  vig_run_started_free (started);
}

static gboolean
check_start (VigRunner *self, GError **error)
{
  if (self->shut_down)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the daemon is shutting down");
  else if (self->frozen != NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE,
                 "Vigilus is frozen since %s: %s pressed the panic switch. Nothing runs until an administrator unfreezes it",
                 vig_json_get_string (self->frozen, "at", ""), vig_json_get_string (self->frozen, "by", "somebody"));
  else if (count_busy (self) >= MAX_BUSY)
    g_set_error (error, VIG_ERROR, VIG_ERROR_RATE_LIMITED, "%d runs are busy, which is the limit: try again later", MAX_BUSY);
  else
    return TRUE;

  return FALSE;
}

void
vig_runner_begin_async (VigRunner *self, VigRunStart *start, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;

  g_task_set_source_tag (task, vig_runner_begin_async);
  /* Once it is on disk it has begun, whether or not anyone still wants to hear so. */
  g_task_set_check_cancellable (task, FALSE);
  if (!check_start (self, &error))
    {
      vig_run_start_free (start);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }

  self->n_starting++;
  g_set_object (&start->redactor, self->parts->context.redactor);
  vig_db_write_async (self->parts->context.db, vig_run_start_write, start, vig_run_start_free, vig_run_started_free, NULL,
                      start_stored, g_steal_pointer (&task));
}

void
vig_runner_start_async (VigRunner           *self,
                        const VigCaller     *caller,
                        const char          *session_id,
                        const char          *text,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  vig_runner_begin_async (self, vig_run_start_new (caller, session_id, text), cancellable, callback, user_data);
}

void
vig_runner_test_async (VigRunner           *self,
                       const VigCaller     *caller,
                       const char          *operator_id,
                       const char          *text,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  VigRunStart *start = vig_run_start_new (caller, NULL, text);

  start->is_test = TRUE;
  start->operator_id = g_strdup (operator_id);
  vig_runner_begin_async (self, start, cancellable, callback, user_data);
}

JsonObject *
vig_runner_start_finish (VigRunner *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Stopping */

static gboolean
may_stop (const VigCaller *caller, VigRun *run)
{
  return g_strcmp0 (caller->user_id, vig_run_get_user_id (run)) == 0
         || g_strcmp0 (caller->role, "owner") == 0 || g_strcmp0 (caller->role, "administrator") == 0;
}

static gpointer
read_run (VigDbConnection *db, gpointer run_id, GError **error)
{
  return vig_store_runs_get (db, run_id, error);
}

/* Not live here: it has ended, or never was. */
static void
ended_run_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (JsonObject) row = vig_db_finish (VIG_DB (source), result, &error);

  if (row == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_CONFLICT, "this run has ended: it is %s", vig_json_get_string (row, "state", ""));
}

static void
wait_for_end (VigRunner *self, const char *run_id, GTask *task)
{
  GPtrArray *tasks = g_hash_table_lookup (self->stops, run_id);

  if (tasks == NULL)
    {
      tasks = g_ptr_array_new_with_free_func (g_object_unref);
      g_hash_table_insert (self->stops, g_strdup (run_id), tasks);
    }
  g_ptr_array_add (tasks, task);
}

void
vig_runner_stop_async (VigRunner           *self,
                       const VigCaller     *caller,
                       const char          *run_id,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  VigRun *run = g_hash_table_lookup (self->runs, run_id);

  g_task_set_source_tag (task, vig_runner_stop_async);
  g_task_set_check_cancellable (task, FALSE);
  if (run == NULL)
    {
      vig_db_read_async (self->parts->context.db, read_run, g_strdup (run_id), g_free, (GDestroyNotify) json_object_unref, NULL,
                         ended_run_read, g_steal_pointer (&task));
      return;
    }
  if (!may_stop (caller, run))
    {
      g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_DENIED, "only who started a run, or an administrator, may stop it");
      return;
    }

  wait_for_end (self, run_id, g_steal_pointer (&task));
  vig_run_stop (run);
}

JsonObject *
vig_runner_stop_finish (VigRunner *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Resuming */

static gpointer
read_unfinished (VigDbConnection *db, gpointer data, GError **error)
{
  if (!vig_store_runs_stop_orphans (db, VIG_DELEGATION_MAX_DEPTH, error))
    return NULL;

  return vig_store_runs_unfinished (db, error);
}

static void
unfinished_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigRunner *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (JsonArray) rows = vig_db_finish (VIG_DB (source), result, &error);

  if (rows == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      if (!g_hash_table_contains (self->runs, vig_json_get_string (row, "id", "")))
        g_queue_push_tail (&self->queue, vig_run_new (self->parts, row, run_ended, self));
    }
  begin_queued (self);
  g_task_return_boolean (task, TRUE);
}

void
vig_runner_resume_all (VigRunner *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, vig_runner_resume_all);
  vig_db_write_async (self->parts->context.db, read_unfinished, NULL, NULL, (GDestroyNotify) json_array_unref, NULL, unfinished_read, task);
}

JsonObject *
vig_runner_describe_live (VigRunner *self, const char *session_id)
{
  VigRun *run = g_hash_table_lookup (self->sessions, session_id);

  return run != NULL ? vig_run_describe_live (run) : NULL;
}

/* A run may end from inside, so the table is not walked meanwhile. */
void
vig_runner_stop_user (VigRunner *self, const char *user_id)
{
  g_autoptr (GPtrArray) runs = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer run;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    if (user_id == NULL || g_strcmp0 (user_id, vig_run_get_user_id (run)) == 0)
      g_ptr_array_add (runs, g_object_ref (run));
  for (guint i = 0; i < runs->len; i++)
    vig_run_stop (g_ptr_array_index (runs, i));
}

void
vig_runner_set_frozen (VigRunner *self, JsonObject *frozen)
{
  if (frozen != NULL)
    json_object_ref (frozen);
  g_clear_pointer (&self->frozen, json_object_unref);
  self->frozen = frozen;
  if (frozen == NULL)
    return;

  g_cancellable_cancel (self->titles);
  g_object_unref (self->titles);
  self->titles = g_cancellable_new ();
  vig_runner_stop_user (self, NULL);
}

VigParts *
vig_runner_get_parts (VigRunner *self)
{
  return self->parts;
}

guint
vig_runner_get_n_asked (VigRunner *self)
{
  GHashTableIter iter;
  gpointer run;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    n += vig_run_get_depth (run) == 0;
  for (GList *link = self->queue.head; link != NULL; link = link->next)
    n += vig_run_get_depth (link->data) == 0;

  return n;
}

guint
vig_runner_get_n_running (VigRunner *self)
{
  return g_hash_table_size (self->runs) + g_queue_get_length (&self->queue);
}

void
vig_runner_shut_down (VigRunner *self)
{
  GHashTableIter iter;
  gpointer run;

  self->shut_down = TRUE;
  g_cancellable_cancel (self->titles);
  g_hash_table_iter_init (&iter, self->runs);
  while (g_hash_table_iter_next (&iter, NULL, &run))
    vig_run_abandon (run);
  vig_delegation_close (self->parts->delegation);
  g_hash_table_remove_all (self->sessions);
  g_hash_table_remove_all (self->runs);
  g_queue_clear_full (&self->queue, g_object_unref);
  g_hash_table_remove_all (self->stops);
}

static void
vig_runner_finalize (GObject *object)
{
  VigRunner *self = VIG_RUNNER (object);

  vig_runner_shut_down (self);
  g_hash_table_unref (self->sessions);
  g_hash_table_unref (self->runs);
  g_hash_table_unref (self->stops);
  g_object_unref (self->titles);
  g_clear_pointer (&self->frozen, json_object_unref);
  vig_parts_unref (self->parts);

  G_OBJECT_CLASS (vig_runner_parent_class)->finalize (object);
}

static void
vig_runner_class_init (VigRunnerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_runner_finalize;
}

static void
vig_runner_init (VigRunner *self)
{
  self->runs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->sessions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->stops = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  self->titles = g_cancellable_new ();
  g_queue_init (&self->queue);
}

static void
add_own_tools (VigRunner *self, const VigAgentContext *context)
{
  g_autoptr (VigTool) activity = vig_activity_tool_new (context->db, context->redactor);
  g_autoptr (VigTool) servers = vig_servers_tool_new (context->db);
  g_autoptr (VigTool) ask = vig_ask_tool_new ();
  g_autoptr (VigTool) output = vig_output_tool_new (context->db);
  g_autoptr (VigTool) memory = vig_memory_tool_new (context);
  g_autoptr (VigTool) scope = vig_scope_tool_new (context->db);
  g_autoptr (VigTool) search = vig_search_tool_new (context->db, context->registry);
  g_autoptr (GError) error = NULL;

  if (!vig_registry_add_tool (context->registry, "core", activity, &error) || !vig_registry_add_tool (context->registry, "core", servers, &error)
      || !vig_registry_add_tool (context->registry, "core", ask, &error) || !vig_registry_add_tool (context->registry, "core", scope, &error)
      || !vig_registry_add_tool (context->registry, "core", output, &error)
      || !vig_registry_add_tool (context->registry, "core", memory, &error) || !vig_registry_add_tool (context->registry, "core", search, &error))
    g_warning ("failed to add the core's own tool: %s", error->message);
}

VigRunner *
vig_runner_new (const VigAgentContext *context, VigApprovals *approvals)
{
  VigRunner *self = g_object_new (VIG_TYPE_RUNNER, NULL);

  self->parts = vig_parts_new (context, approvals);
  vig_delegation_set_runner (self->parts->delegation, &(VigDelegationRunner) { begin_child, stop_child, self });
  vig_approvals_set_preview_func (approvals, vig_call_preview_async);
  add_own_tools (self, context);

  return self;
}
