/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call-judge.h"

#include <string.h>
#include <vigilus/vig-invocation-private.h>

#include "vig-approvals-private.h"
#include "vig-call-store.h"
#include "vig-result.h"
#include "vig-store-settings.h"

#define MAX_ROUNDS     4
#define MAX_ARGUMENTS  8 /* MiB of one call: they are kept with the message, the request and each record of it */
#define MAX_PREVIEW    (64 * 1024) /* bytes */
#define MINUTE         (60 * G_USEC_PER_SEC)

struct _VigCallJudge
{
  VigParts     *parts;
  char         *user_name;
  char         *tool_name;
  char         *arguments;
  char         *sha256;
  char         *call_id;    /* NULL: not known, so no conversation is looked at */
  char         *session_id;

  VigOperator  *operator;
  char         *approval_id;
  char         *arguments_error;
  VigPolicyRules *rules;    /* that decided the last time */
  int           classified;
  gboolean      outward;    /* the tool said so of this call */
  guint         n_rounds;
  VigCallFacts *facts;
  VigDecision  *decision;
};

VigCallJudge *
vig_call_judge_new (VigParts *parts, const char *user_name, const char *tool_name, const char *arguments)
{
  VigCallJudge *self = g_new0 (VigCallJudge, 1);

  self->parts = vig_parts_ref (parts);
  self->user_name = g_strdup (user_name);
  self->tool_name = g_strdup (tool_name);
  self->classified = -1;
  vig_call_judge_set_arguments (self, arguments);

  return self;
}

void
vig_call_judge_set_arguments (VigCallJudge *self, const char *arguments)
{
  g_autoptr (JsonObject) object = arguments != NULL ? vig_json_parse_object (arguments, -1, 0, NULL) : NULL;

  g_free (self->arguments);
  self->arguments = g_strdup (arguments);
  g_free (self->sha256);
  self->sha256 = object != NULL ? vig_json_object_sha256 (object) : NULL;
}

void
vig_call_judge_set_call (VigCallJudge *self, const char *call_id, const char *session_id)
{
  g_free (self->call_id);
  self->call_id = g_strdup (call_id);
  g_free (self->session_id);
  self->session_id = g_strdup (session_id);
}

void
vig_call_judge_free (VigCallJudge *self)
{
  vig_operator_unref (self->operator);
  vig_policy_rules_unref (self->rules);
  g_clear_pointer (&self->facts, vig_call_facts_free);
  vig_decision_free (self->decision);
  g_free (self->user_name);
  g_free (self->tool_name);
  g_free (self->arguments);
  g_free (self->sha256);
  g_free (self->call_id);
  g_free (self->session_id);
  g_free (self->approval_id);
  g_free (self->arguments_error);
  vig_parts_unref (self->parts);
  g_free (self);
}

/* NULL: they satisfy the schema. */
static char *
check_arguments (VigCallJudge *self, const VigToolInfo *info)
{
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;
  VigSchema *schema;

  if (self->arguments == NULL)
    return g_strdup ("the arguments are not a JSON object: call it again with one");
  if (strlen (self->arguments) > MAX_ARGUMENTS * 1024 * 1024)
    return g_strdup_printf ("the arguments are %" G_GSIZE_FORMAT " bytes, more than the " G_STRINGIFY (MAX_ARGUMENTS) " MiB that a call takes: make several calls of it",
                            strlen (self->arguments));

  node = vig_json_parse (self->arguments, -1, 0, &error);
  schema = node != NULL ? vig_parts_ensure_schema (self->parts, info->input_schema, &error) : NULL;
  if (schema == NULL || !vig_schema_validate (schema, node, &error))
    return g_strdup_printf ("the arguments do not fit the tool's schema: %s", error->message);

  return NULL;
}

