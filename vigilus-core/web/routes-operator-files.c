/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-operator-file.h"
#include "vig-store-builtins.h"
#include "vig-store-operators.h"
#include "vig-store-runs.h"
#include "vig-store-versions.h"
#include "vig-web.h"

/* What has been done to @operator goes into the log, to who watches, and into its versions. (transfer full) operator */
static JsonNode *
record (VigDbConnection *db, VigRequest *request, const char *event, const char *how, JsonObject *operator, const char *note, GError **error)
{
  g_autoptr (JsonObject) owned = operator;
  JsonObject *detail;

  if (operator == NULL || !vig_store_versions_keep (db, operator, vig_request_get_caller (request)->user_name, note, error))
    return NULL;
  detail = vig_json_pack_object ("{s:s, s:s, s:s}", "id", vig_json_get_string (operator, "id", ""), "name", vig_json_get_string (operator, "name", ""),
                                 "how", how);
  if (!vig_web_audit (db, request, event, detail, error))
    return NULL;
  vig_web_publish (db, request, "operators", event, vig_node_take_object (json_object_ref (operator)));

  return vig_node_take_object (g_steal_pointer (&owned));
}

static JsonNode *
list_versions (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  g_autoptr (JsonObject) operator = vig_store_operators_get (db, vig_request_get_id (request), error);

  return operator != NULL ? vig_node_take_object (vig_store_versions_list (db, vig_request_get_id (request), &page, error)) : NULL;
}

static JsonNode *
restore_version (VigDbConnection *db, VigRequest *request, GError **error)
{
  gint64 version = vig_json_get_int (vig_request_get_parameters (request), "version", 0);
  JsonObject *restored = vig_store_versions_restore (db, vig_request_get_id (request), version, vig_request_get_caller (request)->user_name, error);

  return record (db, request, "operator.updated", "version restored", restored, "", error);
}

static JsonNode *
reset_operator (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *id = vig_request_get_id (request);
  g_autoptr (JsonObject) before = vig_store_operators_get (db, id, error);

  if (before == NULL || !vig_store_versions_keep (db, before, vig_request_get_caller (request)->user_name, "", error))
    return NULL;

  return record (db, request, "operator.updated", "reset", vig_store_builtins_reset (db, id, error), "As it came with Vigilus", error);
}

static JsonNode *
duplicate_operator (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) operator = vig_store_operators_get (db, vig_request_get_id (request), error);
  g_autoptr (JsonObject) content = operator != NULL ? vig_store_versions_content (operator) : NULL;
  g_autofree char *name = NULL;
  g_autofree char *note = NULL;

  if (content == NULL)
    return NULL;

  name = g_strdup (vig_json_get_string (vig_request_get_body (request), "name", NULL));
  if (name == NULL)
    name = vig_operator_file_free_name (db, vig_json_get_string (operator, "name", ""), error);
  if (name == NULL)
    return NULL;
  json_object_set_string_member (content, "name", name);
  note = g_strdup_printf ("Made of %s", vig_json_get_string (operator, "name", ""));

  return record (db, request, "operator.created", "duplicated", vig_store_operators_create (db, content, error), note, error);
}

static JsonNode *
export_operator (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) operator = vig_store_operators_get (db, vig_request_get_id (request), error);
  g_autoptr (JsonObject) file = operator != NULL ? vig_operator_file_make (db, operator, error) : NULL;
  g_autoptr (JsonNode) node = NULL;

  if (file == NULL)
    return NULL;
  node = json_node_init_object (json_node_alloc (), file);

  return vig_redactor_apply_json (vig_request_get_web (request)->context.agent->redactor, node);
}

static JsonNode *
import_operator (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonArray) notes = json_array_new ();
  g_autoptr (JsonObject) values = vig_operator_file_read (db, vig_request_get_body (request), notes, error);
  g_autoptr (JsonNode) operator = NULL;

  if (values != NULL)
    operator = record (db, request, "operator.created", "imported", vig_store_operators_create (db, values, error), "Imported from a file", error);

  return operator != NULL ? vig_json_pack ("{s:O, s:A}", "operator", operator, "notes", g_steal_pointer (&notes)) : NULL;
}

static JsonNode *
list_status (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonArray *items = vig_store_runs_by_operator (db, error);

  return items != NULL ? vig_node_take_object (vig_store_page_new (items, NULL)) : NULL;
}

const VigRoute VIG_ROUTES_OPERATOR_FILES[] = {
  { "listOperatorVersions", .read = list_versions },
  { "restoreOperatorVersion", .write = restore_version },
  { "resetOperator", .write = reset_operator },
  { "duplicateOperator", .write = duplicate_operator },
  { "exportOperator", .read = export_operator },
  { "importOperator", .write = import_operator },
  { "listOperatorStatus", .read = list_status },
  { NULL },
};
