/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call.h"

#include <string.h>

#include "vig-approvals-private.h"
#include "vig-call-judge.h"
#include "vig-call-output.h"
#include "vig-call-store.h"
#include "vig-durable.h"
#include "vig-id.h"
#include "vig-result.h"
#include "vig-store-approvals.h"
#include "vig-stream.h"

#define DEFAULT_TIMEOUT 60          /* seconds */
#define RUNNING_DELAY   10          /* milliseconds: a call that ends sooner is never written as running */
#define MAX_CONFLICTS   3
#define LIVE_OUTPUT     (32 * 1024) /* bytes */

struct _VigCall
{
  GObject        parent_instance;

  VigCallOwner   owner;       /* its changed() is NULL once abandoned */
  VigParts      *parts;
  VigCallState   state;
  char          *id;
  char          *tool_name;
  char          *provider_call_id;
  char          *arguments;   /* JSON text; NULL: what the model sent was no object */
  char          *approval_id;
  char          *stored_level;
  char          *stored_state;

  VigCallJudge  *judge;
  VigOperator   *operator;
  VigCallOutput *output;
  VigStream     *stream;
  GCancellable  *cancellable; /* the tool's own */
  GCancellable  *abandoned;   /* ends only what is tried again and again */
  gulong         cancel_handler;
  gint64         started;     /* monotonic */
  guint          running_timer;
  guint          n_conflicts; /* grants that were gone when the call was declared */
  gboolean       has_slot;
  gboolean       stopping;
  gboolean       holding;     /* its outcome can't be written: nothing else runs */
  gboolean       shown_unknown;

  char          *result;
  gboolean       result_is_error;
};

G_DEFINE_FINAL_TYPE (VigCall, vig_call, G_TYPE_OBJECT)

static void enter (VigCall *self, VigCallState state);

const char *
vig_call_state_to_string (VigCallState state)
{
  static const char * const names[] = { "new", "waiting", "declaring", "running", "recording", "done" };

  return names[state];
}

static gboolean
is_abandoned (VigCall *self)
{
  return self->owner.changed == NULL;
}

static void
tell_owner (VigCall *self)
{
  if (!is_abandoned (self))
    self->owner.changed (self, self->owner.user_data);
}

static void
publish (VigCall *self, JsonObject *row)
{
  if (!is_abandoned (self))
    vig_parts_publish_session (self->parts, self->owner.session_id, "call.changed", row);
}

/* A record of this call; members that are not known stay out. */
static JsonObject *
build_record (VigCall *self, const char *event, VigDecision *decision, const char *outcome)
{
  g_autoptr (JsonObject) arguments = NULL;

  if (self->arguments != NULL)
    arguments = vig_json_parse_object (self->arguments, -1, 0, NULL);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?, s:s?, s:J, s:s?, s:s?, s:s?, s:s?}",
                               "event", event,
                               "user_name", self->owner.user_name,
                               "operator_name", self->operator->name,
                               "session_id", self->owner.session_id,
                               "run_id", self->owner.run_id,
                               "call_id", self->id,
                               "approval_id", self->approval_id,
                               "tool", self->tool_name,
                               "level", decision != NULL ? vig_level_to_string (decision->level) : self->stored_level,
                               "resource", vig_call_judge_get_resource (self->judge),
                               "arguments", arguments,
                               "decision", decision != NULL ? vig_verdict_to_string (decision->verdict) : NULL,
                               "rule", decision != NULL ? decision->rule : NULL,
                               "reason", decision != NULL ? decision->reason : NULL,
                               "outcome", outcome);
}

static void
note_decision (VigCall *self, VigCallWrite *write, VigDecision *decision)
{
  const char *resource = vig_call_judge_get_resource (self->judge);

  json_object_set_string_member (write->changes, "level", vig_level_to_string (decision->level));
  if (resource != NULL)
    json_object_set_string_member (write->changes, "resource", resource);
  json_object_set_object_member (write->changes, "decision",
                                 vig_json_pack_object ("{s:s, s:s, s:s}", "verdict", vig_verdict_to_string (decision->verdict),
                                                       "rule", decision->rule, "reason", decision->reason));
  g_free (self->stored_level);
  self->stored_level = g_strdup (vig_level_to_string (decision->level));
}

static VigCallWrite *
new_write (VigCall *self, VigCallState state)
{
  VigCallWrite *write = vig_call_write_new (self->parts->context.redactor, self->id);

  json_object_set_string_member (write->changes, "state", vig_call_state_to_string (state));
  write->result_limit = vig_call_judge_get_output_limit (self->judge);

  return write;
}

