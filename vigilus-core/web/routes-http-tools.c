/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-import.h"
#include "vig-store-http-tools.h"
#include "vig-web.h"

#include <string.h>

static JsonNode *
list_tools (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);

  return vig_node_take_object (vig_store_http_tools_list (db, &page, error));
}

static JsonNode *
get_tool (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_http_tools_get (db, vig_request_get_id (request), error));
}

/* Takes @tool, which may be NULL: then the error is set already. */
static JsonNode *
record (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *tool, GError **error)
{
  g_autoptr (JsonObject) owned = tool;
  JsonObject *detail;

  if (tool == NULL)
    return NULL;

  detail = vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s}", "id", vig_json_get_string (tool, "id", ""), "name", vig_json_get_string (tool, "tool", ""),
                                 "level", vig_json_get_string (tool, "level", ""), "method", vig_json_get_string (tool, "method", ""),
                                 "url", vig_json_get_string (tool, "url", ""));
  if (!vig_web_audit (db, request, event, detail, error))
    return NULL;

  vig_web_publish (db, request, "http-tools", event, vig_json_pack ("{s:s}", "id", vig_json_get_string (tool, "id", "")));

  return vig_node_take_object (json_object_ref (tool));
}

static JsonNode *
create_tool (VigDbConnection *db, VigRequest *request, GError **error)
{
  return record (db, request, "http_tool.created", vig_store_http_tools_create (db, vig_request_get_body (request), error), error);
}

static JsonNode *
update_tool (VigDbConnection *db, VigRequest *request, GError **error)
{
  return record (db, request, "http_tool.updated", vig_store_http_tools_update (db, vig_request_get_id (request), vig_request_get_body (request), error), error);
}

static JsonNode *
delete_tool (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) tool = vig_store_http_tools_get (db, vig_request_get_id (request), error);
  g_autoptr (JsonNode) answer = NULL;

  if (tool != NULL && vig_store_http_tools_delete (db, vig_request_get_id (request), error))
    answer = record (db, request, "http_tool.deleted", json_object_ref (tool), error);

  return NULL;
}

static JsonNode *
import_tools (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonArray *tools = vig_json_get_array (vig_request_get_body (request), "tools");
  g_autoptr (JsonArray) made = json_array_new ();

  for (guint i = 0; i < json_array_get_length (tools); i++)
    {
      JsonNode *tool = record (db, request, "http_tool.created", vig_store_http_tools_create (db, json_array_get_object_element (tools, i), error), error);

      if (tool == NULL)
        {
          g_prefix_error (error, "/tools/%u: ", i);
          return NULL;
        }
      json_array_add_element (made, tool);
    }

  return vig_json_pack ("{s:A}", "items", g_steal_pointer (&made));
}

/* Whether the plugin can make a tool of it is asked before anything is written. */
static gboolean
can_be_made (VigRequest *request, JsonObject *stored, JsonObject *changes, GError **error)
{
  VigRegistry *registry = vig_request_get_web (request)->context.agent->registry;
  g_autoptr (JsonObject) definition = vig_store_http_tools_merge (stored, changes, error);
  g_autoptr (VigTool) tool = definition != NULL ? vig_http_tools_make (registry, definition, error) : NULL;

  return tool != NULL;
}

static void
written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  g_autoptr (GError) error = NULL;
  JsonNode *answer = vig_db_finish (VIG_DB (source), result, &error);

  if (error == NULL)
    vig_http_tools_reload (web->context.http_tools);
  if (error == NULL)
    vig_request_respond (request, answer);
  else
    vig_http_fail_about (request, error);
}

typedef struct
{
  VigRequest      *request;
  VigStoreHandler  handler;
} Write;

static gpointer
run_write (VigDbConnection *db, gpointer data, GError **error)
{
  Write *self = data;

  return self->handler (db, self->request, error);
}

static void
write_free (gpointer data)
{
  Write *self = data;

  vig_request_unref (self->request);
  g_free (self);
}

static void
begin_write (VigRequest *request, VigStoreHandler handler)
{
  Write *self = g_new0 (Write, 1);

  self->request = vig_request_ref (request);
  self->handler = handler;
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, run_write, self, write_free, (GDestroyNotify) json_node_unref, NULL, written,
                      vig_request_ref (request));
}

