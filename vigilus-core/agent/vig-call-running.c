/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call-private.h"

#include "vig-approvals-private.h"
#include "vig-id.h"
#include "vig-result.h"

#include <string.h>

#define DEFAULT_TIMEOUT 60 /* seconds */
#define RUNNING_DELAY   10 /* milliseconds: a call that ends sooner is never written as running */
#define MAX_CONFLICTS   3
#define PREVIEW_LIMIT   10 /* seconds to see what a change would change: who is asked is then asked without, and where nobody is it runs all the same */
#define REVOKED_GRACE   700 /* milliseconds until what does not end is left behind */

void
vig_call_release_slot (VigCall *self)
{
  if (!self->has_slot)
    return;

  self->has_slot = FALSE;
  vig_slots_release (self->parts->slots, self->tool_name);
}

void
vig_call_forget_grant (VigCall *self)
{
  g_clear_handle_id (&self->grace_timer, g_source_remove);
  if (self->grant_id != NULL)
    vig_approvals_forget (self->parts->approvals, self->grant_id, self);
}

static gboolean
grace_over (gpointer user_data)
{
  g_autoptr (VigCall) self = g_object_ref (user_data);

  self->grace_timer = 0;
  vig_call_give_up (self);

  return G_SOURCE_REMOVE;
}

static void
grant_revoked (JsonObject *grant, gpointer user_data)
{
  VigCall *self = user_data;

  if (self->stopping)
    return;

  self->revoked = TRUE;
  if (self->state != VIG_CALL_RUNNING)
    return;
  self->grace_timer = g_timeout_add (REVOKED_GRACE, grace_over, self);
  g_cancellable_cancel (self->cancellable);
}

/* From before it is declared, so that no revocation falls between. */
static void
watch_grant (VigCall *self, const char *grant_id)
{
  vig_call_forget_grant (self);
  g_free (self->grant_id);
  self->grant_id = g_strdup (grant_id);
  self->revoked = FALSE;
  if (grant_id != NULL)
    vig_approvals_watch_grant (self->parts->approvals, grant_id, grant_revoked, self);
}

void
vig_call_end_running (VigCall *self)
{
  vig_call_forget_grant (self);
  g_clear_handle_id (&self->running_timer, g_source_remove);
  vig_call_forget_output (self);
  vig_call_forget_run (self);
  vig_call_release_slot (self);
}

/* Why what was about to run may not any more, or NULL. */
static const char *
find_hindrance (VigCall *self)
{
  g_autofree char *now = vig_time_to_iso (vig_approvals_now (self->parts->approvals));

  if (self->revoked)
    return "Its grant was revoked";
  if (self->stopping || g_cancellable_is_cancelled (self->cancellable))
    return "Stopped";

  return self->grant_end != NULL && strcmp (self->grant_end, now) <= 0 ? "Its grant ended" : NULL;
}

void
vig_call_record_unrun (VigCall *self)
{
  const char *reason = find_hindrance (self);

  vig_call_end_running (self);
  self->started = 0;
  vig_call_record_outcome (self, "interrupted", g_strdup_printf ("%s before it started. It did not run.", reason != NULL ? reason : "Stopped"), TRUE);
}

static gboolean
was_stopped (VigCall *self, const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || g_cancellable_is_cancelled (self->cancellable);
}

/* What only reads leaves nothing behind that somebody would have to know of. */
static gboolean
may_have_changed (VigCall *self)
{
  return vig_call_judge_get_level (self->judge) > VIG_LEVEL_READ;
}

static void
record_error (VigCall *self, const GError *error)
{
  if (self->revoked)
    vig_call_record_outcome (self, "interrupted", g_strdup ("Interrupted: its grant was revoked while it ran; it may or may not have happened."), TRUE);
  else if (was_stopped (self, error))
    vig_call_record_outcome (self, "interrupted", g_strdup ("Interrupted: it was stopped; it may or may not have happened."), TRUE);
  else if (vig_error_is_interrupted (error))
    vig_call_record_outcome (self, "interrupted", g_strdup_printf ("Interrupted: %s; it may or may not have happened.", error->message), TRUE);
  else if (vig_error_is_timed_out (error) && may_have_changed (self))
    vig_call_record_outcome (self, "unknown", g_strdup_printf ("Outcome unknown: %s; it may or may not have happened. Look before you try again.", error->message), TRUE);
  else
    vig_call_record_outcome (self, vig_error_is_denied (error) ? "denied" : "failed", g_strdup_printf ("Failed: %s", error->message), TRUE);
}

