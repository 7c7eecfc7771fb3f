/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-prompt-trial.h"

#include "vig-ask.h"

typedef struct
{
  VigParts *parts;
  char     *operator_id;
} Trial;

static void
trial_free (gpointer data)
{
  Trial *trial = data;

  vig_parts_unref (trial->parts);
  g_free (trial->operator_id);
  g_free (trial);
}

static gboolean
is_among (const VigToolInfo * const *tools, const char *name)
{
  for (guint i = 0; tools[i] != NULL; i++)
    if (g_str_equal (tools[i]->name, name))
      return TRUE;

  return FALSE;
}

static const char *
find_reason (VigParts *parts, VigOperator *operator, const char *name)
{
  VigTool *tool = vig_registry_find_tool (parts->context.registry, name);
  const VigToolInfo *info = tool != NULL ? vig_tool_get_info (tool) : NULL;

  if (info == NULL || !vig_registry_is_available (parts->context.registry, name))
    return "missing";
  if (info->level > operator->ceiling)
    return "ceiling";
  if ((info->flags & VIG_TOOL_HOST) != 0 && operator->working_directory == NULL)
    return "working-directory";

  return "not-now";
}

static JsonObject *
describe (VigParts *parts, VigOperator *operator, VigAsk *ask)
{
  const VigToolInfo * const *tools = vig_ask_get_tools (ask);
  JsonArray *offered = json_array_new ();
  JsonArray *withheld = json_array_new ();

  for (guint i = 0; tools[i] != NULL; i++)
    json_array_add_string_element (offered, tools[i]->name);
  for (guint i = 0; operator->tools[i] != NULL; i++)
    if (!is_among (tools, operator->tools[i]))
      json_array_add_object_element (withheld, vig_json_pack_object ("{s:s, s:s}", "name", operator->tools[i], "reason",
                                                                     find_reason (parts, operator, operator->tools[i])));

  return vig_json_pack_object ("{s:s, s:s, s:A, s:A}", "prompt", vig_ask_get_system (ask), "model", vig_ask_get_model (ask),
                               "tools", offered, "withheld", withheld);
}

static void
facts_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Trial *trial = g_task_get_task_data (task);
  g_autoptr (VigTranscript) transcript = vig_transcript_new ();
  g_autoptr (VigOperator) operator = NULL;
  g_autoptr (VigAsk) ask = NULL;
  GError *error = NULL;
  VigRunFacts *facts = vig_db_finish (VIG_DB (source), result, &error);

  if (facts != NULL && facts->operator == NULL)
    error = g_error_new (VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no Operator %s", trial->operator_id);
  else if (facts != NULL)
    {
      operator = vig_operator_new (facts->operator);
      ask = vig_ask_new_for_operator (trial->parts, facts, operator, transcript, &error);
    }
  g_clear_pointer (&facts, vig_run_facts_free);
  if (ask != NULL)
    g_task_return_pointer (task, describe (trial->parts, operator, ask), (GDestroyNotify) json_object_unref);
  else
    g_task_return_error (task, error);
}

void
vig_prompt_trial_async (VigParts *parts, const char *operator_id, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Trial *trial = g_new0 (Trial, 1);

  g_task_set_source_tag (task, vig_prompt_trial_async);
  trial->parts = vig_parts_ref (parts);
  trial->operator_id = g_strdup (operator_id);
  g_task_set_task_data (task, trial, trial_free);
  vig_run_facts_read_async (parts->context.db, operator_id, NULL, facts_read, task);
}

JsonObject *
vig_prompt_trial_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
