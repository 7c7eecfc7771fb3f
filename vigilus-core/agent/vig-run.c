/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run.h"

#include <string.h>

#include "vig-ask.h"
#include "vig-call.h"
#include "vig-durable.h"
#include "vig-history.h"
#include "vig-orchestrator.h"
#include "vig-result.h"
#include "vig-run-store.h"
#include "vig-store-runs.h"

#define STOP_GRACE  700 /* milliseconds until what does not end is left behind */
#define MINUTE      (60 * G_USEC_PER_SEC)
#define NO_OPERATOR "Vigilus" /* who answers where no Operator does */

struct _VigRun
{
  GObject         parent_instance;

  VigParts       *parts;
  VigRunEndedFunc ended;      /* NULL once abandoned */
  gpointer        ended_data;
  VigRunState     state;
  JsonObject     *row;        /* as it is on disk */
  char           *id;
  char           *session_id;
  char           *user_id;
  char           *user_name;

  JsonArray      *history;    /* until the Operator is known */
  JsonArray      *messages;
  JsonArray      *rows;       /* of the calls that were left */
  GPtrArray      *operators;  /* while routing */
  VigOperator    *operator;
  VigTranscript  *transcript;
  VigAsk         *ask;        /* the question that is being answered */
  VigReply       *reply;      /* whose calls are being resolved, or that is being stored */
  GPtrArray      *calls;      /* of VigCall */
  GCancellable   *cancellable;
  GCancellable   *abandoned;
  gboolean        starting_calls;
  gboolean        storing;

  VigRunState     ending;     /* what it shall end as; ROUTING: nothing */
  char           *ending_code;
  char           *ending_message;
  guint           grace_timer;

  gint64          turns;
  gint64          input_tokens;
  gint64          output_tokens;
  gint64          max_turns;
  gint64          time_left;  /* microseconds that it may still be busy; waiting for people does not count */
  gint64          busy_since; /* monotonic; 0: it waits */
  guint           time_timer;
};

G_DEFINE_FINAL_TYPE (VigRun, vig_run, G_TYPE_OBJECT)

static void enter (VigRun *self, VigRunState state);

const char *
vig_run_state_to_string (VigRunState state)
{
  static const char * const names[] = { "routing", "asking", "resolving", "done", "failed", "stopped" };

  return names[state];
}

static gboolean
is_abandoned (VigRun *self)
{
  return self->ended == NULL;
}

static gboolean
is_ending (VigRun *self)
{
  return self->ending != VIG_RUN_ROUTING;
}

static void
publish (VigRun *self, const char *event, JsonObject *data)
{
  vig_parts_publish_session (self->parts, self->session_id, event, data);
}

static void
publish_all (VigRun *self, const char *event, JsonArray *items)
{
  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    publish (self, event, json_array_get_object_element (items, i));
}

static void
take_row (VigRun *self, JsonObject *row)
{
  json_object_ref (row);
  g_clear_pointer (&self->row, json_object_unref);
  self->row = row;
}

static void
publish_step (VigRun *self, JsonObject *stored)
{
  take_row (self, vig_json_get_object (stored, "run"));
  publish_all (self, "message.added", vig_json_get_array (stored, "messages"));
  publish_all (self, "call.changed", vig_json_get_array (stored, "calls"));
  publish (self, "run.changed", self->row);
  vig_parts_publish (self->parts, "runs", "run.changed", self->row);
}

/* Ending: from any state, by a person, a limit or an error. */

static void
left_behind (VigRun *self)
{
  for (guint i = 0; i < self->calls->len; i++)
    vig_call_give_up (g_ptr_array_index (self->calls, i));
}

static void store_end (VigRun *self);

static gboolean
grace_over (gpointer user_data)
{
  g_autoptr (VigRun) self = g_object_ref (user_data);

  self->grace_timer = 0;
  if (self->state == VIG_RUN_RESOLVING)
    left_behind (self);
  else if (self->ask != NULL)
    store_end (self);

  return G_SOURCE_REMOVE;
}

