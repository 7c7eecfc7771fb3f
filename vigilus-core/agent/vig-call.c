/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call.h"

#include "vig-approvals-private.h"
#include "vig-call-private.h"
#include "vig-durable.h"
#include "vig-store-row.h"

#define LIVE_OUTPUT (32 * 1024) /* bytes */

G_DEFINE_FINAL_TYPE (VigCall, vig_call, G_TYPE_OBJECT)

const char *
vig_call_state_to_string (VigCallState state)
{
  static const char * const names[] = { "new", "waiting", "declaring", "running", "recording", "done" };

  return names[state];
}

gboolean
vig_call_is_abandoned (VigCall *self)
{
  return self->owner.changed == NULL;
}

static void
tell_owner (VigCall *self)
{
  if (!vig_call_is_abandoned (self))
    self->owner.changed (self, self->owner.user_data);
}

void
vig_call_publish (VigCall *self, JsonObject *row)
{
  if (!vig_call_is_abandoned (self))
    vig_parts_publish_session (self->parts, self->owner.session_id, "call.changed", row);
}

void
vig_call_enter (VigCall *self, VigCallState state)
{
  g_autoptr (VigCall) alive = g_object_ref (self);

  g_debug ("RUN=%s: call %s goes from %s to %s", self->owner.run_id, self->id, vig_call_state_to_string (self->state),
           vig_call_state_to_string (state));
  self->state = state;
  switch (state)
    {
    case VIG_CALL_NEW:
      vig_call_judge_again (self);
      break;
    case VIG_CALL_DECLARING:
      vig_call_declare (self);
      break;
    case VIG_CALL_RUNNING:
      vig_call_run_tool (self);
      break;
    case VIG_CALL_WAITING:
      vig_call_forget_output (self);
      break;
    case VIG_CALL_DONE:
      g_clear_pointer (&self->stream, vig_stream_free);
      break;
    case VIG_CALL_RECORDING:
    default:
      break;
    }
  tell_owner (self);
}

static void
made_new (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) stored = vig_durable_write_finish (VIG_DB (source), result, &error);

  if (stored == NULL || vig_call_is_abandoned (self))
    return;

  vig_call_publish (self, vig_json_get_object (stored, "call"));
  vig_call_enter (self, VIG_CALL_NEW);
}

/* It was declared, and may have been running, when the daemon ended. Reading can be done again; all else is never done twice. */
static void
take_up_interrupted (VigCall *self)
{
  VigCallWrite *write;

  if (g_strcmp0 (self->stored_level, "read") != 0)
    {
      vig_call_record_outcome (self, "interrupted", g_strdup ("Interrupted; it may or may not have happened. Look before you try again."), TRUE);
      return;
    }

  /* The run of who was asked is there, or is begun now: nothing was interrupted. It has taken from when it was declared. */
  if (vig_call_is_delegated (self) && !self->stopping)
    {
      vig_call_enter (self, VIG_CALL_RUNNING);
      self->started = 0;
      return;
    }

  write = vig_call_new_write (self, VIG_CALL_NEW);
  json_array_add_object_element (write->audit, vig_call_build_outcome (self, "interrupted"));
  self->stored_start = 0;
  vig_durable_write_async (self->parts->context.db, vig_call_write_run, write, vig_call_write_free, (GDestroyNotify) json_object_unref,
                           FALSE, NULL, self->abandoned, made_new, g_object_ref (self));
}

void
vig_call_start (VigCall *self)
{
  const char *state = self->stored_state;

  if (g_str_equal (state, "declaring") || g_str_equal (state, "running"))
    take_up_interrupted (self);
  else if (g_str_equal (state, "recording") || g_str_equal (state, "done"))
    vig_call_enter (self, VIG_CALL_DONE);
  else if (self->stopping)
    vig_call_deny_for (self, "stopped", "the run was stopped");
  else if (self->refused)
    vig_call_deny_for (self, "limit", "a reply makes " G_STRINGIFY (VIG_CALL_MAX_IN_REPLY) " calls at most: make the others in the next one");
  else
    vig_call_enter (self, VIG_CALL_NEW);
}