static void
release_slot (VigCall *self)
{
  if (!self->has_slot)
    return;

  self->has_slot = FALSE;
  vig_slots_release (self->parts->slots, self->tool_name);
}

/* RECORDING: outcome, result and state are one write, which is tried until it is on disk. */

static void
recording_failed (const GError *error, gpointer user_data)
{
  VigCall *self = user_data;

  g_warning ("RUN=%s: the outcome of call %s can't be written; nothing runs until it is: %s", self->owner.run_id, self->id, error->message);
  if (!self->holding)
    vig_slots_hold (self->parts->slots);
  self->holding = TRUE;
  if (!self->shown_unknown)
    {
      g_autoptr (JsonObject) row = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s}", "id", self->id, "run_id", self->owner.run_id,
                                                         "tool", self->tool_name, "state", "recording", "outcome", "unknown");

      publish (self, row);
    }
  self->shown_unknown = TRUE;
}

static void
take_result (VigCall *self, JsonObject *row)
{
  JsonObject *result = vig_json_get_object (row, "result");

  g_free (self->result);
  self->result = g_strdup (result != NULL ? vig_json_get_string (result, "text", "") : "");
  self->result_is_error = result != NULL && vig_json_get_boolean (result, "is_error", FALSE);
}

static void
recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) stored = vig_durable_write_finish (VIG_DB (source), result, &error);
  JsonObject *cancelled;

  if (self->holding)
    vig_slots_unhold (self->parts->slots);
  self->holding = FALSE;
  if (stored == NULL)
    {
      g_warning ("RUN=%s: the outcome of call %s was not written: %s", self->owner.run_id, self->id, error->message);
      return;
    }

  take_result (self, vig_json_get_object (stored, "call"));
  publish (self, vig_json_get_object (stored, "call"));
  cancelled = vig_json_get_object (stored, "cancelled");
  if (cancelled != NULL)
    vig_approvals_announce (self->parts->approvals, cancelled);
  enter (self, VIG_CALL_DONE);
}

static void
record (VigCall *self, VigCallWrite *write)
{
  enter (self, VIG_CALL_RECORDING);
  vig_durable_write_async (self->parts->context.db, vig_call_write_run, write, vig_call_write_free, (GDestroyNotify) json_object_unref,
                           FALSE, recording_failed, self->abandoned, recorded, g_object_ref (self));
}

static void
deny (VigCall *self, VigDecision *decision, const char *result)
{
  VigCallWrite *write = new_write (self, VIG_CALL_RECORDING);
  const char *reason = decision->reason != NULL ? decision->reason : decision->rule;

  note_decision (self, write, decision);
  json_object_set_string_member (write->changes, "outcome", "denied");
  json_array_add_object_element (write->audit, build_record (self, "call.denied", decision, "denied"));
  write->result = result != NULL ? g_strdup (result) : g_strdup_printf ("Denied (%s): %s. The tool did not run.", decision->rule, reason);
  write->result_is_error = TRUE;
  if (self->stopping)
    write->cancel_id = g_strdup (self->approval_id);
  record (self, write);
}

static void
deny_for (VigCall *self, const char *rule, const char *reason)
{
  g_autoptr (VigDecision) decision = vig_decision_new (VIG_VERDICT_DENY, vig_call_judge_get_level (self->judge), rule, reason);

  deny (self, decision, NULL);
}

static void
record_outcome (VigCall *self, const char *outcome, char *text, gboolean is_error)
{
  VigCallWrite *write = new_write (self, VIG_CALL_RECORDING);
  JsonObject *audit = build_record (self, "call.outcome", NULL, outcome);

  if (self->started != 0)
    json_object_set_int_member (audit, "duration_us", g_get_monotonic_time () - self->started);
  if (is_error)
    {
      gboolean cut;
      g_autofree char *short_text = vig_result_cap (text, 2000, &cut);

      json_object_set_string_member (audit, "error", short_text);
    }
  json_array_add_object_element (write->audit, audit);
  json_object_set_string_member (write->changes, "outcome", outcome);
  write->result = text;
  write->result_is_error = is_error;
  record (self, write);
}

/* RUNNING */

static void
end_running (VigCall *self)
{
  g_clear_handle_id (&self->running_timer, g_source_remove);
  vig_call_output_close (self->output);
  if (self->cancel_handler != 0)
    g_signal_handler_disconnect (self->owner.cancellable, self->cancel_handler);
  self->cancel_handler = 0;
  release_slot (self);
}

