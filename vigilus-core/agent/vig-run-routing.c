/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

#include "vig-history.h"
#include "vig-orchestrator.h"
#include "vig-route-ask.h"
#include "vig-stop.h"

void
vig_run_routed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = vig_run_finish_store (self, source, result);

  if (stored == NULL || vig_run_is_abandoned (self))
    return;

  vig_run_publish_step (self, stored);
  self->transcript = vig_run_read_transcript (self, self->loaded);
  vig_run_forget_loaded (self);
  if (!vig_run_is_over (self))
    vig_run_enter (self, VIG_RUN_ASKING);
}

static void
choose (VigRun *self, VigOperator *operator, const char *reason)
{
  g_autofree char *shown = reason != NULL ? vig_redactor_apply (self->parts->context.redactor, reason) : NULL;
  VigRunWrite *write;

  self->operator = vig_operator_ref (operator);
  write = vig_run_new_write (self, VIG_RUN_ASKING);
  json_object_set_string_member (write->changes, "operator_id", operator->id);
  json_object_set_string_member (write->changes, "operator_name", operator->name);
  json_object_set_string_member (write->changes, "routing_reason", shown);
  vig_run_store (self, write, vig_run_routed);
}

static void
answer_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (JsonObject) stored = vig_run_finish_store (self, source, result);

  if (stored == NULL || vig_run_is_abandoned (self))
    return;

  vig_run_publish_step (self, stored);
  self->state = VIG_RUN_DONE;
  vig_run_end_now (self);
}

/* The orchestrator's own words are the answer; a call in it leads nowhere. */
static void
answer (VigRun *self, VigReply *reply)
{
  g_autoptr (VigReply) plain = vig_reply_new ();
  VigRunWrite *write;

  vig_reply_append_text (plain, vig_reply_get_text (reply), -1);
  vig_reply_append_reasoning (plain, vig_reply_get_reasoning (reply), -1);
  if (vig_reply_get_refusal (reply) != NULL)
    vig_reply_append_refusal (plain, vig_reply_get_refusal (reply), -1);
  vig_reply_set_stop_reason (plain, vig_reply_get_stop_reason (reply), vig_reply_is_cut_short (reply));
  *vig_reply_get_usage (plain) = *vig_reply_get_usage (reply);
  self->turns++;
  write = vig_run_new_write (self, VIG_RUN_DONE);
  vig_run_write_add_message (write, "assistant", vig_reply_to_json (plain));
  vig_run_store (self, write, answer_stored);
}

static void
routed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigReply) reply = vig_ask_run_finish (self->ask, result, &error);
  g_autofree char *reason = NULL;
  VigPlan *plan;
  VigOperator *operator;

  if (vig_run_is_over (self))
    return;
  if (reply == NULL)
    {
      if (!vig_run_shrink (self, error) && !vig_run_fall_back (self, error))
        vig_run_fail (self, error);
      return;
    }

  vig_run_note_size (self, reply);
  vig_run_count_usage (self, reply, "route");
  g_clear_pointer (&self->ask, vig_ask_unref);
  plan = vig_plan_read_reply (self->operators, reply, vig_history_get_question (self->messages));
  if (plan != NULL)
    {
      vig_run_begin_plan (self, plan, NULL);
      return;
    }
  operator = vig_orchestrator_read_reply (self->operators, reply, &reason);
  if (operator != NULL)
    choose (self, operator, reason);
  else if (*vig_reply_get_text (reply) != '\0' || vig_reply_get_refusal (reply) != NULL)
    answer (self, reply);
  else if (vig_stop_read (vig_reply_get_stop_reason (reply), vig_reply_is_cut_short (reply)) != VIG_STOP_WHOLE)
    vig_run_end_with (self, VIG_RUN_FAILED, "empty_reply", vig_run_explain_silence (reply));
  else
    vig_run_end_with (self, VIG_RUN_FAILED, "not_routed", "No Operator was chosen for this. Name one with @, for example @name, or say it in other words.");
}

void
vig_run_send_route (VigRun *self)
{
  vig_ask_run_async (self->ask, NULL, self->cancellable, routed, g_object_ref (self));
}

static void
ask_who (VigRun *self, VigRunFacts *facts)
{
  g_autoptr (GError) error = NULL;

  self->ask = vig_route_ask_new (self->parts, facts, self->operators, self->history, self->messages, &error);
  if (self->ask != NULL)
    vig_run_fit (self, facts);
  else
    vig_run_fail (self, error);
}

/* Made from a run that was split up. */
static void
keep_plan (VigRun *self)
{
  gboolean goes_on = g_strcmp0 (vig_json_get_string (self->row, "origin", NULL), "continue") == 0;

  vig_run_begin_plan (self, g_steal_pointer (&self->plan), goes_on ? "It goes on with the plan it had begun." : "It follows the plan it had.");
}

static void
route (VigRun *self, VigRunFacts *facts)
{
  const char *reason;
  VigOperator *operator;
  VigPlan *plan;

  vig_run_take_limits (self, facts->settings);
  vig_run_choose_provider (self, facts);
  if (self->plan != NULL)
    {
      keep_plan (self);
      return;
    }

  g_clear_pointer (&self->operators, g_ptr_array_unref);
  self->operators = vig_operator_new_all (facts->operators);
  reason = vig_plan_route_plainly (self->operators, vig_history_get_question (self->messages), &operator, &plan);
  if (plan != NULL)
    vig_run_begin_plan (self, plan, reason);
  else if (operator != NULL)
    choose (self, operator, reason);
  else if (self->operators->len == 0)
    vig_run_end_with (self, VIG_RUN_FAILED, "no_operator", "No Operator yet, or all are disabled: go to Operators → Create Operator.");
  else
    ask_who (self, facts);
}

void
vig_run_route (VigRun *self)
{
  if (self->facts != NULL)
    route (self, self->facts);
  else
    vig_run_read_facts (self, NULL, route);
}
