/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-route-trial.h"

#include "vig-orchestrator.h"
#include "vig-plan.h"
#include "vig-route-ask.h"

typedef struct
{
  VigParts  *parts;
  char      *text;
  GPtrArray *operators;
  VigAsk    *ask;
} Trial;

static void
trial_free (gpointer data)
{
  Trial *trial = data;

  g_clear_pointer (&trial->operators, g_ptr_array_unref);
  vig_ask_unref (trial->ask);
  vig_parts_unref (trial->parts);
  g_free (trial->text);
  g_free (trial);
}

static JsonArray *
list_tools (VigAsk *ask)
{
  const VigToolInfo * const *tools = ask != NULL ? vig_ask_get_tools (ask) : NULL;
  JsonArray *names = json_array_new ();

  for (guint i = 0; tools != NULL && tools[i] != NULL; i++)
    json_array_add_string_element (names, tools[i]->name);

  return names;
}

/* Takes @task and @plan. */
static void
answer (GTask *task, VigOperator *operator, const char *reason, VigPlan *plan, const char *text)
{
  g_autoptr (GTask) owned = task;
  Trial *trial = g_task_get_task_data (task);
  g_autoptr (JsonObject) steps = plan != NULL ? vig_plan_to_json (plan) : NULL;
  JsonObject *result;

  result = vig_json_pack_object ("{s:s, s:s, s:J, s:s, s:b, s:s, s:s, s:A}",
                                 "operator", operator != NULL ? operator->name : NULL,
                                 "reason", reason,
                                 "plan", steps,
                                 "answer", text,
                                 "asked", trial->ask != NULL,
                                 "model", trial->ask != NULL ? vig_ask_get_model (trial->ask) : NULL,
                                 "prompt", trial->ask != NULL ? vig_ask_get_system (trial->ask) : NULL,
                                 "tools", list_tools (trial->ask));
  g_clear_pointer (&plan, vig_plan_free);
  g_task_return_pointer (task, result, (GDestroyNotify) json_object_unref);
}

static void
replied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Trial *trial = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (VigReply) reply = vig_ask_run_finish (trial->ask, result, &error);
  g_autofree char *reason = NULL;
  VigOperator *operator;
  VigPlan *plan;

  if (reply == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  plan = vig_plan_read_reply (trial->operators, reply, trial->text);
  operator = plan == NULL ? vig_orchestrator_read_reply (trial->operators, reply, &reason) : NULL;
  answer (task, operator, reason, plan, plan == NULL && operator == NULL ? vig_reply_get_text (reply) : NULL);
}

static void
ask (GTask *task, VigRunFacts *facts)
{
  Trial *trial = g_task_get_task_data (task);
  g_autoptr (JsonArray) history = json_array_new ();
  g_autoptr (JsonArray) messages = json_array_new ();
  GError *error = NULL;

  json_array_add_object_element (messages, vig_json_pack_object ("{s:s, s:{s:s}}", "kind", "user", "content", "text", trial->text));
  trial->ask = vig_route_ask_new (trial->parts, facts, trial->operators, history, messages, &error);
  if (trial->ask == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  vig_ask_run_async (trial->ask, NULL, g_task_get_cancellable (task), replied, task);
}

static void
facts_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Trial *trial = g_task_get_task_data (task);
  GError *error = NULL;
  VigRunFacts *facts = vig_db_finish (VIG_DB (source), result, &error);
  const char *reason;
  VigOperator *operator;
  VigPlan *plan;

  if (facts == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  trial->operators = vig_operator_new_all (facts->operators);
  reason = vig_plan_route_plainly (trial->operators, trial->text, &operator, &plan);
  if (reason != NULL)
    answer (task, operator, reason, plan, NULL);
  else if (trial->operators->len == 0)
    answer (task, NULL, NULL, NULL, "No Operator yet, or all are disabled: go to Operators → Create Operator.");
  else
    ask (task, facts);
  vig_run_facts_free (facts);
}

void
vig_route_trial_async (VigParts *parts, const char *text, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Trial *trial = g_new0 (Trial, 1);

  g_task_set_source_tag (task, vig_route_trial_async);
  trial->parts = vig_parts_ref (parts);
  trial->text = g_strdup (text);
  g_task_set_task_data (task, trial, trial_free);
  vig_run_facts_read_async (parts->context.db, NULL, NULL, facts_read, task);
}

JsonObject *
vig_route_trial_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
