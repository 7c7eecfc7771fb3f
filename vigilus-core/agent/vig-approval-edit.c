/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-approval-edit.h"

#include <string.h>

#include "vig-call-judge.h"
#include "vig-store-approvals.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-users.h"

#define REDACTED "[redacted]"

typedef struct
{
  VigParts     *parts;
  char         *approval_id;
  JsonObject   *given;
  JsonObject   *approval;
  JsonObject   *merged;
  VigCallJudge *judge;
} Edit;

static void
edit_free (gpointer data)
{
  Edit *self = data;

  g_free (self->approval_id);
  json_object_unref (self->given);
  g_clear_pointer (&self->approval, json_object_unref);
  g_clear_pointer (&self->merged, json_object_unref);
  g_clear_pointer (&self->judge, vig_call_judge_free);
  vig_parts_unref (self->parts);
  g_free (self);
}

static gpointer
read_all (VigDbConnection *db, gpointer approval_id, GError **error)
{
  g_autoptr (JsonObject) approval = vig_store_approvals_get (db, approval_id, error);
  g_autoptr (JsonObject) call = NULL;
  g_autoptr (JsonObject) operator = NULL;
  g_autoptr (JsonObject) user = NULL;

  if (approval == NULL)
    return NULL;
  if (!g_str_equal (vig_json_get_string (approval, "status", ""), "pending"))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this request is already %s", vig_json_get_string (approval, "status", ""));
      return NULL;
    }
  call = vig_store_calls_get (db, vig_json_get_string (approval, "call_id", ""), error);
  operator = call != NULL ? vig_store_operators_get (db, vig_json_get_string (approval, "operator_id", ""), error) : NULL;
  user = operator != NULL ? vig_store_users_get (db, vig_json_get_string (approval, "user_id", ""), error) : NULL;
  if (user == NULL)
    return NULL;

  return vig_json_pack_object ("{s:J, s:J, s:J, s:s}", "approval", approval, "call", call, "operator", operator,
                               "user_name", vig_json_get_string (user, "name", ""));
}

static gboolean
is_equal (JsonNode *a, JsonNode *b)
{
  g_autofree char *text_a = a != NULL ? vig_json_to_canonical (a) : NULL;
  g_autofree char *text_b = b != NULL ? vig_json_to_canonical (b) : NULL;

  return text_a != NULL && g_strcmp0 (text_a, text_b) == 0;
}

static gboolean
has_redacted (JsonNode *node)
{
  g_autofree char *text = node != NULL ? vig_json_to_string (node) : NULL;

  return text != NULL && strstr (text, REDACTED) != NULL;
}

/* Member by member: what is as it was shown is as it really was. */
static gboolean
merge (Edit *self, JsonObject *real, GError **error)
{
  JsonObject *shown = vig_json_get_object (self->approval, "arguments");
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  self->merged = json_object_new ();
  json_object_iter_init (&iter, self->given);
  while (json_object_iter_next (&iter, &name, &node))
    {
      JsonNode *was_shown = json_object_get_member (shown, name);
      gboolean same = is_equal (node, was_shown) && json_object_has_member (real, name);

      if (!same && has_redacted (node) && has_redacted (was_shown))
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "arguments: %s has a redacted part, so leave it as it is or type it anew, all of it", name);
          return FALSE;
        }
      json_object_set_member (self->merged, name, same ? json_object_dup_member (real, name) : json_node_copy (node));
    }

  return TRUE;
}

static JsonObject *
build_answer (Edit *self)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), self->merged);
  JsonNode *shown = vig_redactor_apply_json (self->parts->context.redactor, node);

  return vig_json_pack_object ("{s:J, s:o, s:s, s:s, s:s}", "arguments", self->merged, "shown", shown,
                               "level", vig_level_to_string (vig_call_judge_get_decision (self->judge)->level),
                               "resource", vig_call_judge_get_resource (self->judge),
                               "arguments_sha256", vig_call_judge_get_sha256 (self->judge));
}

static void
judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Edit *self = g_task_get_task_data (task);
  GError *error = NULL;
  VigDecision *decision;

  if (!vig_call_judge_run_finish (self->judge, result, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  decision = vig_call_judge_get_decision (self->judge);
  if (decision->verdict == VIG_VERDICT_DENY)
    g_task_return_new_error (task, VIG_ERROR, g_str_equal (decision->rule, "invalid-arguments") ? VIG_ERROR_INVALID : VIG_ERROR_DENIED,
                             "arguments: with these the call would be denied (%s): %s", decision->rule, decision->reason);
  else
    g_task_return_pointer (task, build_answer (self), (GDestroyNotify) json_object_unref);
}

static void
all_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Edit *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (JsonObject) all = vig_db_finish (VIG_DB (source), result, &error);
  g_autoptr (VigOperator) operator = NULL;
  g_autofree char *text = NULL;
  JsonObject *call, *real;

  if (all == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  call = vig_json_get_object (all, "call");
  real = vig_json_get_object (call, "arguments");
  self->approval = json_object_ref (vig_json_get_object (all, "approval"));
  if (!merge (self, real != NULL ? real : self->given, &error))
    {
      g_task_return_error (task, error);
      return;
    }

  operator = vig_operator_new (vig_json_get_object (all, "operator"));
  text = vig_json_object_to_string (self->merged);
  self->judge = vig_call_judge_new (self->parts, vig_json_get_string (all, "user_name", ""), vig_json_get_string (call, "tool", ""), text);
  vig_call_judge_set_call (self->judge, vig_json_get_string (call, "id", ""), vig_json_get_string (self->approval, "session_id", ""));
  vig_call_judge_run_async (self->judge, operator, NULL, judged, g_steal_pointer (&task));
}

void
vig_approval_edit_async (VigParts *parts, const char *approval_id, JsonObject *arguments, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Edit *self = g_new0 (Edit, 1);

  g_task_set_source_tag (task, vig_approval_edit_async);
  self->parts = vig_parts_ref (parts);
  self->approval_id = g_strdup (approval_id);
  self->given = json_object_ref (arguments);
  g_task_set_task_data (task, self, edit_free);
  vig_db_read_async (parts->context.db, read_all, self->approval_id, NULL, (GDestroyNotify) json_object_unref, NULL, all_read, task);
}

JsonObject *
vig_approval_edit_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