static void
begin_ending (VigRun *self, VigRunState state, const char *code, const char *message)
{
  if (is_ending (self) || self->state >= VIG_RUN_DONE)
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
static void
end_with (VigRun *self, VigRunState state, const char *code, const char *message)
{
  begin_ending (self, state, code, message);
  store_end (self);
}

static void
fail (VigRun *self, const GError *error)
{
  end_with (self, VIG_RUN_FAILED, vig_error_get_code_name (error), error->message);
}

/* TRUE: the run goes away or ends, and this answer is no longer wanted. */
static gboolean
is_over (VigRun *self)
{
  if (is_abandoned (self))
    return TRUE;
  if (!is_ending (self))
    return FALSE;

  store_end (self);

  return TRUE;
}

static JsonObject *
build_usage (VigRun *self)
{
  return vig_json_pack_object ("{s:I, s:I}", "input_tokens", self->input_tokens, "output_tokens", self->output_tokens);
}

static VigRunWrite *
new_write (VigRun *self, VigRunState state)
{
  VigRunWrite *write = vig_run_write_new (self->id, self->session_id, self->operator != NULL ? self->operator->name : NO_OPERATOR);

  json_object_set_string_member (write->changes, "state", vig_run_state_to_string (state));
  json_object_set_int_member (write->changes, "turns", self->turns);
  json_object_set_object_member (write->changes, "usage", build_usage (self));

  return write;
}

static void
store (VigRun *self, VigRunWrite *write, GAsyncReadyCallback callback)
{
  self->storing = TRUE;
  vig_durable_write_async (self->parts->context.db, vig_run_write_run, write, vig_run_write_free, (GDestroyNotify) json_object_unref,
                           TRUE, NULL, self->abandoned, callback, g_object_ref (self));
}

static JsonObject *
finish_store (VigRun *self, GObject *source, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  JsonObject *stored = vig_durable_write_finish (VIG_DB (source), result, &error);

  self->storing = FALSE;
  if (stored == NULL && !is_abandoned (self))
    {
      g_warning ("RUN=%s: a step of this run can't be stored: %s", self->id, error->message);
      if (self->state < VIG_RUN_DONE)
        fail (self, error);
    }

  return stored;
}

static void
ended (VigRun *self)
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
  g_autoptr (JsonObject) stored = finish_store (self, source, result);

  if (stored != NULL)
    publish_step (self, stored);
  ended (self);
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

static void
add_results (VigRun *self, VigRunWrite *write)
{
  JsonArray *results = json_array_new ();

  for (guint i = 0; i < self->calls->len; i++)
    {
      VigCall *call = g_ptr_array_index (self->calls, i);
      gboolean is_error;
      const char *text = vig_call_get_result (call, &is_error);

      json_array_add_object_element (results, vig_json_pack_object ("{s:s, s:s, s:s, s:b}",
                                                                    "call_id", vig_call_get_provider_call_id (call),
                                                                    "name", vig_call_get_tool_name (call), "text", text, "is_error", is_error));
      json_array_add_string_element (write->ended_calls, vig_call_get_id (call));
    }

  vig_run_write_add_message (write, "tools", vig_json_pack_object ("{s:A}", "results", results));
}

static gboolean
all_calls_done (VigRun *self)
{
  for (guint i = 0; i < self->calls->len; i++)
    if (vig_call_get_state (g_ptr_array_index (self->calls, i)) != VIG_CALL_DONE)
      return FALSE;

  return TRUE;
}

/* The end is one write, made once nothing is outstanding; until then whoever wakes comes here again. */
static void
store_end (VigRun *self)
{
  VigRunWrite *write;

  if (self->storing || self->state >= VIG_RUN_DONE)
    return;
  if (self->state == VIG_RUN_RESOLVING && !all_calls_done (self))
    return;

  write = new_write (self, self->ending);
  add_partial_reply (self, write);
  if (self->state == VIG_RUN_RESOLVING && self->calls->len > 0)
    add_results (self, write);
  if (self->ending == VIG_RUN_FAILED)
    {
      json_object_set_object_member (write->changes, "error",
                                     vig_json_pack_object ("{s:s, s:s}", "code", self->ending_code, "message", self->ending_message));
      vig_run_write_add_message (write, "notice", vig_json_pack_object ("{s:s, s:s}", "text", self->ending_message, "code", self->ending_code));
    }

  if (self->ask != NULL)
    vig_ask_close (self->ask);
  g_clear_pointer (&self->ask, vig_ask_unref);
  enter (self, self->ending);
  store (self, write, end_stored);
}

/* Time: a run may be busy for so long; while every call waits for a person, the clock stands. */

static gboolean
time_over (gpointer user_data)
{
  VigRun *self = user_data;

  self->time_timer = 0;
  begin_ending (self, VIG_RUN_FAILED, "timed_out", "This run took longer than the limit under Settings, so it was ended. Say \"go on\" to go on.");

  return G_SOURCE_REMOVE;
}

static void
update_clock (VigRun *self)
{
  gboolean waits = vig_run_is_waiting (self);
  gint64 now = g_get_monotonic_time ();

  if (waits == (self->busy_since == 0) || self->time_left == 0)
    return;

  g_clear_handle_id (&self->time_timer, g_source_remove);
  if (waits)
    {
      self->time_left = MAX (self->time_left - (now - self->busy_since), 1);
      self->busy_since = 0;
      return;
    }

  self->busy_since = now;
  self->time_timer = g_timeout_add (self->time_left / 1000 + 1, time_over, self);
}

static void
take_limits (VigRun *self, JsonObject *settings)
{
  self->max_turns = vig_json_get_int (settings, "run_max_turns", 25);
  if (self->time_left == 0)
    self->time_left = MAX (vig_json_get_int (settings, "run_max_minutes", 30), 1) * MINUTE;
  update_clock (self);
}

/* RESOLVING: all calls of the reply, side by side. */

static void
results_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = finish_store (self, source, result);

  if (stored == NULL || is_abandoned (self))
    return;

  publish_step (self, stored);
  for (guint i = 0; i < self->calls->len; i++)
    {
      VigCall *call = g_ptr_array_index (self->calls, i);
      gboolean is_error;
      const char *text = vig_call_get_result (call, &is_error);
      g_autofree char *framed = vig_result_frame (vig_call_get_tool_name (call), text);

      vig_transcript_add_result (self->transcript, vig_call_get_provider_call_id (call), vig_call_get_tool_name (call), framed, is_error);
    }
  g_ptr_array_set_size (self->calls, 0);
  if (!is_ending (self))
    enter (self, VIG_RUN_ASKING);
  else
    {
      self->state = VIG_RUN_ASKING;
      store_end (self);
    }
}

