/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call-private.h"

#include "vig-approvals-private.h"
#include "vig-id.h"
#include "vig-result.h"
#include "vig-store-approvals.h"
#include "vig-store-runs.h"

static gpointer
read_call (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_calls_get (db, data, error);
}

static void
call_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) row = vig_db_finish (VIG_DB (source), result, &error);

  if (vig_call_is_abandoned (self) || self->state != VIG_CALL_WAITING)
    return;
  if (row == NULL)
    {
      vig_call_deny_for (self, "unreadable", error->message);
      return;
    }

  vig_call_take_arguments (self, row);
  vig_call_publish (self, row);
  vig_call_enter (self, VIG_CALL_NEW);
}

static void
approval_decided (JsonObject *approval, gpointer user_data)
{
  VigCall *self = user_data;

  if (self->state != VIG_CALL_WAITING || self->stopping)
    return;
  if (vig_json_get_object (approval, "edited_arguments") == NULL || !g_str_equal (vig_json_get_string (approval, "call_id", ""), self->id))
    {
      vig_call_enter (self, VIG_CALL_NEW);
      return;
    }

  vig_db_read_async (self->parts->context.db, read_call, g_strdup (self->id), g_free, (GDestroyNotify) json_object_unref, NULL, call_read,
                     g_object_ref (self));
}

static void
wait_for (VigCall *self, JsonObject *approval)
{
  g_free (self->approval_id);
  self->approval_id = g_strdup (vig_json_get_string (approval, "id", ""));
  vig_approvals_wait (self->parts->approvals, self->approval_id, vig_json_get_string (approval, "expires_at", ""), approval_decided, self);
  vig_call_enter (self, VIG_CALL_WAITING);
}

static gpointer
read_approval (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_approvals_get (db, data, error);
}

static void
approval_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (JsonObject) approval = vig_db_finish (VIG_DB (source), result, NULL);

  if (approval == NULL || vig_call_is_abandoned (self) || self->state != VIG_CALL_WAITING)
    return;
  if (g_str_equal (vig_json_get_string (approval, "status", ""), "pending"))
    return;

  vig_approvals_forget (self->parts->approvals, self->approval_id, self);
  approval_decided (approval, self);
}

/* The request was read as open before anyone waited for it: it may have been decided in between. */
static void
wait_again (VigCall *self, JsonObject *approval)
{
  wait_for (self, approval);
  vig_db_read_async (self->parts->context.db, read_approval, g_strdup (self->approval_id), g_free, (GDestroyNotify) json_object_unref,
                     NULL, approval_read, g_object_ref (self));
}

static void
requested (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, &error);
  JsonObject *approval;

  if (vig_call_is_abandoned (self))
    return;
  if (stored == NULL)
    {
      g_warning ("RUN=%s: approval of call %s can't be requested: %s", self->owner.run_id, self->id, error->message);
      vig_call_deny_for (self, "audit", "the approval can't be written down, so nobody can be asked");
      return;
    }

  approval = vig_json_get_object (stored, "approval");
  vig_call_publish (self, vig_json_get_object (stored, "call"));
  vig_parts_publish (self->parts, "approvals", "approval.requested", approval);
  wait_for (self, approval);
  if (self->stopping)
    vig_call_deny_for (self, "stopped", "the run was stopped");
}

static JsonObject *
build_request (VigCall *self, VigDecision *decision, VigPreview *preview)
{
  g_autofree char *expires_at = NULL;
  g_autofree char *words = vig_redactor_apply (self->parts->context.redactor, self->owner.words);
  gboolean cut;
  g_autofree char *short_words = vig_result_cap (words, 2000, &cut);
  g_autofree char *because = decision->reason != NULL ? vig_redactor_apply (self->parts->context.redactor, decision->reason) : NULL;
  JsonObject *request;

  expires_at = vig_time_to_iso (vig_approvals_now (self->parts->approvals) + vig_call_judge_get_wait (self->judge));
  request = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                                  "call_id", self->id,
                                  "run_id", self->owner.run_id,
                                  "session_id", self->owner.session_id,
                                  "user_id", self->owner.user_id,
                                  "operator_id", self->operator->id,
                                  "operator_name", self->operator->name,
                                  "tool", self->tool_name,
                                  "level", vig_level_to_string (decision->level),
                                  "resource", vig_call_judge_get_resource (self->judge),
                                  "arguments_sha256", vig_call_judge_get_sha256 (self->judge),
                                  "reason", short_words,
                                  "rule", decision->rule,
                                  "because", because,
                                  "expires_at", expires_at);
  json_object_set_member (request, "arguments", vig_call_judge_dup_arguments (self->judge));
  if (preview != NULL)
    json_object_set_object_member (request, "preview", vig_call_judge_dup_preview (self->judge, preview));

  return request;
}

/* Who decides is told why they are not shown what would change. */
static VigPreview *
explain (const GError *error)
{
  g_autofree char *text = g_strdup_printf ("What this would change can't be shown: %s", error->message);

  return vig_preview_new ("text", text);
}