static VigInvocation *
new_invocation (VigCallJudge *self)
{
  static const VigInvocationServices no_services = { NULL, NULL, NULL };
  g_autoptr (JsonObject) arguments = vig_json_parse_object (self->arguments, -1, 0, NULL);
  VigInvocationValues values = { 0 };

  values.call_id = "";
  values.tool_name = self->tool_name;
  values.operator_name = self->operator->name;
  values.working_directory = self->operator->working_directory;
  values.arguments = arguments;
  values.deadline = g_get_monotonic_time () + G_USEC_PER_SEC;
  values.output_limit = VIG_STORE_SETTINGS_OUTPUT_LIMIT;

  return vig_invocation_new (&values, &no_services, NULL, NULL);
}

static void
classify (VigCallJudge *self, VigTool *tool, char **resource)
{
  VigToolInterface *iface = VIG_TOOL_GET_IFACE (tool);
  g_autoptr (VigInvocation) invocation = NULL;

  self->classified = -1;
  self->outward = FALSE;
  if (iface->classify == NULL || self->arguments_error != NULL)
    return;

  invocation = new_invocation (self);
  self->classified = (int) iface->classify (tool, invocation, resource);
  if (self->classified < 0)
    self->classified = VIG_LEVEL_ELEVATE;
  self->outward = vig_invocation_is_outward (invocation);
}

static void
fill_input (VigCallJudge *self, VigTool *tool, VigPolicyInput *input)
{
  VigOperator *operator = self->operator;

  input->tool = tool != NULL ? vig_tool_get_info (tool) : NULL;
  input->frozen = self->facts->frozen;
  input->operator_enabled = self->facts->operator != NULL && operator->enabled;
  input->assigned = vig_operator_has_tool (operator, self->tool_name) || (input->tool != NULL && (input->tool->flags & VIG_TOOL_BUILT_IN) != 0);
  input->arguments_error = self->arguments_error;
  input->classified = self->classified;
  input->outward = self->outward;
  input->has_floor = self->facts->has_floor;
  input->floor = self->facts->floor;
  /* What was just read may be capped by who asked this Operator. */
  input->ceiling = self->facts->operator != NULL ? MIN (operator->ceiling, self->facts->operator->ceiling) : operator->ceiling;
  input->has_working_directory = operator->working_directory != NULL;
  input->has_grant = self->facts->grant_id != NULL;
  /* What lenient mode approves gets a grant, too: without a key there is none. */
  input->lenient = self->facts->key != NULL
                   && vig_operator_is_lenient (self->facts->operator != NULL ? self->facts->operator : operator,
                                               self->facts->settings.lenient);
  input->tainted = self->facts->tainted && self->facts->settings.taint_is_strict;
}

/* What was read is the newest for all calls; another call may have read a newer one since. */
static void
take_rules (VigCallJudge *self)
{
  VigPolicyRules *known = self->parts->rules;
  VigPolicyRules *read = self->facts->rules;

  if (read != NULL && (known == NULL || vig_policy_rules_get_version (read) > vig_policy_rules_get_version (known)))
    {
      vig_policy_rules_unref (known);
      self->parts->rules = vig_policy_rules_ref (read);
    }
  vig_policy_rules_unref (self->rules);
  self->rules = vig_policy_rules_ref (self->parts->rules);
}

static VigVerdict
check_rules (VigCallJudge *self, const VigRequestInfo *request, char **rule, char **reason)
{
  VigPolicyQuery query = { request->operator_id, request->operator_name, request->user_name, self->facts->unattended, request->tool_name,
                           request->level, request->resource, request->arguments, self->facts->now };
  VigPolicyAnswer answer = vig_policy_rules_check (self->rules, &query);

  if (answer.verdict != VIG_VERDICT_ALLOW)
    {
      *rule = g_strdup_printf ("policy:%u", answer.rule);
      *reason = vig_policy_answer_explain (&answer, vig_policy_rules_get_version (self->rules));
    }

  return answer.verdict;
}

