/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-delegation-store.h"

#include "vig-orchestrator.h"
#include "vig-stop.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"
#include "vig-store-settings.h"

void
vig_delegation_start_free (gpointer data)
{
  VigDelegationStart *self = data;

  g_free (self->call_id);
  g_free (self->run_id);
  g_free (self->asker_id);
  g_free (self->operator_name);
  g_free (self->task);
  g_free (self);
}

static gboolean
check_limits (VigDelegationStart *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) parent = vig_store_runs_get (db, self->run_id, error);
  gint64 asked = parent != NULL ? vig_store_runs_count_children (db, self->run_id, error) : -1;

  if (asked < 0)
    return FALSE;
  if (vig_json_get_int (parent, "depth", 0) >= VIG_DELEGATION_MAX_DEPTH)
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "Operators may ask one another %d deep at most: do it yourself, or say what is missing",
                 VIG_DELEGATION_MAX_DEPTH);
  else if (asked >= VIG_DELEGATION_MAX_ASKS)
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "this run has asked Operators %d times, which is the limit: answer with what there is",
                 VIG_DELEGATION_MAX_ASKS);
  else if (vig_json_get_boolean (parent, "stop_requested", FALSE))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "the run is being stopped");
  else
    return TRUE;

  return FALSE;
}

static char *
list_names (VigDbConnection *db)
{
  g_autoptr (JsonArray) operators = vig_store_operators_enabled (db, NULL);
  GString *names = g_string_new (NULL);

  for (guint i = 0; operators != NULL && i < json_array_get_length (operators); i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", vig_json_get_string (json_array_get_object_element (operators, i), "name", ""));

  return g_string_free (names, FALSE);
}

static JsonObject *
find_operator (VigDelegationStart *self, VigDbConnection *db, GError **error)
{
  const char *name = *self->operator_name == '@' ? self->operator_name + 1 : self->operator_name;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) operator = vig_store_operators_find (db, name, &local_error);
  g_autofree char *names = NULL;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (operator != NULL && g_str_equal (vig_json_get_string (operator, "id", ""), self->asker_id))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s is who asks: nobody asks itself", name);
      return NULL;
    }
  if (operator != NULL && vig_json_get_boolean (operator, "enabled", FALSE))
    return g_steal_pointer (&operator);

  names = list_names (db);
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "%s \"%s\"; there are: %s", operator != NULL ? "disabled is the Operator" : "there is no Operator",
               name, names);

  return NULL;
}

/* The orchestrator has no ceiling of its own to lend; an Operator lends no more than it has. */
static JsonObject *
create_run (VigDelegationStart *self, VigDbConnection *db, JsonObject *operator, GError **error)
{
  gboolean is_orchestrator = g_str_equal (self->asker_id, VIG_ORCHESTRATOR_ID);
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  VigStoreChild child = { 0 };
  gboolean global;

  if (settings == NULL)
    return NULL;

  global = g_str_equal (vig_json_get_string (settings, "trust_mode", "strict"), "lenient");
  child.parent_run_id = self->run_id;
  child.parent_call_id = self->call_id;
  child.operator_id = vig_json_get_string (operator, "id", "");
  child.operator_name = vig_json_get_string (operator, "name", "");
  child.ceiling = is_orchestrator ? NULL : vig_level_to_string (self->ceiling);
  child.strict = !is_orchestrator && (self->trust == VIG_TRUST_STRICT || (self->trust == VIG_TRUST_INHERIT && !global));

  return vig_store_runs_create_child (db, &child, error);
}

gpointer
vig_delegation_start_run (VigDbConnection *db, gpointer data, GError **error)
{
  VigDelegationStart *self = data;
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) run = vig_store_runs_find_child (db, self->call_id, &local_error);
  g_autoptr (JsonObject) operator = NULL;
  g_autoptr (JsonObject) message = NULL;
  g_autoptr (JsonObject) content = NULL;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (run != NULL)
    return vig_json_pack_object ("{s:J, s:b}", "run", run, "is_new", FALSE);

  operator = check_limits (self, db, error) ? find_operator (self, db, error) : NULL;
  run = operator != NULL ? create_run (self, db, operator, error) : NULL;
  if (run == NULL)
    return NULL;
  content = vig_json_pack_object ("{s:s}", "text", self->task);
  message = vig_store_messages_add_question (db, vig_json_get_string (run, "session_id", ""), vig_json_get_string (run, "id", ""), NULL, content, error);
  if (message == NULL)
    return NULL;

  return vig_json_pack_object ("{s:J, s:b}", "run", run, "is_new", TRUE);
}

/* What the last answer of a run holds (borrowed), or NULL. */
static JsonObject *
find_answer (JsonArray *messages)
{
  for (guint i = json_array_get_length (messages); i > 0; i--)
    {
      JsonObject *message = json_array_get_object_element (messages, i - 1);

      if (g_str_equal (vig_json_get_string (message, "kind", ""), "assistant"))
        return vig_json_get_object (message, "content");
    }

  return NULL;
}

/* Who asked must not take for whole what broke off. */
static const char *
explain_cut (JsonObject *answer)
{
  VigStop stop = answer != NULL ? vig_stop_read (vig_json_get_string (answer, "stop_reason", NULL), vig_json_get_boolean (answer, "cut_short", FALSE))
                                : VIG_STOP_WHOLE;

  return vig_stop_describe (stop);
}

static JsonNode *
describe_end (JsonObject *run, JsonObject *answer)
{
  const char *state = vig_json_get_string (run, "state", "");
  JsonObject *failure = vig_json_get_object (run, "error");
  const char *why = failure != NULL ? vig_json_get_string (failure, "message", NULL) : NULL;
  gboolean is_error = !g_str_equal (state, "done");

  if (why == NULL && g_str_equal (state, "stopped"))
    why = "it was stopped before it had done all";

  return vig_json_pack ("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:b}",
                        "operator", vig_json_get_string (run, "operator_name", ""),
                        "run_id", vig_json_get_string (run, "id", ""),
                        "state", state,
                        "answer", answer != NULL ? vig_json_get_string (answer, "text", "") : "",
                        "incomplete", is_error ? NULL : explain_cut (answer),
                        "error", is_error ? why : NULL,
                        "is_error", is_error);
}

gpointer
vig_delegation_result_run (VigDbConnection *db, gpointer run_id, GError **error)
{
  g_autoptr (JsonObject) run = vig_store_runs_get (db, run_id, error);
  g_autoptr (JsonArray) messages = run != NULL ? vig_store_messages_of_run (db, run_id, error) : NULL;

  return messages != NULL ? describe_end (run, find_answer (messages)) : NULL;
}
