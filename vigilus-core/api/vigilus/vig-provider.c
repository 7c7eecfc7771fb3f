/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-provider.h"

G_DEFINE_INTERFACE (VigProvider, vig_provider, G_TYPE_OBJECT)

static void
vig_provider_default_init (VigProviderInterface *iface)
{
}

VigModel *
vig_model_new (const char *id, gint64 context_length)
{
  VigModel *model = g_new0 (VigModel, 1);

  model->id = g_strdup (id);
  model->context_length = context_length;
  model->input_price = -1;
  model->output_price = -1;
  model->sees_images = -1;
  model->cache_read_price = -1;
  model->cache_write_price = -1;
  model->calls_tools = -1;

  return model;
}

VigModel *
vig_model_copy (const VigModel *model)
{
  VigModel *copy = vig_model_new (model->id, model->context_length);

  copy->input_price = model->input_price;
  copy->output_price = model->output_price;
  copy->sees_images = model->sees_images;
  copy->cache_read_price = model->cache_read_price;
  copy->cache_write_price = model->cache_write_price;
  copy->served_context = model->served_context;
  copy->calls_tools = model->calls_tools;
  copy->aliases = g_strdupv (model->aliases);

  return copy;
}

void
vig_model_free (VigModel *model)
{
  if (model == NULL)
    return;

  g_free (model->id);
  g_strfreev (model->aliases);
  g_free (model);
}

gint64
vig_model_get_window (const VigModel *model)
{
  g_return_val_if_fail (model != NULL, 0);

  if (model->served_context > 0 && (model->context_length <= 0 || model->served_context < model->context_length))
    return model->served_context;

  return model->context_length;
}

gboolean
vig_provider_configure (VigProvider *self, const VigProviderSettings *settings, GError **error)
{
  VigProviderInterface *iface;

  g_return_val_if_fail (VIG_IS_PROVIDER (self), FALSE);
  g_return_val_if_fail (settings != NULL, FALSE);

  iface = VIG_PROVIDER_GET_IFACE (self);
  if (iface->configure == NULL)
    return TRUE;

  return iface->configure (self, settings, error);
}

static void
report_missing (VigProvider *self, const char *what, gpointer tag, GAsyncReadyCallback callback, gpointer user_data)
{
  g_task_report_new_error (self, callback, user_data, tag, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED,
                           "provider %s cannot %s", G_OBJECT_TYPE_NAME (self), what);
}

void
vig_provider_complete_async (VigProvider *self, const VigCompletionRequest *request, VigChunkFunc on_chunk, gpointer chunk_data,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  VigProviderInterface *iface;

  g_return_if_fail (VIG_IS_PROVIDER (self));
  g_return_if_fail (request != NULL && request->transcript != NULL);

  iface = VIG_PROVIDER_GET_IFACE (self);
  if (iface->complete_async == NULL)
    report_missing (self, "answer", vig_provider_complete_async, callback, user_data);
  else
    iface->complete_async (self, request, on_chunk, chunk_data, cancellable, callback, user_data);
}

VigReply *
vig_provider_complete_finish (VigProvider *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (VIG_IS_PROVIDER (self), NULL);

  if (g_async_result_is_tagged (result, vig_provider_complete_async))
    return g_task_propagate_pointer (G_TASK (result), error);

  return VIG_PROVIDER_GET_IFACE (self)->complete_finish (self, result, error);
}

void
vig_provider_list_models_async (VigProvider *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  VigProviderInterface *iface;

  g_return_if_fail (VIG_IS_PROVIDER (self));

  iface = VIG_PROVIDER_GET_IFACE (self);
  if (iface->list_models_async == NULL)
    report_missing (self, "list its models", vig_provider_list_models_async, callback, user_data);
  else
    iface->list_models_async (self, cancellable, callback, user_data);
}

GPtrArray *
vig_provider_list_models_finish (VigProvider *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (VIG_IS_PROVIDER (self), NULL);

  if (g_async_result_is_tagged (result, vig_provider_list_models_async))
    return g_task_propagate_pointer (G_TASK (result), error);

  return VIG_PROVIDER_GET_IFACE (self)->list_models_finish (self, result, error);
}
