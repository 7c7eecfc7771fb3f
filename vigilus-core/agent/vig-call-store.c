/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call-store.h"

#include <string.h>

#include "vig-approval-decision.h"
#include "vig-approval-terms.h"
#include "vig-grants.h"
#include "vig-orchestrator.h"
#include "vig-output.h"
#include "vig-policy-engine.h"
#include "vig-resource.h"
#include "vig-result.h"
#include "vig-store-approvals.h"
#include "vig-store-frozen.h"
#include "vig-store-operators.h"
#include "vig-store-outputs.h"
#include "vig-store-policy.h"
#include "vig-store-runs.h"
#include "vig-store-settings.h"
#include "vig-store-taints.h"

void
vig_call_facts_free (gpointer data)
{
  VigCallFacts *self = data;

  g_clear_pointer (&self->key, g_bytes_unref);
  g_free (self->operator_id);
  g_free (self->tool);
  g_free (self->arguments_sha256);
  g_free (self->approval_id);
  g_free (self->call_id);
  g_free (self->session_id);
  g_free (self->resource);
  vig_operator_unref (self->operator);
  vig_policy_rules_unref (self->rules);
  g_free (self->grant_id);
  g_free (self->grant_end);
  g_clear_pointer (&self->approval, json_object_unref);
  g_free (self);
}

static gboolean
read_operator (VigCallFacts *self, VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) row = NULL;

  if (g_strcmp0 (self->operator_id, VIG_ORCHESTRATOR_ID) == 0)
    {
      self->operator = vig_orchestrator_new_operator ();
      return TRUE;
    }

  row = vig_store_operators_get (db, self->operator_id, &local_error);
  if (row != NULL)
    self->operator = vig_operator_new (row);
  else if (!vig_error_is_not_found (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_grant (VigCallFacts *self, VigDbConnection *db, GError **error)
{
  VigGrantQuery query = { self->operator_id, self->tool, self->level, self->resource, self->arguments_sha256, self->session_id };
  g_autoptr (JsonObject) grant = NULL;
  g_autoptr (GError) local_error = NULL;

  if (self->key == NULL)
    return TRUE;

  grant = vig_grants_find (db, self->key, &query, self->now, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (grant != NULL)
    {
      self->grant_id = g_strdup (vig_json_get_string (grant, "id", NULL));
      self->grant_end = g_strdup (vig_json_get_string (grant, "expires_at", NULL));
    }

  return TRUE;
}

/* The conversation: what it has read, and whether anybody sits before it. */
static gboolean
read_conversation (VigCallFacts *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) terms = NULL;
  gint64 n_taints;

  if (self->call_id == NULL)
    return TRUE;

  n_taints = vig_store_taints_count_before (db, self->call_id, error);
  if (n_taints >= 0)
    terms = vig_store_calls_get_terms (db, self->call_id, error);
  if (terms == NULL)
    return FALSE;

  self->tainted = n_taints > 0;
  self->unattended = vig_json_get_boolean (terms, "unattended", FALSE);
  if (self->operator != NULL)
    vig_operator_cap (self->operator, terms);

  return TRUE;
}

static void
fill_level (VigCallFacts *self)
{
  VigToolInfo info = { 0 };
  VigPolicyInput input = { 0 };

  info.level = self->declared;
  input.tool = &info;
  input.classified = self->classified;
  input.has_floor = self->has_floor;
  input.floor = self->floor;
  self->level = vig_policy_engine_level (&input);
}

/* Comes first: a grant has to cover the level that it tells. */
static gboolean
read_policy (VigCallFacts *self, VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *floor = vig_store_floors_dup (db, self->tool, &local_error);
  g_autoptr (JsonObject) policy = NULL;
  gint64 version = local_error == NULL ? vig_store_policy_version (db, &local_error) : -1;

  self->has_floor = floor != NULL && vig_level_from_string (floor, &self->floor);
  fill_level (self);
  if (version >= 0 && version != self->known_policy)
    policy = vig_store_policy_get (db, &local_error);
  /* Patterns of files are resolved here, where the file system may be asked. */
  if (policy != NULL)
    self->rules = vig_policy_rules_new (vig_json_get_int (policy, "version", 0), vig_json_get_array (policy, "rules"), &local_error);
  if (local_error == NULL)
    return TRUE;

  g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "the policy can't be read: ");

  return FALSE;
}

static gboolean
read_settings (VigCallFacts *self, VigDbConnection *db, GError **error)
{
  static const char * const names[] = { "trust_mode", "taint_is_strict", "output_limit", "output_keep_kb", "approval_wait_minutes",
                                        "approval_wait_minutes_unattended", NULL };
  g_autoptr (JsonObject) settings = vig_store_settings_pick (db, names, error);

  if (settings == NULL)
    return FALSE;

  self->settings.lenient = g_str_equal (vig_json_get_string (settings, "trust_mode", "strict"), "lenient");
  self->settings.taint_is_strict = vig_json_get_boolean (settings, "taint_is_strict", TRUE);
  self->settings.output_limit = vig_json_get_int (settings, "output_limit", VIG_STORE_SETTINGS_OUTPUT_LIMIT);
  self->settings.output_keep = vig_json_get_int (settings, "output_keep_kb", 0);
  self->settings.wait = vig_json_get_int (settings, self->unattended ? "approval_wait_minutes_unattended" : "approval_wait_minutes", 1);

  return TRUE;
}

gpointer
vig_call_facts_read (VigDbConnection *db, gpointer data, GError **error)
{
  VigCallFacts *self = data;
  g_autofree char *given = g_steal_pointer (&self->resource);
  g_autoptr (JsonObject) frozen = NULL;
  g_autoptr (GError) local_error = NULL;

  self->resource = vig_resource_canonical (given);
  if (!read_policy (self, db, error) || !read_operator (self, db, error) || !read_grant (self, db, error) ||
      !read_conversation (self, db, error))
    return NULL;

  if (!read_settings (self, db, error))
    return NULL;
  frozen = vig_store_frozen_get (db, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  self->frozen = frozen != NULL;
  if (self->approval_id != NULL)
    self->approval = vig_store_approvals_get (db, self->approval_id, NULL);

  return GINT_TO_POINTER (TRUE);
}

VigCallWrite *
vig_call_write_new (VigRedactor *redactor, const char *call_id)
{
  VigCallWrite *self = g_new0 (VigCallWrite, 1);

  self->redactor = g_object_ref (redactor);
  self->call_id = g_strdup (call_id);
  self->changes = json_object_new ();
  self->audit = json_array_new ();

  return self;
}

void
vig_call_write_free (gpointer data)
{
  VigCallWrite *self = data;

  g_object_unref (self->redactor);
  g_free (self->call_id);
  json_object_unref (self->changes);
  json_array_unref (self->audit);
  g_free (self->operator_id);
  g_free (self->tool);
  g_free (self->grant_id);
  g_clear_pointer (&self->key, g_bytes_unref);
  g_clear_pointer (&self->grant, json_object_unref);
  g_clear_pointer (&self->approval, json_object_unref);
  g_free (self->cancel_id);
  g_free (self->taint_plugin);
  g_free (self->result);
  g_free (self->whole);
  g_free (self);
}

/* The switch may have been pressed since the call was judged. */
static gboolean
check_frozen (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) frozen = self->operator_id != NULL ? vig_store_frozen_get (db, &local_error) : NULL;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (frozen == NULL)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "Vigilus is frozen");

  return FALSE;
}

