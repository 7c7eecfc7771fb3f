/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-approval-decision.h"

#include <string.h>

#include "vig-approval-terms.h"
#include "vig-audit.h"
#include "vig-grants.h"
#include "vig-id.h"
#include "vig-proof.h"
#include "vig-result.h"
#include "vig-store-approvals.h"
#include "vig-store-runs.h"
#include "vig-store-settings.h"
#include "vig-store-users.h"

#define MAX_NOTE 4000 /* bytes of edited arguments that a model is told */

struct _VigApprovalDecision
{
  VigRedactor *redactor;
  GBytes      *key;
  char        *by_id;
  char        *by;
  char        *login_id; /* of who decides, or NULL */
  char        *address;
  char        *approval_id;
  gboolean     approve;
  JsonObject  *wish;   /* what can be decided: mode, minutes, resource */
  JsonObject  *edit;   /* NULL: the arguments stay as they are */
  char        *reason;
  gint64       now;
};

struct _VigApprovalSweep
{
  VigRedactor *redactor;
  gint64       now;
};

/* Takes what it needs out of @decision: the object stays on its thread. */
static JsonObject *
copy_wish (JsonObject *decision)
{
  static const char * const names[] = { "mode", "minutes", "resource" };
  JsonObject *wish = json_object_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (json_object_has_member (decision, names[i]))
      json_object_set_member (wish, names[i], json_object_dup_member (decision, names[i]));

  return wish;
}

VigApprovalDecision *
vig_approval_decision_new (VigRedactor *redactor, GBytes *key, const VigCaller *caller, const char *approval_id, JsonObject *decision, JsonObject *edit,
                           gint64 now)
{
  VigApprovalDecision *self = g_new0 (VigApprovalDecision, 1);

  self->redactor = g_object_ref (redactor);
  self->key = g_bytes_ref (key);
  self->by_id = g_strdup (caller->user_id);
  self->by = g_strdup (caller->user_name);
  self->login_id = g_strdup (caller->login_id);
  self->address = g_strdup (caller->address);
  self->approval_id = g_strdup (approval_id);
  self->approve = g_str_equal (vig_json_get_string (decision, "decision", "deny"), "approve");
  self->wish = copy_wish (decision);
  self->edit = edit != NULL ? json_object_ref (edit) : NULL;
  self->reason = g_strdup (vig_json_get_string (decision, "reason", NULL));
  self->now = now;

  return self;
}

void
vig_approval_decision_free (gpointer data)
{
  VigApprovalDecision *self = data;

  g_object_unref (self->redactor);
  g_bytes_unref (self->key);
  g_free (self->by_id);
  g_free (self->by);
  g_free (self->login_id);
  g_free (self->address);
  g_free (self->approval_id);
  json_object_unref (self->wish);
  g_clear_pointer (&self->edit, json_object_unref);
  g_free (self->reason);
  g_free (self);
}

/* @address: of the person whose doing it is; NULL: it is nobody's. */
static gboolean
audit (VigDbConnection *db, VigRedactor *redactor, JsonObject *approval, const char *event, const char *user_name, const char *address, const char *decision,
       const char *reason, GError **error)
{
  JsonObject *edited = vig_json_get_object (approval, "edited_arguments");
  g_autoptr (JsonObject) detail = vig_json_pack_object ("{s:s?, s:J?}", "address", address, "asked_arguments",
                                                        edited != NULL ? vig_json_get_object (approval, "arguments") : NULL);
  g_autoptr (JsonObject) record = NULL;

  record = vig_json_pack_object ("{s:s, s:s?, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:J, s:s, s:s?}",
                                 "event", event,
                                 "user_name", user_name,
                                 "operator_name", vig_json_get_string (approval, "operator_name", ""),
                                 "session_id", vig_json_get_string (approval, "session_id", ""),
                                 "run_id", vig_json_get_string (approval, "run_id", ""),
                                 "call_id", vig_json_get_string (approval, "call_id", ""),
                                 "approval_id", vig_json_get_string (approval, "id", ""),
                                 "tool", vig_json_get_string (approval, "tool", ""),
                                 "level", vig_json_get_string (approval, "level", ""),
                                 "resource", vig_json_get_string (approval, "resource", NULL),
                                 "arguments", edited != NULL ? edited : vig_json_get_object (approval, "arguments"),
                                 "decision", decision,
                                 "reason", reason);
  if (json_object_get_size (detail) > 0)
    json_object_set_object_member (record, "detail", g_steal_pointer (&detail));

  return vig_audit_append (db, redactor, record, error);
}

static gboolean
is_expired (JsonObject *approval, gint64 now)
{
  g_autofree char *text = vig_time_to_iso (now);

  return strcmp (vig_json_get_string (approval, "expires_at", ""), text) <= 0;
}

