/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-provider-cache.h"

typedef struct
{
  char        *updated_at;
  VigProvider *provider;
} Entry;

struct _VigProviderCache
{
  VigRegistry *registry;
  VigVault    *vault;
  VigEvents   *events;
  guint        listener;
  GHashTable  *entries; /* id → Entry */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->updated_at);
  g_object_unref (entry->provider);
  g_free (entry);
}

static gboolean
is_of_providers (const char *topic, gpointer user_data)
{
  return g_str_equal (topic, "providers");
}

static void
on_event (const char *topic, const char *event, JsonNode *data, gpointer user_data)
{
  VigProviderCache *self = user_data;

  if (g_str_equal (event, "provider.deleted"))
    g_hash_table_remove (self->entries, vig_json_get_string (json_node_get_object (data), "id", ""));
}

VigProviderCache *
vig_provider_cache_new (VigRegistry *registry, VigVault *vault, VigEvents *events)
{
  VigProviderCache *self = g_new0 (VigProviderCache, 1);

  self->registry = g_object_ref (registry);
  self->vault = g_object_ref (vault);
  self->events = g_object_ref (events);
  self->listener = vig_events_listen (events, on_event, is_of_providers, self);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);

  return self;
}

void
vig_provider_cache_free (VigProviderCache *self)
{
  vig_events_forget (self->events, self->listener);
  g_object_unref (self->events);
  g_object_unref (self->registry);
  g_object_unref (self->vault);
  g_hash_table_unref (self->entries);
  g_free (self);
}

static VigProvider *
make_provider (VigProviderCache *self, JsonObject *row, const char *sealed_key, GError **error)
{
  g_autofree char *key = NULL;
  VigProviderSettings settings = { NULL, NULL };
  VigProvider *provider;

  if (sealed_key != NULL)
    {
      key = vig_vault_open (self->vault, sealed_key, error);
      if (key == NULL)
        return NULL;
    }

  settings.base_url = vig_json_get_string (row, "base_url", NULL);
  settings.api_key = key;
  settings.options = vig_json_get_object (row, "options");
  provider = vig_registry_new_provider (self->registry, vig_json_get_string (row, "type", ""), &settings, error);
  if (provider == NULL)
    g_prefix_error (error, "failed to set up provider %s: ", vig_json_get_string (row, "name", ""));

  return provider;
}

VigProvider *
vig_provider_cache_ensure (VigProviderCache *self, JsonObject *row, const char *sealed_key, GError **error)
{
  const char *id = vig_json_get_string (row, "id", "");
  const char *updated_at = vig_json_get_string (row, "updated_at", "");
  Entry *entry = g_hash_table_lookup (self->entries, id);
  VigProvider *provider;

  if (!vig_json_get_boolean (row, "enabled", TRUE))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "provider %s is disabled: enable it under Settings → Providers",
                   vig_json_get_string (row, "name", ""));
      return NULL;
    }
  if (entry != NULL && g_str_equal (entry->updated_at, updated_at))
    return g_object_ref (entry->provider);

  provider = make_provider (self, row, sealed_key, error);
  if (provider == NULL)
    return NULL;

  entry = g_new0 (Entry, 1);
  entry->updated_at = g_strdup (updated_at);
  entry->provider = provider;
  g_hash_table_insert (self->entries, g_strdup (id), entry);

  return g_object_ref (provider);
}

char *
vig_provider_cache_choose_model (VigProviderCache *self, JsonObject *row, const char *wanted, GError **error)
{
  const VigProviderInfo *info = vig_registry_find_provider_type (self->registry, vig_json_get_string (row, "type", ""));
  const char *model = wanted;

  if (model == NULL || *model == '\0')
    model = vig_json_get_string (row, "default_model", NULL);
  if ((model == NULL || *model == '\0') && info != NULL)
    model = info->default_model;
  if (model != NULL && *model != '\0')
    return g_strdup (model);

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "no model is chosen: set a default model for provider %s under Settings → Providers, "
               "or a model for the Operator", vig_json_get_string (row, "name", ""));

  return NULL;
}