static gboolean
was_interrupted (VigCall *self, const GError *error)
{
  return vig_error_is_interrupted (error) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)
         || g_cancellable_is_cancelled (self->cancellable);
}

static void
record_error (VigCall *self, const GError *error)
{
  if (was_interrupted (self, error))
    record_outcome (self, "interrupted", g_strdup ("Interrupted: it was stopped; it may or may not have happened."), TRUE);
  else if (vig_error_is_timed_out (error))
    record_outcome (self, "failed", g_strdup_printf ("Failed: %s. It may or may not have happened.", error->message), TRUE);
  else
    record_outcome (self, vig_error_is_denied (error) ? "denied" : "failed", g_strdup_printf ("Failed: %s", error->message), TRUE);
}

static void
tool_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_registry_run_tool_finish (VIG_REGISTRY (source), result, &error);
  gboolean failed;

  if (is_abandoned (self) || self->state != VIG_CALL_RUNNING)
    return;

  end_running (self);
  if (node == NULL)
    {
      record_error (self, error);
      return;
    }

  failed = vig_result_is_failure (node);
  record_outcome (self, failed ? "failed" : "success", vig_result_to_text (node), failed);
}

static void
running_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, NULL);

  if (stored != NULL && self->state == VIG_CALL_RUNNING)
    publish (self, vig_json_get_object (stored, "call"));
}

