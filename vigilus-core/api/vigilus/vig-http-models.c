/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-models.h"

#define MAX_PAGES 20 /* of a list */
#define MAX_MODELS 10000
#define MAX_INQUIRIES 64 /* after a list: of servers on one's own machines, which have no more */
#define LIMIT_MS (20 * 1000)

typedef struct
{
  GPtrArray *models;
  guint      pages;
  guint      inquired;
} Listing;

static void
listing_free (gpointer data)
{
  Listing *self = data;

  g_clear_pointer (&self->models, g_ptr_array_unref);
  g_free (self);
}

/* What is asked beside the completions answers at once, or is not worth waiting for. */
static void
ask (VigHttpProvider *provider, const char *path, JsonObject *body, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  VigHttpRequest request = { .limits = { LIMIT_MS, LIMIT_MS, LIMIT_MS, LIMIT_MS }, .body = body, .raw = TRUE };

  vig_http_provider_run_async (provider, path, &request, cancellable, callback, user_data);
}

static void
inquire (VigHttpProvider *provider, const char *id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (JsonObject) body = vig_json_pack_object ("{s:s}", "model", id);

  ask (provider, VIG_HTTP_PROVIDER_GET_CLASS (provider)->inquiry_path, body, cancellable, callback, user_data);
}

static void
keep (VigHttpProvider *provider, const char *name, const VigModel *model)
{
  GHashTable *models = vig_http_provider_get_models (provider);

  if (g_hash_table_size (models) >= MAX_MODELS)
    g_hash_table_remove_all (models);
  g_hash_table_insert (models, g_strdup (name), vig_model_copy (model));
}

static void
keep_aliases (VigHttpProvider *provider, const VigModel *model)
{
  for (guint i = 0; model->aliases != NULL && model->aliases[i] != NULL; i++)
    keep (provider, model->aliases[i], model);
}

static void
end_list (GTask *task)
{
  VigHttpProvider *provider = g_task_get_source_object (task);
  Listing *self = g_task_get_task_data (task);

  for (guint i = 0; i < self->models->len; i++)
    keep_aliases (provider, g_ptr_array_index (self->models, i));
  for (guint i = 0; i < self->models->len; i++)
    {
      VigModel *model = g_ptr_array_index (self->models, i);

      keep (provider, model->id, model);
    }
  vig_http_provider_end_list (provider);
  g_task_return_pointer (task, g_steal_pointer (&self->models), (GDestroyNotify) g_ptr_array_unref);
  g_object_unref (task);
}

/* Only that the key is wrong counts: whatever else goes wrong there, the list is a list. */
static void
on_key_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (VigHttpAnswer) answer = vig_http_exchange_run_finish (result, &error);

  if (answer == NULL && (g_error_matches (error, VIG_ERROR, VIG_ERROR_UNAUTHENTICATED) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      g_object_unref (task);
    }
  else
    end_list (task);
}

static void on_inquired_listed (GObject *source, GAsyncResult *result, gpointer user_data);

/* Asks about the next of the list, or hands it over. */
static void
go_on (GTask *task)
{
  VigHttpProvider *provider = g_task_get_source_object (task);
  Listing *self = g_task_get_task_data (task);

  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (provider);

  if (klass->inquiry_path != NULL && self->inquired < MIN (self->models->len, MAX_INQUIRIES))
    {
      VigModel *model = g_ptr_array_index (self->models, self->inquired++);

      inquire (provider, model->id, g_task_get_cancellable (task), on_inquired_listed, task);
    }
  else if (klass->key_path != NULL)
    ask (provider, klass->key_path, NULL, g_task_get_cancellable (task), on_key_asked, task);
  else
    end_list (task);
}

static void
on_inquired_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Listing *self = g_task_get_task_data (task);
  g_autoptr (VigHttpAnswer) answer = vig_http_exchange_run_finish (result, NULL);

  if (answer != NULL && vig_http_answer_get_body (answer) != NULL)
    VIG_HTTP_PROVIDER_GET_CLASS (source)->parse_inquiry (VIG_HTTP_PROVIDER (source), vig_http_answer_get_body (answer),
                                                         g_ptr_array_index (self->models, self->inquired - 1));
  go_on (task);
}

