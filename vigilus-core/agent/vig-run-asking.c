/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

#include "vig-history.h"
#include "vig-result.h"
#include "vig-run-start.h"
#include "vig-stop.h"

void
vig_run_add_results (VigRun *self, VigRunWrite *write)
{
  JsonArray *results = json_array_new ();

  for (guint i = 0; i < self->calls->len; i++)
    {
      VigCall *call = g_ptr_array_index (self->calls, i);
      gboolean is_error;
      const char *text = vig_call_get_result (call, &is_error);

      json_array_add_object_element (results, vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:b, s:s?}",
                                                                    "call_id", vig_call_get_provider_call_id (call), "id", vig_call_get_id (call),
                                                                    "name", vig_call_get_tool_name (call), "text", text, "is_error", is_error,
                                                                    "note", vig_call_get_note (call)));
      json_array_add_string_element (write->ended_calls, vig_call_get_id (call));
    }

  vig_run_write_add_message (write, "tools", vig_json_pack_object ("{s:A}", "results", results));
}

gboolean
vig_run_all_calls_done (VigRun *self)
{
  for (guint i = 0; i < self->calls->len; i++)
    if (vig_call_get_state (g_ptr_array_index (self->calls, i)) != VIG_CALL_DONE)
      return FALSE;

  return TRUE;
}

/* A person made the call to see what it does: there is no model to go on. */
static gboolean
is_try (VigRun *self)
{
  return self->reply != NULL && vig_reply_get_n_calls (self->reply) == 1
         && g_str_equal (vig_reply_get_call (self->reply, 0)->id, VIG_RUN_TRY_CALL);
}

static void
results_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = vig_run_finish_store (self, source, result);

  if (stored == NULL || vig_run_is_abandoned (self))
    return;

  vig_run_publish_step (self, stored);
  for (guint i = 0; i < self->calls->len; i++)
    {
      VigCall *call = g_ptr_array_index (self->calls, i);
      gboolean is_error;
      const char *text = vig_call_get_result (call, &is_error);
      g_autofree char *framed = vig_result_frame_with_note (vig_call_get_tool_name (call), text, vig_call_get_note (call));

      if (self->transcript != NULL)
        vig_transcript_add_result (self->transcript, vig_call_get_provider_call_id (call), vig_call_get_tool_name (call), framed, is_error);
      if (self->plan != NULL)
        vig_plan_take_result (self->plan, self->id, vig_call_get_provider_call_id (call), framed, is_error);
    }
  for (guint i = 0; i < self->calls->len; i++)
    vig_call_abandon (g_ptr_array_index (self->calls, i));
  g_ptr_array_set_size (self->calls, 0);
  if (is_try (self))
    {
      self->state = VIG_RUN_DONE;
      vig_run_end_now (self);
    }
  else if (!vig_run_is_ending (self))
    vig_run_enter (self, VIG_RUN_ASKING);
  else
    {
      self->state = VIG_RUN_ASKING;
      vig_run_store_end (self);
    }
}

/* Nobody knows how long it waits: what can be read again is not held until then. */
static void
rest (VigRun *self)
{
  if (self->plan != NULL || !vig_run_is_waiting (self))
    return;

  g_clear_pointer (&self->transcript, vig_transcript_unref);
  g_clear_pointer (&self->provider, json_object_unref);
  g_clear_pointer (&self->fallback, json_object_unref);
  g_clear_pointer (&self->prices, g_free);
}

static void
call_changed (VigCall *call, gpointer user_data)
{
  VigRun *self = user_data;
  VigRunWrite *write;

  vig_run_update_clock (self);
  rest (self);
  if (self->starting_calls || self->storing || self->state != VIG_RUN_RESOLVING)
    return;
  if (!vig_run_all_calls_done (self))
    {
      if (call != NULL && vig_call_get_state (call) == VIG_CALL_DONE)
        vig_call_settle (call);
      return;
    }
  if (vig_run_is_ending (self))
    {
      vig_run_store_end (self);
      return;
    }

  write = vig_run_new_write (self, is_try (self) ? VIG_RUN_DONE : VIG_RUN_ASKING);
  vig_run_add_results (self, write);
  vig_run_store (self, write, results_stored);
}

void
vig_run_make_calls (VigRun *self, JsonArray *rows)
{
  VigCallOwner owner = { self->parts, self->id, self->session_id, self->user_id, self->user_name, self->operator,
                         vig_reply_get_text (self->reply), self->cancellable, call_changed, self };

  for (guint i = 0; i < json_array_get_length (rows); i++)
    g_ptr_array_add (self->calls, vig_call_new (&owner, json_array_get_object_element (rows, i)));
}

void
vig_run_start_calls (VigRun *self)
{
  self->starting_calls = TRUE;
  for (guint i = 0; i < self->calls->len; i++)
    {
      VigCall *call = g_ptr_array_index (self->calls, i);

      if (i >= VIG_CALL_MAX_IN_REPLY)
        vig_call_refuse (call);
      if (vig_run_is_ending (self))
        vig_call_stop (call);
      vig_call_start (call);
    }
  self->starting_calls = FALSE;
  call_changed (NULL, self);
}

static void
reply_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = vig_run_finish_store (self, source, result);
  g_autoptr (VigReply) shown = NULL;

  if (stored == NULL || vig_run_is_abandoned (self))
    return;

  g_clear_pointer (&self->ask, vig_ask_unref);
  vig_run_publish_step (self, stored);
  shown = vig_history_redact_reply (self->reply, self->parts->context.redactor);
  if (shown != NULL)
    vig_transcript_add_reply (self->transcript, shown);
  if (vig_reply_get_n_calls (self->reply) == 0)
    {
      self->state = VIG_RUN_DONE;
      vig_run_end_now (self);
      return;
    }

  vig_run_make_calls (self, vig_json_get_array (stored, "calls"));
  vig_run_enter (self, VIG_RUN_RESOLVING);
}