/* Nobody waits for this write: declared is what has to be on disk, and both are taken up again alike. */
static gboolean
store_running (gpointer user_data)
{
  VigCall *self = user_data;

  self->running_timer = 0;
  vig_db_write_async (self->parts->context.db, vig_call_write_run, new_write (self, VIG_CALL_RUNNING), vig_call_write_free,
                      (GDestroyNotify) json_object_unref, NULL, running_stored, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

static void
show_output (const char *text, gsize length, gpointer user_data)
{
  VigCall *self = user_data;
  g_autofree char *shown = vig_stream_push (self->stream, text, length);
  g_autoptr (JsonObject) data = NULL;

  if (shown == NULL || is_abandoned (self))
    return;

  data = vig_json_pack_object ("{s:s, s:s}", "call_id", self->id, "text", shown);
  vig_parts_publish_session (self->parts, self->owner.session_id, "call.output", data);
}

static void
on_run_cancelled (GCancellable *cancellable, gpointer user_data)
{
  VigCall *self = user_data;

  g_cancellable_cancel (self->cancellable);
}

static VigInvocation *
new_invocation (VigCall *self, const VigToolInfo *info)
{
  g_autoptr (JsonObject) arguments = vig_json_parse_object (self->arguments, -1, 0, NULL);
  VigInvocationValues values = { 0 };

  values.call_id = self->id;
  values.tool_name = self->tool_name;
  values.operator_name = self->operator->name;
  values.working_directory = self->operator->working_directory;
  values.arguments = arguments;
  values.deadline = g_get_monotonic_time () + (info->timeout > 0 ? info->timeout : DEFAULT_TIMEOUT) * G_USEC_PER_SEC;
  values.output_limit = vig_call_judge_get_output_limit (self->judge);

  return vig_call_output_new_invocation (self->output, &values);
}

static void
run_tool (VigCall *self)
{
  VigTool *tool = vig_registry_find_tool (self->parts->context.registry, self->tool_name);
  g_autoptr (VigInvocation) invocation = NULL;

  self->started = g_get_monotonic_time ();
  if (tool == NULL)
    {
      end_running (self);
      record_outcome (self, "failed", g_strdup ("Failed: the tool went away before it started. It did not run."), TRUE);
      return;
    }

  invocation = new_invocation (self, vig_tool_get_info (tool));
  self->running_timer = g_timeout_add (RUNNING_DELAY, store_running, self);
  vig_registry_run_tool_async (self->parts->context.registry, tool, invocation, self->cancellable, tool_done, g_object_ref (self));
}

/* DECLARING */

static void
declared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, &error);

  if (is_abandoned (self))
    return;
  if (stored != NULL)
    {
      publish (self, vig_json_get_object (stored, "call"));
      if (self->stopping)
        {
          release_slot (self);
          record_outcome (self, "interrupted", g_strdup ("Stopped before it started. It did not run."), TRUE);
        }
      else
        enter (self, VIG_CALL_RUNNING);
      return;
    }

  release_slot (self);
  if (g_error_matches (error, VIG_ERROR, VIG_ERROR_CONFLICT) && !self->stopping && self->n_conflicts++ < MAX_CONFLICTS)
    {
      enter (self, VIG_CALL_NEW);
      return;
    }

  g_warning ("RUN=%s: call %s can't be declared in the audit log: %s", self->owner.run_id, self->id, error->message);
  deny_for (self, "audit", "the audit log can't be written, so no tool runs");
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

static void
declare (VigCall *self)
{
  VigDecision *decision = vig_call_judge_get_decision (self->judge);
  VigCallWrite *write = new_write (self, VIG_CALL_DECLARING);

  note_decision (self, write, decision);
  write->operator_id = g_strdup (self->operator->id);
  write->tool = g_strdup (self->tool_name);
  if (g_str_equal (decision->rule, "grant"))
    write->grant_id = vig_call_judge_dup_grant (self->judge, &write->grant_is_once);
  if (g_str_equal (decision->rule, "lenient"))
    {
      write->key = vig_approvals_dup_key (self->parts->approvals, NULL);
      write->now = vig_approvals_now (self->parts->approvals);
      write->grant = build_lenient_grant (self, decision);
      json_array_add_object_element (write->audit, build_record (self, "grant.created", decision, NULL));
    }
  json_array_add_object_element (write->audit, build_record (self, "call.declared", decision, NULL));
  vig_db_write_async (self->parts->context.db, vig_call_write_run, write, vig_call_write_free, (GDestroyNotify) json_object_unref,
                      NULL, declared, g_object_ref (self));
}

static void
got_slot (gpointer user_data)
{
  VigCall *self = user_data;

  self->has_slot = TRUE;
  enter (self, VIG_CALL_DECLARING);
}

/* WAITING */

static void
approval_decided (JsonObject *approval, gpointer user_data)
{
  VigCall *self = user_data;

  if (self->state == VIG_CALL_WAITING && !self->stopping)
    enter (self, VIG_CALL_NEW);
}

static void
wait_for (VigCall *self, JsonObject *approval)
{
  g_free (self->approval_id);
  self->approval_id = g_strdup (vig_json_get_string (approval, "id", ""));
  vig_approvals_wait (self->parts->approvals, self->approval_id, vig_json_get_string (approval, "expires_at", ""), approval_decided, self);
  enter (self, VIG_CALL_WAITING);
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

  if (approval == NULL || is_abandoned (self) || self->state != VIG_CALL_WAITING)
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

  if (is_abandoned (self))
    return;
  if (stored == NULL)
    {
      g_warning ("RUN=%s: approval of call %s can't be requested: %s", self->owner.run_id, self->id, error->message);
      deny_for (self, "audit", "the approval can't be written down, so nobody can be asked");
      return;
    }

  approval = vig_json_get_object (stored, "approval");
  publish (self, vig_json_get_object (stored, "call"));
  vig_parts_publish (self->parts, "approvals", "approval.requested", approval);
  wait_for (self, approval);
  if (self->stopping)
    deny_for (self, "stopped", "the run was stopped");
}

static JsonObject *
build_request (VigCall *self, VigDecision *decision, VigPreview *preview)
{
  g_autofree char *expires_at = NULL;
  g_autofree char *words = vig_redactor_apply (self->parts->context.redactor, self->owner.words);
  gboolean cut;
  g_autofree char *short_words = vig_result_cap (words, 2000, &cut);
  JsonObject *request;

  expires_at = vig_time_to_iso (vig_approvals_now (self->parts->approvals) + vig_call_judge_get_wait (self->judge));
  request = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
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
                                  "expires_at", expires_at);
  vig_call_judge_add_outward (self->judge, request, preview);

  return request;
}

static void
previewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (VigPreview) preview = vig_registry_preview_finish (VIG_REGISTRY (source), result, NULL);
  VigDecision *decision = vig_call_judge_get_decision (self->judge);
  VigCallWrite *write;

  if (is_abandoned (self) || self->state != VIG_CALL_NEW)
    return;
  if (self->stopping)
    {
      deny_for (self, "stopped", "the run was stopped");
      return;
    }

  write = new_write (self, VIG_CALL_WAITING);
  note_decision (self, write, decision);
  write->approval = build_request (self, decision, preview);
  g_clear_pointer (&self->approval_id, g_free);
  json_array_add_object_element (write->audit, build_record (self, "approval.requested", decision, NULL));
  vig_db_write_async (self->parts->context.db, vig_call_write_run, write, vig_call_write_free, (GDestroyNotify) json_object_unref,
                      NULL, requested, g_object_ref (self));
}

