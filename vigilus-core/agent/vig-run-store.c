/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-store.h"

#include "vig-ask-tool.h"
#include "vig-operator.h"
#include "vig-plan.h"
#include "vig-store-approvals.h"
#include "vig-store-memories.h"
#include "vig-store-operators.h"
#include "vig-store-providers.h"
#include "vig-store-runs.h"
#include "vig-store-servers.h"
#include "vig-store-sessions.h"
#include "vig-store-settings.h"
#include "vig-store-usage.h"
#include "vig-store-summaries.h"
#include "vig-store-users.h"

#define HISTORY 400 /* messages of earlier runs that a model is shown, or that a summary is made from */

/* What was said before the question, on its own branch. */
static JsonArray *
load_history (VigDbConnection *db, JsonObject *run, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  const char *root_id = vig_json_get_string (run, "root_run_id", NULL);
  /* Of one that another run asked for: what was said before that began. What of it is for this one is in the task. */
  g_autoptr (JsonObject) root = root_id != NULL ? vig_store_runs_get (db, root_id, NULL) : NULL;
  const char *question_id = vig_json_get_string (root != NULL ? root : run, "question_id", NULL);
  g_autoptr (JsonObject) question = question_id != NULL ? vig_store_messages_get (db, question_id, &local_error) : NULL;

  if (local_error != NULL && !vig_error_is_not_found (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_store_messages_path (db, vig_json_get_string (run, "session_id", ""),
                                  question != NULL ? vig_json_get_string (question, "parent_id", NULL) : NULL, HISTORY, error);
}

static const char *
find_last_reply (JsonArray *messages)
{
  for (guint i = json_array_get_length (messages); i > 0; i--)
    {
      JsonObject *message = json_array_get_object_element (messages, i - 1);
      const char *kind = vig_json_get_string (message, "kind", "");

      if (g_str_equal (kind, "assistant"))
        return vig_json_get_string (message, "id", NULL);
      if (g_str_equal (kind, "tools"))
        return NULL;
    }

  return NULL;
}

/* The calls whose results are not in the transcript yet. */
static JsonArray *
load_calls (VigDbConnection *db, const char *run_id, JsonArray *messages, GError **error)
{
  g_autoptr (JsonArray) all = vig_store_calls_of_run (db, run_id, error);
  const char *message_id = find_last_reply (messages);
  JsonArray *calls;

  if (all == NULL)
    return NULL;

  calls = json_array_new ();
  for (guint i = 0; i < json_array_get_length (all); i++)
    {
      JsonObject *call = json_array_get_object_element (all, i);

      if (message_id != NULL && g_strcmp0 (vig_json_get_string (call, "message_id", NULL), message_id) == 0)
        json_array_add_object_element (calls, json_object_ref (call));
    }

  return calls;
}

JsonArray *
vig_run_store_asked_before (VigDbConnection *db, JsonObject *run, GError **error)
{
  g_autoptr (VigPlan) plan = vig_plan_from_json (vig_json_get_object (run, "plan"));
  g_auto (GStrv) runs = plan != NULL ? vig_plan_list_runs (plan) : NULL;
  g_autoptr (JsonArray) asked = json_array_new ();

  for (guint i = 0; runs != NULL && runs[i] != NULL; i++)
    {
      g_autoptr (JsonArray) messages = vig_store_messages_of_run (db, runs[i], error);

      if (messages == NULL)
        return NULL;
      for (guint j = 0; j < json_array_get_length (messages); j++)
        json_array_add_object_element (asked, json_object_ref (json_array_get_object_element (messages, j)));
    }

  return g_steal_pointer (&asked);
}

VigRunLoad *
vig_run_load_new (const char *run_id, VigAttachments *attachments)
{
  VigRunLoad *self = g_new0 (VigRunLoad, 1);

  self->run_id = g_strdup (run_id);
  self->attachments = attachments;

  return self;
}

void
vig_run_load_free (gpointer data)
{
  VigRunLoad *self = data;

  g_free (self->run_id);
  g_free (self);
}

static void
load_attachments (VigRunLoad *self, VigDbConnection *db, const char *user_id, JsonArray *history, JsonArray *messages)
{
  gint64 left = VIG_ATTACHMENTS_OF_RUN;

  if (self->attachments == NULL)
    return;
  vig_attachments_load (self->attachments, db, user_id, messages, &left);
  vig_attachments_load (self->attachments, db, user_id, history, &left);
}

gpointer
vig_run_store_load (VigDbConnection *db, gpointer data, GError **error)
{
  VigRunLoad *self = data;
  const char *run_id = self->run_id;
  g_autoptr (JsonObject) run = vig_store_runs_get (db, run_id, error);
  g_autoptr (JsonObject) user = NULL;
  g_autoptr (JsonArray) summaries = NULL;
  g_autoptr (JsonArray) approvals = NULL;
  g_autoptr (JsonArray) history = NULL;
  g_autoptr (JsonArray) messages = NULL;
  g_autoptr (JsonArray) calls = NULL;
  g_autoptr (JsonArray) asked_before = NULL;
  gint64 tokens, cost;

  if (run == NULL || !vig_store_runs_sum_others (db, run, &tokens, &cost, error))
    return NULL;
  user = vig_store_users_get (db, vig_json_get_string (run, "user_id", ""), error);
  summaries = user != NULL ? vig_store_summaries_newest (db, vig_json_get_string (run, "session_id", ""), error) : NULL;
  approvals = summaries != NULL ? vig_store_approvals_open (db, vig_json_get_string (run, "session_id", ""), error) : NULL;
  history = approvals != NULL ? load_history (db, run, error) : NULL;
  messages = history != NULL ? vig_store_messages_of_run (db, run_id, error) : NULL;
  calls = messages != NULL ? load_calls (db, run_id, messages, error) : NULL;
  asked_before = calls != NULL ? vig_run_store_asked_before (db, run, error) : NULL;
  if (asked_before == NULL)
    return NULL;
  load_attachments (self, db, vig_json_get_string (run, "user_id", ""), history, messages);

  return vig_json_pack_object ("{s:J, s:I, s:I, s:s, s:A, s:A, s:A, s:A, s:A, s:A}",
                               "run", run,
                               "others_tokens", tokens,
                               "others_cost", cost,
                               "user_name", vig_json_get_string (user, "name", ""),
                               "history", g_steal_pointer (&history),
                               "messages", g_steal_pointer (&messages),
                               "calls", g_steal_pointer (&calls),
                               "summaries", g_steal_pointer (&summaries),
                               "approvals", g_steal_pointer (&approvals),
                               "asked_before", g_steal_pointer (&asked_before));
}

typedef struct
{
  char *operator_id;
  char *user_id; /* for what is theirs alone */
  char *run_id;
} Query;

static void
query_free (gpointer data)
{
  Query *self = data;

  g_free (self->operator_id);
  g_free (self->user_id);
  g_free (self->run_id);
  g_free (self);
}

void
vig_run_facts_free (gpointer data)
{
  VigRunFacts *self = data;

  g_clear_pointer (&self->operator, json_object_unref);
  g_clear_pointer (&self->operators, json_array_unref);
  g_clear_pointer (&self->settings, json_object_unref);
  g_clear_pointer (&self->memories, json_array_unref);
  g_clear_pointer (&self->servers, json_array_unref);
  g_clear_pointer (&self->provider, json_object_unref);
  g_free (self->sealed_key);
  g_free (self->model);
  g_clear_pointer (&self->fallback, json_object_unref);
  g_free (self->fallback_key);
  g_free (self->fallback_model);
  g_free (self);
}

/* One that was deleted is not an error here: who asks says what to do. */
static gboolean
read_operator (VigRunFacts *self, VigDbConnection *db, const char *operator_id, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  self->operator = vig_store_operators_get (db, operator_id, &local_error);
  if (self->operator != NULL || vig_error_is_not_found (local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
read_provider (VigRunFacts *self, VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (id != NULL)
    self->provider = vig_store_providers_get (db, id, &self->sealed_key, &local_error);
  else
    self->provider = vig_store_providers_default (db, &self->sealed_key, &local_error);
  if (local_error == NULL || vig_error_is_not_found (local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* An Operator's own comes before everybody's. One that is gone is none. */
static gboolean
read_fallback (VigRunFacts *self, VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonObject *source = self->operator != NULL && vig_json_get_string (self->operator, "fallback_provider_id", NULL) != NULL ? self->operator : self->settings;
  const char *id = vig_json_get_string (source, "fallback_provider_id", NULL);

  if (id == NULL)
    return TRUE;

  self->fallback_model = g_strdup (vig_json_get_string (source, "fallback_model", NULL));
  self->fallback = vig_store_providers_get (db, id, &self->fallback_key, &local_error);
  if (self->fallback != NULL || vig_error_is_not_found (local_error))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
may_ask (JsonObject *row)
{
  g_autoptr (VigOperator) operator = vig_operator_new (row);

  return vig_operator_has_tool (operator, VIG_ASK_TOOL);
}

static gboolean
read_background (VigRunFacts *self, VigDbConnection *db, Query *query, GError **error)
{
  self->memories = vig_store_memories_for (db, query->user_id, query->operator_id, error);
  self->servers = self->memories != NULL ? vig_store_servers_for (db, query->operator_id, query->run_id, NULL, error) : NULL;

  return self->servers != NULL;
}

static gboolean
read_facts (VigRunFacts *self, VigDbConnection *db, Query *query, GError **error)
{
  const char *operator_id = query->operator_id;
  const char *provider_id = NULL;

  self->settings = vig_store_settings_get (db, error);
  if (self->settings == NULL)
    return FALSE;

  if (operator_id == NULL)
    {
      self->operators = vig_store_operators_enabled (db, error);
      if (self->operators == NULL)
        return FALSE;
      provider_id = vig_json_get_string (self->settings, "routing_provider_id", NULL);
    }
  else if (!read_operator (self, db, operator_id, error) || !read_background (self, db, query, error))
    return FALSE;
  else if (self->operator != NULL)
    provider_id = vig_json_get_string (self->operator, "provider_id", NULL);

  /* Who may ask others has to know who there is. */
  if (self->operator != NULL && may_ask (self->operator))
    {
      self->operators = vig_store_operators_enabled (db, error);
      if (self->operators == NULL)
        return FALSE;
    }

  return read_provider (self, db, provider_id, error) && read_fallback (self, db, error);
}

static gpointer
find_facts (VigDbConnection *db, gpointer query, GError **error)
{
  VigRunFacts *self = g_new0 (VigRunFacts, 1);

  if (!read_facts (self, db, query, error))
    g_clear_pointer (&self, vig_run_facts_free);

  return self;
}

static Query *
query_new (const char *operator_id, JsonObject *run)
{
  Query *self = g_new0 (Query, 1);

  self->operator_id = g_strdup (operator_id);
  self->user_id = run != NULL ? g_strdup (vig_json_get_string (run, "user_id", NULL)) : NULL;
  self->run_id = run != NULL ? g_strdup (vig_json_get_string (run, "id", NULL)) : NULL;

  return self;
}

void
vig_run_loaded_free (gpointer data)
{
  VigRunLoaded *self = data;

  g_clear_pointer (&self->record, json_object_unref);
  g_clear_pointer (&self->facts, vig_run_facts_free);
  g_free (self);
}

gpointer
vig_run_loaded_read (VigDbConnection *db, gpointer load, GError **error)
{
  VigRunLoaded *self = g_new0 (VigRunLoaded, 1);
  JsonObject *run;
  Query *query;

  self->record = vig_run_store_load (db, load, error);
  if (self->record != NULL)
    {
      run = vig_json_get_object (self->record, "run");
      query = query_new (vig_json_get_string (run, "operator_name", NULL) != NULL ? vig_json_get_string (run, "operator_id", "") : NULL, run);
      self->facts = find_facts (db, query, error);
      query_free (query);
    }
  if (self->facts == NULL)
    g_clear_pointer (&self, vig_run_loaded_free);

  return self;
}

void
vig_run_facts_read_async (VigDb *db, const char *operator_id, JsonObject *run, GAsyncReadyCallback callback, gpointer user_data)
{
  vig_db_read_async (db, find_facts, query_new (operator_id, run), query_free, vig_run_facts_free, NULL, callback, user_data);
}

VigRunWrite *
vig_run_write_new (const char *run_id, const char *session_id, const char *operator_name)
{
  VigRunWrite *self = g_new0 (VigRunWrite, 1);

  self->run_id = g_strdup (run_id);
  self->session_id = g_strdup (session_id);
  self->operator_name = g_strdup (operator_name);
  self->messages = json_array_new ();
  self->calls = json_array_new ();
  self->ended_calls = json_array_new ();
  self->usage = json_array_new ();
  self->changes = json_object_new ();

  return self;
}

void
vig_run_write_free (gpointer data)
{
  VigRunWrite *self = data;

  g_free (self->run_id);
  g_free (self->session_id);
  g_free (self->operator_name);
  json_array_unref (self->messages);
  json_array_unref (self->calls);
  json_array_unref (self->ended_calls);
  json_array_unref (self->usage);
  g_clear_pointer (&self->summary, json_object_unref);
  json_object_unref (self->changes);
  g_clear_object (&self->redactor);
  g_free (self);
}

void
vig_run_write_add_message (VigRunWrite *self, const char *kind, JsonObject *content)
{
  g_autoptr (JsonObject) owned = content;

  json_array_add_object_element (self->messages, vig_json_pack_object ("{s:s, s:J}", "kind", kind, "content", owned));
}

static JsonObject *
get_last_usage (VigRunWrite *self)
{
  guint length = json_array_get_length (self->usage);

  return length > 0 ? json_array_get_object_element (self->usage, length - 1) : NULL;
}

/* What an answer was made by, and what it cost. */
static void
add_cost (VigRunWrite *self, JsonObject *message)
{
  JsonObject *content = vig_json_get_object (message, "content");
  JsonObject *usage = get_last_usage (self);

  if (usage == NULL || !g_str_equal (vig_json_get_string (message, "kind", ""), "assistant"))
    return;

  json_object_set_string_member (content, "model", vig_json_get_string (usage, "model", NULL));
  json_object_set_int_member (content, "cost_micros", vig_json_get_int (usage, "cost_micros", 0));
  if (vig_json_get_boolean (usage, "unpriced", FALSE))
    json_object_set_boolean_member (content, "unpriced", TRUE);
  if (vig_json_get_boolean (usage, "estimated", FALSE))
    json_object_set_object_member (content, "usage", vig_json_pack_object ("{s:I, s:I, s:b}", "input_tokens", vig_json_get_int (usage, "input_tokens", 0),
                                                                           "output_tokens", vig_json_get_int (usage, "output_tokens", 0), "estimated", TRUE));
}

static gboolean
write_usage (VigRunWrite *self, VigDbConnection *db, JsonArray *messages, GError **error)
{
  JsonObject *last = get_last_usage (self);

  for (guint i = 0; last != NULL && i < json_array_get_length (messages); i++)
    {
      JsonObject *message = json_array_get_object_element (messages, i);

      if (g_str_equal (vig_json_get_string (message, "kind", ""), "assistant"))
        json_object_set_string_member (last, "message_id", vig_json_get_string (message, "id", NULL));
    }
  for (guint i = 0; i < json_array_get_length (self->usage); i++)
    {
      JsonObject *entry = json_array_get_object_element (self->usage, i);

      json_object_set_string_member (entry, "run_id", self->run_id);
      if (!vig_store_usage_add (db, entry, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
write_messages (VigRunWrite *self, VigDbConnection *db, JsonArray *stored, GError **error)
{
  for (guint i = 0; i < json_array_get_length (self->messages); i++)
    {
      JsonObject *message = json_array_get_object_element (self->messages, i);
      JsonObject *row;

      add_cost (self, message);
      row = vig_store_messages_add (db, self->session_id, self->run_id, vig_json_get_string (message, "kind", ""), self->operator_name,
                                    vig_json_get_object (message, "content"), error);
      if (row == NULL)
        return FALSE;
      json_array_add_object_element (stored, row);
    }

  return TRUE;
}

static gboolean
write_calls (VigRunWrite *self, VigDbConnection *db, JsonArray *messages, JsonArray *stored, GError **error)
{
  guint n_messages = json_array_get_length (messages);
  const char *message_id = n_messages > 0 ? vig_json_get_string (json_array_get_object_element (messages, n_messages - 1), "id", NULL) : NULL;

  for (guint i = 0; i < json_array_get_length (self->calls); i++)
    {
      JsonObject *call = json_array_get_object_element (self->calls, i);
      JsonObject *row;

      json_object_set_string_member (call, "run_id", self->run_id);
      json_object_set_string_member (call, "message_id", message_id);
      json_object_set_string_member (call, "state", "new");
      row = vig_store_calls_create (db, call, error);
      if (row == NULL)
        return FALSE;
      json_array_add_object_element (stored, row);
    }

  return TRUE;
}

static gboolean
end_calls (VigRunWrite *self, VigDbConnection *db, JsonArray *stored, GError **error)
{
  g_autoptr (JsonObject) changes = vig_json_pack_object ("{s:s}", "state", "done");

  for (guint i = 0; i < json_array_get_length (self->ended_calls); i++)
    {
      JsonObject *row = vig_store_calls_update (db, json_array_get_string_element (self->ended_calls, i), changes, error);

      if (row == NULL)
        return FALSE;
      json_array_add_object_element (stored, row);
    }

  return TRUE;
}

static gboolean
write_summary (VigRunWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) stored = NULL;

  if (self->summary == NULL)
    return TRUE;

  json_object_set_string_member (self->summary, "session_id", self->session_id);
  json_object_set_string_member (self->summary, "run_id", self->run_id);
  json_object_set_string_member (self->summary, "operator_name", self->operator_name);
  stored = vig_store_summaries_add (db, self->summary, error);

  return stored != NULL;
}

/* It remembers what it found in large texts. */
static void
look_through_calls (VigRunWrite *self)
{
  for (guint i = 0; self->redactor != NULL && i < json_array_get_length (self->calls); i++)
    {
      JsonObject *arguments = vig_json_get_object (json_array_get_object_element (self->calls, i), "arguments");
      g_autoptr (JsonNode) node = arguments != NULL ? json_node_init_object (json_node_alloc (), arguments) : NULL;
      g_autoptr (JsonNode) clean = node != NULL ? vig_redactor_view_json (self->redactor, NULL, node) : NULL;
    }
}

gpointer
vig_run_write_run (VigDbConnection *db, gpointer data, GError **error)
{
  VigRunWrite *self = data;
  g_autoptr (JsonArray) messages = json_array_new ();
  g_autoptr (JsonArray) calls = json_array_new ();
  g_autoptr (JsonObject) run = NULL;
  gint64 tokens, cost;

  look_through_calls (self);
  if (!write_messages (self, db, messages, error) || !write_calls (self, db, messages, calls, error) || !end_calls (self, db, calls, error)
      || !write_usage (self, db, messages, error) || !write_summary (self, db, error))
    return NULL;
  run = vig_store_runs_update (db, self->run_id, self->changes, error);
  if (run == NULL || !vig_store_runs_sum_others (db, run, &tokens, &cost, error))
    return NULL;

  return vig_json_pack_object ("{s:J, s:A, s:A, s:I, s:I}", "run", run, "messages", g_steal_pointer (&messages), "calls", g_steal_pointer (&calls),
                               "others_tokens", tokens, "others_cost", cost);
}
