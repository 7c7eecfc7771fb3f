/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-scope-keeper.h"

#include "vig-store-scope.h"

#define DEFAULT_LIMIT 50

#define VIG_TYPE_SCOPE_TOOL (vig_scope_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigScopeTool, vig_scope_tool, VIG, SCOPE_TOOL, GObject)

/* Tells an Operator what earlier scans have found. */
struct _VigScopeTool
{
  GObject parent_instance;

  VigDb  *db;
};

static const VigToolInfo query_info = {
  .name = "scope.query",
  .title = "Scope",
  .description = "Shows what scans of the network have found so far, without scanning: hosts, their open ports and services, what changed between scans, "
                 "findings about insecure services, and the scans themselves. Use nmap.scan to look anew.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\": \"object\", \"required\": [\"what\"], \"additionalProperties\": false, \"properties\": {"
                  "\"what\": {\"type\": \"string\", \"enum\": [\"hosts\", \"services\", \"changes\", \"findings\", \"scans\"], \"description\": \"What to list\"},"
                  "\"host_id\": {\"type\": \"string\", \"maxLength\": 64, \"description\": \"Only of this host (services, changes, findings)\"},"
                  "\"text\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 100, \"description\": \"Hosts with this in address, name, vendor or system\"},"
                  "\"subnet\": {\"type\": \"string\", \"maxLength\": 64, \"description\": \"Hosts in this subnet, such as 192.168.1.0/24\"},"
                  "\"service\": {\"type\": \"string\", \"maxLength\": 64, \"description\": \"Hosts or services with this service, such as ssh\"},"
                  "\"state\": {\"type\": \"string\", \"enum\": [\"open\", \"accepted\", \"resolved\"], \"description\": \"Findings in this state; default open\"},"
                  "\"limit\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 200, \"description\": \"Default 50\"},"
                  "\"after\": {\"type\": \"string\", \"maxLength\": 400, \"description\": \"The `next` of the page before\"}}}",
  .timeout = 20,
};

static void vig_scope_tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigScopeTool, vig_scope_tool, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, vig_scope_tool_iface_init))

static gpointer
query (VigDbConnection *db, gpointer data, GError **error)
{
  JsonObject *arguments = data;
  const char *what = vig_json_get_string (arguments, "what", "");
  VigPage page = { (guint) vig_json_get_int (arguments, "limit", DEFAULT_LIMIT), vig_json_get_string (arguments, "after", NULL) };
  g_autoptr (JsonObject) filters = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (arguments);

  for (GList *name = names; name != NULL; name = name->next)
    json_object_set_member (filters, name->data, json_node_ref (json_object_get_member (arguments, name->data)));

  if (g_str_equal (what, "hosts"))
    return vig_store_scope_list_hosts (db, filters, &page, error);
  if (g_str_equal (what, "changes"))
    return vig_store_scope_list_changes (db, filters, &page, error);
  if (g_str_equal (what, "scans"))
    return vig_store_scope_list_scans (db, &page, error);
  if (g_str_equal (what, "findings"))
    {
      json_object_set_string_member (filters, "state", vig_json_get_string (arguments, "state", "open"));
      return vig_store_scope_list_findings (db, filters, &page, error);
    }
  json_object_remove_member (filters, "state");
  if (json_object_has_member (filters, "service"))
    json_object_set_string_member (filters, "name", vig_json_get_string (filters, "service", ""));

  return vig_store_scope_list_services (db, filters, &page, error);
}

static JsonNode *
vig_scope_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *list = vig_db_read (VIG_SCOPE_TOOL (tool)->db, query, vig_invocation_get_arguments (invocation), error);
  JsonNode *node;

  if (list == NULL)
    return NULL;

  node = json_node_alloc ();
  json_node_init_object (node, list);
  json_object_unref (list);

  return node;
}

static const VigToolInfo *
vig_scope_tool_get_info (VigTool *tool)
{
  return &query_info;
}

static void
vig_scope_tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_scope_tool_get_info;
  iface->run = vig_scope_tool_run;
}

static void
vig_scope_tool_finalize (GObject *object)
{
  g_object_unref (VIG_SCOPE_TOOL (object)->db);

  G_OBJECT_CLASS (vig_scope_tool_parent_class)->finalize (object);
}

static void
vig_scope_tool_class_init (VigScopeToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_scope_tool_finalize;
}

static void
vig_scope_tool_init (VigScopeTool *self)
{
}

VigTool *
vig_scope_tool_new (VigDb *db)
{
  VigScopeTool *self = g_object_new (VIG_TYPE_SCOPE_TOOL, NULL);

  self->db = g_object_ref (db);

  return VIG_TOOL (self);
}
