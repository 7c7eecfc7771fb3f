/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

#include "vig-history.h"

/* Before a question is sent: does it fit the model? Where it does not, the earlier part of the conversation gives way to a summary, in the middle of
 * a run as well as at its beginning. What was said stays stored and shown. The question who takes it is cut to fit instead: vig-route-ask.h. */

#define SMALL_TOKENS  2000 /* such a question fits any model that can be used at all */
#define KEEP_PERCENT  40   /* that is filled after a compaction, so that the next one is a while off */
#define LEAST_PERCENT 8
#define PIECE_PERCENT 50   /* that a summary is made from at once */
#define MIN_PIECE     2000 /* bytes */
#define MAX_PIECE     262144
#define MIN_RESULT    1024
#define MAX_SHRINKS   2

static VigWindows *
get_windows (VigRun *self)
{
  return self->parts->windows;
}

static gint64
get_window (VigRun *self)
{
  gint64 window = vig_windows_get (get_windows (self), self->provider, vig_ask_get_model (self->ask));

  return window > 0 ? window : self->context_tokens;
}

static gsize
to_bytes (VigRun *self, gint64 percent)
{
  return vig_windows_to_bytes (get_windows (self), self->provider, vig_ask_get_model (self->ask), get_window (self) * percent / 100);
}

static gint64
estimate (VigRun *self)
{
  return vig_windows_estimate (get_windows (self), self->provider, vig_ask_get_model (self->ask), vig_ask_get_bytes (self->ask));
}

static void
fill_conversation (VigRun *self, JsonObject *loaded, VigConversation *conversation)
{
  conversation->history = vig_json_get_array (loaded, "history");
  conversation->messages = vig_json_get_array (loaded, "messages");
  conversation->summary = vig_history_find_summary (vig_json_get_array (loaded, "summaries"), self->operator->name, conversation->history,
                                                    conversation->messages);
  conversation->operator_name = self->operator->name;
  conversation->redactor = self->parts->context.redactor;
  conversation->result_limit = self->result_limit;
}

VigTranscript *
vig_run_read_transcript (VigRun *self, JsonObject *loaded)
{
  VigConversation conversation = { 0 };

  fill_conversation (self, loaded, &conversation);

  return vig_history_build (&conversation, vig_json_get_array (loaded, "approvals"));
}

static void
ask_again (VigRun *self)
{
  vig_transcript_unref (self->transcript);
  self->transcript = vig_run_read_transcript (self, self->loaded);
  g_clear_pointer (&self->loaded, json_object_unref);
  g_clear_pointer (&self->compactor, vig_compactor_unref);
  g_clear_pointer (&self->ask, vig_ask_unref);
  self->fitted = TRUE;
  vig_run_enter (self, VIG_RUN_ASKING);
}

static void
summary_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = vig_run_finish_store (self, source, result);

  if (stored == NULL || vig_run_is_over (self))
    return;

  vig_run_publish_step (self, stored);
  ask_again (self);
}

static void
store_summary (VigRun *self, const char *text, const char *model)
{
  VigCompaction *compaction = vig_compactor_get_compaction (self->compactor);
  VigRunWrite *write = vig_run_new_write (self, VIG_RUN_ASKING);
  JsonArray *summaries = json_array_new ();

  write->summary = vig_json_pack_object ("{s:s, s:I, s:s, s:s, s:J, s:s}", "message_id", compaction->message_id, "n_messages", compaction->n_messages,
                                         "model", model, "text", text, "kept", compaction->kept, "operator_name", self->operator->name);
  vig_run_write_add_message (write, "notice", vig_json_pack_object ("{s:s, s:s, s:s, s:I, s:s}",
                                                                    "text", "Earlier messages were summarised for the model. They all still stand here.",
                                                                    "code", "compacted", "summary", text, "n_messages", compaction->n_messages,
                                                                    "model", model));
  json_array_add_object_element (summaries, json_object_ref (write->summary));
  json_object_set_array_member (self->loaded, "summaries", summaries);
  vig_run_store (self, write, summary_stored);
}

static void
count_reply (VigReply *reply, gpointer user_data)
{
  vig_run_count_usage (user_data, reply, "summary");
}

static void
summarised (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autofree char *model = NULL;
  g_autofree char *text = vig_compactor_run_finish (self->compactor, result, &model, NULL);

  if (!vig_run_is_over (self))
    store_summary (self, text, model);
}

