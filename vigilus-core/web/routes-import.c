/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-import.h"
#include "vig-web.h"

static JsonObject *
make_plan (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);

  return vig_server_import_plan (db, vig_json_get_string (body, "config", ""), vig_json_get_string (body, "known_hosts", ""), error);
}

static JsonNode *
preview_import (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (make_plan (db, request, error));
}

/* What comes back depends on the body: not by way of the cache. */
static void
begin_preview (VigRequest *request)
{
  vig_web_run_read (request, preview_import);
}

static JsonNode *
import_servers (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  g_autoptr (JsonObject) plan = make_plan (db, request, error);
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *created;

  if (plan != NULL)
    answer = vig_server_import_run (db, plan, vig_json_get_array (body, "names"), vig_json_get_string (body, "user_name", NULL),
                                    vig_json_get_string (body, "credential_id", NULL), error);
  if (answer == NULL)
    return NULL;

  created = vig_json_get_array (answer, "created");
  for (guint i = 0; i < json_array_get_length (created); i++)
    {
      JsonObject *server = json_array_get_object_element (created, i);

      if (!vig_web_audit (db, request, "server.imported",
                          vig_json_pack_object ("{s:s,s:s,s:s,s:s}", "id", vig_json_get_string (server, "id", ""),
                                                "name", vig_json_get_string (server, "name", ""),
                                                "host", vig_json_get_string (server, "host", ""),
                                                "host_key", vig_json_get_string (server, "host_key", NULL)),
                          error))
        return NULL;
      vig_web_shape_server (server);
    }
  vig_web_publish (db, request, "servers", "server.imported", vig_json_pack ("{s:I}", "created", (gint64) json_array_get_length (created)));

  return vig_node_take_object (g_steal_pointer (&answer));
}

const VigRoute VIG_ROUTES_IMPORT[] = {
  { "previewServerImport", .handle = begin_preview },
  { "importServers", .write = import_servers },
  { NULL },
};