void
vig_run_store_reply (VigRun *self)
{
  guint n_calls = vig_reply_get_n_calls (self->reply);
  VigRunWrite *write;

  write = vig_run_new_write (self, n_calls > 0 ? VIG_RUN_RESOLVING : VIG_RUN_DONE);
  write->redactor = g_object_ref (self->parts->context.redactor);
  vig_run_write_add_message (write, "assistant", vig_reply_to_json (self->reply));
  for (guint i = 0; i < n_calls; i++)
    {
      const VigReplyCall *call = vig_reply_get_call (self->reply, i);

      json_array_add_object_element (write->calls, vig_json_pack_object ("{s:s, s:s, s:J}", "provider_call_id", call->id, "tool", call->name,
                                                                         "arguments", call->arguments));
    }
  vig_run_store (self, write, reply_stored);
}

static gboolean
is_empty (VigReply *reply)
{
  return vig_reply_get_n_calls (reply) == 0 && *vig_reply_get_text (reply) == '\0' && vig_reply_get_refusal (reply) == NULL;
}

const char *
vig_run_explain_silence (VigReply *reply)
{
  switch (vig_stop_read (vig_reply_get_stop_reason (reply), vig_reply_is_cut_short (reply)))
    {
    case VIG_STOP_LENGTH:
      return "The model reached its length limit before it answered. Ask for less at once, or choose another model.";
    case VIG_STOP_FILTERED:
      return "The provider's filter stopped the answer before it began. Ask in other words, or choose another model.";
    case VIG_STOP_DECLINED:
      return "The model declined to answer. Ask in other words, or choose another model.";
    case VIG_STOP_COPIED:
      return "The provider stopped the answer before it began: it came too close to somebody's text. Ask in other words, or choose another model.";
    case VIG_STOP_BROKEN_CALL:
      return "The model called a tool in a way that the provider could not read. Try again, or choose another model.";
    case VIG_STOP_WHOLE:
    case VIG_STOP_UNEXPLAINED:
    default:
      return "The model answered nothing. Try again, or choose another model.";
    }
}

static void
replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigReply) reply = vig_ask_run_finish (self->ask, result, &error);

  if (vig_run_is_over (self))
    return;
  if (reply == NULL)
    {
      if (!vig_run_shrink (self, error) && !vig_run_fall_back (self, error))
        vig_run_fail (self, error);
      return;
    }

  vig_run_note_size (self, reply);
  vig_run_count_usage (self, reply, "answer");
  if (is_empty (reply))
    {
      vig_run_end_with (self, VIG_RUN_FAILED, "empty_reply", vig_run_explain_silence (reply));
      return;
    }

  g_clear_pointer (&self->reply, vig_reply_unref);
  self->reply = g_steal_pointer (&reply);
  self->turns++;
  vig_run_store_reply (self);
}

static void
show_text (VigChunkKind kind, const char *text, gpointer user_data)
{
  static const char *const kinds[] = { [VIG_CHUNK_TEXT] = "text", [VIG_CHUNK_REASONING] = "reasoning", [VIG_CHUNK_RECLASSIFY] = "reclassify" };
  VigRun *self = user_data;
  g_autoptr (JsonObject) data = vig_json_pack_object ("{s:s, s:s, s:s}", "run_id", self->id, "kind", kinds[kind], "text", text);

  vig_run_publish (self, vig_run_get_depth (self) > 0 ? "child.delta" : "text.delta", data);
}

static gboolean
take_operator (VigRun *self, VigRunFacts *facts, GError **error)
{
  if (facts->operator == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "the Operator %s was deleted", self->operator->name);
      return FALSE;
    }

  vig_operator_unref (self->operator);
  self->operator = vig_operator_new (facts->operator);
  vig_operator_cap (self->operator, self->row);
  if (self->operator->enabled)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "the Operator %s is disabled", self->operator->name);

  return FALSE;
}

void
vig_run_send_ask (VigRun *self)
{
  vig_ask_run_async (self->ask, show_text, self->cancellable, replied, g_object_ref (self));
}

static void
ask (VigRun *self, VigRunFacts *facts)
{
  g_autoptr (GError) error = NULL;

  vig_run_take_limits (self, facts->settings);
  vig_run_choose_provider (self, facts);
  if (vig_run_check_limits (self, &error) && take_operator (self, facts, &error))
    self->ask = vig_ask_new_for_operator (self->parts, facts, self->operator, self->transcript, &error);
  if (self->ask != NULL)
    vig_run_fit (self, facts);
  else
    vig_run_fail (self, error);
}

static void
conversation_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  VigRunLoaded *loaded = vig_db_finish (VIG_DB (source), result, &error);

  if (loaded != NULL && !vig_run_is_over (self))
    {
      self->transcript = vig_run_read_transcript (self, loaded->record);
      ask (self, loaded->facts);
    }
  else if (!vig_run_is_over (self))
    vig_run_fail (self, error);
  g_clear_pointer (&loaded, vig_run_loaded_free);
}

void
vig_run_ask (VigRun *self)
{
  if (self->plan != NULL)
    vig_run_follow_plan (self);
  else if (self->transcript == NULL)
    vig_run_load (self, conversation_read);
  else if (self->facts != NULL)
    ask (self, self->facts);
  else
    vig_run_read_facts (self, self->operator->id, ask);
}
