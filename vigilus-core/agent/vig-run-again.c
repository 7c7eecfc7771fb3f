/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-again.h"

#include "vig-plan.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"

#define GO_ON "Go on from where you stopped."

VigRunStart *
vig_run_again_new (const VigCaller *caller, const char *run_id, const char *origin)
{
  VigRunStart *self = vig_run_start_new (caller, NULL, NULL);

  self->origin_id = g_strdup (run_id);
  self->origin = g_strdup (origin);

  return self;
}

static gboolean
goes_on (VigRunStart *start)
{
  return g_str_equal (start->origin, "continue");
}

static gboolean
check_run (VigRunStart *start, JsonObject *run, GError **error)
{
  if (g_strcmp0 (vig_json_get_string (run, "user_id", NULL), start->user_id) != 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no run %s", start->origin_id);
  else if (vig_json_get_string (run, "ended_at", NULL) == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this run has not ended: wait for its end or stop it");
  else if (goes_on (start) && vig_json_get_string (run, "operator_name", NULL) == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this run ended before an Operator had it, so there is nothing to go on from: run it again");
  else if (vig_json_get_string (run, "question_id", NULL) == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "what was asked for in this run is no longer there");
  else
    return TRUE;

  return FALSE;
}

/* What it says next follows what it said last. */
static gboolean
prepare_to_go_on (VigDbConnection *db, VigRunStart *start, JsonObject *run, GError **error)
{
  g_autoptr (JsonArray) messages = vig_store_messages_of_run (db, start->origin_id, error);
  guint length = messages != NULL ? json_array_get_length (messages) : 0;

  if (messages == NULL)
    return FALSE;

  g_free (start->session_id);
  g_free (start->text);
  g_free (start->parent_id);
  start->session_id = g_strdup (vig_json_get_string (run, "session_id", NULL));
  start->text = g_strdup (GO_ON);
  start->has_parent = length > 0;
  start->parent_id = length > 0 ? g_strdup (vig_json_get_string (json_array_get_object_element (messages, length - 1), "id", NULL)) : NULL;

  return TRUE;
}

gboolean
vig_run_again_prepare (VigDbConnection *db, VigRunStart *start, GError **error)
{
  g_autoptr (JsonObject) run = vig_store_runs_get (db, start->origin_id, error);

  if (run == NULL || !check_run (start, run, error))
    return FALSE;
  if (goes_on (start))
    return prepare_to_go_on (db, start, run, error);

  g_free (start->question_id);
  start->question_id = g_strdup (vig_json_get_string (run, "question_id", NULL));

  return TRUE;
}

/* An Operator that is gone can't go on: then it is routed. */
static gboolean
keep_operator (VigDbConnection *db, JsonObject *origin, const char *run_id, GError **error)
{
  const char *operator_id = vig_json_get_string (origin, "operator_id", NULL);
  g_autoptr (JsonObject) operator = operator_id != NULL ? vig_store_operators_get (db, operator_id, NULL) : NULL;
  g_autoptr (JsonObject) changes = NULL;
  g_autoptr (JsonObject) row = NULL;

  if (operator == NULL)
    return TRUE;

  changes = vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "state", "asking", "operator_id", operator_id,
                                  "operator_name", vig_json_get_string (operator, "name", ""), "routing_reason", "It goes on with what it had begun.");
  row = vig_store_runs_update (db, run_id, changes, error);

  return row != NULL;
}

/* TRUE: each of its Operators is there to be asked. */
static gboolean
have_operators (VigDbConnection *db, VigPlan *plan, GError **error)
{
  g_autoptr (JsonArray) operators = vig_store_operators_enabled (db, error);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; operators != NULL && i < json_array_get_length (operators); i++)
    g_hash_table_add (names, (char *) vig_json_get_string (json_array_get_object_element (operators, i), "name", ""));
  for (guint number = 1; number <= vig_plan_get_n_steps (plan); number++)
    if (!g_hash_table_contains (names, vig_plan_get_operator (plan, number)))
      return FALSE;

  return TRUE;
}

/* What is to be done of the plan of the run it was made from. NULL: nothing, or it had none. */
static VigPlan *
find_plan (VigDbConnection *db, VigRunStart *start, JsonObject *origin, GError **error)
{
  g_autoptr (VigPlan) plan = vig_plan_from_json (vig_json_get_object (origin, "plan"));
  g_autoptr (JsonArray) before = NULL;
  g_autoptr (JsonArray) messages = NULL;

  if (plan == NULL)
    return NULL;
  if (!goes_on (start))
    {
      vig_plan_start_over (plan);
      return have_operators (db, plan, error) ? g_steal_pointer (&plan) : NULL;
    }

  before = vig_run_store_asked_before (db, origin, error);
  messages = before != NULL ? vig_store_messages_of_run (db, start->origin_id, error) : NULL;
  if (messages == NULL)
    return NULL;
  vig_plan_take_messages (plan, before);
  vig_plan_take_messages (plan, messages);

  /* One that was answered with all of it done is asked for something else. */
  return vig_plan_try_again (plan) || !g_str_equal (vig_json_get_string (origin, "state", ""), "done") ? g_steal_pointer (&plan) : NULL;
}

/* Then nobody has to be chosen: it begins with the plan, as if that were new. */
static gboolean
write_plan (VigDbConnection *db, const char *run_id, VigPlan *plan, GError **error)
{
  g_autoptr (JsonObject) changes = vig_json_pack_object ("{s:s, s:s, s:s, s:s}", "state", "routing", "operator_id", NULL, "operator_name", NULL,
                                                         "routing_reason", NULL);
  g_autoptr (JsonObject) row = NULL;

  json_object_set_object_member (changes, "plan", vig_plan_to_json (plan));
  row = vig_store_runs_update (db, run_id, changes, error);

  return row != NULL;
}

/* What the run it was made from had settled. */
static gboolean
keep (VigDbConnection *db, VigRunStart *start, const char *run_id, GError **error)
{
  g_autoptr (JsonObject) origin = vig_store_runs_get (db, start->origin_id, error);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (VigPlan) plan = origin != NULL ? find_plan (db, start, origin, &local_error) : NULL;

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (origin != NULL && plan != NULL)
    return write_plan (db, run_id, plan, error);
  else if (origin != NULL)
    return !goes_on (start) || keep_operator (db, origin, run_id, error);

  return FALSE;
}

gboolean
vig_run_again_finish (VigDbConnection *db, VigRunStart *start, JsonObject *stored, GError **error)
{
  const char *run_id = vig_json_get_string (vig_json_get_object (stored, "run"), "id", "");
  JsonObject *run;

  if (!vig_store_runs_set_origin (db, run_id, start->origin, start->origin_id, error) || !keep (db, start, run_id, error))
    return FALSE;
  run = vig_store_runs_get (db, run_id, error);
  if (run == NULL)
    return FALSE;

  json_object_set_object_member (stored, "run", run);

  return TRUE;
}