static void
request (VigCall *self)
{
  VigTool *tool = vig_registry_find_tool (self->parts->context.registry, self->tool_name);
  g_autoptr (VigInvocation) invocation = NULL;

  if (tool == NULL)
    {
      deny_for (self, "unknown-tool", "there is no such tool, or it is not available now");
      return;
    }

  invocation = new_invocation (self, vig_tool_get_info (tool));
  vig_registry_preview_async (self->parts->context.registry, tool, invocation, self->cancellable, previewed, g_object_ref (self));
}

/* NEW */

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

      deny_for (self, "approval-denied", reason);
    }
  else if (g_str_equal (status, "expired"))
    deny_for (self, "approval-expired", "nobody approved it in time");
  else
    request (self);
}

static void
judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean judged_it = vig_call_judge_run_finish (self->judge, result, &error);
  VigDecision *decision;

  if (is_abandoned (self) || self->state != VIG_CALL_NEW)
    return;
  if (!judged_it || self->stopping)
    {
      deny_for (self, judged_it ? "stopped" : "unreadable", judged_it ? "the run was stopped" : error->message);
      return;
    }

  g_clear_pointer (&self->operator, vig_operator_unref);
  self->operator = vig_operator_ref (vig_call_judge_get_operator (self->judge));
  decision = vig_call_judge_get_decision (self->judge);
  if (decision->verdict == VIG_VERDICT_DENY)
    deny (self, decision, NULL);
  else if (decision->verdict == VIG_VERDICT_ASK)
    ask (self);
  else
    vig_slots_acquire (self->parts->slots, self->tool_name, got_slot, self);
}

static void
enter (VigCall *self, VigCallState state)
{
  g_autoptr (VigCall) alive = g_object_ref (self);

  g_debug ("RUN=%s: call %s goes from %s to %s", self->owner.run_id, self->id, vig_call_state_to_string (self->state),
           vig_call_state_to_string (state));
  self->state = state;
  switch (state)
    {
    case VIG_CALL_NEW:
      vig_call_judge_run_async (self->judge, self->operator, self->approval_id, judged, g_object_ref (self));
      break;
    case VIG_CALL_DECLARING:
      declare (self);
      break;
    case VIG_CALL_RUNNING:
      run_tool (self);
      break;
    case VIG_CALL_WAITING:
    case VIG_CALL_RECORDING:
    case VIG_CALL_DONE:
    default:
      break;
    }
  tell_owner (self);
}

static void
made_new (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) stored = vig_durable_write_finish (VIG_DB (source), result, &error);

  if (stored == NULL || is_abandoned (self))
    return;

  publish (self, vig_json_get_object (stored, "call"));
  enter (self, VIG_CALL_NEW);
}

/* It was declared, and may have been running, when the daemon ended. Reading can be done again; all else is never done twice. */
static void
take_up_interrupted (VigCall *self)
{
  VigCallWrite *write;

  if (g_strcmp0 (self->stored_level, "read") != 0)
    {
      record_outcome (self, "interrupted", g_strdup ("Interrupted; it may or may not have happened. Look before you try again."), TRUE);
      return;
    }

  write = new_write (self, VIG_CALL_NEW);
  json_array_add_object_element (write->audit, build_record (self, "call.outcome", NULL, "interrupted"));
  vig_durable_write_async (self->parts->context.db, vig_call_write_run, write, vig_call_write_free, (GDestroyNotify) json_object_unref,
                           FALSE, NULL, self->abandoned, made_new, g_object_ref (self));
}

void
vig_call_start (VigCall *self)
{
  const char *state = self->stored_state;

  if (g_str_equal (state, "declaring") || g_str_equal (state, "running"))
    take_up_interrupted (self);
  else if (g_str_equal (state, "recording") || g_str_equal (state, "done"))
    enter (self, VIG_CALL_DONE);
  else if (self->stopping)
    deny_for (self, "stopped", "the run was stopped");
  else
    enter (self, VIG_CALL_NEW);
}

void
vig_call_stop (VigCall *self)
{
  self->stopping = TRUE;
  if (self->state == VIG_CALL_NEW && vig_slots_forget (self->parts->slots, self->tool_name, self))
    deny_for (self, "stopped", "the run was stopped");
  else if (self->state == VIG_CALL_WAITING)
    {
      vig_approvals_forget (self->parts->approvals, self->approval_id, self);
      deny_for (self, "stopped", "the run was stopped");
    }
}

