/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run.h"

#include "vig-durable.h"
#include "vig-history.h"
#include "vig-orchestrator.h"
#include "vig-run-private.h"
#include "vig-store-runs.h"

G_DEFINE_FINAL_TYPE (VigRun, vig_run, G_TYPE_OBJECT)

const char *
vig_run_state_to_string (VigRunState state)
{
  static const char * const names[] = { "routing", "asking", "resolving", "done", "failed", "stopped" };

  return names[state];
}

gboolean
vig_run_is_abandoned (VigRun *self)
{
  return self->ended == NULL;
}

void
vig_run_publish (VigRun *self, const char *event, JsonObject *data)
{
  vig_parts_publish_session (self->parts, self->session_id, event, data);
}

static void
publish_all (VigRun *self, const char *event, JsonArray *items)
{
  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    vig_run_publish (self, event, json_array_get_object_element (items, i));
}

static void
take_row (VigRun *self, JsonObject *row)
{
  json_object_ref (row);
  g_clear_pointer (&self->row, json_object_unref);
  self->row = row;
}

void
vig_run_publish_step (VigRun *self, JsonObject *stored)
{
  take_row (self, vig_json_get_object (stored, "run"));
  self->others_tokens = vig_json_get_int (stored, "others_tokens", 0);
  self->others_cost = vig_json_get_int (stored, "others_cost", 0);
  publish_all (self, "message.added", vig_json_get_array (stored, "messages"));
  publish_all (self, "call.changed", vig_json_get_array (stored, "calls"));
  vig_parts_publish_run (self->parts, self->row);
}

static JsonObject *
build_usage (VigRun *self)
{
  return vig_json_pack_object ("{s:I, s:I, s:I, s:I, s:I}", "input_tokens", self->input_tokens, "output_tokens", self->output_tokens,
                               "cost_micros", self->cost, "unpriced", self->unpriced, "estimated", self->estimated);
}

VigRunWrite *
vig_run_new_write (VigRun *self, VigRunState state)
{
  VigRunWrite *write = vig_run_write_new (self->id, self->session_id, self->operator != NULL ? self->operator->name : VIG_ORCHESTRATOR_NAME);

  json_object_set_string_member (write->changes, "state", vig_run_state_to_string (state));
  json_object_set_int_member (write->changes, "turns", self->turns);
  json_object_set_int_member (write->changes, "busy_ms", vig_run_get_busy (self) / 1000);
  json_object_set_object_member (write->changes, "usage", build_usage (self));
  json_array_unref (write->usage);
  write->usage = g_steal_pointer (&self->usage);
  self->usage = json_array_new ();
  vig_run_tell_unpriced (self, write);

  return write;
}

void
vig_run_store (VigRun *self, VigRunWrite *write, GAsyncReadyCallback callback)
{
  self->storing = TRUE;
  vig_durable_write_async (self->parts->context.db, vig_run_write_run, write, vig_run_write_free, (GDestroyNotify) json_object_unref,
                           TRUE, NULL, self->abandoned, callback, g_object_ref (self));
}

JsonObject *
vig_run_finish_store (VigRun *self, GObject *source, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;
  JsonObject *stored = vig_durable_write_finish (VIG_DB (source), result, &error);

  self->storing = FALSE;
  if (stored == NULL && !vig_run_is_abandoned (self))
    {
      g_warning ("RUN=%s: a step of this run can't be stored: %s", self->id, error->message);
      if (self->state < VIG_RUN_DONE)
        vig_run_fail (self, error);
    }

  return stored;
}

typedef struct
{
  VigRun *run;
  void  (*func) (VigRun *self, VigRunFacts *facts);
} FactsQuery;

static void
facts_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree FactsQuery *query = user_data;
  g_autoptr (VigRun) self = query->run;
  g_autoptr (GError) error = NULL;
  VigRunFacts *facts = vig_db_finish (VIG_DB (source), result, &error);

  if (facts != NULL && !vig_run_is_over (self))
    query->func (self, facts);
  else if (!vig_run_is_over (self))
    vig_run_fail (self, error);
  g_clear_pointer (&facts, vig_run_facts_free);
}