static VigVerdict
check_policies (VigCallJudge *self, VigLevel level, char **rule, char **reason)
{
  g_autoptr (JsonObject) arguments = self->arguments != NULL ? vig_json_parse_object (self->arguments, -1, 0, NULL) : NULL;
  g_autofree char *other_rule = NULL;
  g_autofree char *other_reason = NULL;
  VigRequestInfo request = { 0 };
  VigVerdict by_rules, by_plugins;

  if (arguments == NULL)
    return VIG_VERDICT_DENY;

  request.operator_id = self->operator->id;
  request.operator_name = self->operator->name;
  request.user_name = self->user_name;
  request.tool_name = self->tool_name;
  request.level = level;
  request.ceiling = self->operator->ceiling;
  request.resource = self->facts->resource;
  request.arguments = arguments;

  by_rules = check_rules (self, &request, rule, reason);
  if (by_rules == VIG_VERDICT_DENY)
    return by_rules;
  by_plugins = vig_registry_check_policies (self->parts->context.registry, &request, &other_rule, &other_reason);
  if (by_plugins <= by_rules)
    return by_rules;

  g_free (*rule);
  *rule = g_steal_pointer (&other_rule);
  g_free (*reason);
  *reason = g_steal_pointer (&other_reason);

  return by_plugins;
}

static void
decide (VigCallJudge *self)
{
  VigTool *tool = vig_registry_find_tool (self->parts->context.registry, self->tool_name);
  VigPolicyInput input = { 0 };
  g_autofree char *rule = NULL;
  g_autofree char *reason = NULL;

  take_rules (self);
  fill_input (self, tool, &input);
  vig_decision_free (self->decision);
  self->decision = vig_policy_engine_decide (&input);
  if (self->decision->verdict == VIG_VERDICT_DENY)
    return;

  /* Plugins see only what passed all that comes before them. */
  input.policy = check_policies (self, self->decision->level, &rule, &reason);
  input.policy_rule = rule;
  input.policy_reason = reason;
  vig_decision_free (self->decision);
  self->decision = vig_policy_engine_decide (&input);
}

static void read_facts (GTask *task);

static void
facts_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigCallJudge *self = g_task_get_task_data (task);
  GError *error = NULL;
  VigOperator *fresh;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  /* What the tool said of the call it said for this Operator's working directory. */
  fresh = self->facts->operator;
  if (fresh != NULL && g_strcmp0 (fresh->updated_at, self->operator->updated_at) != 0)
    {
      vig_operator_unref (self->operator);
      self->operator = vig_operator_ref (fresh);
      if (self->n_rounds++ < MAX_ROUNDS)
        {
          read_facts (g_steal_pointer (&task));
          return;
        }
    }

  decide (self);
  /* One copy of it is enough while the call waits. */
  g_clear_pointer (&self->facts->operator, vig_operator_unref);
  g_task_return_boolean (task, TRUE);
}

static void
read_facts (GTask *task)
{
  VigCallJudge *self = g_task_get_task_data (task);
  VigTool *tool = vig_registry_find_tool (self->parts->context.registry, self->tool_name);
  VigCallFacts *facts = g_new0 (VigCallFacts, 1);

  g_clear_pointer (&self->arguments_error, g_free);
  if (tool != NULL)
    {
      self->arguments_error = check_arguments (self, vig_tool_get_info (tool));
      classify (self, tool, &facts->resource);
    }

  facts->key = vig_vault_dup_grant_key (self->parts->context.vault, NULL);
  facts->now = vig_approvals_now (self->parts->approvals);
  facts->operator_id = g_strdup (self->operator->id);
  facts->tool = g_strdup (self->tool_name);
  facts->declared = tool != NULL ? vig_tool_get_info (tool)->level : VIG_LEVEL_ELEVATE;
  facts->classified = self->classified;
  facts->known_policy = self->parts->rules != NULL ? vig_policy_rules_get_version (self->parts->rules) : -1;
  facts->arguments_sha256 = g_strdup (self->sha256);
  facts->approval_id = g_strdup (self->approval_id);
  facts->call_id = g_strdup (self->call_id);
  facts->session_id = g_strdup (self->session_id);
  g_clear_pointer (&self->facts, vig_call_facts_free);
  self->facts = facts;
  vig_db_read_async (self->parts->context.db, vig_call_facts_read, facts, NULL, NULL, NULL, facts_read, task);
}