void
vig_call_give_up (VigCall *self)
{
  if (self->state == VIG_CALL_NEW)
    deny_for (self, "stopped", "the run was stopped");
  else if (self->state == VIG_CALL_RUNNING)
    {
      end_running (self);
      record_outcome (self, "interrupted", g_strdup ("Interrupted: it was stopped and did not end; it may or may not have happened."), TRUE);
    }
}

void
vig_call_abandon (VigCall *self)
{
  self->owner.changed = NULL;
  g_clear_handle_id (&self->running_timer, g_source_remove);
  vig_call_output_close (self->output);
  vig_slots_forget (self->parts->slots, self->tool_name, self);
  if (self->approval_id != NULL)
    vig_approvals_forget (self->parts->approvals, self->approval_id, self);
  if (self->cancel_handler != 0)
    g_signal_handler_disconnect (self->owner.cancellable, self->cancel_handler);
  self->cancel_handler = 0;
  g_cancellable_cancel (self->cancellable);
  g_cancellable_cancel (self->abandoned);
  release_slot (self);
}

VigCallState
vig_call_get_state (VigCall *self)
{
  return self->state;
}

const char *
vig_call_get_id (VigCall *self)
{
  return self->id;
}

const char *
vig_call_get_provider_call_id (VigCall *self)
{
  return self->provider_call_id;
}

const char *
vig_call_get_tool_name (VigCall *self)
{
  return self->tool_name;
}

const char *
vig_call_get_result (VigCall *self, gboolean *is_error)
{
  *is_error = self->result_is_error;

  return self->result != NULL ? self->result : "";
}

const char *
vig_call_get_output (VigCall *self)
{
  return vig_stream_get_text (self->stream);
}

static void
vig_call_finalize (GObject *object)
{
  VigCall *self = VIG_CALL (object);

  g_clear_handle_id (&self->running_timer, g_source_remove);
  vig_call_output_unref (self->output);
  vig_stream_free (self->stream);
  vig_call_judge_free (self->judge);
  vig_operator_unref (self->operator);
  g_object_unref (self->cancellable);
  g_object_unref (self->abandoned);
  g_free (self->id);
  g_free (self->tool_name);
  g_free (self->provider_call_id);
  g_free (self->arguments);
  g_free (self->approval_id);
  g_free (self->stored_level);
  g_free (self->stored_state);
  g_free (self->result);
  vig_parts_unref (self->parts);

  G_OBJECT_CLASS (vig_call_parent_class)->finalize (object);
}

static void
vig_call_class_init (VigCallClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_call_finalize;
}

static void
vig_call_init (VigCall *self)
{
  self->cancellable = g_cancellable_new ();
  self->abandoned = g_cancellable_new ();
}

static void
read_row (VigCall *self, JsonObject *row)
{
  JsonObject *arguments = vig_json_get_object (row, "arguments");

  self->id = g_strdup (vig_json_get_string (row, "id", ""));
  self->tool_name = g_strdup (vig_json_get_string (row, "tool", ""));
  self->provider_call_id = g_strdup (vig_json_get_string (row, "provider_call_id", ""));
  self->arguments = arguments != NULL ? vig_json_object_to_string (arguments) : NULL;
  self->approval_id = g_strdup (vig_json_get_string (row, "approval_id", NULL));
  self->stored_level = g_strdup (vig_json_get_string (row, "level", NULL));
  self->stored_state = g_strdup (vig_json_get_string (row, "state", "new"));
  take_result (self, row);
}

VigCall *
vig_call_new (const VigCallOwner *owner, JsonObject *row)
{
  VigCall *self = g_object_new (VIG_TYPE_CALL, NULL);

  self->owner = *owner;
  self->parts = vig_parts_ref (owner->parts);
  self->operator = vig_operator_ref (owner->operator);
  read_row (self, row);
  self->judge = vig_call_judge_new (self->parts, owner->user_name, self->tool_name, self->arguments);
  self->stream = vig_stream_new (self->parts->context.redactor, LIVE_OUTPUT);
  self->output = vig_call_output_new (show_output, self);
  self->cancel_handler = g_signal_connect (owner->cancellable, "cancelled", G_CALLBACK (on_run_cancelled), self);

  return self;
}