/* The grant was live when the call was judged; it has to be live in the transaction that declares the call, too. */
static gboolean
use_grant (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  return self->grant_id == NULL || vig_store_grants_use (db, self->grant_id, error);
}

static gboolean
make_grant (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) stored = NULL;

  if (self->grant == NULL)
    return TRUE;

  stored = vig_grants_store (db, self->key, self->grant, self->now, error);
  if (stored == NULL)
    return FALSE;
  json_object_set_string_member (self->changes, "grant_id", vig_json_get_string (stored, "id", ""));

  return vig_store_grants_use (db, vig_json_get_string (stored, "id", ""), error);
}

static gboolean
append_audit (VigCallWrite *self, VigDbConnection *db, const char *approval_id, GError **error)
{
  for (guint i = 0; i < json_array_get_length (self->audit); i++)
    {
      JsonObject *record = json_array_get_object_element (self->audit, i);

      if (approval_id != NULL)
        json_object_set_string_member (record, "approval_id", approval_id);
      if (!vig_audit_append (db, self->redactor, record, error))
        return FALSE;
    }

  return TRUE;
}

/* A result is cut, then redacted, then cut to size: so no half of a secret is left where it was cut first. */
static void
fill_result (VigCallWrite *self)
{
  g_autofree char *rough = NULL;
  g_autofree char *clean = NULL;
  g_autofree char *text = NULL;
  gsize keep_limit = MAX (self->keep_limit, self->result_limit);
  gsize bytes;
  gboolean cut_first, cut_last = FALSE;

  if (self->result == NULL)
    return;

  bytes = strlen (self->result);
  rough = vig_result_cap (self->result, keep_limit + 65536, &cut_first);
  clean = vig_redactor_apply (self->redactor, rough);
  text = vig_output_cut (clean, self->result_limit, self->call_id);
  if (text != NULL)
    self->whole = vig_result_cap (clean, keep_limit, &cut_last);
  json_object_set_object_member (self->changes, "result",
                                 vig_json_pack_object ("{s:s, s:b, s:b, s:I, s:b}", "text", text != NULL ? text : clean, "is_error",
                                                       self->result_is_error, "truncated", text != NULL, "bytes", (gint64) bytes,
                                                       "is_kept", text != NULL && !cut_first && !cut_last));
  g_clear_pointer (&self->result, g_free);
}

