/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-provider-discovery.h"
#include "vig-provider-test.h"
#include "vig-store-providers.h"
#include "vig-web.h"

#include <string.h>

/* The store never shows a key; whether it can still be opened is for the vault to say. */
static gboolean
fill_key (VigDbConnection *db, VigRequest *request, JsonObject *provider, GError **error)
{
  g_autofree char *sealed = NULL;
  g_autoptr (JsonObject) again = vig_store_providers_get (db, vig_json_get_string (provider, "id", ""), &sealed, error);
  JsonObject *key;

  if (again == NULL)
    return FALSE;

  key = vig_json_pack_object ("{s:b,s:b}", "set", sealed != NULL, "readable",
                              sealed == NULL || vig_vault_can_open (vig_request_get_web (request)->context.agent->vault, sealed));
  json_object_set_object_member (provider, "key", key);

  return TRUE;
}

static JsonNode *
list_providers (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  g_autoptr (JsonObject) list = vig_store_providers_list (db, &page, error);
  JsonArray *items = vig_json_get_array (list, "items");

  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    if (!fill_key (db, request, json_array_get_object_element (items, i), error))
      return NULL;

  return vig_node_take_object (g_steal_pointer (&list));
}

static JsonNode *
get_provider (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) provider = vig_store_providers_get (db, vig_request_get_id (request), NULL, error);

  if (provider == NULL || !fill_key (db, request, provider, error))
    return NULL;

  return vig_node_take_object (g_steal_pointer (&provider));
}

/* All that was sent but the key, which goes nowhere in clear. */
static JsonObject *
without_key (JsonObject *body)
{
  g_autoptr (GList) names = json_object_get_members (body);
  JsonObject *copy = json_object_new ();

  for (GList *name = names; name != NULL; name = name->next)
    if (!g_str_equal (name->data, "api_key"))
      json_object_set_member (copy, name->data, json_node_ref (json_object_get_member (body, name->data)));

  return copy;
}

static gboolean
seal_key (VigRequest *request, char **sealed, GError **error)
{
  const char *key = vig_json_get_string (vig_request_get_body (request), "api_key", NULL);

  if (key == NULL || *key == '\0')
    return TRUE;
  *sealed = vig_vault_seal (vig_request_get_web (request)->context.agent->vault, key, error);

  return *sealed != NULL;
}

static JsonNode *
record (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *provider, GError **error)
{
  JsonObject *detail = vig_json_pack_object ("{s:s,s:s}", "id", vig_json_get_string (provider, "id", ""), "name", vig_json_get_string (provider, "name", ""));

  json_object_set_object_member (detail, "changes", without_key (vig_request_get_body (request)));
  json_object_set_boolean_member (detail, "key_changed", json_object_has_member (vig_request_get_body (request), "api_key"));
  if (!vig_web_audit (db, request, event, detail, error) || !fill_key (db, request, provider, error))
    return NULL;

  vig_web_publish (db, request, "providers", event, vig_node_take_object (json_object_ref (provider)));

  return vig_node_take_object (json_object_ref (provider));
}

/* The kinds stand in the request's data: they are known on the main thread. */
static gboolean
check_options (VigRequest *request, const char *type, GError **error)
{
  JsonObject *options = vig_json_get_object (vig_request_get_body (request), "options");
  JsonArray *kinds = vig_request_get_data (request);

  for (guint i = 0; options != NULL && i < json_array_get_length (kinds); i++)
    {
      JsonObject *kind = json_array_get_object_element (kinds, i);

      if (!g_str_equal (vig_json_get_string (kind, "type", ""), type)
          || vig_registry_check_options (json_object_get_member (kind, "options_schema"), options, error))
        continue;
      g_prefix_error (error, error != NULL && *error != NULL && (*error)->message[0] == '/' ? "/options" : "/options: ");
      vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "options"));
      return FALSE;
    }

  return TRUE;
}

static JsonNode *
create_provider (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) values = without_key (vig_request_get_body (request));
  g_autoptr (JsonObject) provider = NULL;
  g_autofree char *sealed = NULL;

  if (!check_options (request, vig_json_get_string (values, "type", ""), error) || !seal_key (request, &sealed, error))
    return NULL;

  provider = vig_store_providers_create (db, values, sealed, error);

  return provider != NULL ? record (db, request, "provider.created", provider, error) : NULL;
}

/* Who has the stored key sent elsewhere has to know it: as where settings are tried. */
static gboolean
check_place_of_key (VigRequest *request, JsonObject *stored, const char *stored_key, GError **error)
{
  JsonObject *body = vig_request_get_body (request);

  if (stored_key == NULL || json_object_has_member (body, "api_key") || !json_object_has_member (body, "base_url")
      || g_strcmp0 (vig_json_get_string (body, "base_url", NULL), vig_json_get_string (stored, "base_url", NULL)) == 0)
    return TRUE;

  vig_request_blame (request, "api_key", error, VIG_PROVIDER_KEY_ELSEWHERE);

  return FALSE;
}

