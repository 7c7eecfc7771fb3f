/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-private.h"

#include "vig-orchestrator.h"
#include "vig-result.h"

/* A run that is split over several Operators: the plan is stored and shown, then each step is a call; at the end the orchestrator answers. */

/* What was done before the daemon ended. */
void
vig_run_take_plan (VigRun *self, JsonObject *object, JsonArray *messages)
{
  self->plan = vig_plan_from_json (object);
  for (guint i = 0; self->plan != NULL && i < json_array_get_length (messages); i++)
    {
      JsonObject *content = vig_json_get_object (json_array_get_object_element (messages, i), "content");
      JsonArray *results = content != NULL ? vig_json_get_array (content, "results") : NULL;

      for (guint j = 0; results != NULL && j < json_array_get_length (results); j++)
        {
          JsonObject *result = json_array_get_object_element (results, j);
          g_autofree char *framed = vig_result_frame (vig_json_get_string (result, "name", ""), vig_json_get_string (result, "text", ""));

          vig_plan_take_result (self->plan, self->id, vig_json_get_string (result, "call_id", ""), framed,
                                vig_json_get_boolean (result, "is_error", FALSE));
        }
    }
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
  g_autoptr (GPtrArray) operators = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_operator_unref);

  for (guint i = 0; i < json_array_get_length (facts->operators); i++)
    g_ptr_array_add (operators, vig_operator_new (json_array_get_object_element (facts->operators, i)));

  return vig_ask_new_to_answer (self->parts, facts, operators, left, self->transcript, error);
}

static void
answer_facts_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRun) self = user_data;
  g_autoptr (GError) error = NULL;
  VigRunFacts *facts = vig_db_finish (VIG_DB (source), result, &error);

  if (!vig_run_is_over (self))
    {
      if (facts != NULL)
        {
          vig_run_take_limits (self, facts->settings);
          vig_run_choose_provider (self, facts);
        }
      if (facts != NULL && vig_run_check_limits (self, &error))
        self->ask = new_ask (self, facts, &error);
      if (self->ask != NULL)
        vig_run_fit (self, facts);
      else
        vig_run_fail (self, error);
    }
  g_clear_pointer (&facts, vig_run_facts_free);
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
      vig_run_read_facts (self, NULL, answer_facts_read);
      return;
    }

  g_clear_pointer (&self->reply, vig_reply_unref);
  self->reply = g_steal_pointer (&next);
  vig_run_store_reply (self);
}