void
vig_run_read_facts (VigRun *self, const char *operator_id, void (*func) (VigRun *self, VigRunFacts *facts))
{
  FactsQuery *query = g_new0 (FactsQuery, 1);

  query->run = g_object_ref (self);
  query->func = func;
  vig_run_facts_read_async (self->parts->context.db, operator_id, self->row, facts_read, query);
}

void
vig_run_load (VigRun *self, GAsyncReadyCallback callback)
{
  vig_db_read_async (self->parts->context.db, vig_run_loaded_read, vig_run_load_new (self->id, self->parts->context.attachments), vig_run_load_free,
                     vig_run_loaded_free, NULL, callback, g_object_ref (self));
}

void
vig_run_forget_loaded (VigRun *self)
{
  self->history = NULL;
  self->messages = NULL;
  self->rows = NULL;
  g_clear_pointer (&self->loaded, json_object_unref);
}

void
vig_run_enter (VigRun *self, VigRunState state)
{
  g_debug ("RUN=%s: goes from %s to %s", self->id, vig_run_state_to_string (self->state), vig_run_state_to_string (state));
  self->state = state;
  switch (state)
    {
    case VIG_RUN_ROUTING:
      vig_run_route (self);
      break;
    case VIG_RUN_ASKING:
      vig_run_ask (self);
      break;
    case VIG_RUN_RESOLVING:
      vig_run_start_calls (self);
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
      if (!vig_run_is_over (self))
        vig_run_enter (self, VIG_RUN_ROUTING);
      return;
    }

  self->transcript = vig_run_read_transcript (self, self->loaded);
  if (open == NULL || json_array_get_length (self->rows) == 0)
    {
      vig_run_forget_loaded (self);
      if (!vig_run_is_over (self))
        vig_run_enter (self, VIG_RUN_ASKING);
      return;
    }

  self->reply = g_steal_pointer (&open);
  vig_run_make_calls (self, self->rows);
  vig_run_forget_loaded (self);
  vig_run_enter (self, VIG_RUN_RESOLVING);
}

/* One that was deleted stands in with its name and no rights: its open calls end denied. */
static void
take_operator (VigRun *self)
{
  g_autoptr (JsonObject) stand_in = NULL;

  stand_in = vig_json_pack_object ("{s:s, s:s}", "id", vig_json_get_string (self->row, "operator_id", ""),
                                   "name", vig_json_get_string (self->row, "operator_name", ""));
  if (self->plan != NULL)
    self->operator = vig_orchestrator_new_operator ();
  else
    self->operator = vig_operator_new (self->facts->operator != NULL ? self->facts->operator : stand_in);
  vig_operator_cap (self->operator, self->row);
  vig_run_take_limits (self, self->facts->settings);
}

static gboolean
has_notice (JsonArray *messages, const char *code)
{
  for (guint i = 0; i < json_array_get_length (messages); i++)
    {
      JsonObject *message = json_array_get_object_element (messages, i);

      if (g_str_equal (vig_json_get_string (message, "kind", ""), "notice")
          && g_strcmp0 (vig_json_get_string (vig_json_get_object (message, "content"), "code", NULL), code) == 0)
        return TRUE;
    }

  return FALSE;
}