static void
call_changed (VigCall *call, gpointer user_data)
{
  VigRun *self = user_data;
  VigRunWrite *write;

  update_clock (self);
  if (self->starting_calls || self->storing || self->state != VIG_RUN_RESOLVING || !all_calls_done (self))
    return;
  if (is_ending (self))
    {
      store_end (self);
      return;
    }

  write = new_write (self, VIG_RUN_ASKING);
  add_results (self, write);
  store (self, write, results_stored);
}

static void
make_calls (VigRun *self, JsonArray *rows)
{
  VigCallOwner owner = { self->parts, self->id, self->session_id, self->user_id, self->user_name, self->operator,
                         vig_reply_get_text (self->reply), self->cancellable, call_changed, self };

  for (guint i = 0; i < json_array_get_length (rows); i++)
    g_ptr_array_add (self->calls, vig_call_new (&owner, json_array_get_object_element (rows, i)));
}

static void
start_calls (VigRun *self)
{
  self->starting_calls = TRUE;
  for (guint i = 0; i < self->calls->len; i++)
    {
      if (is_ending (self))
        vig_call_stop (g_ptr_array_index (self->calls, i));
      vig_call_start (g_ptr_array_index (self->calls, i));
    }
  self->starting_calls = FALSE;
  call_changed (NULL, self);
}

/* ASKING */

static void
count_usage (VigRun *self, VigReply *reply)
{
  VigUsage *usage = vig_reply_get_usage (reply);

  self->input_tokens += MAX (usage->input_tokens, 0);
  self->output_tokens += MAX (usage->output_tokens, 0);
}

static void
reply_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = finish_store (self, source, result);

  if (stored == NULL || is_abandoned (self))
    return;

  g_clear_pointer (&self->ask, vig_ask_unref);
  publish_step (self, stored);
  vig_transcript_add_reply (self->transcript, self->reply);
  if (vig_reply_get_n_calls (self->reply) == 0)
    {
      self->state = VIG_RUN_DONE;
      ended (self);
      return;
    }

  make_calls (self, vig_json_get_array (stored, "calls"));
  enter (self, VIG_RUN_RESOLVING);
}

