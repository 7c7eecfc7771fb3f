/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

#include "vig-price.h"
#include "vig-usage.h"

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

gint64
vig_run_get_busy (VigRun *self)
{
  return self->busy + (self->busy_since != 0 ? g_get_monotonic_time () - self->busy_since : 0);
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
      self->busy += now - self->busy_since;
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
    self->time_left = MAX (MAX (vig_json_get_int (settings, "run_max_minutes", 30), 1) * minute - self->busy, 1);
  vig_run_update_clock (self);
}

void
vig_run_count_usage (VigRun *self, VigReply *reply, const char *purpose)
{
  JsonObject *entry = vig_usage_describe (self->ask, self->prices, reply, purpose, self->user_id, self->session_id);

  if (entry == NULL)
    return;

  if (self->operator != NULL)
    json_object_set_string_member (entry, "operator_name", self->operator->name);
  self->input_tokens += vig_json_get_int (entry, "input_tokens", 0);
  self->output_tokens += vig_json_get_int (entry, "output_tokens", 0);
  self->cost += vig_json_get_int (entry, "cost_micros", 0);
  if (vig_json_get_boolean (entry, "estimated", FALSE))
    self->estimated++;
  if (vig_json_get_boolean (entry, "unpriced", FALSE))
    {
      self->unpriced++;
      g_free (self->unpriced_model);
      self->unpriced_model = g_strdup (vig_json_get_string (entry, "model", ""));
    }
  json_array_add_object_element (self->usage, entry);
}

void
vig_run_tell_unpriced (VigRun *self, VigRunWrite *write)
{
  g_autofree char *text = NULL;

  if (self->told_unpriced || self->unpriced_model == NULL || self->max_cents == 0)
    return;

  self->told_unpriced = TRUE;
  text = g_strdup_printf ("The limit of %.2f on the cost of a run can't hold: no price is known for %s. Set one under Settings → Trust & limits → "
                          "Prices of models; 0 0 where it costs nothing.", (double) self->max_cents / 100, self->unpriced_model);
  g_message ("RUN=%s: %s", self->id, text);
  vig_run_write_add_message (write, "notice", vig_json_pack_object ("{s:s, s:s, s:s}", "text", text, "code", VIG_RUN_UNPRICED,
                                                                    "model", self->unpriced_model));
}

gboolean
vig_run_check_limits (VigRun *self, GError **error)
{
  gint64 tokens = self->input_tokens + self->output_tokens + self->others_tokens;
  gint64 cost = self->cost + self->others_cost;
  const char *note = self->estimated > 0 ? " (estimated: the server tells no tokens)" : "";

  if (self->turns >= self->max_turns)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE,
                 "This run reached the limit of %" G_GINT64_FORMAT " turns under Settings. Say \"go on\" to go on", self->max_turns);
  else if (self->max_tokens > 0 && tokens >= self->max_tokens)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE,
                 "This run used %" G_GINT64_FORMAT " tokens%s, and the limit under Settings is %" G_GINT64_FORMAT ". Say \"go on\" to go on",
                 tokens, note, self->max_tokens);
  else if (self->max_cents > 0 && cost >= self->max_cents * VIG_PRICE_CENT)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE,
                 "This run cost %.2f%s, and the limit under Settings is %.2f. Say \"go on\" to go on",
                 (double) cost / (100 * VIG_PRICE_CENT), note, (double) self->max_cents / 100);
  else
    return TRUE;

  return FALSE;
}