/* The model sees it beside what there is of a result. */
static void
record_unknown (VigCall *self, JsonNode *node)
{
  JsonObject *result = json_node_get_object (node);

  if (!json_object_is_immutable (result))
    json_object_set_string_member (result, "note", "Its time was over before it had ended: what it did until then is done, the rest is not known. Look before you try again.");
  vig_call_record_outcome (self, "unknown", vig_result_to_text (node), TRUE);
}

void
vig_call_take_outcome (VigCall *self, JsonNode *node, const GError *error)
{
  gboolean failed;

  if (vig_call_is_abandoned (self) || self->state != VIG_CALL_RUNNING)
    return;

  vig_call_end_running (self);
  if (node == NULL)
    {
      record_error (self, error);
      return;
    }

  self->has_result = TRUE;
  if (vig_result_is_unknown (node) && may_have_changed (self))
    {
      record_unknown (self, node);
      return;
    }

  failed = vig_result_is_failure (node);
  vig_call_record_outcome (self, failed ? "failed" : "success", vig_result_to_text (node), failed);
}

static void
tool_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_registry_run_tool_finish (VIG_REGISTRY (source), result, &error);

  vig_call_take_outcome (self, node, error);
}

static void
running_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, NULL);

  if (stored != NULL && self->state == VIG_CALL_RUNNING)
    vig_call_publish (self, vig_json_get_object (stored, "call"));
}

/* Nobody waits for this write: declared is what has to be on disk, and both are taken up again alike. */
static gboolean
store_running (gpointer user_data)
{
  VigCall *self = user_data;

  self->running_timer = 0;
  vig_db_write_async (self->parts->context.db, vig_call_write_run, vig_call_new_write (self, VIG_CALL_RUNNING), vig_call_write_free,
                      (GDestroyNotify) json_object_unref, NULL, running_stored, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static VigInvocation *
new_invocation (VigCall *self, VigTool *tool, JsonObject *arguments, guint limit)
{
  guint timeout = vig_tool_get_info (tool)->timeout;
  VigInvocationValues values = { 0 };

  values.call_id = self->id;
  values.tool_name = self->tool_name;
  values.operator_name = self->operator->name;
  values.working_directory = self->operator->working_directory;
  values.arguments = arguments;
  values.deadline = g_get_monotonic_time () + MIN (timeout > 0 ? timeout : DEFAULT_TIMEOUT, limit) * G_USEC_PER_SEC;
  values.level = vig_call_judge_get_level (self->judge);
  values.output_limit = vig_call_judge_get_output_limit (self->judge);
  values.keep_limit = vig_call_judge_get_keep_limit (self->judge);
  if (VIG_IS_CONFIGURABLE (tool))
    values.settings_id = vig_configurable_get_settings_info (VIG_CONFIGURABLE (tool))->id;

  return vig_call_output_new_invocation (vig_call_ensure_output (self), &values);
}

VigInvocation *
vig_call_new_preview (VigCall *self, VigTool *tool, JsonObject *arguments)
{
  g_autoptr (JsonObject) own = arguments == NULL ? vig_json_parse_object (self->arguments, -1, 0, NULL) : NULL;

  return new_invocation (self, tool, arguments != NULL ? arguments : own, PREVIEW_LIMIT);
}

static void
tell_tool_is_gone (VigCall *self)
{
  vig_call_end_running (self);
  vig_call_record_outcome (self, "failed", g_strdup ("Failed: the tool went away before it started. It did not run."), TRUE);
}

static void
run (VigCall *self, VigTool *tool)
{
  g_autoptr (JsonObject) arguments = vig_json_parse_object (self->arguments, -1, 0, NULL);
  g_autoptr (VigInvocation) invocation = new_invocation (self, tool, arguments, G_MAXUINT);

  vig_registry_run_tool_async (self->parts->context.registry, tool, invocation, self->cancellable, tool_done, g_object_ref (self));
}

static void
previewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (VigPreview) preview = vig_registry_preview_finish (VIG_REGISTRY (source), result, NULL);
  VigTool *tool = vig_registry_find_tool (VIG_REGISTRY (source), self->tool_name);

  if (vig_call_is_abandoned (self) || self->state != VIG_CALL_RUNNING)
    return;
  self->previewing = FALSE;
  if (find_hindrance (self) != NULL)
    {
      vig_call_record_unrun (self);
      return;
    }
  if (tool == NULL)
    {
      tell_tool_is_gone (self);
      return;
    }

  self->preview = vig_call_judge_dup_preview (self->judge, preview);
  run (self, tool);
}

/* A change that nobody was asked for is shown all the same: against what was there just before. A command says itself what it does. */
static gboolean
needs_preview (VigCall *self, VigTool *tool)
{
  VigLevel level = vig_call_judge_get_level (self->judge);

  return self->approval_id == NULL && (level == VIG_LEVEL_WRITE || level == VIG_LEVEL_ELEVATE) && VIG_TOOL_GET_IFACE (tool)->preview != NULL;
}

static void
look_first (VigCall *self, VigTool *tool)
{
  g_autoptr (VigInvocation) invocation = vig_call_new_preview (self, tool, NULL);

  self->previewing = TRUE;
  vig_registry_preview_async (self->parts->context.registry, tool, invocation, self->cancellable, previewed, g_object_ref (self));
}

void
vig_call_run_tool (VigCall *self)
{
  VigTool *tool = vig_registry_find_tool (self->parts->context.registry, self->tool_name);

  self->started = g_get_monotonic_time ();
  if (tool == NULL)
    {
      tell_tool_is_gone (self);
      return;
    }

  self->running_timer = g_timeout_add (RUNNING_DELAY, store_running, self);
  if (vig_call_is_delegated (self))
    vig_call_ask_operator (self);
  else if (needs_preview (self, tool))
    look_first (self, tool);
  else
    run (self, tool);
}

static void
declared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, &error);

  if (vig_call_is_abandoned (self))
    return;
  if (stored != NULL)
    {
      vig_call_publish (self, vig_json_get_object (stored, "call"));
      if (self->grant_id == NULL)
        watch_grant (self, vig_json_get_string (vig_json_get_object (stored, "call"), "grant_id", NULL));
      if (find_hindrance (self) != NULL)
        vig_call_record_unrun (self);
      else
        vig_call_enter (self, VIG_CALL_RUNNING);
      return;
    }

  vig_call_forget_grant (self);
  vig_call_release_slot (self);
  if (g_error_matches (error, VIG_ERROR, VIG_ERROR_CONFLICT) && !self->stopping && self->n_conflicts++ < MAX_CONFLICTS)
    {
      vig_call_enter (self, VIG_CALL_NEW);
      return;
    }

  g_warning ("RUN=%s: call %s can't be declared in the audit log: %s", self->owner.run_id, self->id, error->message);
  vig_call_deny_for (self, "audit", "the audit log can't be written, so no tool runs");
}