static JsonNode *
update_provider (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) changes = without_key (vig_request_get_body (request));
  gboolean keep = !json_object_has_member (vig_request_get_body (request), "api_key");
  g_autofree char *stored_key = NULL;
  g_autoptr (JsonObject) stored = vig_store_providers_get (db, vig_request_get_id (request), &stored_key, error);
  g_autoptr (JsonObject) provider = NULL;
  g_autofree char *sealed = NULL;

  if (stored == NULL || !check_place_of_key (request, stored, stored_key, error) || !check_options (request, vig_json_get_string (stored, "type", ""), error))
    return NULL;
  if (!seal_key (request, &sealed, error))
    return NULL;

  provider = vig_store_providers_update (db, vig_request_get_id (request), changes, keep, sealed, error);

  return provider != NULL ? record (db, request, "provider.updated", provider, error) : NULL;
}

static JsonNode *
delete_provider (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *id = vig_request_get_id (request);
  g_autoptr (JsonObject) provider = vig_store_providers_get (db, id, NULL, error);

  if (provider == NULL || !vig_store_providers_delete (db, id, error))
    return NULL;
  if (vig_web_audit (db, request, "provider.deleted", vig_json_pack_object ("{s:s,s:s}", "id", id, "name", vig_json_get_string (provider, "name", "")), error))
    vig_web_publish (db, request, "providers", "provider.deleted", vig_node_take_object (json_object_ref (provider)));

  return NULL;
}

static void
fail_field (VigRequest *request, const char *field, const GError *error)
{
  vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), field));
  vig_request_fail (request, error);
}

static gboolean
check_key_text (VigRequest *request, const char *key)
{
  g_autoptr (GError) error = NULL;

  for (const char *c = key; *c != '\0' && error == NULL; c++)
    if (*c <= ' ' || *c >= 0x7f)
      error = g_error_new (VIG_ERROR, VIG_ERROR_INVALID, "/api_key: there is a space, a line break or another character in it that no key has; copy it again");
  if (error != NULL)
    fail_field (request, "api_key", error);

  return error == NULL;
}

/* FALSE: answered already. */
static gboolean
check_values (VigRequest *request)
{
  JsonObject *body = vig_request_get_body (request);
  const char *type = vig_json_get_string (body, "type", NULL);
  const VigProviderInfo *info = type != NULL ? vig_registry_find_provider_type (vig_request_get_web (request)->context.agent->registry, type) : NULL;
  const char *base_url = vig_json_get_string (body, "base_url", NULL);
  g_autoptr (GError) error = NULL;

  if (type != NULL && info == NULL)
    {
      error = g_error_new (VIG_ERROR, VIG_ERROR_INVALID, "/type: there is no kind of provider \"%s\"", type);
      fail_field (request, "type", error);
      return FALSE;
    }
  if (info != NULL && base_url == NULL && info->default_base_url == NULL && !info->no_base_url)
    error = g_error_new (VIG_ERROR, VIG_ERROR_INVALID, "/base_url: %s needs a base URL, like http://localhost:8000/v1", info->title);
  else
    vig_base_url_check (base_url, &error);
  if (error != NULL)
    fail_field (request, "base_url", error);

  return error == NULL && check_key_text (request, vig_json_get_string (body, "api_key", ""));
}

/* FALSE: answered already. */
static gboolean
check_key (VigRequest *request)
{
  JsonObject *body = vig_request_get_body (request);
  const VigProviderInfo *info = vig_registry_find_provider_type (vig_request_get_web (request)->context.agent->registry,
                                                                 vig_json_get_string (body, "type", ""));
  g_autoptr (GError) error = NULL;

  if (info == NULL || info->key != VIG_KEY_REQUIRED || *vig_json_get_string (body, "api_key", "") != '\0')
    return TRUE;

  error = g_error_new (VIG_ERROR, VIG_ERROR_INVALID, "/api_key: %s needs an API key%s%s", info->title, info->help_url != NULL ? ", which you get at " : "",
                       info->help_url != NULL ? info->help_url : "");
  fail_field (request, "api_key", error);

  return FALSE;
}

static void
keep_kinds (VigRequest *request)
{
  JsonArray *kinds = vig_registry_describe_providers (vig_request_get_web (request)->context.agent->registry);

  vig_request_set_data (request, kinds, (GDestroyNotify) json_array_unref);
}

static void
begin_create (VigRequest *request)
{
  keep_kinds (request);
  if (check_values (request) && check_key (request))
    vig_web_run_write (request, create_provider);
}

static void
begin_update (VigRequest *request)
{
  keep_kinds (request);
  if (check_values (request))
    vig_web_run_write (request, update_provider);
}

static void
begin_test (VigRequest *request)
{
  if (check_values (request))
    vig_provider_test (request, vig_json_get_string (vig_request_get_body (request), "provider_id", NULL));
}

static void
begin_test_stored (VigRequest *request)
{
  vig_provider_test (request, vig_request_get_id (request));
}

static void
list_types (VigRequest *request)
{
  JsonArray *types = vig_registry_describe_providers (vig_request_get_web (request)->context.agent->registry);

  vig_request_respond (request, vig_node_take_object (vig_store_page_new (types, NULL)));
}

const VigRoute VIG_ROUTES_PROVIDERS[] = {
  { "listProviderTypes", .handle = list_types },
  { "discoverProviders", .handle = vig_provider_discovery },
  { "listProviders", .read = list_providers },
  { "createProvider", .handle = begin_create },
  { "getProvider", .read = get_provider },
  { "updateProvider", .handle = begin_update },
  { "deleteProvider", .write = delete_provider },
  { "testProvider", .handle = begin_test_stored },
  { "testProviderSettings", .handle = begin_test },
  { NULL },
};