static void
store_reply (VigRun *self)
{
  guint n_calls = vig_reply_get_n_calls (self->reply);
  VigRunWrite *write;

  self->turns++;
  write = new_write (self, n_calls > 0 ? VIG_RUN_RESOLVING : VIG_RUN_DONE);
  vig_run_write_add_message (write, "assistant", vig_reply_to_json (self->reply));
  for (guint i = 0; i < n_calls; i++)
    {
      const VigReplyCall *call = vig_reply_get_call (self->reply, i);

      json_array_add_object_element (write->calls, vig_json_pack_object ("{s:s, s:s, s:J}", "provider_call_id", call->id, "tool", call->name,
                                                                         "arguments", call->arguments));
    }
  store (self, write, reply_stored);
}

static gboolean
is_empty (VigReply *reply)
{
  return vig_reply_get_n_calls (reply) == 0 && *vig_reply_get_text (reply) == '\0' && vig_reply_get_refusal (reply) == NULL;
}

static void
replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigReply) reply = vig_ask_run_finish (self->ask, result, &error);

  if (is_over (self))
    return;
  if (reply == NULL)
    {
      fail (self, error);
      return;
    }

  count_usage (self, reply);
  if (is_empty (reply))
    {
      end_with (self, VIG_RUN_FAILED, "empty_reply", vig_reply_is_cut_short (reply)
                ? "The model reached its length limit before it answered. Ask for less at once, or choose another model."
                : "The model answered nothing. Try again, or choose another model.");
      return;
    }

  g_clear_pointer (&self->reply, vig_reply_unref);
  self->reply = g_steal_pointer (&reply);
  store_reply (self);
}

static void
show_text (VigChunkKind kind, const char *text, gpointer user_data)
{
  VigRun *self = user_data;
  g_autoptr (JsonObject) data = NULL;

  data = vig_json_pack_object ("{s:s, s:s, s:s}", "run_id", self->id, "kind", kind == VIG_CHUNK_REASONING ? "reasoning" : "text", "text", text);
  publish (self, "text.delta", data);
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
  if (self->operator->enabled)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "the Operator %s is disabled", self->operator->name);

  return FALSE;
}

static void
ask_facts_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  VigRunFacts *facts = vig_db_finish (VIG_DB (source), result, &error);

  if (!is_over (self))
    {
      if (facts != NULL)
        take_limits (self, facts->settings);
      if (facts != NULL && self->turns >= self->max_turns)
        g_set_error (&error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "This run reached the limit of %" G_GINT64_FORMAT " turns under Settings. "
                     "Say \"go on\" to go on", self->max_turns);
      else if (facts != NULL && take_operator (self, facts, &error))
        self->ask = vig_ask_new_for_operator (self->parts, facts, self->operator, self->transcript, &error);
      if (self->ask != NULL)
        vig_ask_run_async (self->ask, show_text, self->cancellable, replied, g_object_ref (self));
      else
        fail (self, error);
    }
  g_clear_pointer (&facts, vig_run_facts_free);
}

static void
read_facts (VigRun *self, const char *operator_id, GAsyncReadyCallback callback)
{
  vig_db_read_async (self->parts->context.db, vig_run_facts_read, g_strdup (operator_id), g_free, vig_run_facts_free,
                     NULL, callback, g_object_ref (self));
}

/* ROUTING */

static void
build_transcript (VigRun *self)
{
  self->transcript = vig_history_build (self->history, self->messages, self->operator->name, self->parts->context.redactor);
  g_clear_pointer (&self->history, json_array_unref);
  g_clear_pointer (&self->messages, json_array_unref);
}

static void
chosen_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = finish_store (self, source, result);

  if (stored == NULL || is_abandoned (self))
    return;

  publish_step (self, stored);
  build_transcript (self);
  if (!is_over (self))
    enter (self, VIG_RUN_ASKING);
}

static void
choose (VigRun *self, VigOperator *operator, const char *reason)
{
  g_autofree char *shown = reason != NULL ? vig_redactor_apply (self->parts->context.redactor, reason) : NULL;
  VigRunWrite *write;

  self->operator = vig_operator_ref (operator);
  write = new_write (self, VIG_RUN_ASKING);
  json_object_set_string_member (write->changes, "operator_id", operator->id);
  json_object_set_string_member (write->changes, "operator_name", operator->name);
  json_object_set_string_member (write->changes, "routing_reason", shown);
  store (self, write, chosen_stored);
}

