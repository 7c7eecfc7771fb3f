/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit.h"

#include "vig-audit-tree.h"
#include "vig-id.h"
#include "vig-store-approvals.h"
#include "vig-store-row.h"

static const VigStoreField fields[] = {
  { "event", 's', FALSE, 1, 100 },
  { "user_name", 's', TRUE },
  { "operator_name", 's', TRUE },
  { "session_id", 's', TRUE },
  { "run_id", 's', TRUE },
  { "call_id", 's', TRUE },
  { "approval_id", 's', TRUE },
  { "tool", 's', TRUE },
  { "level", 's', TRUE },
  { "resource", 's', TRUE },
  { "arguments", 'o', TRUE },
  { "decision", 's', TRUE },
  { "rule", 's', TRUE },
  { "reason", 's', TRUE },
  { "outcome", 's', TRUE },
  { "error", 's', TRUE },
  { "duration_us", 'i', TRUE },
  { "detail", 'o', TRUE },
  { NULL },
};

static gboolean
insert (VigDbConnection *db, JsonObject *record, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autofree char *duration = vig_store_dup_json (record, "duration_us");

  return vig_db_exec (db, error,
                      "INSERT INTO audit (id, at, event, user_name, operator_name, session_id, run_id, call_id, approval_id, tool, level,"
                      " resource, arguments, decision, rule, reason, outcome, error, duration_us, detail)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, CAST (?19 AS INTEGER), ?20)",
                      "sissssssssssosssssso", id, vig_time_now (),
                      vig_json_get_string (record, "event", NULL),
                      vig_json_get_string (record, "user_name", NULL),
                      vig_json_get_string (record, "operator_name", NULL),
                      vig_json_get_string (record, "session_id", NULL),
                      vig_json_get_string (record, "run_id", NULL),
                      vig_json_get_string (record, "call_id", NULL),
                      vig_json_get_string (record, "approval_id", NULL),
                      vig_json_get_string (record, "tool", NULL),
                      vig_json_get_string (record, "level", NULL),
                      vig_json_get_string (record, "resource", NULL),
                      vig_json_get_object (record, "arguments"),
                      vig_json_get_string (record, "decision", NULL),
                      vig_json_get_string (record, "rule", NULL),
                      vig_json_get_string (record, "reason", NULL),
                      vig_json_get_string (record, "outcome", NULL),
                      vig_json_get_string (record, "error", NULL),
                      duration,
                      vig_json_get_object (record, "detail"));
}

static gboolean
insert_clean (VigDbConnection *db, VigRedactor *redactor, JsonObject *record, GError **error)
{
  g_autoptr (JsonNode) clean = vig_store_row_redact (redactor, record);

  return insert (db, json_node_get_object (clean), error);
}

/* What was changed may have ended grants with it: each is on record right behind. */
static gboolean
insert_ended_grants (VigDbConnection *db, VigRedactor *redactor, GError **error)
{
  g_autoptr (JsonArray) ended = vig_store_grants_take_ended (db, error);

  if (ended == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (ended); i++)
    {
      JsonObject *grant = json_array_get_object_element (ended, i);
      g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s, s:s, s:s?, s:s, s:s, s:s?, s:s, s:{s:s}}", "event", "grant.revoked",
                                                            "operator_name", vig_json_get_string (grant, "operator_name", NULL),
                                                            "approval_id", vig_json_get_string (grant, "approval_id", NULL),
                                                            "tool", vig_json_get_string (grant, "tool", NULL),
                                                            "level", vig_json_get_string (grant, "level", NULL),
                                                            "resource", vig_json_get_string (grant, "resource", NULL),
                                                            "reason", vig_json_get_string (grant, "reason", NULL),
                                                            "detail", "grant_id", vig_json_get_string (grant, "id", NULL));

      if (!insert_clean (db, redactor, record, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
vig_audit_append (VigDbConnection *db, VigRedactor *redactor, JsonObject *record, GError **error)
{
  g_return_val_if_fail (VIG_IS_REDACTOR (redactor), FALSE);

  if (!vig_store_check_fields ("an audit record", fields, record, error))
    {
      g_prefix_error (error, "failed to write the audit log: ");
      return FALSE;
    }

  if (insert_clean (db, redactor, record, error) && insert_ended_grants (db, redactor, error))
    {
      vig_db_before_commit (db, vig_audit_tree_grow);
      return TRUE;
    }

  g_prefix_error (error, "failed to write the audit log: ");

  return FALSE;
}
