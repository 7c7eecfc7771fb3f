/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-tool-runner.h"

#include "vig-sandbox-files.h"

#include <fcntl.h>

#include <glib/gstdio.h>

struct _VigToolRunner
{
  GObject     parent_instance;

  VigWorker  *worker;
  GHashTable *stray;   /* VigTool* to its number of stray calls */
  guint       n_stray;
};

G_DEFINE_FINAL_TYPE (VigToolRunner, vig_tool_runner, G_TYPE_OBJECT)

/* One call of one function. The tool's side and the clock's side each hold a reference, for either may end first. */
typedef struct
{
  VigToolRunner *runner;
  VigTool       *tool;
  VigInvocation *invocation;
  char          *owner;
  GMainContext  *context;
  GTask         *task;         /* NULL once the caller has its answer */
  GCancellable  *cancellable;  /* the tool's own: fired by the caller's, and at the deadline */
  GCancellable  *outer;
  gulong         outer_handler;
  GSource       *timer;
  GDestroyNotify free_result;
  gboolean       is_preview;
  gboolean       past_deadline;
  gboolean       stray;
} Call;

static void
call_disarm (Call *call)
{
  if (call->timer != NULL)
    g_source_destroy (call->timer);
  g_clear_pointer (&call->timer, g_source_unref);

  /* Not g_cancellable_disconnect (): it waits for ever where the tool ends from inside "cancelled". */
  if (call->outer != NULL && call->outer_handler != 0)
    g_signal_handler_disconnect (call->outer, call->outer_handler);
  call->outer_handler = 0;
}

static void
call_clear (gpointer data)
{
  Call *call = data;

  call_disarm (call);
  g_clear_object (&call->task);
  g_clear_pointer (&call->context, g_main_context_unref);
  g_clear_object (&call->outer);
  g_clear_object (&call->cancellable);
  g_clear_object (&call->invocation);
  g_clear_object (&call->tool);
  g_clear_object (&call->runner);
  g_free (call->owner);
}

static void
call_unref (gpointer data)
{
  g_atomic_rc_box_release_full (data, call_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_unref)

static const char *
call_get_name (Call *call)
{
  return vig_tool_get_info (call->tool)->name;
}

static void
call_return (Call *call, gpointer result, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&call->task);

  call_disarm (call);

  if (error == NULL)
    {
      g_task_return_pointer (task, result, call->free_result);
      return;
    }

  if (call->owner != NULL)
    g_prefix_error (&error, "%s: ", call->owner);
  g_task_return_error (task, error);
}

static void
count_stray (Call *call, int change)
{
  VigToolRunner *self = call->runner;
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (self->stray, call->tool)) + change;

  self->n_stray += change;
  call->stray = change > 0;

  if (count > 0)
    g_hash_table_insert (self->stray, g_object_ref (call->tool), GUINT_TO_POINTER (count));
  else
    g_hash_table_remove (self->stray, call->tool);
}

/* What the tool returned, made into exactly one of a result and an error. Where it knows that it did not even begin, that is the more telling one. */
static GError *
check_outcome (Call *call, gpointer result, GError *error)
{
  if (error != NULL && call->past_deadline && !g_error_matches (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE))
    {
      g_autoptr (GError) late = error;

      return g_error_new (VIG_ERROR, VIG_ERROR_TIMED_OUT, "%s took longer than its limit: %s", call_get_name (call), late->message);
    }

  if (error != NULL)
    return error;

  if (call->is_preview)
    return NULL;

  if (result == NULL)
    return g_error_new (VIG_ERROR, VIG_ERROR_FAILED, "%s failed without setting an error", call_get_name (call));

  if (!JSON_NODE_HOLDS_OBJECT (result) && json_node_get_value_type (result) != G_TYPE_STRING)
    return g_error_new (VIG_ERROR, VIG_ERROR_FAILED, "%s returned neither a string nor an object", call_get_name (call));

  return NULL;
}

/* The tool's side ends here, in time or as a stray. */
static void
tool_ended (Call *call, gpointer result, GError *error)
{
  if (call->task == NULL)
    {
      if (call->stray)
        count_stray (call, -1);
      g_clear_error (&error);
      g_clear_pointer (&result, call->free_result);
      return;
    }

  error = check_outcome (call, result, error);
  if (error != NULL)
    g_clear_pointer (&result, call->free_result);

  call_return (call, result, error);
}