static void
answer_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = finish_store (self, source, result);

  if (stored == NULL || is_abandoned (self))
    return;

  publish_step (self, stored);
  self->state = VIG_RUN_DONE;
  ended (self);
}

/* The orchestrator's own words are the answer. */
static void
answer (VigRun *self, VigReply *reply)
{
  g_autoptr (VigReply) plain = vig_reply_new ();
  VigRunWrite *write;

  vig_reply_append_text (plain, vig_reply_get_text (reply), -1);
  self->turns++;
  write = new_write (self, VIG_RUN_DONE);
  vig_run_write_add_message (write, "assistant", vig_reply_to_json (plain));
  store (self, write, answer_stored);
}

static void
routed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigReply) reply = vig_ask_run_finish (self->ask, result, &error);
  g_autofree char *reason = NULL;
  VigOperator *operator;

  if (is_over (self))
    return;
  g_clear_pointer (&self->ask, vig_ask_unref);
  if (reply == NULL)
    {
      fail (self, error);
      return;
    }

  count_usage (self, reply);
  operator = vig_orchestrator_read_reply (self->operators, reply, &reason);
  if (operator != NULL)
    choose (self, operator, reason);
  else if (*vig_reply_get_text (reply) != '\0')
    answer (self, reply);
  else
    end_with (self, VIG_RUN_FAILED, "not_routed", "No Operator was chosen for this. Name one with @, for example @name, or say it in other words.");
}

static void
ask_who (VigRun *self, VigRunFacts *facts)
{
  g_autoptr (VigTranscript) transcript = NULL;
  g_autoptr (GError) error = NULL;

  transcript = vig_history_build_to_route (self->history, self->messages, self->parts->context.redactor);
  self->ask = vig_ask_new_to_route (self->parts, facts, self->operators, transcript, &error);
  if (self->ask != NULL)
    vig_ask_run_async (self->ask, NULL, self->cancellable, routed, g_object_ref (self));
  else
    fail (self, error);
}

static void
route (VigRun *self, VigRunFacts *facts)
{
  VigOperator *mentioned;

  for (guint i = 0; i < json_array_get_length (facts->operators); i++)
    g_ptr_array_add (self->operators, vig_operator_new (json_array_get_object_element (facts->operators, i)));

  mentioned = vig_orchestrator_find_mention (self->operators, vig_history_get_question (self->messages));
  if (mentioned != NULL)
    choose (self, mentioned, "You named it.");
  else if (self->operators->len == 0)
    end_with (self, VIG_RUN_FAILED, "no_operator", "No Operator yet, or all are disabled: go to Operators → Create Operator.");
  else if (self->operators->len == 1)
    choose (self, g_ptr_array_index (self->operators, 0), "It is the only Operator.");
  else
    ask_who (self, facts);
}

static void
route_facts_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  VigRunFacts *facts = vig_db_finish (VIG_DB (source), result, &error);

  if (!is_over (self))
    {
      if (facts != NULL)
        {
          take_limits (self, facts->settings);
          route (self, facts);
        }
      else
        fail (self, error);
    }
  g_clear_pointer (&facts, vig_run_facts_free);
}

static void
enter (VigRun *self, VigRunState state)
{
  g_debug ("RUN=%s: goes from %s to %s", self->id, vig_run_state_to_string (self->state), vig_run_state_to_string (state));
  self->state = state;
  switch (state)
    {
    case VIG_RUN_ROUTING:
      read_facts (self, NULL, route_facts_read);
      break;
    case VIG_RUN_ASKING:
      read_facts (self, self->operator->id, ask_facts_read);
      break;
    case VIG_RUN_RESOLVING:
      start_calls (self);
      break;
    case VIG_RUN_DONE:
    case VIG_RUN_FAILED:
    case VIG_RUN_STOPPED:
    default:
      break;
    }
}

/* Loading: where it stands follows from the last message. */

static VigReply *
find_open_reply (JsonArray *messages)
{
  guint length = json_array_get_length (messages);
  JsonObject *last;

  if (length == 0)
    return NULL;

  last = json_array_get_object_element (messages, length - 1);
  if (!g_str_equal (vig_json_get_string (last, "kind", ""), "assistant"))
    return NULL;

  return vig_reply_from_json (vig_json_get_object (last, "content"), NULL);
}