static void
take_loaded (VigRun *self, JsonObject *loaded)
{
  JsonObject *usage;

  take_row (self, vig_json_get_object (loaded, "run"));
  self->user_name = g_strdup (vig_json_get_string (loaded, "user_name", ""));
  self->loaded = json_object_ref (loaded);
  self->history = vig_json_get_array (loaded, "history");
  self->messages = vig_json_get_array (loaded, "messages");
  self->rows = vig_json_get_array (loaded, "calls");
  self->told_unpriced = has_notice (self->messages, VIG_RUN_UNPRICED);
  self->turns = vig_json_get_int (self->row, "turns", 0);
  self->busy = vig_json_get_int (self->row, "busy_ms", 0) * 1000;
  self->others_tokens = vig_json_get_int (loaded, "others_tokens", 0);
  self->others_cost = vig_json_get_int (loaded, "others_cost", 0);
  vig_run_take_plan (self, loaded);
  usage = vig_json_get_object (self->row, "usage");
  if (usage != NULL)
    {
      self->input_tokens = vig_json_get_int (usage, "input_tokens", 0);
      self->output_tokens = vig_json_get_int (usage, "output_tokens", 0);
      self->cost = vig_json_get_int (usage, "cost_micros", 0);
      self->unpriced = vig_json_get_int (usage, "unpriced", 0);
      self->estimated = vig_json_get_int (usage, "estimated", 0);
    }
  if (vig_json_get_boolean (self->row, "stop_requested", FALSE))
    vig_run_begin_ending (self, VIG_RUN_STOPPED, "stopped", "stopped");
}

/* Takes @loaded. */
static void
begin (VigRun *self, VigRunLoaded *loaded)
{
  take_loaded (self, loaded->record);
  self->facts = g_steal_pointer (&loaded->facts);
  vig_run_loaded_free (loaded);
  if (vig_json_get_string (self->row, "operator_name", NULL) != NULL)
    take_operator (self);
  go_on (self);
  /* Where it goes on with calls, what was read is old once these have ended. */
  g_clear_pointer (&self->facts, vig_run_facts_free);
}

static void
loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  VigRunLoaded *loaded = vig_db_finish (VIG_DB (source), result, &error);

  if (vig_run_is_abandoned (self))
    g_clear_pointer (&loaded, vig_run_loaded_free);
  else if (loaded != NULL)
    begin (self, loaded);
  else
    vig_run_fail (self, error);
}

void
vig_run_start (VigRun *self, VigRunLoaded *loaded_already)
{
  if (loaded_already != NULL)
    begin (self, loaded_already);
  else
    vig_run_load (self, loaded);
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
  if (vig_run_is_ending (self) || self->state >= VIG_RUN_DONE)
    return;

  vig_db_write_async (self->parts->context.db, write_stop, g_strdup (self->id), g_free, (GDestroyNotify) json_object_unref, NULL, stop_stored, NULL);
  vig_run_begin_ending (self, VIG_RUN_STOPPED, "stopped", "stopped");
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

guint
vig_run_get_depth (VigRun *self)
{
  return (guint) vig_json_get_int (self->row, "depth", 0);
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
      case VIG_CALL_RUNNING:
        if (!vig_call_waits_for_run (g_ptr_array_index (self->calls, i)))
          return FALSE;
        n_waiting++;
        break;
      case VIG_CALL_NEW:
      case VIG_CALL_DECLARING:
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
  for (guint i = 0; i < self->calls->len; i++)
    vig_call_abandon (g_ptr_array_index (self->calls, i));
  g_ptr_array_unref (self->calls);
  g_ptr_array_unref (self->operators);
  g_clear_pointer (&self->row, json_object_unref);
  g_clear_pointer (&self->usage, json_array_unref);
  g_clear_pointer (&self->loaded, json_object_unref);
  g_clear_pointer (&self->facts, vig_run_facts_free);
  g_clear_pointer (&self->provider, json_object_unref);
  g_clear_pointer (&self->fallback, json_object_unref);
  vig_compactor_unref (self->compactor);
  g_clear_pointer (&self->transcript, vig_transcript_unref);
  g_clear_pointer (&self->reply, vig_reply_unref);
  vig_operator_unref (self->operator);
  g_clear_pointer (&self->plan, vig_plan_free);
  vig_ask_unref (self->ask);
  g_object_unref (self->cancellable);
  g_object_unref (self->abandoned);
  g_free (self->id);
  g_free (self->session_id);
  g_free (self->user_id);
  g_free (self->user_name);
  g_free (self->ending_code);
  g_free (self->ending_message);
  g_free (self->prices);
  g_free (self->unpriced_model);
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
  self->usage = json_array_new ();
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