void
vig_call_refuse (VigCall *self)
{
  self->refused = TRUE;
}

void
vig_call_stop (VigCall *self)
{
  self->stopping = TRUE;
  if (self->state == VIG_CALL_NEW && vig_slots_forget (self->parts->slots, self->tool_name, self))
    vig_call_deny_for (self, "stopped", "the run was stopped");
  else if (self->state == VIG_CALL_WAITING)
    {
      vig_approvals_forget (self->parts->approvals, self->approval_id, self);
      vig_call_deny_for (self, "stopped", "the run was stopped");
    }
}

void
vig_call_give_up (VigCall *self)
{
  if (self->state == VIG_CALL_NEW)
    vig_call_deny_for (self, "stopped", "the run was stopped");
  else if (self->state == VIG_CALL_RUNNING && self->previewing)
    vig_call_record_unrun (self);
  else if (self->state == VIG_CALL_RUNNING)
    {
      vig_call_end_running (self);
      vig_call_record_outcome (self, "interrupted", g_strdup_printf ("Interrupted: %s and it did not end; it may or may not have happened.",
                                                                     self->revoked ? "its grant was revoked" : "it was stopped"), TRUE);
    }
}

void
vig_call_abandon (VigCall *self)
{
  self->owner.changed = NULL;
  g_clear_handle_id (&self->running_timer, g_source_remove);
  g_clear_handle_id (&self->settle_timer, g_source_remove);
  vig_call_forget_output (self);
  vig_slots_forget (self->parts->slots, self->tool_name, self);
  if (self->approval_id != NULL)
    vig_approvals_forget (self->parts->approvals, self->approval_id, self);
  vig_call_forget_grant (self);
  vig_call_forget_run (self);
  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->abandoned);
  vig_call_release_slot (self);
}

VigCallState
vig_call_get_state (VigCall *self)
{
  return self->state;
}

const char *
vig_call_get_id (VigCall *self)
{
  return self->id;
}

const char *
vig_call_get_provider_call_id (VigCall *self)
{
  return self->provider_call_id;
}

const char *
vig_call_get_tool_name (VigCall *self)
{
  return self->tool_name;
}

const char *
vig_call_get_result (VigCall *self, gboolean *is_error)
{
  *is_error = self->result_is_error;

  return self->result != NULL ? self->result : "";
}

const char *
vig_call_get_note (VigCall *self)
{
  return self->note;
}

const char *
vig_call_get_output (VigCall *self)
{
  return self->stream != NULL ? vig_stream_get_text (self->stream) : "";
}

static void
show_output (const char *text, gsize length, gpointer user_data)
{
  VigCall *self = user_data;
  g_autofree char *shown = NULL;
  g_autoptr (JsonObject) data = NULL;

  if (self->stream == NULL)
    self->stream = vig_stream_new (self->parts->context.redactor, LIVE_OUTPUT);
  shown = vig_stream_push (self->stream, text, length);
  if (shown == NULL || vig_call_is_abandoned (self))
    return;

  data = vig_json_pack_object ("{s:s, s:s}", "call_id", self->id, "text", shown);
  vig_parts_publish_session (self->parts, self->owner.session_id, "call.output", data);
}

VigCallOutput *
vig_call_ensure_output (VigCall *self)
{
  VigUndoSubject subject = { self->id, NULL, self->run_id, self->session_id, self->operator->name, self->user_name, self->tool_name };

  if (self->output == NULL)
    {
      self->output = vig_call_output_new (&self->parts->context, self->operator->id, show_output, self);
      vig_call_output_set_undo (self->output, self->parts->context.undo, &subject);
    }

  return self->output;
}

void
vig_call_forget_output (VigCall *self)
{
  if (self->output != NULL)
    vig_call_output_close (self->output);
  g_clear_pointer (&self->output, vig_call_output_unref);
}

static void
on_run_cancelled (GCancellable *cancellable, gpointer user_data)
{
  VigCall *self = user_data;

  g_cancellable_cancel (self->cancellable);
}

/* The cancellable is the run's, which may be gone before the call: both are held. */
void
vig_call_forget_run (VigCall *self)
{
  if (self->cancel_handler != 0)
    g_signal_handler_disconnect (self->run_cancellable, self->cancel_handler);
  self->cancel_handler = 0;
}

