/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-proof-web.h"
#include "vig-store-providers.h"
#include "vig-store-settings.h"
#include "vig-web.h"

static JsonNode *
get_settings (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_settings_get (db, error));
}

static gboolean
check_provider (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *id = vig_json_get_string (vig_request_get_body (request), "routing_provider_id", NULL);
  g_autoptr (JsonObject) provider = id != NULL ? vig_store_providers_get (db, id, NULL, NULL) : NULL;

  if (id == NULL || provider != NULL)
    return TRUE;
  vig_request_blame (request, "routing_provider_id", error, "/routing_provider_id: there is no provider %s", id);

  return FALSE;
}

static JsonNode *
update_settings (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *changes = vig_request_get_body (request);
  g_autoptr (JsonObject) settings = NULL;

  if (!check_provider (db, request, error))
    return NULL;
  if ((json_object_has_member (changes, "second_factor_approvals") || json_object_has_member (changes, "second_factor_minutes"))
      && !vig_proof_require (db, request, error))
    return NULL;

  settings = vig_store_settings_update (db, changes, error);
  if (settings == NULL)
    return NULL;
  if (vig_json_get_int (settings, "grant_minutes_default", 0) > vig_json_get_int (settings, "grant_minutes_max", 0))
    {
      vig_request_blame (request, "grant_minutes_default", error, "/grant_minutes_default: must not be over grant_minutes_max (%d)",
                         (int) vig_json_get_int (settings, "grant_minutes_max", 0));
      return NULL;
    }
  if (!vig_web_audit (db, request, "settings.changed", vig_json_pack_object ("{s:J}", "changes", changes), error))
    return NULL;

  vig_web_publish (db, request, "settings", "settings.changed", vig_node_take_object (json_object_ref (settings)));

  return vig_node_take_object (g_steal_pointer (&settings));
}

const VigRoute VIG_ROUTES_SETTINGS[] = {
  { "getSettings", .read = get_settings },
  { "updateSettings", .write = update_settings },
  { NULL },
};
