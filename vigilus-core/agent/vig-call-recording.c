/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call-private.h"

#include "vig-approvals-private.h"
#include "vig-durable.h"
#include "vig-id.h"
#include "vig-result.h"

#define SETTLE_DELAY 100 /* milliseconds */

/* A record of this call; members that are not known stay out. */
JsonObject *
vig_call_build_record (VigCall *self, const char *event, VigDecision *decision, const char *outcome)
{
  const char *resource = vig_call_judge_get_resource (self->judge);
  g_autoptr (JsonObject) arguments = NULL;
  g_autoptr (JsonObject) detail = NULL;

  if (decision != NULL)
    detail = vig_json_pack_object ("{s:I}", "policy_version", vig_call_judge_get_policy_version (self->judge));
  if (self->arguments != NULL)
    arguments = vig_json_parse_object (self->arguments, -1, 0, NULL);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s, s:s?, s:s?, s:J, s:s?, s:s?, s:s?, s:s?, s:J?}",
                               "event", event,
                               "user_name", self->owner.user_name,
                               "operator_name", self->operator->name,
                               "session_id", self->owner.session_id,
                               "run_id", self->owner.run_id,
                               "call_id", self->id,
                               "approval_id", self->approval_id,
                               "tool", self->tool_name,
                               "level", decision != NULL ? vig_level_to_string (decision->level) : self->stored_level,
                               "resource", resource != NULL ? resource : self->stored_resource,
                               "arguments", arguments,
                               "decision", decision != NULL ? vig_verdict_to_string (decision->verdict) : NULL,
                               "rule", decision != NULL ? decision->rule : NULL,
                               "reason", decision != NULL ? decision->reason : NULL,
                               "outcome", outcome,
                               "detail", detail);
}

/* Of one that the end of the daemon cut nobody knows when that was: it took at most until now. */
JsonObject *
vig_call_build_outcome (VigCall *self, const char *outcome)
{
  JsonObject *record = vig_call_build_record (self, "call.outcome", NULL, outcome);

  if (self->started != 0)
    json_object_set_int_member (record, "duration_us", g_get_monotonic_time () - self->started);
  else if (self->stored_start != 0)
    json_object_set_int_member (record, "duration_us", MAX (vig_time_now () - self->stored_start, 0));

  return record;
}

void
vig_call_note_decision (VigCall *self, VigCallWrite *write, VigDecision *decision)
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

VigCallWrite *
vig_call_new_write (VigCall *self, VigCallState state)
{
  VigCallWrite *write = vig_call_write_new (self->parts->context.redactor, self->id);

  json_object_set_string_member (write->changes, "state", vig_call_state_to_string (state));
  write->result_limit = vig_call_judge_get_output_limit (self->judge);
  write->keep_limit = vig_call_judge_get_keep_limit (self->judge);
  write->reads_back = state != VIG_CALL_RECORDING; /* what is not shown is not read */
  if (self->preview != NULL)
    json_object_set_object_member (write->changes, "preview", json_object_ref (self->preview));

  return write;
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

      vig_call_publish (self, row);
    }
  self->shown_unknown = TRUE;
}

void
vig_call_take_result (VigCall *self, JsonObject *row)
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
      if (!vig_call_is_abandoned (self))
        g_warning ("RUN=%s: the outcome of call %s was not written: %s", self->owner.run_id, self->id, error->message);
      return;
    }

  vig_call_take_result (self, stored);
  cancelled = vig_json_get_object (stored, "cancelled");
  if (cancelled != NULL)
    vig_approvals_announce (self->parts->approvals, cancelled);
  vig_call_enter (self, VIG_CALL_DONE);
}

static void
record (VigCall *self, VigCallWrite *write)
{
  vig_call_enter (self, VIG_CALL_RECORDING);
  vig_durable_write_async (self->parts->context.db, vig_call_write_run, write, vig_call_write_free, (GDestroyNotify) json_object_unref,
                           FALSE, recording_failed, self->abandoned, recorded, g_object_ref (self));
}

