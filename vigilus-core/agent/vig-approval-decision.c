/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-approval-decision.h"

#include <string.h>

#include "vig-audit.h"
#include "vig-grants.h"
#include "vig-id.h"
#include "vig-proof.h"
#include "vig-resource.h"
#include "vig-store-approvals.h"
#include "vig-store-settings.h"

#define MINUTE (60 * G_USEC_PER_SEC)

struct _VigApprovalDecision
{
  VigRedactor *redactor;
  GBytes      *key;
  char        *decided_by;
  char        *login_id; /* of who decides, or NULL */
  char        *approval_id;
  gboolean     approve;
  gboolean     timed;
  gint64       minutes; /* 0: the default */
  char        *resource;
  char        *reason;
  gint64       now;
};

struct _VigApprovalSweep
{
  VigRedactor *redactor;
  gint64       now;
};

/* Takes what it needs out of @decision: the object stays on its thread. */
VigApprovalDecision *
vig_approval_decision_new (VigRedactor *redactor, GBytes *key, const VigCaller *caller, const char *approval_id, JsonObject *decision, gint64 now)
{
  VigApprovalDecision *self = g_new0 (VigApprovalDecision, 1);

  self->redactor = g_object_ref (redactor);
  self->key = g_bytes_ref (key);
  self->decided_by = g_strdup (caller->user_name);
  self->login_id = g_strdup (caller->login_id);
  self->approval_id = g_strdup (approval_id);
  self->approve = g_str_equal (vig_json_get_string (decision, "decision", "deny"), "approve");
  self->timed = g_str_equal (vig_json_get_string (decision, "mode", "once"), "timed");
  self->minutes = vig_json_get_int (decision, "minutes", 0);
  self->resource = g_strdup (vig_json_get_string (decision, "resource", NULL));
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
  g_free (self->decided_by);
  g_free (self->login_id);
  g_free (self->approval_id);
  g_free (self->resource);
  g_free (self->reason);
  g_free (self);
}

static gboolean
audit (VigDbConnection *db, VigRedactor *redactor, JsonObject *approval, const char *event, const char *user_name, const char *decision, const char *reason,
       GError **error)
{
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
                                 "arguments", vig_json_get_object (approval, "arguments"),
                                 "decision", decision,
                                 "reason", reason);

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

static gboolean
fill_minutes (VigApprovalDecision *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  gint64 most;

  if (settings == NULL)
    return FALSE;

  most = vig_json_get_int (settings, "grant_minutes_max", 60);
  if (self->minutes == 0)
    self->minutes = MIN (vig_json_get_int (settings, "grant_minutes_default", 10), most);
  if (self->minutes >= 1 && self->minutes <= most)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "minutes: must be between 1 and %" G_GINT64_FORMAT, most);

  return FALSE;
}

static char *
refuse_resource (const char *asked, GError **error)
{
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "resource: must lie within what was asked for (%s)", asked != NULL ? asked : "everything");

  return NULL;
}

/* What the grant covers, as a pattern: what was asked, or a narrower one that the person typed. Where the call names nothing, "*" is
 * the person's word for everything. NULL without error: exactly these arguments. */
static char *
choose_resource (VigApprovalDecision *self, JsonObject *approval, GError **error)
{
  const char *asked = vig_json_get_string (approval, "resource", NULL);
  g_autofree char *escaped = vig_resource_escape (asked);
  g_autofree char *pattern = NULL;

  if (self->resource == NULL || g_strcmp0 (self->resource, asked) == 0)
    return g_steal_pointer (&escaped);
  if (g_str_equal (self->resource, "*"))
    return asked == NULL ? g_strdup ("*") : refuse_resource (asked, error);

  pattern = vig_resource_canonical_pattern (self->resource);
  if (pattern == NULL || asked == NULL || !vig_resource_covers (escaped, pattern))
    return refuse_resource (asked, error);

  return g_steal_pointer (&pattern);
}

static JsonObject *
build_grant (VigApprovalDecision *self, JsonObject *approval, GError **error)
{
  g_autofree char *expires_at = vig_time_to_iso (self->now + self->minutes * MINUTE);
  g_autofree char *resource = NULL;
  g_autoptr (GError) local_error = NULL;

  resource = choose_resource (self, approval, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                               "approval_id", self->approval_id,
                               "operator_id", vig_json_get_string (approval, "operator_id", ""),
                               "operator_name", vig_json_get_string (approval, "operator_name", ""),
                               "tool", vig_json_get_string (approval, "tool", ""),
                               "level", vig_json_get_string (approval, "level", ""),
                               "resource", resource,
                               "mode", self->timed ? "timed" : "once",
                               "arguments_sha256", vig_json_get_string (approval, "arguments_sha256", ""),
                               "granted_by", self->decided_by,
                               "expires_at", expires_at);
}

static JsonObject *
approve (VigApprovalDecision *self, VigDbConnection *db, JsonObject *approval, GError **error)
{
  g_autoptr (JsonObject) grant = NULL;
  g_autoptr (JsonObject) stored = NULL;
  g_autoptr (JsonObject) changes = NULL;
  g_autoptr (JsonObject) decided = NULL;

  if (!fill_minutes (self, db, error))
    return NULL;
  grant = build_grant (self, approval, error);
  if (grant == NULL)
    return NULL;

  changes = vig_json_pack_object ("{s:s, s:I, s:s}", "mode", self->timed ? "timed" : "once", "minutes", self->minutes,
                                  "decided_by", self->decided_by);
  decided = vig_store_approvals_decide (db, self->approval_id, "approved", changes, error);
  if (decided == NULL || !audit (db, self->redactor, decided, "approval.decided", self->decided_by, "approve", self->reason, error))
    return NULL;
  stored = vig_grants_store (db, self->key, grant, self->now, error);
  if (stored == NULL || !audit (db, self->redactor, decided, "grant.created", self->decided_by, self->timed ? "timed" : "once", NULL, error))
    return NULL;

  return g_steal_pointer (&decided);
}

static JsonObject *
refuse (VigApprovalDecision *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) changes = vig_json_pack_object ("{s:s, s:s?}", "decided_by", self->decided_by, "deny_reason", self->reason);
  g_autoptr (JsonObject) decided = vig_store_approvals_decide (db, self->approval_id, "denied", changes, error);

  if (decided == NULL || !audit (db, self->redactor, decided, "approval.decided", self->decided_by, "deny", self->reason, error))
    return NULL;

  return g_steal_pointer (&decided);
}

gpointer
vig_approval_decision_write (VigDbConnection *db, gpointer data, GError **error)
{
  VigApprovalDecision *self = data;
  g_autoptr (JsonObject) approval = vig_store_approvals_get (db, self->approval_id, error);

  if (approval == NULL || !check_pending (self, approval, error))
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

  if (decided == NULL || !audit (db, redactor, decided, "approval.decided", NULL, status, NULL, error))
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
