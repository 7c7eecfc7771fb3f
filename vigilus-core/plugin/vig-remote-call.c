/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-remote-private.h"

#include "vig-remote-tool.h"

#define KILL_DELAY    1000 /* milliseconds from a cancellation to the kill: under the runner's grace */

void
vig_remote_call_free (gpointer data)
{
  VigRemoteCall *call = data;

  if (call->cancelled != NULL)
    g_source_destroy (call->cancelled);
  g_clear_pointer (&call->cancelled, g_source_unref);
  g_clear_handle_id (&call->kill_timer, g_source_remove);
  g_clear_object (&call->rpc);
  g_clear_object (&call->invocation);
  g_clear_object (&call->task);
  g_free (call->tool);
  g_free (call);
}

static gboolean
call_overdue (gpointer data)
{
  VigRemoteCall *call = data;
  g_autofree char *reason = g_strdup_printf ("its tool %s did not end when it was asked to", call->tool);

  call->kill_timer = 0;
  if (call->rpc != call->remote->rpc)
    return G_SOURCE_REMOVE;

  call->remote->blameless = TRUE;
  vig_remote_kill (call->remote, reason);

  return G_SOURCE_REMOVE;
}

static gboolean
call_cancelled (GCancellable *cancellable, gpointer data)
{
  VigRemoteCall *call = data;

  vig_rpc_notify (call->rpc, "notifications/cancelled", vig_json_pack_object ("{s:I, s:s}", "requestId", call->request_id, "reason", "stopped, or out of time"));
  call->kill_timer = g_timeout_add (KILL_DELAY, call_overdue, call);

  return G_SOURCE_REMOVE;
}

static void
call_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  VigRemoteCall *call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = vig_rpc_call_finish (VIG_RPC (source), result, &error);
  g_autoptr (GTask) task = g_object_ref (call->task);
  gint64 token = call->token;
  JsonNode *node = NULL;

  g_hash_table_remove (call->remote->calls, &token);
  if (answer != NULL)
    node = vig_remote_tool_unpack_outcome (answer, &error);

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, node, (GDestroyNotify) json_node_unref);
}

static JsonObject *
pack_call (VigRemoteCall *call)
{
  VigInvocation *invocation = call->invocation;
  gint64 left = MAX (0, vig_invocation_get_deadline (invocation) - g_get_monotonic_time ()) / 1000;

  return vig_json_pack_object ("{s:s, s:J, s:{s:I, s:{s:s, s:s, s:I, s:I}}}",
                               "name", call->tool,
                               "arguments", vig_invocation_get_arguments (invocation),
                               "_meta", "progressToken", call->token,
                               VIG_META_CALL,
                               "call_id", vig_invocation_get_call_id (invocation),
                               "operator", vig_invocation_get_operator_name (invocation),
                               "milliseconds_left", left,
                               "output_limit", (gint64) vig_invocation_get_keep_limit (invocation));
}

static void
send_call (VigRemote *self, VigRemoteCall *call)
{
  GCancellable *cancellable = g_task_get_cancellable (call->task);

  call->token = ++self->last_token;
  g_hash_table_insert (self->calls, g_memdup2 (&call->token, sizeof call->token), call);

  if (cancellable != NULL)
    {
      call->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (call->cancelled, G_SOURCE_FUNC (call_cancelled), call, NULL);
      g_source_attach (call->cancelled, g_task_get_context (call->task));
    }

  call->request_id = vig_rpc_call_async (self->rpc, "tools/call", pack_call (call), call_answered, call);
}

void
vig_remote_call_async (VigRemote *self, const char *tool, VigInvocation *invocation, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  VigRemoteCall *call = NULL;

  g_task_set_source_tag (task, vig_remote_call_async);
  g_task_set_check_cancellable (task, FALSE);

  if (self->state != VIG_REMOTE_READY || self->rpc == NULL)
    {
      g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the plugin's process is not running: %s",
                               self->reason != NULL ? self->reason : "it is starting");
      return;
    }

  call = g_new0 (VigRemoteCall, 1);
  call->remote = self;
  call->rpc = g_object_ref (self->rpc);
  call->invocation = g_object_ref (invocation);
  call->task = g_steal_pointer (&task);
  call->tool = g_strdup (tool);
  send_call (self, call);
}

JsonNode *
vig_remote_call_finish (VigRemote *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