static gboolean
check_pending (VigApprovalDecision *self, JsonObject *approval, GError **error)
{
  const char *status = vig_json_get_string (approval, "status", "");

  if (!g_str_equal (status, "pending"))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this request is already %s", status);
      return FALSE;
    }
  if (is_expired (approval, self->now))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this request has expired: ask the Operator again");
      return FALSE;
    }

  return TRUE;
}

/* What the second of two people confirms is what the first one chose. */
static JsonObject *
take_terms (VigApprovalDecision *self, JsonObject *approval, JsonObject *first, GError **error)
{
  if (first == NULL)
    return vig_approval_terms_new (self->wish, approval, self->edit);

  if (g_str_equal (vig_json_get_string (first, "by_id", ""), self->by_id))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "you have allowed this already: now another person has to");
      return NULL;
    }
  if (g_str_equal (vig_json_get_string (approval, "user_id", ""), self->by_id))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_DENIED, "this was asked for in your name: the second approver has to be somebody else");
      return NULL;
    }
  if (self->edit != NULL || json_object_has_member (self->wish, "minutes") || vig_json_get_string (self->wish, "resource", NULL) != NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "mode: the second approver confirms what %s chose, or denies it",
                   vig_json_get_string (first, "by", "the first"));
      return NULL;
    }

  return json_object_ref (vig_json_get_object (first, "terms"));
}

/* The call goes on with the approver's arguments, and its model is told so. */
static gboolean
edit_call (VigApprovalDecision *self, VigDbConnection *db, JsonObject *approval, JsonObject *terms, GError **error)
{
  JsonObject *arguments = vig_json_get_object (terms, "arguments");
  g_autoptr (JsonObject) call = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *cut = NULL;
  g_autofree char *note = NULL;
  gboolean is_cut;

  if (arguments == NULL)
    return TRUE;

  shown = vig_json_object_to_string (vig_json_get_object (terms, "shown"));
  cut = vig_result_cap (shown, MAX_NOTE, &is_cut);
  note = g_strdup_printf ("%s changed the arguments of this call before allowing it. They are now: %s", self->by, cut);
  call = vig_store_calls_edit (db, vig_json_get_string (approval, "call_id", ""), arguments, note, error);

  return call != NULL;
}

static JsonObject *
allow_first (VigApprovalDecision *self, VigDbConnection *db, JsonObject *terms, GError **error)
{
  g_autoptr (JsonObject) approval = vig_store_approvals_first (db, self->approval_id, self->by, self->by_id, terms, error);

  if (approval == NULL || !audit (db, self->redactor, approval, "approval.first", self->by, self->address, "approve", self->reason, error))
    return NULL;

  return g_steal_pointer (&approval);
}

static JsonObject *
allow (VigApprovalDecision *self, VigDbConnection *db, JsonObject *approval, JsonObject *terms, const char *first_by, GError **error)
{
  g_autofree char *granted_by = first_by != NULL ? g_strdup_printf ("%s, %s", first_by, self->by) : g_strdup (self->by);
  g_autoptr (JsonObject) grant = vig_approval_terms_build_grant (terms, approval, granted_by, self->now);
  const char *mode = vig_json_get_string (terms, "mode", "once");
  g_autoptr (JsonObject) changes = NULL;
  g_autoptr (JsonObject) decided = NULL;
  g_autoptr (JsonObject) stored = NULL;

  changes = vig_json_pack_object ("{s:s, s:I, s:s, s:s, s:J}", "mode", mode, "minutes", vig_json_get_int (terms, "minutes", 1), "decided_by", self->by,
                                  "resource", vig_json_get_string (terms, "covers", NULL), "arguments", vig_json_get_object (terms, "shown"));
  decided = vig_store_approvals_decide (db, self->approval_id, "approved", changes, error);
  if (decided == NULL || !edit_call (self, db, decided, terms, error))
    return NULL;
  if (!audit (db, self->redactor, decided, "approval.decided", self->by, self->address, "approve", self->reason, error))
    return NULL;
  stored = vig_grants_store (db, self->key, grant, self->now, error);
  if (stored == NULL || !audit (db, self->redactor, decided, "grant.created", granted_by, self->address, mode, NULL, error))
    return NULL;

  return vig_store_approvals_get (db, self->approval_id, error);
}

