/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

#include "vig-price.h"

#define MINUTE (60 * G_USEC_PER_SEC)

/* A run may be busy for so long; while every call waits for a person, the clock stands. */

static gboolean
time_over (gpointer user_data)
{
  VigRun *self = user_data;

  self->time_timer = 0;
  vig_run_begin_ending (self, VIG_RUN_FAILED, "timed_out", "This run took longer than the limit under Settings, so it was ended. Say \"go on\" to go on.");

  return G_SOURCE_REMOVE;
}

void
vig_run_update_clock (VigRun *self)
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

void
vig_run_take_limits (VigRun *self, JsonObject *settings)
{
  gint64 minute = self->parts->context.minute > 0 ? self->parts->context.minute : MINUTE;

  self->max_turns = vig_json_get_int (settings, "run_max_turns", 24);
  self->max_tokens = vig_json_get_int (settings, "run_max_tokens", 0);
  self->max_cents = vig_json_get_int (settings, "run_max_cents", 0);
  g_free (self->prices);
  self->prices = g_strdup (vig_json_get_string (settings, "model_prices", ""));
  if (self->time_left == 0)
    self->time_left = MAX (vig_json_get_int (settings, "run_max_minutes", 30), 1) * minute;
  vig_run_update_clock (self);
}

static void
note_usage (VigRun *self, VigUsage *usage, const char *model, gint64 input, gint64 output, gint64 cost)
{
  JsonObject *entry = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I}",
                                            "user_id", self->user_id,
                                            "operator_name", self->operator != NULL ? self->operator->name : NULL,
                                            "purpose", self->state == VIG_RUN_ROUTING ? "route" : "answer",
                                            "provider_name", self->ask != NULL ? vig_ask_get_provider_name (self->ask) : NULL,
                                            "model", model,
                                            "session_id", self->session_id,
                                            "input_tokens", input,
                                            "output_tokens", output,
                                            "cached_tokens", MAX (usage->cache_read_tokens, 0),
                                            "reasoning_tokens", MAX (usage->reasoning_tokens, 0),
                                            "cost_micros", cost);

  json_array_add_object_element (self->usage, entry);
}

void
vig_run_count_usage (VigRun *self, VigReply *reply, const char *model)
{
  VigUsage *usage = vig_reply_get_usage (reply);
  gint64 input = MAX (usage->input_tokens, 0);
  gint64 output = MAX (usage->output_tokens, 0);
  gint64 cost = vig_price_count (self->prices, model, input, output);

  self->input_tokens += input;
  self->output_tokens += output;
  self->cost += cost;
  if (input > 0 || output > 0)
    note_usage (self, usage, model, input, output, cost);
}

gboolean
vig_run_check_limits (VigRun *self, GError **error)
{
  gint64 tokens = self->input_tokens + self->output_tokens + self->others_tokens;
  gint64 cost = self->cost + self->others_cost;

  if (self->turns >= self->max_turns)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE,
                 "This run reached the limit of %" G_GINT64_FORMAT " turns under Settings. Say \"go on\" to go on", self->max_turns);
  else if (self->max_tokens > 0 && tokens >= self->max_tokens)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE,
                 "This run used %" G_GINT64_FORMAT " tokens, and the limit under Settings is %" G_GINT64_FORMAT ". Say \"go on\" to go on",
                 tokens, self->max_tokens);
  else if (self->max_cents > 0 && cost >= self->max_cents * VIG_PRICE_CENT)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE,
                 "This run cost %.2f, and the limit under Settings is %.2f. Say \"go on\" to go on",
                 (double) cost / (100 * VIG_PRICE_CENT), (double) self->max_cents / 100);
  else
    return TRUE;

  return FALSE;
}