void
vig_call_judge_run_async (VigCallJudge        *self,
                          VigOperator         *operator,
                          const char          *approval_id,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, vig_call_judge_run_async);
  g_task_set_task_data (task, self, NULL);
  vig_operator_ref (operator);
  g_clear_pointer (&self->operator, vig_operator_unref);
  self->operator = operator;
  g_free (self->approval_id);
  self->approval_id = g_strdup (approval_id);
  self->n_rounds = 0;
  read_facts (task);
}

gboolean
vig_call_judge_run_finish (VigCallJudge *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

VigDecision *
vig_call_judge_get_decision (VigCallJudge *self)
{
  return self->decision;
}

VigLevel
vig_call_judge_get_level (VigCallJudge *self)
{
  VigTool *tool = vig_registry_find_tool (self->parts->context.registry, self->tool_name);
  VigPolicyInput input = { 0 };

  input.tool = tool != NULL ? vig_tool_get_info (tool) : NULL;
  input.classified = self->classified;
  input.has_floor = self->facts != NULL && self->facts->has_floor;
  input.floor = input.has_floor ? self->facts->floor : VIG_LEVEL_ELEVATE;

  return vig_policy_engine_level (&input);
}

gint64
vig_call_judge_get_policy_version (VigCallJudge *self)
{
  return self->rules != NULL ? vig_policy_rules_get_version (self->rules) : 0;
}

VigOperator *
vig_call_judge_get_operator (VigCallJudge *self)
{
  return self->operator;
}

const char *
vig_call_judge_get_resource (VigCallJudge *self)
{
  return self->facts != NULL ? self->facts->resource : NULL;
}

const char *
vig_call_judge_get_sha256 (VigCallJudge *self)
{
  return self->sha256;
}

JsonObject *
vig_call_judge_get_approval (VigCallJudge *self)
{
  return self->facts != NULL ? self->facts->approval : NULL;
}

char *
vig_call_judge_dup_grant (VigCallJudge *self)
{
  return g_strdup (self->facts->grant_id);
}

const char *
vig_call_judge_get_grant_end (VigCallJudge *self)
{
  return self->facts->grant_end;
}

gsize
vig_call_judge_get_output_limit (VigCallJudge *self)
{
  return self->facts != NULL ? (gsize) MAX (self->facts->settings.output_limit, 1024) : VIG_STORE_SETTINGS_OUTPUT_LIMIT;
}

gsize
vig_call_judge_get_keep_limit (VigCallJudge *self)
{
  return self->facts != NULL ? (gsize) self->facts->settings.output_keep * 1024 : 0;
}

gint64
vig_call_judge_get_wait (VigCallJudge *self)
{
  return self->facts->settings.wait * MINUTE;
}

static JsonNode *
redact (VigCallJudge *self, JsonNode *node)
{
  g_autoptr (JsonNode) owned = node;

  return vig_redactor_apply_json (self->parts->context.redactor, owned);
}

JsonObject *
vig_call_judge_dup_preview (VigCallJudge *self, VigPreview *preview)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;
  gboolean cut;

  if (preview == NULL)
    return NULL;

  text = vig_result_cap (preview->text, MAX_PREVIEW, &cut);
  node = redact (self, vig_json_pack ("{s:s, s:s}", "kind", preview->kind, "text", text));

  return json_node_dup_object (node);
}

JsonNode *
vig_call_judge_dup_arguments (VigCallJudge *self)
{
  return redact (self, vig_json_parse (self->arguments, -1, 0, NULL));
}