static gboolean
grace_passed (gpointer data)
{
  g_autoptr (Call) call = g_atomic_rc_box_acquire (data);
  GError *error = NULL;

  count_stray (call, 1);
  g_warning ("%s goes on after its end was asked for: %u stray calls", call_get_name (call), call->runner->n_stray);

  if (call->past_deadline)
    error = g_error_new (VIG_ERROR, VIG_ERROR_TIMED_OUT, "%s took longer than its limit and does not stop", call_get_name (call));
  else
    error = g_error_new (VIG_ERROR, VIG_ERROR_INTERRUPTED, "%s was stopped and does not end; it may or may not have happened", call_get_name (call));

  call_return (call, NULL, error);

  return G_SOURCE_REMOVE;
}

static void
set_timer (Call *call, gint64 ready_time, GSourceFunc func)
{
  gint64 wait = MAX (0, ready_time - g_get_monotonic_time ());

  if (call->timer != NULL)
    g_source_destroy (call->timer);
  g_clear_pointer (&call->timer, g_source_unref);

  call->timer = g_timeout_source_new ((wait + 999) / 1000);
  g_source_set_callback (call->timer, func, g_atomic_rc_box_acquire (call), call_unref);
  g_source_attach (call->timer, call->context);
}

static gboolean
deadline_passed (gpointer data)
{
  Call *call = data;

  call->past_deadline = TRUE;
  set_timer (call, g_get_monotonic_time () + VIG_TOOL_RUNNER_GRACE, grace_passed);
  g_cancellable_cancel (call->cancellable);

  return G_SOURCE_REMOVE;
}

static gboolean
stop_asked (gpointer data)
{
  Call *call = data;

  if (call->task != NULL && !call->past_deadline)
    set_timer (call, g_get_monotonic_time () + VIG_TOOL_RUNNER_GRACE, grace_passed);

  return G_SOURCE_REMOVE;
}

/* On whichever thread cancels: the tool hears of it at once, the clock on the main loop. */
static void
outer_cancelled (GCancellable *outer, gpointer data)
{
  Call *call = data;

  g_cancellable_cancel (call->cancellable);
  g_main_context_invoke_full (call->context, G_PRIORITY_DEFAULT, stop_asked, g_atomic_rc_box_acquire (call), call_unref);
}

/* The arguments of a tool's function, and what it returned. */
typedef struct
{
  VigTool       *tool;
  VigInvocation *invocation;
  GCancellable  *cancellable;
  gboolean       is_preview;
  gpointer       result;
  GError        *error;
} Function;

static void
call_function (gpointer data)
{
  Function *self = data;
  VigToolInterface *iface = VIG_TOOL_GET_IFACE (self->tool);

  if (self->is_preview)
    self->result = iface->preview (self->tool, self->invocation, self->cancellable, &self->error);
  else
    self->result = iface->run (self->tool, self->invocation, self->cancellable, &self->error);
}

/* Held to the working directory as it is now; where there is none, to nothing. */
static void
call_on_files (Function *self)
{
  const char *directory = vig_invocation_get_working_directory (self->invocation);
  VigFilesPlace place = { -1, !self->is_preview && vig_tool_get_info (self->tool)->level > VIG_LEVEL_READ };

  if (directory != NULL)
    place.folder = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  vig_files_run (&place, place.folder >= 0 ? 1 : 0, call_function, self, &self->error);
  if (place.folder >= 0)
    g_close (place.folder, NULL);
}

gpointer
vig_tool_runner_call (VigTool *tool, VigInvocation *invocation, gboolean is_preview, GCancellable *cancellable, GError **error)
{
  Function function = { tool, invocation, cancellable, is_preview, NULL, NULL };

  if ((vig_tool_get_info (tool)->flags & VIG_TOOL_FILES) != 0)
    call_on_files (&function);
  else
    call_function (&function);
  if (function.error != NULL)
    g_propagate_error (error, function.error);

  return function.result;
}

static void
run_in_thread (GTask *inner, gpointer source, gpointer data, GCancellable *cancellable)
{
  Call *call = data;
  g_autoptr (GError) error = NULL;
  gpointer result = vig_tool_runner_call (call->tool, call->invocation, call->is_preview, call->cancellable, &error);

  if (error != NULL)
    {
      g_clear_pointer (&result, call->free_result);
      g_task_return_error (inner, g_steal_pointer (&error));
    }
  else
    g_task_return_pointer (inner, result, call->free_result);
}

static void
thread_ended (GObject *source, GAsyncResult *inner, gpointer data)
{
  g_autoptr (Call) call = data;
  g_autoptr (GError) error = NULL;
  gpointer result = g_task_propagate_pointer (G_TASK (inner), &error);

  tool_ended (call, result, g_steal_pointer (&error));
}

static void
async_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Call) call = data;
  g_autoptr (GError) error = NULL;
  JsonNode *node = VIG_TOOL_GET_IFACE (call->tool)->run_finish (call->tool, result, &error);

  if (error != NULL)
    g_clear_pointer (&node, json_node_unref);

  tool_ended (call, node, g_steal_pointer (&error));
}