static JsonObject *
build_lenient_grant (VigCall *self, VigDecision *decision)
{
  g_autofree char *expires_at = vig_time_to_iso (vig_approvals_now (self->parts->approvals) + 60 * G_USEC_PER_SEC);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                               "approval_id", NULL,
                               "operator_id", self->operator->id,
                               "operator_name", self->operator->name,
                               "tool", self->tool_name,
                               "level", vig_level_to_string (decision->level),
                               "resource", vig_call_judge_get_resource (self->judge),
                               "mode", "once",
                               "arguments_sha256", vig_call_judge_get_sha256 (self->judge),
                               "granted_by", "lenient trust mode",
                               "expires_at", expires_at);
}

void
vig_call_declare (VigCall *self)
{
  VigDecision *decision = vig_call_judge_get_decision (self->judge);
  VigCallWrite *write = vig_call_new_write (self, VIG_CALL_DECLARING);

  vig_call_note_decision (self, write, decision);
  write->operator_id = g_strdup (self->operator->id);
  write->tool = g_strdup (self->tool_name);
  if (g_str_equal (decision->rule, "grant"))
    {
      write->grant_id = vig_call_judge_dup_grant (self->judge);
      json_object_set_string_member (write->changes, "grant_id", write->grant_id);
      g_free (self->grant_end);
      self->grant_end = g_strdup (vig_call_judge_get_grant_end (self->judge));
    }
  watch_grant (self, write->grant_id);
  if (g_str_equal (decision->rule, "lenient"))
    {
      write->key = vig_vault_dup_grant_key (self->parts->context.vault, NULL);
      write->now = vig_approvals_now (self->parts->approvals);
      write->grant = build_lenient_grant (self, decision);
      json_array_add_object_element (write->audit, vig_call_build_record (self, "grant.created", decision, NULL));
    }
  json_array_add_object_element (write->audit, vig_call_build_record (self, "call.declared", decision, NULL));
  vig_db_write_async (self->parts->context.db, vig_call_write_run, write, vig_call_write_free, (GDestroyNotify) json_object_unref,
                      NULL, declared, g_object_ref (self));
}