static VigCompaction *
plan (VigRun *self)
{
  VigConversation conversation = { 0 };
  gsize fixed = vig_ask_get_bytes (self->ask) - vig_windows_measure (self->transcript);
  gsize most = to_bytes (self, KEEP_PERCENT);
  gsize keep = MAX (most - MIN (most, fixed), to_bytes (self, LEAST_PERCENT));

  self->result_limit = MAX (keep / 3, MIN_RESULT);
  fill_conversation (self, self->loaded, &conversation);
  conversation.keep_bytes = keep;

  return vig_compaction_new (&conversation, CLAMP (to_bytes (self, PIECE_PERCENT), MIN_PIECE, MAX_PIECE));
}

static void
compact (VigRun *self)
{
  g_autoptr (VigCompaction) compaction = plan (self);
  JsonObject *summary = vig_history_find_summary (vig_json_get_array (self->loaded, "summaries"), self->operator->name,
                                                  vig_json_get_array (self->loaded, "history"), vig_json_get_array (self->loaded, "messages"));

  if (compaction == NULL)
    {
      ask_again (self);
      return;
    }

  self->compactor = vig_compactor_new (self->parts->context.redactor, vig_ask_get_writer (self->ask), vig_ask_get_model (self->ask),
                                       summary != NULL ? vig_json_get_string (summary, "text", NULL) : NULL, g_steal_pointer (&compaction));
  vig_compactor_run_async (self->compactor, count_reply, self->cancellable, summarised, g_object_ref (self));
}

static void
conversation_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) loaded = vig_db_finish (VIG_DB (source), result, &error);

  if (vig_run_is_over (self))
    return;
  if (loaded == NULL)
    {
      vig_run_fail (self, error);
      return;
    }

  g_clear_pointer (&self->loaded, json_object_unref);
  self->loaded = g_steal_pointer (&loaded);
  compact (self);
}

static void
send_or_compact (VigRun *self)
{
  if (self->fitted || estimate (self) <= get_window (self) * VIG_WINDOWS_FULL_PERCENT / 100)
    {
      vig_run_send_ask (self);
      return;
    }

  vig_db_read_async (self->parts->context.db, vig_run_store_load, vig_run_load_new (self->id, self->parts->context.attachments),
                     vig_run_load_free, (GDestroyNotify) json_object_unref, NULL, conversation_loaded, g_object_ref (self));
}

static void
window_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;

  vig_windows_read_finish (get_windows (self), result);
  if (vig_run_is_over (self))
    return;
  if (self->state != VIG_RUN_ROUTING)
    {
      send_or_compact (self);
      return;
    }

  /* Made anew, by what is known now. */
  self->fitted = TRUE;
  g_clear_pointer (&self->ask, vig_ask_unref);
  vig_run_enter (self, VIG_RUN_ROUTING);
}

void
vig_run_fit (VigRun *self, VigRunFacts *facts)
{
  g_clear_pointer (&self->provider, json_object_unref);
  self->provider = json_object_ref (facts->provider);
  self->context_tokens = vig_json_get_int (facts->settings, "context_tokens", VIG_WINDOWS_DEFAULT);
  if (!self->fitted && estimate (self) >= SMALL_TOKENS && vig_windows_get (get_windows (self), self->provider, vig_ask_get_model (self->ask)) <= 0)
    vig_windows_read_async (get_windows (self), self->provider, vig_ask_get_provider (self->ask), vig_ask_get_model (self->ask), self->cancellable,
                            window_read, g_object_ref (self));
  else if (self->state == VIG_RUN_ROUTING)
    vig_run_send_route (self);
  else
    send_or_compact (self);
}

void
vig_run_note_size (VigRun *self, VigReply *reply)
{
  VigUsage *usage = vig_reply_get_usage (reply);

  if (self->provider == NULL)
    return;

  vig_windows_correct (get_windows (self), self->provider, vig_ask_get_model (self->ask), vig_ask_get_bytes (self->ask),
                       usage->input_tokens);
  self->fitted = FALSE;
  self->n_shrinks = 0;
}

/* What the server says counts more than what was thought: then again, with less. */
gboolean
vig_run_shrink (VigRun *self, const GError *error)
{
  if (!g_error_matches (error, VIG_ERROR, VIG_ERROR_TOO_LARGE) || self->n_shrinks >= MAX_SHRINKS || self->provider == NULL)
    return FALSE;

  self->n_shrinks++;
  self->fitted = FALSE;
  vig_windows_learn (get_windows (self), self->provider, vig_ask_get_model (self->ask), MIN (estimate (self), get_window (self)));
  g_clear_pointer (&self->ask, vig_ask_unref);
  vig_run_enter (self, self->state);

  return TRUE;
}
