/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-policy-rules.h"
#include "vig-store-policy.h"
#include "vig-web.h"

#define MAX_TRIED    5000 /* calls of the history that rules are tried against */
#define MAX_EXAMPLES 20
#define DAY          (24 * 60 * 60 * (gint64) G_USEC_PER_SEC)

static JsonNode *
get_policy (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_policy_get (db, error));
}

static JsonNode *
list_versions (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);

  return vig_node_take_object (vig_store_policy_list (db, &page, error));
}

static JsonNode *
update_policy (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  JsonArray *rules = vig_json_get_array (body, "rules");
  g_autoptr (VigPolicyRules) compiled = vig_policy_rules_new (0, rules, error);
  g_autoptr (JsonObject) policy = NULL;

  if (compiled == NULL)
    return NULL;
  policy = vig_store_policy_add (db, vig_json_get_int (body, "version", 0), rules, vig_json_get_string (body, "note", ""),
                                 vig_request_get_caller (request)->user_name, error);
  if (policy == NULL || !vig_web_audit (db, request, "policy.changed", json_object_ref (policy), error))
    return NULL;
  vig_web_publish (db, request, "policy", "policy.changed", vig_node_take_object (json_object_ref (policy)));

  return vig_node_take_object (g_steal_pointer (&policy));
}

/* What the rules say of a call that was. */
static VigPolicyAnswer
ask_about (VigPolicyRules *rules, JsonObject *call)
{
  VigPolicyQuery query = { 0 };

  query.operator_id = vig_json_get_string (call, "operator_id", NULL);
  query.operator_name = vig_json_get_string (call, "operator_name", NULL);
  query.user_name = vig_json_get_string (call, "user_name", NULL);
  query.unattended = vig_json_get_boolean (call, "unattended", FALSE);
  query.tool = vig_json_get_string (call, "tool", "");
  vig_level_from_string (vig_json_get_string (call, "level", ""), &query.level);
  query.resource = vig_json_get_string (call, "resource", NULL);
  query.arguments = vig_json_get_object (call, "arguments");
  query.now = vig_json_get_int (call, "created_at", 0);

  return vig_policy_rules_check (rules, &query);
}

static const char *
get_verdict (VigPolicyAnswer answer)
{
  return answer.verdict == VIG_VERDICT_DENY ? "deny" : answer.verdict == VIG_VERDICT_ASK ? "ask" : "allow";
}

typedef struct
{
  gint64     newly_denied;
  gint64     newly_asked;
  gint64     no_longer_denied;
  gint64     no_longer_asked;
  JsonArray *examples;
} Trial;

static void
note_change (Trial *self, JsonObject *call, VigPolicyAnswer before, VigPolicyAnswer after)
{
  g_autofree char *at = NULL;

  if (before.verdict == after.verdict)
    return;
  self->newly_denied += after.verdict == VIG_VERDICT_DENY;
  self->newly_asked += after.verdict == VIG_VERDICT_ASK;
  self->no_longer_denied += before.verdict == VIG_VERDICT_DENY;
  self->no_longer_asked += before.verdict == VIG_VERDICT_ASK;
  if (json_array_get_length (self->examples) >= MAX_EXAMPLES)
    return;
  at = vig_time_to_iso (vig_json_get_int (call, "created_at", 0));
  json_array_add_object_element (self->examples,
                                 vig_json_pack_object ("{s:s, s:s, s:s?, s:s?, s:s, s:s?, s:s, s:s, s:s, s:i}",
                                                       "call_id", vig_json_get_string (call, "id", ""),
                                                       "tool", vig_json_get_string (call, "tool", ""),
                                                       "operator_name", vig_json_get_string (call, "operator_name", NULL),
                                                       "user_name", vig_json_get_string (call, "user_name", NULL),
                                                       "level", vig_json_get_string (call, "level", ""),
                                                       "resource", vig_json_get_string (call, "resource", NULL),
                                                       "at", at,
                                                       "before", get_verdict (before),
                                                       "after", get_verdict (after),
                                                       "rule", (int) after.rule));
}