static JsonObject *
approve (VigApprovalDecision *self, VigDbConnection *db, JsonObject *approval, GError **error)
{
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  g_autoptr (JsonObject) first = NULL;
  g_autoptr (JsonObject) terms = NULL;
  g_autoptr (GError) local_error = NULL;

  if (settings == NULL)
    return NULL;
  first = vig_store_approvals_get_first (db, self->approval_id, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  terms = take_terms (self, approval, first, error);
  if (terms == NULL || !vig_approval_terms_settle (terms, db, approval, settings, error))
    return NULL;
  /* Of the level that the call has now: editing can raise it. */
  if (!vig_proof_check_approval (db, self->login_id, vig_json_get_string (terms, "level", "elevate"), self->now, error))
    return NULL;
  if (first == NULL && vig_approval_terms_need_second (terms, approval, settings))
    return allow_first (self, db, terms, error);

  return allow (self, db, approval, terms, first != NULL ? vig_json_get_string (first, "by", "") : NULL, error);
}

static JsonObject *
refuse (VigApprovalDecision *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) changes = vig_json_pack_object ("{s:s, s:s?}", "decided_by", self->by, "deny_reason", self->reason);
  g_autoptr (JsonObject) decided = vig_store_approvals_decide (db, self->approval_id, "denied", changes, error);

  if (decided == NULL || !audit (db, self->redactor, decided, "approval.decided", self->by, self->address, "deny", self->reason, error))
    return NULL;

  return g_steal_pointer (&decided);
}

gpointer
vig_approval_decision_write (VigDbConnection *db, gpointer data, GError **error)
{
  VigApprovalDecision *self = data;
  g_autoptr (JsonObject) approval = vig_store_approvals_get (db, self->approval_id, error);

  if (approval == NULL || !check_pending (self, approval, error)
      || !vig_store_users_check_acts (db, self->by_id, "you may not approve or deny any more", error))
    return NULL;
  if (self->approve && !vig_proof_check_approval (db, self->login_id, vig_json_get_string (approval, "level", "elevate"), self->now, error))
    return NULL;

  return self->approve ? approve (self, db, approval, error) : refuse (self, db, error);
}

VigApprovalSweep *
vig_approval_sweep_new (VigRedactor *redactor, gint64 now)
{
  VigApprovalSweep *self = g_new0 (VigApprovalSweep, 1);

  self->redactor = g_object_ref (redactor);
  self->now = now;

  return self;
}

void
vig_approval_sweep_free (gpointer data)
{
  VigApprovalSweep *self = data;

  g_object_unref (self->redactor);
  g_free (self);
}

static JsonObject *
end (VigDbConnection *db, VigRedactor *redactor, const char *id, const char *status, GError **error)
{
  g_autoptr (JsonObject) changes = json_object_new ();
  g_autoptr (JsonObject) decided = vig_store_approvals_decide (db, id, status, changes, error);

  if (decided == NULL || !audit (db, redactor, decided, "approval.decided", NULL, NULL, status, NULL, error))
    return NULL;

  return g_steal_pointer (&decided);
}

/* Adds what has expired to @expired and keeps the earliest end of the rest in *@next. */
static gboolean
sweep_items (VigApprovalSweep *self, VigDbConnection *db, JsonArray *items, JsonArray *expired, char **next, GError **error)
{
  for (guint i = 0; i < json_array_get_length (items); i++)
    {
      JsonObject *approval = json_array_get_object_element (items, i);
      const char *expires_at = vig_json_get_string (approval, "expires_at", "");
      JsonObject *ended;

      if (!is_expired (approval, self->now))
        {
          if (*next == NULL || strcmp (expires_at, *next) < 0)
            {
              g_free (*next);
              *next = g_strdup (expires_at);
            }
          continue;
        }

      ended = end (db, self->redactor, vig_json_get_string (approval, "id", ""), "expired", error);
      if (ended == NULL)
        return FALSE;
      json_array_add_object_element (expired, ended);
    }

  return TRUE;
}

gpointer
vig_approval_decision_sweep (VigDbConnection *db, gpointer data, GError **error)
{
  VigApprovalSweep *self = data;
  g_autoptr (JsonArray) expired = json_array_new ();
  g_autofree char *next = NULL;
  g_autofree char *after = NULL;

  do
    {
      VigPage page = { 200, after };
      g_autoptr (JsonObject) list = vig_store_approvals_list (db, "pending", &page, error);

      if (list == NULL || !sweep_items (self, db, vig_json_get_array (list, "items"), expired, &next, error))
        return NULL;
      g_free (after);
      after = g_strdup (vig_json_get_string (list, "next", NULL));
    }
  while (after != NULL);

  return vig_json_pack_object ("{s:A, s:s}", "expired", g_steal_pointer (&expired), "next", next);
}

JsonObject *
vig_approval_decision_cancel (VigDbConnection *db, VigRedactor *redactor, const char *approval_id, GError **error)
{
  g_autoptr (JsonObject) approval = vig_store_approvals_get (db, approval_id, error);

  if (approval == NULL || !g_str_equal (vig_json_get_string (approval, "status", ""), "pending"))
    return NULL;

  return end (db, redactor, approval_id, "cancelled", error);
}