static void
previewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigPreview) preview = vig_registry_preview_finish (VIG_REGISTRY (source), result, &error);
  VigDecision *decision = vig_call_judge_get_decision (self->judge);
  VigCallWrite *write;

  if (vig_call_is_abandoned (self) || self->state != VIG_CALL_NEW)
    return;
  if (self->stopping)
    {
      vig_call_deny_for (self, "stopped", "the run was stopped");
      return;
    }

  if (error != NULL)
    preview = explain (error);
  write = vig_call_new_write (self, VIG_CALL_WAITING);
  vig_call_note_decision (self, write, decision);
  write->approval = build_request (self, decision, preview);
  g_clear_pointer (&self->approval_id, g_free);
  json_array_add_object_element (write->audit, vig_call_build_record (self, "approval.requested", decision, NULL));
  vig_db_write_async (self->parts->context.db, vig_call_write_run, write, vig_call_write_free, (GDestroyNotify) json_object_unref,
                      NULL, requested, g_object_ref (self));
}

static void
previewed_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  VigCall *self = g_task_get_source_object (task);
  g_autoptr (VigPreview) preview = vig_registry_preview_finish (VIG_REGISTRY (source), result, NULL);

  g_task_return_pointer (task, vig_call_judge_dup_preview (self->judge, preview), (GDestroyNotify) json_object_unref);
}

void
vig_call_preview_async (gpointer call, JsonObject *arguments, GAsyncReadyCallback callback, gpointer user_data)
{
  VigCall *self = call;
  GTask *task = g_task_new (self, NULL, callback, user_data);
  VigTool *tool = vig_registry_find_tool (self->parts->context.registry, self->tool_name);
  g_autoptr (VigInvocation) invocation = NULL;

  g_task_set_source_tag (task, vig_call_preview_async);
  if (tool == NULL || VIG_TOOL_GET_IFACE (tool)->preview == NULL)
    {
      g_task_return_pointer (task, NULL, NULL);
      g_object_unref (task);
      return;
    }

  invocation = vig_call_new_preview (self, tool, arguments);
  vig_registry_preview_async (self->parts->context.registry, tool, invocation, self->cancellable, previewed_again, task);
}

static void
request (VigCall *self)
{
  VigTool *tool = vig_registry_find_tool (self->parts->context.registry, self->tool_name);
  g_autoptr (VigInvocation) invocation = NULL;

  if (tool == NULL)
    {
      vig_call_deny_for (self, "unknown-tool", "there is no such tool, or it is not available now");
      return;
    }

  invocation = vig_call_new_preview (self, tool, NULL);
  vig_registry_preview_async (self->parts->context.registry, tool, invocation, self->cancellable, previewed, g_object_ref (self));
}

/* The request that was made before, if there was one, decides what an "ask" means now. */
static void
ask (VigCall *self)
{
  JsonObject *approval = vig_call_judge_get_approval (self->judge);
  const char *status = approval != NULL ? vig_json_get_string (approval, "status", "") : "";

  if (g_str_equal (status, "pending"))
    wait_again (self, approval);
  else if (g_str_equal (status, "denied"))
    {
      const char *by = vig_json_get_string (approval, "decided_by", "a person");
      const char *why = vig_json_get_string (approval, "deny_reason", NULL);
      g_autofree char *reason = g_strdup_printf ("%s denied it%s%s", by, why != NULL ? ": " : "", why != NULL ? why : "");

      vig_call_deny_for (self, "approval-denied", reason);
    }
  else if (g_str_equal (status, "expired"))
    vig_call_deny_for (self, "approval-expired", "nobody approved it in time");
  else
    request (self);
}

static void
got_slot (gpointer user_data)
{
  VigCall *self = user_data;

  self->has_slot = TRUE;
  vig_call_enter (self, VIG_CALL_DECLARING);
}

static void
judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean judged_it = vig_call_judge_run_finish (self->judge, result, &error);
  VigDecision *decision;

  if (vig_call_is_abandoned (self) || self->state != VIG_CALL_NEW)
    return;
  if (!judged_it || self->stopping)
    {
      vig_call_deny_for (self, judged_it ? "stopped" : "unreadable", judged_it ? "the run was stopped" : error->message);
      return;
    }

  g_clear_pointer (&self->operator, vig_operator_unref);
  self->operator = vig_operator_ref (vig_call_judge_get_operator (self->judge));
  decision = vig_call_judge_get_decision (self->judge);
  if (decision->verdict == VIG_VERDICT_DENY)
    vig_call_deny (self, decision);
  else if (decision->verdict == VIG_VERDICT_ASK)
    ask (self);
  else if (vig_call_is_delegated (self))
    vig_call_enter (self, VIG_CALL_DECLARING); /* takes no slot: those it waits for need some themselves */
  else
    vig_slots_acquire (self->parts->slots, self->tool_name, got_slot, self);
}

void
vig_call_judge_again (VigCall *self)
{
  vig_call_judge_run_async (self->judge, self->operator, self->approval_id, judged, g_object_ref (self));
}