static void
vig_call_finalize (GObject *object)
{
  VigCall *self = VIG_CALL (object);

  g_clear_handle_id (&self->running_timer, g_source_remove);
  g_clear_handle_id (&self->settle_timer, g_source_remove);
  vig_call_forget_output (self);
  vig_stream_free (self->stream);
  vig_call_judge_free (self->judge);
  vig_operator_unref (self->operator);
  vig_call_forget_run (self);
  g_object_unref (self->run_cancellable);
  g_object_unref (self->cancellable);
  g_object_unref (self->abandoned);
  g_free (self->run_id);
  g_free (self->session_id);
  g_free (self->user_id);
  g_free (self->user_name);
  g_free (self->words);
  g_free (self->id);
  g_free (self->tool_name);
  g_free (self->provider_call_id);
  g_free (self->arguments);
  g_free (self->note);
  g_free (self->grant_id);
  g_free (self->grant_end);
  g_free (self->approval_id);
  g_free (self->stored_level);
  g_free (self->stored_resource);
  g_free (self->stored_state);
  g_clear_pointer (&self->preview, json_object_unref);
  g_free (self->result);
  vig_parts_unref (self->parts);

  G_OBJECT_CLASS (vig_call_parent_class)->finalize (object);
}

static void
vig_call_class_init (VigCallClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_call_finalize;
}

static void
vig_call_init (VigCall *self)
{
  self->cancellable = g_cancellable_new ();
  self->abandoned = g_cancellable_new ();
}

void
vig_call_take_arguments (VigCall *self, JsonObject *row)
{
  JsonObject *edited = vig_json_get_object (row, "edited_arguments");
  JsonObject *arguments = edited != NULL ? edited : vig_json_get_object (row, "arguments");

  g_free (self->arguments);
  self->arguments = arguments != NULL ? vig_json_object_to_string (arguments) : NULL;
  g_clear_pointer (&self->stored_resource, g_free);
  g_free (self->note);
  self->note = g_strdup (vig_json_get_string (row, "note", NULL));
  if (self->judge != NULL)
    vig_call_judge_set_arguments (self->judge, self->arguments);
}

static void
read_row (VigCall *self, JsonObject *row)
{
  self->id = g_strdup (vig_json_get_string (row, "id", ""));
  self->tool_name = g_strdup (vig_json_get_string (row, "tool", ""));
  self->provider_call_id = g_strdup (vig_json_get_string (row, "provider_call_id", ""));
  vig_call_take_arguments (self, row);
  self->approval_id = g_strdup (vig_json_get_string (row, "approval_id", NULL));
  self->stored_level = g_strdup (vig_json_get_string (row, "level", NULL));
  self->stored_resource = g_strdup (vig_json_get_string (row, "resource", NULL));
  self->stored_state = g_strdup (vig_json_get_string (row, "state", "new"));
  vig_store_get_time (row, "started_at", &self->stored_start, NULL);
  vig_call_take_result (self, row);
}

VigCall *
vig_call_new (const VigCallOwner *owner, JsonObject *row)
{
  VigCall *self = g_object_new (VIG_TYPE_CALL, NULL);

  self->owner = *owner;
  self->owner.run_id = self->run_id = g_strdup (owner->run_id);
  self->owner.session_id = self->session_id = g_strdup (owner->session_id);
  self->owner.user_id = self->user_id = g_strdup (owner->user_id);
  self->owner.user_name = self->user_name = g_strdup (owner->user_name);
  self->owner.words = self->words = g_strdup (owner->words);
  self->parts = vig_parts_ref (owner->parts);
  self->operator = vig_operator_ref (owner->operator);
  read_row (self, row);
  self->judge = vig_call_judge_new (self->parts, owner->user_name, self->tool_name, self->arguments);
  vig_call_judge_set_call (self->judge, self->id, self->session_id);
  self->run_cancellable = g_object_ref (owner->cancellable);
  self->cancel_handler = g_signal_connect (owner->cancellable, "cancelled", G_CALLBACK (on_run_cancelled), self);

  return self;
}