static void
go_on (VigRun *self)
{
  g_autoptr (VigReply) open = find_open_reply (self->messages);

  if (self->operator == NULL)
    {
      if (!is_over (self))
        enter (self, VIG_RUN_ROUTING);
      return;
    }

  build_transcript (self);
  if (open == NULL || json_array_get_length (self->rows) == 0)
    {
      if (!is_over (self))
        enter (self, VIG_RUN_ASKING);
      return;
    }

  self->reply = g_steal_pointer (&open);
  make_calls (self, self->rows);
  enter (self, VIG_RUN_RESOLVING);
}

/* One that was deleted stands in with its name and no rights: its open calls end denied. */
static void
operator_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  VigRunFacts *facts = vig_db_finish (VIG_DB (source), result, &error);
  g_autoptr (JsonObject) stand_in = NULL;

  if (is_abandoned (self))
    {
      g_clear_pointer (&facts, vig_run_facts_free);
      return;
    }

  stand_in = vig_json_pack_object ("{s:s, s:s}", "id", vig_json_get_string (self->row, "operator_id", ""),
                                   "name", vig_json_get_string (self->row, "operator_name", ""));
  self->operator = vig_operator_new (facts != NULL && facts->operator != NULL ? facts->operator : stand_in);
  if (facts != NULL)
    take_limits (self, facts->settings);
  g_clear_pointer (&facts, vig_run_facts_free);
  go_on (self);
}

static void
take_loaded (VigRun *self, JsonObject *loaded)
{
  JsonObject *usage;

  take_row (self, vig_json_get_object (loaded, "run"));
  self->user_name = g_strdup (vig_json_get_string (loaded, "user_name", ""));
  self->history = json_array_ref (vig_json_get_array (loaded, "history"));
  self->messages = json_array_ref (vig_json_get_array (loaded, "messages"));
  self->rows = json_array_ref (vig_json_get_array (loaded, "calls"));
  self->turns = vig_json_get_int (self->row, "turns", 0);
  usage = vig_json_get_object (self->row, "usage");
  if (usage != NULL)
    {
      self->input_tokens = vig_json_get_int (usage, "input_tokens", 0);
      self->output_tokens = vig_json_get_int (usage, "output_tokens", 0);
    }
  if (vig_json_get_boolean (self->row, "stop_requested", FALSE))
    begin_ending (self, VIG_RUN_STOPPED, "stopped", "stopped");
}

static void
loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) record = vig_db_finish (VIG_DB (source), result, &error);

  if (is_abandoned (self))
    return;
  if (record == NULL)
    {
      fail (self, error);
      return;
    }

  take_loaded (self, record);
  if (vig_json_get_string (self->row, "operator_name", NULL) != NULL)
    read_facts (self, vig_json_get_string (self->row, "operator_id", ""), operator_read);
  else
    go_on (self);
}

void
vig_run_start (VigRun *self)
{
  vig_db_read_async (self->parts->context.db, vig_run_store_load, g_strdup (self->id), g_free, (GDestroyNotify) json_object_unref,
                     NULL, loaded, g_object_ref (self));
}

static void
stop_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (JsonObject) row = vig_db_finish (VIG_DB (source), result, NULL);
}

static gpointer
write_stop (VigDbConnection *db, gpointer run_id, GError **error)
{
  g_autoptr (JsonObject) changes = vig_json_pack_object ("{s:b}", "stop_requested", TRUE);

  return vig_store_runs_update (db, run_id, changes, error);
}

/* The wish is stored at once, so that it holds if the daemon ends before the run does. */
void
vig_run_stop (VigRun *self)
{
  if (is_ending (self) || self->state >= VIG_RUN_DONE)
    return;

  vig_db_write_async (self->parts->context.db, write_stop, g_strdup (self->id), g_free, (GDestroyNotify) json_object_unref, NULL, stop_stored, NULL);
  begin_ending (self, VIG_RUN_STOPPED, "stopped", "stopped");
}

void
vig_run_abandon (VigRun *self)
{
  self->ended = NULL;
  g_clear_handle_id (&self->grace_timer, g_source_remove);
  g_clear_handle_id (&self->time_timer, g_source_remove);
  if (self->ask != NULL)
    vig_ask_close (self->ask);
  for (guint i = 0; i < self->calls->len; i++)
    vig_call_abandon (g_ptr_array_index (self->calls, i));
  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->abandoned);
}