static void
begin_create (VigRequest *request)
{
  g_autoptr (GError) error = NULL;

  if (can_be_made (request, NULL, vig_request_get_body (request), &error))
    begin_write (request, create_tool);
  else
    vig_http_fail_about (request, error);
}

static void
begin_import (VigRequest *request)
{
  JsonArray *tools = vig_json_get_array (vig_request_get_body (request), "tools");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < json_array_get_length (tools); i++)
    if (!can_be_made (request, NULL, json_array_get_object_element (tools, i), &error))
      {
        g_prefix_error (&error, "/tools/%u", i);
        vig_http_fail_about (request, error);
        return;
      }

  begin_write (request, import_tools);
}

static gpointer
find_stored (VigDbConnection *db, gpointer id, GError **error)
{
  return vig_store_http_tools_get (db, id, error);
}

static void
stored_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, &error);

  if (stored != NULL && can_be_made (request, stored, vig_request_get_body (request), &error))
    begin_write (request, update_tool);
  else
    vig_http_fail_about (request, error);
}

static void
begin_update (VigRequest *request)
{
  vig_db_read_async (vig_request_get_web (request)->context.agent->db, find_stored, g_strdup (vig_request_get_id (request)), g_free,
                     (GDestroyNotify) json_object_unref, NULL, stored_found, vig_request_ref (request));
}

static void
begin_delete (VigRequest *request)
{
  begin_write (request, delete_tool);
}

static void
tried (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonNode *report = vig_http_tools_try_finish (result, &error);

  if (report != NULL)
    vig_request_respond (request, report);
  else
    vig_http_fail_about (request, error);
}

static JsonObject *
dup_tried (VigRequest *request, GError **error)
{
  return vig_store_http_tools_merge (NULL, vig_json_get_object (vig_request_get_body (request), "tool"), error);
}

static void
try_recorded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) record_node = vig_db_finish (VIG_DB (source), result, &error);
  g_autoptr (JsonObject) definition = error == NULL ? dup_tried (request, &error) : NULL;
  JsonObject *arguments = vig_json_get_object (vig_request_get_body (request), "arguments");
  g_autoptr (JsonObject) none = json_object_new ();

  if (definition != NULL)
    vig_http_tools_try_async (vig_request_get_web (request)->context.agent, definition, arguments != NULL ? arguments : none,
                              vig_request_get_cancellable (request), tried, vig_request_ref (request));
  else
    vig_http_fail_about (request, error);
}

static JsonNode *
record_try (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  JsonObject *tool = vig_json_get_object (body, "tool");
  JsonObject *detail = vig_json_pack_object ("{s:s, s:s, s:s, s:J}", "name", vig_json_get_string (tool, "name", ""), "method", vig_json_get_string (tool, "method", "GET"),
                                             "url", vig_json_get_string (tool, "url", ""), "arguments", vig_json_get_object (body, "arguments"));

  return vig_web_audit (db, request, "http_tool.tried", detail, error) ? json_node_new (JSON_NODE_NULL) : NULL;
}

/* It is on record before it is sent. */
static void
begin_try (VigRequest *request)
{
  g_autoptr (GError) error = NULL;
  Write *self;

  if (!can_be_made (request, NULL, vig_json_get_object (vig_request_get_body (request), "tool"), &error))
    {
      vig_http_fail_about (request, error);
      return;
    }

  self = g_new0 (Write, 1);
  self->request = vig_request_ref (request);
  self->handler = record_try;
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, run_write, self, write_free, (GDestroyNotify) json_node_unref, NULL, try_recorded,
                      vig_request_ref (request));
}

const VigRoute VIG_ROUTES_HTTP_TOOLS[] = {
  { "listHttpTools", .read = list_tools },
  { "createHttpTool", .handle = begin_create },
  { "getHttpTool", .read = get_tool },
  { "updateHttpTool", .handle = begin_update },
  { "deleteHttpTool", .handle = begin_delete },
  { "tryHttpTool", .handle = begin_try },
  { "importHttpTools", .handle = begin_import },
  { "readHttpToolsImport", .handle = vig_http_import_read },
  { NULL },
};
