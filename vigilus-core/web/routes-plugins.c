/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-plugins.h"
#include "vig-web.h"

static void
respond_list (VigRequest *request)
{
  JsonArray *plugins = vig_plugin_loader_describe (vig_request_get_web (request)->context.plugins);

  vig_request_respond (request, vig_node_take_object (vig_store_page_new (plugins, NULL)));
}

typedef struct
{
  JsonArray  *plugins;
  JsonObject *sum;
} Scan;

static void
scan_free (gpointer data)
{
  Scan *self = data;

  json_array_unref (self->plugins);
  json_object_unref (self->sum);
  g_free (self);
}

static JsonNode *
record_scan (VigDbConnection *db, VigRequest *request, GError **error)
{
  Scan *self = vig_request_get_data (request);

  if (!vig_web_audit (db, request, "plugins.scanned", json_object_ref (self->sum), error))
    return NULL;

  return vig_node_take_object (vig_store_page_new (json_array_ref (self->plugins), NULL));
}

static void
rescan (VigRequest *request)
{
  VigPluginLoader *loader = vig_request_get_web (request)->context.plugins;
  Scan *scan = g_new0 (Scan, 1);

  vig_plugin_loader_scan (loader);
  scan->plugins = vig_plugin_loader_describe (loader);
  scan->sum = vig_plugin_loader_sum_up (loader);
  vig_request_set_data (request, scan, scan_free);
  vig_web_run_write (request, record_scan);
}

static JsonObject *
find (VigRequest *request)
{
  JsonObject *plugin = vig_plugin_loader_find (vig_request_get_web (request)->context.plugins, vig_request_get_id (request));

  if (plugin == NULL)
    vig_request_fail_with (request, VIG_ERROR_NOT_FOUND, "there is no plugin %.128s", vig_request_get_id (request));

  return plugin;
}

/* Both answer with all that is allowed now. */
static gpointer
store_permission (VigDbConnection *db, gpointer data, GError **error)
{
  const char *sha256 = vig_json_get_string (vig_request_get_body (data), "sha256", NULL);
  const char *id = vig_request_get_id (data);
  JsonObject *detail = vig_json_pack_object ("{s:s,s:s}", "id", id, "sha256", sha256);
  gboolean stored;

  if (sha256 != NULL)
    stored = vig_store_plugins_allow (db, id, sha256, vig_request_get_caller (data)->user_name, error);
  else
    stored = vig_store_plugins_revoke (db, id, error);
  if (!stored)
    {
      json_object_unref (detail);
      return NULL;
    }
  if (!vig_web_audit (db, data, sha256 != NULL ? "plugin.allowed" : "plugin.disallowed", detail, error))
    return NULL;

  return vig_store_plugins_allowed (db, error);
}

static void
permission_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) allowed = vig_db_finish (VIG_DB (source), result, &error);
  VigPluginLoader *loader = vig_request_get_web (request)->context.plugins;
  JsonObject *plugin;

  if (allowed == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  vig_plugin_loader_set_allowed (loader, allowed);
  vig_plugin_loader_scan (loader);
  plugin = find (request);
  if (plugin == NULL)
    return;
  vig_events_publish (vig_request_get_web (request)->context.agent->events, "plugins", "plugin.changed", vig_node_take_object (json_object_ref (plugin)));
  vig_request_respond (request, vig_node_take_object (plugin));
}

static void
store (VigRequest *request)
{
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, store_permission, request, NULL, (GDestroyNotify) json_object_unref, NULL,
                      permission_stored, vig_request_ref (request));
}

static void
allow (VigRequest *request)
{
  g_autoptr (JsonObject) plugin = find (request);
  const char *sha256 = vig_json_get_string (vig_request_get_body (request), "sha256", "");

  if (plugin == NULL)
    return;
  if (g_strcmp0 (vig_json_get_string (plugin, "sha256", NULL), sha256) != 0)
    {
      vig_request_fail_with (request, VIG_ERROR_CONFLICT, "the library of plugin %s has changed since you looked at it; look again", vig_request_get_id (request));
      return;
    }
  store (request);
}

static void
disallow (VigRequest *request)
{
  g_autoptr (JsonObject) plugin = find (request);

  if (plugin != NULL)
    store (request);
}

const VigRoute VIG_ROUTES_PLUGINS[] = {
  { "listPlugins", .handle = respond_list },
  { "rescanPlugins", .handle = rescan },
  { "allowPlugin", .handle = allow },
  { "disallowPlugin", .handle = disallow },
  { NULL },
};
