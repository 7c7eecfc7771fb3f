/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-operators.h"
#include "vig-store-providers.h"
#include "vig-store-versions.h"
#include "vig-web.h"

static JsonNode *
list_operators (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);

  return vig_node_take_object (vig_store_operators_list (db, &page, error));
}

static JsonNode *
get_operator (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_operators_get (db, vig_request_get_id (request), error));
}

static gboolean
check_provider (VigDbConnection *db, VigRequest *request, const char *member, GError **error)
{
  const char *id = vig_json_get_string (vig_request_get_body (request), member, NULL);
  g_autoptr (JsonObject) provider = NULL;

  if (id == NULL)
    return TRUE;
  provider = vig_store_providers_get (db, id, NULL, NULL);
  if (provider == NULL)
    vig_request_blame (request, member, error, "/%s: there is no provider %s", member, id);

  return provider != NULL;
}

static gboolean
check_providers (VigDbConnection *db, VigRequest *request, GError **error)
{
  return check_provider (db, request, "provider_id", error) && check_provider (db, request, "fallback_provider_id", error);
}

static gboolean
check_directory (VigRequest *request, GError **error)
{
  const char *path = vig_json_get_string (vig_request_get_body (request), "working_directory", NULL);

  if (path == NULL)
    return TRUE;
  if (!g_path_is_absolute (path))
    vig_request_blame (request, "working_directory", error, "/working_directory: must be an absolute path, and \"%s\" is not", path);
  else if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    vig_request_blame (request, "working_directory", error, "/working_directory: there is no directory %s; make it first", path);
  else
    return TRUE;

  return FALSE;
}

static gboolean
record (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *operator, JsonObject *changes, GError **error)
{
  JsonObject *detail = vig_json_pack_object ("{s:s,s:s}", "id", vig_json_get_string (operator, "id", ""), "name", vig_json_get_string (operator, "name", ""));

  if (changes != NULL)
    json_object_set_object_member (detail, "changes", json_object_ref (changes));
  if (!vig_web_audit (db, request, event, detail, error))
    return FALSE;

  vig_web_publish (db, request, "operators", event, vig_node_take_object (json_object_ref (operator)));

  return TRUE;
}

static gboolean
has_tool (JsonObject *operator, const char *name)
{
  JsonArray *tools = operator != NULL ? vig_json_get_array (operator, "tools") : NULL;

  for (guint i = 0; tools != NULL && i < json_array_get_length (tools); i++)
    if (g_str_equal (json_array_get_string_element (tools, i), name))
      return TRUE;

  return FALSE;
}

/* A tool that is not there at the moment can be kept, but not added. @before: NULL: it is new. */
static gboolean
check_known (VigRequest *request, JsonObject *before, GError **error)
{
  JsonArray *unknown = vig_request_get_data (request);

  for (guint i = 0; i < json_array_get_length (unknown); i++)
    {
      const char *name = json_array_get_string_element (unknown, i);

      if (has_tool (before, name))
        continue;
      vig_request_blame (request, "tools", error, "/tools: there is no tool \"%s\"", name);
      return FALSE;
    }

  return TRUE;
}

static JsonNode *
create_operator (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) operator = NULL;

  if (!check_known (request, NULL, error) || !check_providers (db, request, error) || !check_directory (request, error))
    return NULL;

  operator = vig_store_operators_create (db, vig_request_get_body (request), error);
  if (operator == NULL || !vig_store_versions_keep (db, operator, vig_request_get_caller (request)->user_name, "", error) ||
      !record (db, request, "operator.created", operator, vig_request_get_body (request), error))
    return NULL;

  return vig_node_take_object (g_steal_pointer (&operator));
}

static JsonNode *
update_operator (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *changes = vig_request_get_body (request);
  const char *user_name = vig_request_get_caller (request)->user_name;
  g_autoptr (JsonObject) before = vig_store_operators_get (db, vig_request_get_id (request), error);
  g_autoptr (JsonObject) operator = NULL;

  if (before == NULL || !check_known (request, before, error) || !check_providers (db, request, error) || !check_directory (request, error) ||
      !vig_store_versions_keep (db, before, user_name, "", error))
    return NULL;

  operator = vig_store_operators_update (db, vig_request_get_id (request), changes, error);
  if (operator == NULL || !vig_store_versions_keep (db, operator, user_name, "", error) || !record (db, request, "operator.updated", operator, changes, error))
    return NULL;

  return vig_node_take_object (g_steal_pointer (&operator));
}

static JsonNode *
delete_operator (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) operator = vig_store_operators_get (db, vig_request_get_id (request), error);

  if (operator != NULL && vig_store_operators_delete (db, vig_request_get_id (request), error))
    record (db, request, "operator.deleted", operator, NULL, error);

  return NULL;
}

/* The registry lives on the main thread, so this comes before the store. */
static JsonArray *
find_unknown (VigRequest *request)
{
  VigRegistry *registry = vig_request_get_web (request)->context.agent->registry;
  JsonArray *tools = vig_json_get_array (vig_request_get_body (request), "tools");
  JsonArray *unknown = json_array_new ();

  for (guint i = 0; tools != NULL && i < json_array_get_length (tools); i++)
    {
      const char *name = json_array_get_string_element (tools, i);

      if (vig_registry_find_tool (registry, name) == NULL)
        json_array_add_string_element (unknown, name);
    }

  return unknown;
}

static void
begin_create (VigRequest *request)
{
  vig_request_set_data (request, find_unknown (request), (GDestroyNotify) json_array_unref);
  vig_web_run_write (request, create_operator);
}

static void
begin_update (VigRequest *request)
{
  vig_request_set_data (request, find_unknown (request), (GDestroyNotify) json_array_unref);
  vig_web_run_write (request, update_operator);
}

static void
list_tools (VigRequest *request)
{
  JsonArray *tools = vig_registry_describe_tools (vig_request_get_web (request)->context.agent->registry);

  vig_request_respond (request, vig_node_take_object (vig_store_page_new (tools, NULL)));
}

const VigRoute VIG_ROUTES_OPERATORS[] = {
  { "listOperators", .read = list_operators },
  { "createOperator", .handle = begin_create },
  { "getOperator", .read = get_operator },
  { "updateOperator", .handle = begin_update },
  { "deleteOperator", .write = delete_operator },
  { "listTools", .handle = list_tools },
  { NULL },
};