static void
start (Call *call)
{
  VigToolInterface *iface = VIG_TOOL_GET_IFACE (call->tool);
  g_autoptr (GTask) inner = NULL;

  set_timer (call, vig_invocation_get_deadline (call->invocation), deadline_passed);
  if (call->outer != NULL)
    call->outer_handler = g_cancellable_connect (call->outer, G_CALLBACK (outer_cancelled), g_atomic_rc_box_acquire (call), call_unref);

  if (!call->is_preview && iface->run == NULL)
    {
      iface->run_async (call->tool, call->invocation, call->cancellable, async_ended, g_atomic_rc_box_acquire (call));
      return;
    }

  /* The callback's reference keeps the call for the thread, so that nothing of it is freed there. */
  inner = g_task_new (NULL, NULL, thread_ended, g_atomic_rc_box_acquire (call));
  g_task_set_task_data (inner, call, NULL);
  vig_worker_run_task (call->runner->worker, inner, run_in_thread);
}

static gboolean
check_start (Call *call, GError **error)
{
  guint count = GPOINTER_TO_UINT (g_hash_table_lookup (call->runner->stray, call->tool));

  if (g_cancellable_set_error_if_cancelled (call->outer, error))
    return FALSE;

  if (vig_invocation_get_deadline (call->invocation) <= g_get_monotonic_time ())
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "%s was not started: its time is over", call_get_name (call));
      return FALSE;
    }

  if (count >= VIG_TOOL_RUNNER_MAX_STRAY)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "%s is not started: %u calls of it do not end", call_get_name (call), count);
      return FALSE;
    }

  return TRUE;
}

static void
begin (VigToolRunner *self, VigTool *tool, const char *owner, VigInvocation *invocation, gboolean is_preview, GTask *task)
{
  g_autoptr (Call) call = g_atomic_rc_box_new0 (Call);
  g_autoptr (GError) error = NULL;

  g_task_set_check_cancellable (task, FALSE);
  call->runner = g_object_ref (self);
  call->tool = g_object_ref (tool);
  call->invocation = g_object_ref (invocation);
  call->owner = g_strdup (owner);
  call->task = task;
  call->context = g_main_context_ref (g_task_get_context (task));
  call->cancellable = g_cancellable_new ();
  call->is_preview = is_preview;
  call->free_result = is_preview ? (GDestroyNotify) vig_preview_free : (GDestroyNotify) json_node_unref;
  g_set_object (&call->outer, g_task_get_cancellable (task));

  if (is_preview && VIG_TOOL_GET_IFACE (tool)->preview == NULL)
    call_return (call, NULL, NULL);
  else if (!check_start (call, &error))
    call_return (call, NULL, g_steal_pointer (&error));
  else
    start (call);
}

void
vig_tool_runner_run_async (VigToolRunner *self, gpointer source, VigTool *tool, const char *owner, VigInvocation *invocation,
                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (source != NULL ? source : self, cancellable, callback, user_data);

  g_task_set_source_tag (task, vig_tool_runner_run_async);
  begin (self, tool, owner, invocation, FALSE, task);
}

JsonNode *
vig_tool_runner_run_finish (VigToolRunner *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
vig_tool_runner_preview_async (VigToolRunner *self, gpointer source, VigTool *tool, const char *owner, VigInvocation *invocation,
                               GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (source != NULL ? source : self, cancellable, callback, user_data);

  g_task_set_source_tag (task, vig_tool_runner_preview_async);
  begin (self, tool, owner, invocation, TRUE, task);
}

VigPreview *
vig_tool_runner_preview_finish (VigToolRunner *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

guint
vig_tool_runner_get_n_stray (VigToolRunner *self)
{
  g_return_val_if_fail (VIG_IS_TOOL_RUNNER (self), 0);

  return self->n_stray;
}

static void
vig_tool_runner_finalize (GObject *object)
{
  VigToolRunner *self = VIG_TOOL_RUNNER (object);

  g_clear_object (&self->worker);
  g_clear_pointer (&self->stray, g_hash_table_unref);

  G_OBJECT_CLASS (vig_tool_runner_parent_class)->finalize (object);
}

static void
vig_tool_runner_class_init (VigToolRunnerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_tool_runner_finalize;
}

static void
vig_tool_runner_init (VigToolRunner *self)
{
  self->stray = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
}

VigToolRunner *
vig_tool_runner_new (VigWorker *worker)
{
  VigToolRunner *self = g_object_new (VIG_TYPE_TOOL_RUNNER, NULL);

  g_set_object (&self->worker, worker);

  return self;
}
