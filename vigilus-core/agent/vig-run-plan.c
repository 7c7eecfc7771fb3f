/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

#include "vig-orchestrator.h"

/* A run that is split over several Operators: the plan is stored and shown, then each step is a call; at the end the orchestrator answers. */

/* What was done before the daemon ended, and in the runs that this one goes on with. */
void
vig_run_take_plan (VigRun *self, JsonObject *loaded)
{
  self->plan = vig_plan_from_json (vig_json_get_object (self->row, "plan"));
  if (self->plan == NULL)
    return;

  vig_plan_take_messages (self->plan, vig_json_get_array (loaded, "asked_before"));
  vig_plan_try_again (self->plan);
  vig_plan_take_messages (self->plan, self->messages);
}

void
vig_run_begin_plan (VigRun *self, VigPlan *plan, const char *reason)
{
  g_autoptr (JsonObject) object = vig_plan_to_json (plan);
  g_autofree char *text = vig_plan_describe (plan);
  VigRunWrite *write;

  self->plan = plan;
  self->operator = vig_orchestrator_new_operator ();
  write = vig_run_new_write (self, VIG_RUN_ASKING);
  json_object_set_string_member (write->changes, "operator_name", self->operator->name);
  json_object_set_string_member (write->changes, "routing_reason", reason);
  json_object_set_object_member (write->changes, "plan", json_object_ref (object));
  vig_run_write_add_message (write, "notice", vig_json_pack_object ("{s:s, s:s, s:J}", "text", text, "code", "plan", "plan", object));
  vig_run_store (self, write, vig_run_routed);
}

static VigAsk *
new_ask (VigRun *self, VigRunFacts *facts, GError **error)
{
  g_autofree char *left = vig_plan_describe_left (self->plan);
  g_autoptr (GPtrArray) operators = vig_operator_new_all (facts->operators);

  return vig_ask_new_to_answer (self->parts, facts, operators, left, self->transcript, error);
}

static void
answer (VigRun *self, VigRunFacts *facts)
{
  g_autoptr (GError) error = NULL;

  vig_run_take_limits (self, facts->settings);
  vig_run_choose_provider (self, facts);
  if (vig_run_check_limits (self, &error))
    self->ask = new_ask (self, facts, &error);
  if (self->ask != NULL)
    vig_run_fit (self, facts);
  else
    vig_run_fail (self, error);
}

void
vig_run_follow_plan (VigRun *self)
{
  g_autoptr (VigReply) next = vig_plan_next (self->plan, self->id);
  g_autoptr (GError) error = NULL;

  if (!vig_run_check_limits (self, &error))
    {
      vig_run_fail (self, error);
      return;
    }
  if (vig_reply_get_n_calls (next) == 0)
    {
      vig_run_read_facts (self, NULL, answer);
      return;
    }

  g_clear_pointer (&self->reply, vig_reply_unref);
  self->reply = g_steal_pointer (&next);
  vig_run_store_reply (self);
}