const char *
vig_run_get_id (VigRun *self)
{
  return self->id;
}

const char *
vig_run_get_session_id (VigRun *self)
{
  return self->session_id;
}

const char *
vig_run_get_user_id (VigRun *self)
{
  return self->user_id;
}

VigRunState
vig_run_get_state (VigRun *self)
{
  return self->state;
}

JsonObject *
vig_run_get_row (VigRun *self)
{
  return self->row;
}

gboolean
vig_run_is_waiting (VigRun *self)
{
  guint n_waiting = 0;

  if (self->state != VIG_RUN_RESOLVING)
    return FALSE;

  for (guint i = 0; i < self->calls->len; i++)
    switch (vig_call_get_state (g_ptr_array_index (self->calls, i)))
      {
      case VIG_CALL_WAITING:
        n_waiting++;
        break;
      case VIG_CALL_DONE:
        break;
      case VIG_CALL_NEW:
      case VIG_CALL_DECLARING:
      case VIG_CALL_RUNNING:
      case VIG_CALL_RECORDING:
      default:
        return FALSE;
      }

  return n_waiting > 0;
}

JsonObject *
vig_run_describe_live (VigRun *self)
{
  JsonObject *outputs = json_object_new ();
  g_autoptr (JsonNode) node = json_node_alloc ();

  json_node_take_object (json_node_init (node, JSON_NODE_OBJECT), outputs);
  for (guint i = 0; i < self->calls->len; i++)
    {
      VigCall *call = g_ptr_array_index (self->calls, i);

      if (*vig_call_get_output (call) != '\0')
        json_object_set_string_member (outputs, vig_call_get_id (call), vig_call_get_output (call));
    }

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:O}",
                               "run_id", self->id,
                               "operator_name", self->operator != NULL ? self->operator->name : NULL,
                               "text", self->ask != NULL ? vig_ask_get_text (self->ask) : "",
                               "reasoning", self->ask != NULL ? vig_ask_get_reasoning (self->ask) : "",
                               "outputs", node);
}

static void
vig_run_finalize (GObject *object)
{
  VigRun *self = VIG_RUN (object);

  g_clear_handle_id (&self->grace_timer, g_source_remove);
  g_clear_handle_id (&self->time_timer, g_source_remove);
  g_ptr_array_unref (self->calls);
  g_ptr_array_unref (self->operators);
  g_clear_pointer (&self->row, json_object_unref);
  g_clear_pointer (&self->history, json_array_unref);
  g_clear_pointer (&self->messages, json_array_unref);
  g_clear_pointer (&self->rows, json_array_unref);
  g_clear_pointer (&self->transcript, vig_transcript_unref);
  g_clear_pointer (&self->reply, vig_reply_unref);
  vig_operator_unref (self->operator);
  vig_ask_unref (self->ask);
  g_object_unref (self->cancellable);
  g_object_unref (self->abandoned);
  g_free (self->id);
  g_free (self->session_id);
  g_free (self->user_id);
  g_free (self->user_name);
  g_free (self->ending_code);
  g_free (self->ending_message);
  vig_parts_unref (self->parts);

  G_OBJECT_CLASS (vig_run_parent_class)->finalize (object);
}

static void
vig_run_class_init (VigRunClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_run_finalize;
}

static void
vig_run_init (VigRun *self)
{
  self->calls = g_ptr_array_new_with_free_func (g_object_unref);
  self->operators = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_operator_unref);
  self->cancellable = g_cancellable_new ();
  self->abandoned = g_cancellable_new ();
  self->max_turns = 1;
}

VigRun *
vig_run_new (VigParts *parts, JsonObject *row, VigRunEndedFunc ended_func, gpointer user_data)
{
  VigRun *self = g_object_new (VIG_TYPE_RUN, NULL);

  self->parts = vig_parts_ref (parts);
  self->ended = ended_func;
  self->ended_data = user_data;
  self->id = g_strdup (vig_json_get_string (row, "id", ""));
  self->session_id = g_strdup (vig_json_get_string (row, "session_id", ""));
  self->user_id = g_strdup (vig_json_get_string (row, "user_id", ""));
  take_row (self, row);

  return self;
}