static gboolean
keep_whole (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) settings = self->whole != NULL ? vig_store_settings_get (db, error) : NULL;

  return self->whole == NULL || (settings != NULL && vig_store_outputs_add (db, self->call_id, self->whole, settings, error));
}

/* How often exactly this was approved before says whether more than one more time is offered. */
static gboolean
fill_offer (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  gint64 times = settings != NULL ? vig_store_approvals_count_same (db, self->approval, error) : -1;
  const char *level = vig_json_get_string (self->approval, "level", "elevate");

  if (times < 0)
    return FALSE;

  json_object_set_int_member (self->approval, "times_approved", times);
  json_object_set_boolean_member (self->approval, "offer_standing", vig_approval_terms_may_stand (settings, level, times));
  json_object_set_int_member (self->approval, "approvers_needed", vig_approval_terms_need_second (self->approval, self->approval, settings) ? 2 : 1);

  return TRUE;
}

/* Who is asked is shown where what the conversation had read came from. */
static gboolean
fill_taint (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) taint = vig_store_taints_before (db, self->call_id, &local_error);
  g_autoptr (JsonNode) node = taint != NULL ? vig_json_pack ("J", taint) : NULL;

  if (node != NULL)
    json_object_set_member (self->approval, "taint", vig_redactor_apply_json (self->redactor, node));
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

/* One that asks for the very same and is still open stands for this one, too. */
static gboolean
find_or_create (VigCallWrite *self, VigDbConnection *db, JsonObject **approval, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  *approval = vig_store_approvals_find_same (db, self->approval, &local_error);
  if (*approval != NULL)
    return TRUE;
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!fill_offer (self, db, error) || !fill_taint (self, db, error))
    return FALSE;
  *approval = vig_store_approvals_create (db, self->approval, error);

  return *approval != NULL && append_audit (self, db, vig_json_get_string (*approval, "id", NULL), error);
}

static gboolean
request (VigCallWrite *self, VigDbConnection *db, JsonObject **approval, GError **error)
{
  if (self->approval == NULL)
    return append_audit (self, db, NULL, error);

  if (!find_or_create (self, db, approval, error))
    return FALSE;
  json_object_set_string_member (self->changes, "approval_id", vig_json_get_string (*approval, "id", ""));

  return TRUE;
}

/* Where the tool gave no result of its own, what it noted before its change would be lost. */
static gboolean
add_noted (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *noted = NULL;

  if (!self->tell_noted || self->result == NULL)
    return TRUE;

  noted = vig_store_calls_dup_noted (db, self->call_id, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (noted != NULL)
    {
      g_autofree char *text = g_steal_pointer (&self->result);

      self->result = g_strdup_printf ("%s\nNoted before it began: %s", text, noted);
    }

  return TRUE;
}

gpointer
vig_call_write_run (VigDbConnection *db, gpointer data, GError **error)
{
  VigCallWrite *self = data;
  g_autoptr (JsonObject) approval = NULL;
  g_autoptr (JsonObject) cancelled = NULL;
  g_autoptr (JsonObject) call = NULL;
  g_autoptr (GError) local_error = NULL;

  if (!add_noted (self, db, error))
    return NULL;
  fill_result (self);
  if (!check_frozen (self, db, error) || !use_grant (self, db, error) || !make_grant (self, db, error) || !request (self, db, &approval, error))
    return NULL;
  if (self->cancel_id != NULL)
    cancelled = vig_approval_decision_cancel (db, self->redactor, self->cancel_id, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  if (!vig_store_calls_set (db, self->call_id, self->changes, error) || !keep_whole (self, db, error)
      || (self->taint_plugin != NULL && !vig_store_taints_add (db, self->call_id, self->taint_plugin, error)))
    return NULL;
  if (self->reads_back)
    call = vig_store_calls_get (db, self->call_id, error);
  if (self->reads_back && call == NULL)
    return NULL;

  return vig_json_pack_object ("{s:J, s:J, s:J, s:J}", "call", call, "result", vig_json_get_object (self->changes, "result"), "approval", approval,
                               "cancelled", cancelled);
}