static JsonNode *
try_policy (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  gint64 days = vig_json_get_int (body, "days", 7);
  g_autoptr (VigPolicyRules) rules = vig_policy_rules_new (0, vig_json_get_array (body, "rules"), error);
  g_autoptr (JsonObject) policy = rules != NULL ? vig_store_policy_get (db, error) : NULL;
  g_autoptr (VigPolicyRules) current = policy != NULL ? vig_policy_rules_new (0, vig_json_get_array (policy, "rules"), error) : NULL;
  g_autoptr (JsonArray) calls = current != NULL ? vig_store_policy_history (db, vig_time_now () - days * DAY, MAX_TRIED, error) : NULL;
  Trial trial = { 0 };

  if (calls == NULL)
    return NULL;
  trial.examples = json_array_new ();
  for (guint i = 0; i < json_array_get_length (calls); i++)
    {
      JsonObject *call = json_array_get_object_element (calls, i);

      note_change (&trial, call, ask_about (current, call), ask_about (rules, call));
    }

  return vig_json_pack ("{s:I, s:i, s:b, s:I, s:I, s:I, s:I, s:A}",
                        "days", days,
                        "calls", (int) json_array_get_length (calls),
                        "cut", json_array_get_length (calls) == MAX_TRIED,
                        "newly_denied", trial.newly_denied,
                        "newly_asked", trial.newly_asked,
                        "no_longer_denied", trial.no_longer_denied,
                        "no_longer_asked", trial.no_longer_asked,
                        "examples", trial.examples);
}

/* Not by way of the cache: what is answered depends on what was sent. */
static void
begin_trial (VigRequest *request)
{
  vig_web_run_read (request, try_policy);
}

static JsonNode *
list_floors (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_floors_list (db, error));
}

static JsonNode *
store_floor (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *level = vig_json_get_string (vig_request_get_body (request), "level", NULL);
  const char *tool = vig_json_get_string (vig_request_get_parameters (request), "name", "");
  g_autoptr (JsonObject) floors = NULL;

  if (!vig_store_floors_set (db, tool, level, vig_request_get_caller (request)->user_name, error) ||
      !vig_web_audit (db, request, "tool.floor_changed", vig_json_pack_object ("{s:s, s:s}", "tool", tool, "floor", level), error))
    return NULL;
  floors = vig_store_floors_list (db, error);
  if (floors == NULL)
    return NULL;
  vig_web_publish (db, request, "tools", "tool.floor_changed", vig_node_take_object (json_object_ref (floors)));

  return vig_node_take_object (g_steal_pointer (&floors));
}

/* The registry lives on the main thread, so this comes before the store. */
static void
set_floor (VigRequest *request)
{
  const char *text = vig_json_get_string (vig_request_get_body (request), "level", NULL);
  const char *name = vig_json_get_string (vig_request_get_parameters (request), "name", "");
  VigTool *tool = vig_registry_find_tool (vig_request_get_web (request)->context.agent->registry, name);
  VigLevel level;

  if (tool == NULL && text != NULL)
    vig_request_fail_with (request, VIG_ERROR_NOT_FOUND, "there is no tool \"%.128s\"", name);
  else if (text == NULL || (vig_level_from_string (text, &level) && level < vig_tool_get_info (tool)->level && vig_tool_get_info (tool)->level != VIG_LEVEL_ELEVATE))
    vig_web_run_write (request, store_floor);
  else
    vig_request_fail_with (request, VIG_ERROR_INVALID, "/level: the floor of %s must be below its own level, %s, and that must not be elevate", name,
                           vig_level_to_string (vig_tool_get_info (tool)->level));
}

const VigRoute VIG_ROUTES_POLICY[] = {
  { "getPolicy", .read = get_policy },
  { "updatePolicy", .write = update_policy },
  { "listPolicyVersions", .read = list_versions },
  { "tryPolicy", .handle = begin_trial },
  { "listToolFloors", .read = list_floors },
  { "setToolFloor", .handle = set_floor },
  { NULL },
};
