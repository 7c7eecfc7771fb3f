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

/* What was found, and what was not taken and why. */
static JsonNode *
record_scan (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonArray *plugins = vig_request_get_data (request);
  JsonObject *detail = vig_json_pack_object ("{s:[], s:{}}", "loaded", "not_loaded");

  for (guint i = 0; i < json_array_get_length (plugins); i++)
    {
      JsonObject *plugin = json_array_get_object_element (plugins, i);
      const char *id = vig_json_get_string (plugin, "id", "");

      if (g_str_equal (vig_json_get_string (plugin, "state", ""), "loaded"))
        json_array_add_string_element (vig_json_get_array (detail, "loaded"), id);
      else
        json_object_set_string_member (vig_json_get_object (detail, "not_loaded"), id, vig_json_get_string (plugin, "reason", "no reason given"));
    }
  if (!vig_web_audit (db, request, "plugins.scanned", detail, error))
    return NULL;

  return vig_node_take_object (vig_store_page_new (json_array_ref (plugins), NULL));
}

static void
rescan (VigRequest *request)
{
  VigPluginLoader *loader = vig_request_get_web (request)->context.plugins;

  vig_plugin_loader_scan (loader);
  vig_request_set_data (request, vig_plugin_loader_describe (loader), (GDestroyNotify) json_array_unref);
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
