/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call-store.h"

#include <string.h>

#include "vig-approval-decision.h"
#include "vig-grants.h"
#include "vig-resource.h"
#include "vig-result.h"
#include "vig-store-approvals.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-settings.h"

void
vig_call_facts_free (gpointer data)
{
  VigCallFacts *self = data;

  g_clear_pointer (&self->key, g_bytes_unref);
  g_free (self->operator_id);
  g_free (self->tool);
  g_free (self->arguments_sha256);
  g_free (self->approval_id);
  g_free (self->resource);
  vig_operator_unref (self->operator);
  g_clear_pointer (&self->settings, json_object_unref);
  g_free (self->grant_id);
  g_clear_pointer (&self->approval, json_object_unref);
  g_free (self);
}

static gboolean
read_operator (VigCallFacts *self, VigDbConnection *db, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) row = vig_store_operators_get (db, self->operator_id, &local_error);

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
  VigGrantQuery query = { self->operator_id, self->tool, self->level, self->resource, self->arguments_sha256 };
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
      self->grant_is_once = !g_str_equal (vig_json_get_string (grant, "mode", "once"), "timed");
    }

  return TRUE;
}

gpointer
vig_call_facts_read (VigDbConnection *db, gpointer data, GError **error)
{
  VigCallFacts *self = data;
  g_autofree char *given = g_steal_pointer (&self->resource);

  self->resource = vig_resource_canonical (given);
  if (!read_operator (self, db, error) || !read_grant (self, db, error))
    return NULL;

  self->settings = vig_store_settings_get (db, error);
  if (self->settings == NULL)
    return NULL;
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
  g_free (self->result);
  g_free (self);
}

static gboolean
is_listed (JsonArray *grants, const char *id)
{
  for (guint i = 0; i < json_array_get_length (grants); i++)
    if (g_str_equal (vig_json_get_string (json_array_get_object_element (grants, i), "id", ""), id))
      return TRUE;

  return FALSE;
}

/* The grant was live when the call was judged; it has to be live in the transaction that declares the call, too. */
static gboolean
use_grant (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonArray) grants = NULL;

  if (self->grant_id == NULL)
    return TRUE;
  if (self->grant_is_once)
    return vig_store_grants_use (db, self->grant_id, error);

  grants = vig_store_grants_live (db, self->operator_id, self->tool, error);
  if (grants == NULL)
    return FALSE;
  if (is_listed (grants, self->grant_id))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the grant was revoked or has expired");

  return FALSE;
}

static gboolean
make_grant (VigCallWrite *self, VigDbConnection *db, GError **error)
{
  g_autoptr (JsonObject) stored = NULL;

  if (self->grant == NULL)
    return TRUE;

  stored = vig_grants_store (db, self->key, self->grant, self->now, error);

  return stored != NULL && vig_store_grants_use (db, vig_json_get_string (stored, "id", ""), error);
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
  gsize bytes;
  gboolean cut_first, cut;

  if (self->result == NULL)
    return;

  bytes = strlen (self->result);
  rough = vig_result_cap (self->result, self->result_limit * 2 + 65536, &cut_first);
  clean = vig_redactor_apply (self->redactor, rough);
  text = vig_result_cap (clean, self->result_limit, &cut);
  json_object_set_object_member (self->changes, "result",
                                 vig_json_pack_object ("{s:s, s:b, s:b, s:I}", "text", text, "is_error", self->result_is_error,
                                                       "truncated", cut || cut_first, "bytes", (gint64) bytes));
  g_clear_pointer (&self->result, g_free);
}

static gboolean
is_same_request (JsonObject *approval, JsonObject *wanted)
{
  static const char * const names[] = { "operator_id", "tool", "arguments_sha256", "level" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (vig_json_get_string (approval, names[i], NULL), vig_json_get_string (wanted, names[i], NULL)) != 0)
      return FALSE;

  return g_str_equal (vig_json_get_string (approval, "status", ""), "pending");
}

/* The open request of another call of this run that asks for the very same; NULL: none. */
static JsonObject *
find_request (VigCallWrite *self, VigDbConnection *db)
{
  g_autoptr (JsonArray) calls = vig_store_calls_of_run (db, vig_json_get_string (self->approval, "run_id", ""), NULL);

  for (guint i = 0; calls != NULL && i < json_array_get_length (calls); i++)
    {
      JsonObject *call = json_array_get_object_element (calls, i);
      const char *id = vig_json_get_string (call, "approval_id", NULL);
      g_autoptr (JsonObject) approval = NULL;

      if (id == NULL || !g_str_equal (vig_json_get_string (call, "state", ""), "waiting"))
        continue;
      approval = vig_store_approvals_get (db, id, NULL);
      if (approval != NULL && is_same_request (approval, self->approval))
        return g_steal_pointer (&approval);
    }

  return NULL;
}

static gboolean
request (VigCallWrite *self, VigDbConnection *db, JsonObject **approval, GError **error)
{
  if (self->approval == NULL)
    return append_audit (self, db, NULL, error);

  *approval = find_request (self, db);
  if (*approval == NULL)
    {
      *approval = vig_store_approvals_create (db, self->approval, error);
      if (*approval == NULL || !append_audit (self, db, vig_json_get_string (*approval, "id", NULL), error))
        return FALSE;
    }
  json_object_set_string_member (self->changes, "approval_id", vig_json_get_string (*approval, "id", ""));

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

  fill_result (self);
  if (!use_grant (self, db, error) || !make_grant (self, db, error) || !request (self, db, &approval, error))
    return NULL;
  if (self->cancel_id != NULL)
    cancelled = vig_approval_decision_cancel (db, self->redactor, self->cancel_id, &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  call = vig_store_calls_update (db, self->call_id, self->changes, error);
  if (call == NULL)
    return NULL;

  return vig_json_pack_object ("{s:J, s:J, s:J}", "call", call, "approval", approval, "cancelled", cancelled);
}
