/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-provider-discovery.h"

#include "vig-web.h"

typedef struct
{
  VigRequest   *request;
  JsonArray    *found;
  GCancellable *cancellable;
  guint         timeout_id;
  guint         n_pending;
} Discovery;

typedef struct
{
  Discovery             *discovery;
  const VigProviderInfo *info;
} Probe;

static void
release (Discovery *self)
{
  if (--self->n_pending > 0)
    return;

  vig_request_respond (self->request, vig_node_take_object (vig_store_page_new (g_steal_pointer (&self->found), NULL)));
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_object_unref (self->cancellable);
  vig_request_unref (self->request);
  g_free (self);
}

/* One that wants a key is there, too. */
static void
probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Probe *probe = user_data;
  Discovery *self = probe->discovery;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) models = vig_provider_list_models_finish (VIG_PROVIDER (source), result, &error);
  gboolean needs_key = models == NULL && g_error_matches (error, VIG_ERROR, VIG_ERROR_UNAUTHENTICATED);

  if (models != NULL || needs_key)
    json_array_add_object_element (self->found,
                                   vig_json_pack_object ("{s:s, s:s, s:s, s:b, s:i}", "type", probe->info->type, "title", probe->info->title,
                                                         "base_url", probe->info->default_base_url, "needs_key", needs_key,
                                                         "n_models", models != NULL ? (int) models->len : 0));
  release (self);
}

static gboolean
on_timeout (gpointer user_data)
{
  Discovery *self = user_data;

  self->timeout_id = 0;
  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_REMOVE;
}

void
vig_provider_discovery (VigRequest *request)
{
  VigRegistry *registry = vig_request_get_web (request)->context.agent->registry;
  g_autoptr (JsonArray) types = vig_registry_describe_providers (registry);
  Discovery *self = g_new0 (Discovery, 1);
  VigProviderSettings settings = { NULL, NULL, NULL };

  self->request = vig_request_ref (request);
  self->found = json_array_new ();
  self->cancellable = g_cancellable_new ();
  self->n_pending = 1;
  self->timeout_id = g_timeout_add (VIG_PROVIDER_DISCOVERY_TIME, on_timeout, self);
  for (guint i = 0; i < json_array_get_length (types); i++)
    {
      const char *type = vig_json_get_string (json_array_get_object_element (types, i), "type", "");
      const VigProviderInfo *info = vig_registry_find_provider_type (registry, type);
      g_autoptr (VigProvider) provider = info->is_local ? vig_registry_new_provider (registry, type, &settings, NULL) : NULL;
      Probe *probe;

      if (provider == NULL)
        continue;
      probe = g_new0 (Probe, 1);
      probe->discovery = self;
      probe->info = info;
      self->n_pending++;
      vig_provider_list_models_async (provider, self->cancellable, probed, probe);
    }
  release (self);
}
