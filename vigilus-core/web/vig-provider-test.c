/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-provider-test.h"

#include "vig-store-providers.h"
#include "vig-web.h"

#include <string.h>

typedef struct
{
  VigRequest   *request;
  char         *provider_id;
  char         *sealed;
  GCancellable *cancellable;
  gulong        gone_id;
  guint         timeout_id;
  gboolean      is_late;
} Test;

gboolean
vig_base_url_check (const char *base_url, GError **error)
{
  g_autoptr (GUri) uri = NULL;
  const char *scheme;

  if (base_url == NULL)
    return TRUE;

  uri = g_uri_parse (base_url, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED, NULL);
  scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  if (!g_str_equal (scheme, "http") && !g_str_equal (scheme, "https"))
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/base_url: must be a URL that begins with http:// or https://");
  else if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0' || strpbrk (base_url, "\\ \t\r\n") != NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/base_url: names no host");
  else if (g_uri_get_userinfo (uri) != NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/base_url: must not have a name or password in it; the key has a field of its own");
  else if (g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/base_url: must have no ? or # part");
  else
    return TRUE;

  return FALSE;
}

static void
free_test (Test *self)
{
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  g_cancellable_disconnect (vig_request_get_cancellable (self->request), self->gone_id);
  g_object_unref (self->cancellable);
  g_free (self->provider_id);
  g_free (self->sealed);
  vig_request_unref (self->request);
  g_free (self);
}

static void
respond_models (VigRequest *request, GPtrArray *models)
{
  g_autoptr (JsonArray) list = json_array_new ();

  for (guint i = 0; i < models->len; i++)
    {
      const VigModel *model = g_ptr_array_index (models, i);
      JsonObject *item = vig_json_pack_object ("{s:s,s:n,s:n,s:n,s:n}", "id", model->id, "context_length", "input_price", "output_price",
                                               "sees_images");

      if (model->input_price >= 0)
        json_object_set_double_member (item, "input_price", model->input_price);
      if (model->output_price >= 0)
        json_object_set_double_member (item, "output_price", model->output_price);
      if (model->sees_images >= 0)
        json_object_set_boolean_member (item, "sees_images", model->sees_images == 1);
      if (model->context_length > 0)
        json_object_set_int_member (item, "context_length", model->context_length);
      json_array_add_object_element (list, item);
    }

  vig_request_respond (request, vig_json_pack ("{s:A}", "models", g_steal_pointer (&list)));
}

static void
listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Test *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) models = vig_provider_list_models_finish (VIG_PROVIDER (source), result, &error);

  if (models != NULL)
    respond_models (self->request, models);
  else if (self->is_late)
    vig_request_fail_with (self->request, VIG_ERROR_TIMED_OUT, "the provider did not answer within %d seconds; check its base URL", VIG_PROVIDER_TEST_TIME);
  else if (error->domain == VIG_ERROR && error->code == VIG_ERROR_UNAUTHENTICATED)
    /* Not 401: that would say that the person at the dashboard is not signed in. */
    vig_request_fail_with (self->request, VIG_ERROR_REMOTE, "%s", error->message);
  else if (error->domain != VIG_ERROR)
    vig_request_fail_with (self->request, VIG_ERROR_REMOTE, "%s", error->message);
  else
    vig_request_fail (self->request, error);
  free_test (self);
}

static gboolean
on_timeout (gpointer user_data)
{
  Test *self = user_data;

  self->timeout_id = 0;
  self->is_late = TRUE;
  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_REMOVE;
}

static void
connect_to (Test *self, const char *type, const VigProviderSettings *settings)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigProvider) provider = vig_registry_new_provider (vig_request_get_web (self->request)->context.agent->registry, type, settings, &error);

  if (provider == NULL)
    {
      vig_request_fail (self->request, error);
      free_test (self);
      return;
    }

  self->timeout_id = g_timeout_add_seconds (VIG_PROVIDER_TEST_TIME, on_timeout, self);
  vig_provider_list_models_async (provider, self->cancellable, listed, self);
}

static void
stored_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Test *self = user_data;
  JsonObject *body = vig_request_get_body (self->request);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) stored = vig_db_finish (VIG_DB (source), result, &error);
  g_autofree char *key = g_strdup (vig_json_get_string (body, "api_key", NULL));
  const char *base_url = vig_json_get_string (body, "base_url", vig_json_get_string (stored, "base_url", NULL));
  JsonObject *options = vig_json_get_object (json_object_has_member (body, "options") ? body : stored, "options");

  if (stored != NULL && !json_object_has_member (body, "api_key") && self->sealed != NULL)
    key = vig_vault_open (vig_request_get_web (self->request)->context.agent->vault, self->sealed, &error);
  /* A stored key is for the server it was stored for, whatever the form says now. */
  if (error == NULL && self->sealed != NULL && key != NULL && !json_object_has_member (body, "api_key")
      && g_strcmp0 (base_url, vig_json_get_string (stored, "base_url", NULL)) != 0)
    {
      vig_request_add_detail (self->request, "field", json_node_init_string (json_node_alloc (), "api_key"));
      g_set_error_literal (&error, VIG_ERROR, VIG_ERROR_INVALID, VIG_PROVIDER_KEY_ELSEWHERE);
    }
  if (error != NULL)
    {
      vig_request_fail (self->request, error);
      free_test (self);
      return;
    }

  connect_to (self, vig_json_get_string (body, "type", vig_json_get_string (stored, "type", "")),
              &(VigProviderSettings) { base_url, key, options });
}

static gpointer
find_stored (VigDbConnection *db, gpointer data, GError **error)
{
  Test *self = data;

  return vig_store_providers_get (db, self->provider_id, &self->sealed, error);
}

static void
on_gone (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

void
vig_provider_test (VigRequest *request, const char *provider_id)
{
  JsonObject *body = vig_request_get_body (request);
  Test *self = g_new0 (Test, 1);

  self->request = vig_request_ref (request);
  self->provider_id = g_strdup (provider_id);
  self->cancellable = g_cancellable_new ();
  self->gone_id = g_cancellable_connect (vig_request_get_cancellable (request), G_CALLBACK (on_gone), self->cancellable, NULL);
  if (provider_id == NULL)
    connect_to (self, vig_json_get_string (body, "type", ""),
                &(VigProviderSettings) { vig_json_get_string (body, "base_url", NULL), vig_json_get_string (body, "api_key", NULL),
                                         vig_json_get_object (body, "options") });
  else
    vig_db_read_async (vig_request_get_web (request)->context.agent->db, find_stored, self, NULL, (GDestroyNotify) json_object_unref, NULL, stored_found, self);
}
