/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-access.h"

#include "vig-store-runs.h"
#include "vig-store-servers.h"

#define VIG_TYPE_SERVERS_TOOL (vig_servers_tool_get_type ())
G_DECLARE_FINAL_TYPE (VigServersTool, vig_servers_tool, VIG, SERVERS_TOOL, GObject)

/* Tells an Operator which servers it may reach. No addresses of keys or credentials: names, and what people noted. */
struct _VigServersTool
{
  GObject parent_instance;

  VigDb  *db;
};

static const VigToolInfo servers_info = {
  .name = "servers.list",
  .title = "Servers",
  .description = "Lists the servers of the inventory that you may use, with host, tags, notes, operating system and whether each was "
                 "reachable at the last check, and whether it has Docker. Use it to find the name that ssh.exec and the docker tools want.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\":\"object\",\"properties\":{"
                  "\"tag\":{\"type\":\"string\",\"maxLength\":64,\"description\":\"Only those with this tag\"}},"
                  "\"additionalProperties\":false}",
  .timeout = 20,
};

static void vig_servers_tool_iface_init (VigToolInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigServersTool, vig_servers_tool, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_TOOL, vig_servers_tool_iface_init))

static gpointer
list (VigDbConnection *db, gpointer call_id, GError **error)
{
  g_autoptr (JsonObject) call = vig_store_calls_get (db, call_id, error);
  g_autoptr (JsonObject) run = call != NULL ? vig_store_runs_get (db, vig_json_get_string (call, "run_id", ""), error) : NULL;

  if (run == NULL)
    return NULL;

  return vig_store_servers_for (db, vig_json_get_string (run, "operator_id", NULL), vig_json_get_string (run, "id", ""), NULL, error);
}

static gboolean
has_tag (JsonObject *server, const char *tag)
{
  JsonArray *tags = vig_json_get_array (server, "tags");

  for (guint i = 0; tag != NULL && tags != NULL && i < json_array_get_length (tags); i++)
    if (g_ascii_strcasecmp (json_array_get_string_element (tags, i), tag) == 0)
      return TRUE;

  return tag == NULL;
}

static JsonNode *
describe (JsonObject *server)
{
  return vig_json_pack ("{s:s, s:s, s:O, s:s, s:s, s:s, s:s, s:b, s:O}",
                        "name", vig_json_get_string (server, "name", NULL),
                        "host", vig_json_get_string (server, "host", NULL),
                        "tags", json_object_get_member (server, "tags"),
                        "notes", vig_json_get_string (server, "notes", NULL),
                        "os", vig_json_get_string (server, "os", vig_json_get_string (server, "system", NULL)),
                        "status", vig_json_get_string (server, "status", NULL),
                        "checked_at", vig_json_get_string (server, "checked_at", NULL),
                        "docker", vig_json_get_string (server, "docker_endpoint", NULL) != NULL,
                        "file_paths", json_object_get_member (server, "file_paths"));
}

static JsonNode *
vig_servers_tool_run (VigTool *tool, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigServersTool *self = VIG_SERVERS_TOOL (tool);
  const char *tag = vig_json_get_string (vig_invocation_get_arguments (invocation), "tag", NULL);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonArray) servers = vig_db_read (self->db, list, (gpointer) vig_invocation_get_call_id (invocation), &local_error);
  JsonArray *found = NULL;

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  found = json_array_new ();
  for (guint i = 0; servers != NULL && i < json_array_get_length (servers); i++)
    if (has_tag (json_array_get_object_element (servers, i), tag))
      json_array_add_element (found, describe (json_array_get_object_element (servers, i)));

  return vig_json_pack ("{s:A}", "servers", found);
}

static const VigToolInfo *
vig_servers_tool_get_info (VigTool *tool)
{
  return &servers_info;
}

static void
vig_servers_tool_iface_init (VigToolInterface *iface)
{
  iface->get_info = vig_servers_tool_get_info;
  iface->run = vig_servers_tool_run;
}

static void
vig_servers_tool_finalize (GObject *object)
{
  g_object_unref (VIG_SERVERS_TOOL (object)->db);

  G_OBJECT_CLASS (vig_servers_tool_parent_class)->finalize (object);
}

static void
vig_servers_tool_class_init (VigServersToolClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_servers_tool_finalize;
}

static void
vig_servers_tool_init (VigServersTool *self)
{
}

VigTool *
vig_servers_tool_new (VigDb *db)
{
  VigServersTool *self = g_object_new (VIG_TYPE_SERVERS_TOOL, NULL);

  self->db = g_object_ref (db);

  return VIG_TOOL (self);
}
