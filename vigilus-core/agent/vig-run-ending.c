/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

#define STOP_GRACE 700 /* milliseconds until what does not end is left behind */

gboolean
vig_run_is_ending (VigRun *self)
{
  return self->ending != VIG_RUN_ROUTING;
}

static void
left_behind (VigRun *self)
{
  for (guint i = 0; i < self->calls->len; i++)
    vig_call_give_up (g_ptr_array_index (self->calls, i));
}

static gboolean
grace_over (gpointer user_data)
{
  g_autoptr (VigRun) self = g_object_ref (user_data);

  self->grace_timer = 0;
  if (self->state == VIG_RUN_RESOLVING)
    left_behind (self);
  else if (self->ask != NULL || self->compactor != NULL)
    vig_run_store_end (self);

  return G_SOURCE_REMOVE;
}

void
vig_run_begin_ending (VigRun *self, VigRunState state, const char *code, const char *message)
{
  if (vig_run_is_ending (self) || self->state >= VIG_RUN_DONE)
    return;

  self->ending = state;
  self->ending_code = g_strdup (code);
  self->ending_message = vig_redactor_apply (self->parts->context.redactor, message);
  for (guint i = 0; i < self->calls->len; i++)
    vig_call_stop (g_ptr_array_index (self->calls, i));
  self->grace_timer = g_timeout_add (STOP_GRACE, grace_over, self);
  g_cancellable_cancel (self->cancellable);
}

/* Nothing is outstanding: ends now. */
void
vig_run_end_with (VigRun *self, VigRunState state, const char *code, const char *message)
{
  vig_run_begin_ending (self, state, code, message);
  vig_run_store_end (self);
}

void
vig_run_fail (VigRun *self, const GError *error)
{
  vig_run_end_with (self, VIG_RUN_FAILED, vig_error_get_code_name (error), error->message);
}

gboolean
vig_run_is_over (VigRun *self)
{
  if (vig_run_is_abandoned (self))
    return TRUE;
  if (!vig_run_is_ending (self))
    return FALSE;

  vig_run_store_end (self);

  return TRUE;
}

void
vig_run_end_now (VigRun *self)
{
  VigRunEndedFunc func = g_steal_pointer (&self->ended);

  g_clear_handle_id (&self->grace_timer, g_source_remove);
  g_clear_handle_id (&self->time_timer, g_source_remove);
  if (func != NULL)
    func (self, self->ended_data);
}

static void
end_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = vig_run_finish_store (self, source, result);

  if (stored != NULL)
    vig_run_publish_step (self, stored);
  vig_run_end_now (self);
}

static void
add_partial_reply (VigRun *self, VigRunWrite *write)
{
  g_autoptr (VigReply) reply = NULL;

  if (self->ask == NULL || self->state != VIG_RUN_ASKING || *vig_ask_get_text (self->ask) == '\0')
    return;

  reply = vig_reply_new ();
  vig_reply_append_text (reply, vig_ask_get_text (self->ask), -1);
  vig_reply_set_stop_reason (reply, vig_run_state_to_string (self->ending), TRUE);
  vig_run_write_add_message (write, "assistant", vig_reply_to_json (reply));
}

/* The end is one write, made once nothing is outstanding; until then whoever wakes comes here again. */
void
vig_run_store_end (VigRun *self)
{
  VigRunWrite *write;

  if (self->storing || self->state >= VIG_RUN_DONE)
    return;
  if (self->state == VIG_RUN_RESOLVING && !vig_run_all_calls_done (self))
    return;

  write = vig_run_new_write (self, self->ending);
  add_partial_reply (self, write);
  if (self->state == VIG_RUN_RESOLVING && self->calls->len > 0)
    vig_run_add_results (self, write);
  if (self->ending == VIG_RUN_FAILED)
    {
      json_object_set_object_member (write->changes, "error",
                                     vig_json_pack_object ("{s:s, s:s}", "code", self->ending_code, "message", self->ending_message));
      vig_run_write_add_message (write, "notice", vig_json_pack_object ("{s:s, s:s}", "text", self->ending_message, "code", self->ending_code));
    }

  if (self->ask != NULL)
    vig_ask_close (self->ask);
  g_clear_pointer (&self->ask, vig_ask_unref);
  vig_run_enter (self, self->ending);
  vig_run_store (self, write, end_stored);
}