/* An empty list is an answer; something that holds no list at all is another kind of server. */
static gboolean
is_list (JsonObject *body, GPtrArray *models)
{
  return models->len > 0 || vig_json_get_array (body, "data") != NULL || vig_json_get_array (body, "models") != NULL;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  VigHttpProvider *provider = VIG_HTTP_PROVIDER (source);
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (provider);
  Listing *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigHttpAnswer) answer = vig_http_exchange_run_finish (result, &error);
  g_autofree char *next = NULL;

  if (answer == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      g_object_unref (task);
      return;
    }

  next = klass->parse_models (provider, vig_http_answer_get_body (answer), self->models);
  if (next != NULL && ++self->pages < MAX_PAGES && self->models->len < MAX_MODELS)
    ask (provider, next, NULL, g_task_get_cancellable (task), on_listed, task);
  else if (is_list (vig_http_answer_get_body (answer), self->models))
    go_on (task);
  else
    {
      g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_REMOTE, "%s did not answer with a list of models; check the base URL", klass->info->title);
      g_object_unref (task);
    }
}

void
vig_http_models_list_async (VigHttpProvider *provider, const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (provider, cancellable, callback, user_data);
  Listing *self = g_new0 (Listing, 1);

  g_task_set_source_tag (task, vig_http_models_list_async);
  self->models = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_model_free);
  g_task_set_task_data (task, self, listing_free);
  ask (provider, path, NULL, cancellable, on_listed, task);
}

GPtrArray *
vig_http_models_list_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

gboolean
vig_http_models_asks_about_picture (VigTranscript *transcript)
{
  for (guint i = vig_transcript_get_n_turns (transcript); i > 0; i--)
    if (vig_transcript_get_kind (transcript, i - 1) == VIG_TURN_USER)
      return vig_transcript_get_n_images (transcript, i - 1) > 0;

  return FALSE;
}

gboolean
vig_http_models_asks_with_tools (const VigCompletionRequest *request)
{
  return request->tools != NULL && request->tools[0] != NULL;
}

gboolean
vig_http_models_needs (VigHttpProvider *provider, const VigCompletionRequest *request)
{
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (provider);

  if (klass->lists_prices)
    return vig_http_provider_begin_list (provider);
  if (vig_http_provider_find_model (provider, request->model) != NULL)
    return FALSE;
  if (klass->inquiry_path != NULL)
    return TRUE;

  return klass->models_path != NULL
         && (vig_http_models_asks_about_picture (request->transcript) || (klass->lists_tools && vig_http_models_asks_with_tools (request)))
         && vig_http_provider_begin_list (provider);
}

/* Whatever else went wrong, the completion itself says better. */
static void
end_learning (GTask *task, GError *error)
{
  if (g_error_matches (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE) || g_error_matches (error, VIG_ERROR, VIG_ERROR_TIMED_OUT)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_task_return_error (task, error);
  else
    {
      g_clear_error (&error);
      g_task_return_boolean (task, TRUE);
    }
  g_object_unref (task);
}

static void
on_inquired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;
  g_autoptr (VigHttpAnswer) answer = vig_http_exchange_run_finish (result, &error);

  if (answer != NULL && vig_http_answer_get_body (answer) != NULL)
    {
      VigModel *model = vig_model_new (g_task_get_task_data (task), 0);

      VIG_HTTP_PROVIDER_GET_CLASS (source)->parse_inquiry (VIG_HTTP_PROVIDER (source), vig_http_answer_get_body (answer), model);
      keep (VIG_HTTP_PROVIDER (source), model->id, model);
      vig_model_free (model);
    }
  end_learning (task, error);
}

static void
on_list_learned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  g_autoptr (GPtrArray) models = vig_http_models_list_finish (result, &error);

  /* To answer without a price is better than not to answer. */
  if (VIG_HTTP_PROVIDER_GET_CLASS (source)->lists_prices && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_clear_error (&error);
  end_learning (user_data, error);
}

void
vig_http_models_learn_async (VigHttpProvider *provider, const VigCompletionRequest *request, GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (provider, cancellable, callback, user_data);
  g_autofree char *path = NULL;

  g_task_set_source_tag (task, vig_http_models_learn_async);
  g_task_set_task_data (task, g_strdup (request->model), g_free);
  if (VIG_HTTP_PROVIDER_GET_CLASS (provider)->inquiry_path != NULL)
    inquire (provider, request->model, cancellable, on_inquired, task);
  else
    {
      path = vig_http_provider_dup_list_path (provider);
      vig_http_models_list_async (provider, path, cancellable, on_list_learned, task);
    }
}

gboolean
vig_http_models_learn_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