void
vig_call_deny (VigCall *self, VigDecision *decision)
{
  VigCallWrite *write = vig_call_new_write (self, VIG_CALL_RECORDING);
  const char *reason = decision->reason != NULL ? decision->reason : decision->rule;

  vig_call_note_decision (self, write, decision);
  json_object_set_string_member (write->changes, "outcome", "denied");
  json_array_add_object_element (write->audit, vig_call_build_record (self, "call.denied", decision, "denied"));
  write->result = g_strdup_printf ("Denied (%s): %s. The tool did not run.", decision->rule, reason);
  write->result_is_error = TRUE;
  if (self->stopping)
    write->cancel_id = g_strdup (self->approval_id);
  record (self, write);
}

void
vig_call_deny_for (VigCall *self, const char *rule, const char *reason)
{
  g_autoptr (VigDecision) decision = vig_decision_new (VIG_VERDICT_DENY, vig_call_judge_get_level (self->judge), rule, reason);

  vig_call_deny (self, decision);
}

/* A tool of ours may promise that its result has nothing in it but what it says itself and what the call was made with. */
static gboolean
has_own_words (VigCall *self)
{
  VigRegistry *registry = self->parts->context.registry;
  VigTool *tool = vig_registry_find_tool (registry, self->tool_name);

  return tool != NULL && (vig_tool_get_info (tool)->flags & VIG_TOOL_OWN_WORDS) != 0;
}

static char *
dup_plugin (VigCall *self)
{
  const char *plugin = vig_registry_get_tool_plugin (self->parts->context.registry, self->tool_name);

  return g_strdup (plugin != NULL ? plugin : "");
}

/* What came of it before it was cut is part of what is known. (transfer full) @text */
static char *
add_printed (VigCall *self, char *text)
{
  g_autofree char *words = text;
  g_autofree char *rest = self->stream != NULL ? vig_stream_flush (self->stream) : NULL;
  const char *printed = vig_call_get_output (self);

  return *printed != '\0' ? g_strdup_printf ("%s\n\nIt had printed:\n%s", words, printed) : g_steal_pointer (&words);
}

void
vig_call_record_outcome (VigCall *self, const char *outcome, char *text, gboolean is_error)
{
  VigCallWrite *write = vig_call_new_write (self, VIG_CALL_RECORDING);
  JsonObject *audit = vig_call_build_outcome (self, outcome);

  if (is_error)
    {
      gboolean cut;
      /* Redacted before it is cut: half of a secret, or one whose name was cut off, is not recognised. */
      g_autofree char *rough = vig_result_cap (text, 256 * 1024, &cut);
      g_autofree char *clean = vig_redactor_apply (self->parts->context.redactor, rough);
      g_autofree char *short_text = vig_result_cap (clean, 2000, &cut);

      json_object_set_string_member (audit, "error", short_text);
    }
  json_array_add_object_element (write->audit, audit);
  json_object_set_string_member (write->changes, "outcome", outcome);
  if ((self->started != 0 || self->stored_start != 0) && !has_own_words (self))
    write->taint_plugin = dup_plugin (self);
  write->result = self->has_result ? text : add_printed (self, text);
  write->result_is_error = is_error;
  write->tell_noted = !self->has_result;
  record (self, write);
}

static void
settled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, NULL);

  if (stored != NULL)
    vig_call_publish (self, vig_json_get_object (stored, "call"));
}

static gboolean
settle (gpointer user_data)
{
  VigCall *self = user_data;

  self->settle_timer = 0;
  vig_db_write_async (self->parts->context.db, vig_call_write_run, vig_call_new_write (self, VIG_CALL_DONE), vig_call_write_free,
                      (GDestroyNotify) json_object_unref, NULL, settled, g_object_ref (self));

  return G_SOURCE_REMOVE;
}

void
vig_call_settle (VigCall *self)
{
  self->settle_timer = g_timeout_add (SETTLE_DELAY, settle, self);
}
