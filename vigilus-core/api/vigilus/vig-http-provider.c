/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-fetch.h"
#include "vig-http-models.h"
#include "vig-think.h"

#include <string.h>

#define IDLE_CONNECTION_S 60
#define LIST_AGAIN G_TIME_SPAN_DAY
#define LIST_AFTER_FAILURE (10 * G_TIME_SPAN_MINUTE)

typedef struct
{
  SoupSession  *session;
  char         *base_url; /* without a slash at the end; NULL: not configured */
  char         *api_key;
  VigHttpLimits limits;
  gboolean      is_own_cloud; /* the maker's own service */
  gboolean      is_near;      /* the address that was connected to is none of the public network */
  GHashTable   *models;   /* id → VigModel, as far as the server told */
  char         *tools;    /* options: "native", "text" or NULL */
  gint64        list_due; /* monotonic: when the list is to be read anew; 0: at once */
} VigHttpProviderPrivate;

static void provider_iface_init (VigProviderInterface *iface);

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (VigHttpProvider, vig_http_provider, G_TYPE_OBJECT,
                                  G_ADD_PRIVATE (VigHttpProvider)
                                  G_IMPLEMENT_INTERFACE (VIG_TYPE_PROVIDER, provider_iface_init))

static VigHttpProviderPrivate *
get_private (VigHttpProvider *self)
{
  return vig_http_provider_get_instance_private (self);
}

static void
vig_http_provider_init (VigHttpProvider *self)
{
  VigHttpProviderPrivate *priv = get_private (self);

  priv->models = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) vig_model_free);
  priv->limits.connect = VIG_HTTP_CONNECT_LIMIT_MS;
  priv->limits.first_byte = VIG_HTTP_FIRST_BYTE_LIMIT_MS;
  priv->limits.cloud_first_byte = VIG_HTTP_CLOUD_FIRST_BYTE_LIMIT_MS;
  priv->limits.idle = VIG_HTTP_IDLE_LIMIT_MS;
  priv->session = soup_session_new_with_options ("user-agent", "Vigilus/" VIG_VERSION,
                                                 "max-conns", VIG_HTTP_MAX_CONNECTIONS,
                                                 "max-conns-per-host", VIG_HTTP_MAX_CONNECTIONS,
                                                 "timeout", 0,
                                                 "idle-timeout", IDLE_CONNECTION_S,
                                                 NULL);
  /* The key is the only proof that is ever sent. */
  soup_session_remove_feature_by_type (priv->session, SOUP_TYPE_AUTH_MANAGER);
}

static void
vig_http_provider_finalize (GObject *object)
{
  VigHttpProviderPrivate *priv = get_private (VIG_HTTP_PROVIDER (object));

  g_clear_object (&priv->session);
  g_hash_table_unref (priv->models);
  g_free (priv->base_url);
  g_free (priv->api_key);
  g_free (priv->tools);

  G_OBJECT_CLASS (vig_http_provider_parent_class)->finalize (object);
}

static void
vig_http_provider_class_init (VigHttpProviderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_http_provider_finalize;
}

void
vig_http_provider_set_time_limits (VigHttpProvider *self, guint connect, guint first_byte, guint idle)
{
  VigHttpProviderPrivate *priv;

  g_return_if_fail (VIG_IS_HTTP_PROVIDER (self));

  priv = get_private (self);
  priv->limits.connect = connect > 0 ? connect : priv->limits.connect;
  priv->limits.first_byte = first_byte > 0 ? first_byte : priv->limits.first_byte;
  priv->limits.cloud_first_byte = first_byte > 0 ? first_byte : priv->limits.cloud_first_byte;
  priv->limits.idle = idle > 0 ? idle : priv->limits.idle;
}

VigHttpLimits
vig_http_provider_get_time_limits (VigHttpProvider *self)
{
  return get_private (self)->limits;
}

void
vig_http_provider_set_limits (VigHttpProvider *self, const VigHttpLimits *limits)
{
  get_private (self)->limits = *limits;
}

gboolean
vig_http_provider_is_at_home (VigHttpProvider *self)
{
  VigHttpProviderPrivate *priv = get_private (self);

  return VIG_HTTP_PROVIDER_GET_CLASS (self)->info->is_local || (priv->is_near && !priv->is_own_cloud);
}

/* A name says nothing: many a server at home has one under a domain of its owner's. */
void
vig_http_provider_note_address (VigHttpProvider *self, GSocketAddress *address)
{
  VigHttpProviderPrivate *priv = get_private (self);
  GInetAddress *inet = G_IS_INET_SOCKET_ADDRESS (address) ? g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)) : NULL;

  priv->is_near = inet != NULL && vig_address_classify (inet) != VIG_ADDRESS_PUBLIC;
}

/* The URL itself is not in the messages: it may hold a password. */
static gboolean
check_base_url (const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  const char *wrong = NULL;

  if (uri == NULL || strpbrk (url, " \t\r\n\\\"<>") != NULL)
    wrong = "it is not a URL such as http://192.168.1.10:8000/v1";
  else if (!g_str_equal (g_uri_get_scheme (uri), "http") && !g_str_equal (g_uri_get_scheme (uri), "https"))
    wrong = "it must begin with http:// or https://";
  else if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    wrong = "it names no host";
  else if (g_uri_get_userinfo (uri) != NULL)
    wrong = "it holds a user name or password: put the key into its own field";
  else if (g_uri_get_query (uri) != NULL || g_uri_get_fragment (uri) != NULL)
    wrong = "it must not have a query (?) or a fragment (#)";
  if (wrong == NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the base URL cannot be used: %s", wrong);

  return FALSE;
}

static gboolean
check_key (const VigProviderInfo *info, const char *key, GError **error)
{
  if (*key == '\0' && info->key == VIG_KEY_REQUIRED)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s needs an API key", info->title);
      return FALSE;
    }
  for (const char *c = key; *c != '\0'; c++)
    if (*c <= ' ' || *c >= 0x7f)
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the API key for %s has a space, a line break or another character that "
                     "no key has", info->title);
        return FALSE;
      }

  return TRUE;
}

/* The maker's own service, also where a proxy at home leads to it. */
static gboolean
is_own_cloud (const VigProviderInfo *info, const char *url)
{
  g_autoptr (GUri) own = info->default_base_url != NULL && !info->is_local ? g_uri_parse (info->default_base_url, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  g_autoptr (GUri) uri = own != NULL ? g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL) : NULL;

  return uri != NULL && g_ascii_strcasecmp (g_uri_get_host (uri), g_uri_get_host (own)) == 0;
}

static gboolean
vig_http_provider_configure (VigProvider *provider, const VigProviderSettings *settings, GError **error)
{
  VigHttpProvider *self = VIG_HTTP_PROVIDER (provider);
  VigHttpProviderPrivate *priv = get_private (self);
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (self);
  const VigProviderInfo *info = klass->info;
  const char *given = settings->base_url != NULL && *settings->base_url != '\0' ? settings->base_url : info->default_base_url;
  g_autofree char *url = g_strstrip (g_strdup (given != NULL ? given : ""));
  g_autofree char *key = g_strstrip (g_strdup (settings->api_key != NULL ? settings->api_key : ""));

  if (*url == '\0')
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s needs a base URL", info->title);
      return FALSE;
    }
  if (!check_base_url (url, error) || !check_key (info, key, error))
    return FALSE;

  while (g_str_has_suffix (url, "/"))
    url[strlen (url) - 1] = '\0';
  g_free (priv->base_url);
  priv->base_url = g_steal_pointer (&url);
  g_free (priv->api_key);
  priv->api_key = *key != '\0' ? g_steal_pointer (&key) : NULL;
  priv->is_own_cloud = is_own_cloud (info, priv->base_url);
  priv->is_near = FALSE;
  g_hash_table_remove_all (priv->models);
  priv->list_due = 0;
  g_free (priv->tools);
  priv->tools = settings->options != NULL ? g_strdup (vig_json_get_string (settings->options, "tools", NULL)) : NULL;
  if (settings->options == NULL || klass->set_options == NULL)
    return TRUE;

  return klass->set_options (self, settings->options, error);
}

/* People paste base URLs with and without the version that our path begins with. */
static char *
join_url (const char *base_url, const char *path)
{
  const char *slash = strchr (path + 1, '/');
  g_autofree char *first = slash != NULL ? g_strndup (path, slash - path) : NULL;

  if (first != NULL && g_str_has_suffix (base_url, first))
    path = slash;
  else if (g_strcmp0 (first, "/api") == 0 && g_str_has_suffix (base_url, "/v1"))
    {
      g_autofree char *cut = g_strndup (base_url, strlen (base_url) - strlen ("/v1"));

      return g_strconcat (cut, path, NULL);
    }

  return g_strconcat (base_url, path, NULL);
}

const char *
vig_http_provider_get_base_url (VigHttpProvider *self)
{
  g_return_val_if_fail (VIG_IS_HTTP_PROVIDER (self), NULL);

  return get_private (self)->base_url;
}

static char *
dup_path (VigHttpProvider *self, const VigCompletionRequest *request)
{
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (self);
  char *path = klass->dup_path != NULL ? klass->dup_path (self, request) : NULL;

  return path != NULL ? path : g_strdup (request != NULL ? klass->completion_path : klass->models_path);
}

void
vig_http_provider_run_async (VigHttpProvider *self, const char *path, const VigHttpRequest *wanted, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  VigHttpProviderPrivate *priv = get_private (self);
  g_autofree char *uri = join_url (priv->base_url, path);
  VigHttpRequest request = *wanted;

  request.session = priv->session;
  request.uri = uri;
  request.api_key = priv->api_key;
  vig_http_exchange_run_async (self, &request, cancellable, callback, user_data);
}

GHashTable *
vig_http_provider_get_models (VigHttpProvider *self)
{
  return get_private (self)->models;
}

gboolean
vig_http_provider_begin_list (VigHttpProvider *self)
{
  VigHttpProviderPrivate *priv = get_private (self);
  gint64 now = g_get_monotonic_time ();

  if (now < priv->list_due)
    return FALSE;
  priv->list_due = now + LIST_AFTER_FAILURE;

  return TRUE;
}

void
vig_http_provider_end_list (VigHttpProvider *self)
{
  get_private (self)->list_due = g_get_monotonic_time () + LIST_AGAIN;
}

char *
vig_http_provider_dup_list_path (VigHttpProvider *self)
{
  return dup_path (self, NULL);
}

const VigModel *
vig_http_provider_find_model (VigHttpProvider *self, const char *id)
{
  g_return_val_if_fail (VIG_IS_HTTP_PROVIDER (self), NULL);

  return g_hash_table_lookup (get_private (self)->models, id);
}

gboolean
vig_http_provider_is_blind (VigHttpProvider *self, const char *id)
{
  const VigModel *model = vig_http_provider_find_model (self, id);

  return model != NULL && model->sees_images == 0;
}

static gboolean
check_configured (VigHttpProvider *self, GError **error)
{
  if (get_private (self)->base_url != NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not configured", VIG_HTTP_PROVIDER_GET_CLASS (self)->info->title);

  return FALSE;
}

typedef struct
{
  const VigCompletionRequest *request; /* borrowed until the completion ends */
  VigChunkFunc                on_chunk;
  gpointer                    chunk_data;
  VigThink                   *think;   /* NULL: what arrives is what it is */
} Completion;

static void
completion_free (gpointer data)
{
  Completion *self = data;

  vig_think_free (self->think);
  g_free (self);
}

static void
deliver (VigChunkKind kind, const char *text, gpointer user_data)
{
  Completion *self = user_data;

  if (self->on_chunk != NULL)
    self->on_chunk (kind, text, self->chunk_data);
}

static void
take_chunk (VigChunkKind kind, const char *text, gpointer user_data)
{
  Completion *self = user_data;

  if (self->think != NULL)
    vig_think_push (self->think, kind, text);
  else
    deliver (kind, text, self);
}

static VigReply *
take_reply (Completion *self, VigReply *reply)
{
  if (self->think == NULL)
    return vig_reply_ref (reply);

  vig_think_end (self->think);

  return vig_think_split_reply (reply);
}

static void
on_completed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Completion *completion = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (VigHttpAnswer) answer = vig_http_exchange_run_finish (result, &error);

  if (answer == NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, take_reply (completion, vig_http_answer_get_reply (answer)), (GDestroyNotify) vig_reply_unref);
}

static gboolean
check_transcript (const VigCompletionRequest *request, GError **error)
{
  guint n = vig_transcript_get_n_turns (request->transcript);

  if (request->model == NULL || *request->model == '\0')
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "no model is chosen");
      return FALSE;
    }
  if (n == 0 || vig_transcript_get_kind (request->transcript, n - 1) == VIG_TURN_ASSISTANT)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the conversation must end with what the model is to answer");
      return FALSE;
    }

  return TRUE;
}

/* To leave the picture out would be to answer something else. */
static gboolean
check_picture (VigHttpProvider *self, const VigCompletionRequest *request, GError **error)
{
  if (!vig_http_provider_is_blind (self, request->model) || !vig_http_models_asks_about_picture (request->transcript))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the model %s cannot see pictures: choose one that can, or send the text alone", request->model);

  return FALSE;
}

/* In the words of servers that refuse: whoever asks then tells of the tools in text. A server that drops them in silence is not asked. */
static gboolean
check_tools (VigHttpProvider *self, const VigCompletionRequest *request, GError **error)
{
  const VigModel *model = vig_http_provider_find_model (self, request->model);
  const char *option = get_private (self)->tools;
  gboolean is_able = option != NULL ? g_str_equal (option, "native") : model == NULL || model->calls_tools != 0;

  if (is_able || !vig_http_models_asks_with_tools (request))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "the model %s does not support tools%s", request->model,
               option != NULL ? ", by the provider's option \"tools\"" : "");

  return FALSE;
}

/* Takes @task. */
static void
begin_completion (GTask *task)
{
  VigHttpProvider *self = g_task_get_source_object (task);
  Completion *completion = g_task_get_task_data (task);
  g_autofree char *path = NULL;
  g_autoptr (JsonObject) body = NULL;
  GError *error = NULL;

  if (check_picture (self, completion->request, &error) && check_tools (self, completion->request, &error))
    body = VIG_HTTP_PROVIDER_GET_CLASS (self)->build_request (self, completion->request, &error);
  if (body == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }

  path = dup_path (self, completion->request);
  vig_http_provider_run_async (self, path,
                               &(VigHttpRequest) { .limits = vig_http_provider_get_time_limits (self), .body = body,
                                                   .on_chunk = take_chunk, .chunk_data = completion },
                               g_task_get_cancellable (task), on_completed, task);
}

static void
on_learned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (vig_http_models_learn_finish (result, &error))
    begin_completion (task);
  else
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
}

static void
vig_http_provider_complete_async (VigProvider *provider, const VigCompletionRequest *request, VigChunkFunc on_chunk, gpointer chunk_data,
                                  GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  VigHttpProvider *self = VIG_HTTP_PROVIDER (provider);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Completion *completion = g_new0 (Completion, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, vig_http_provider_complete_async);
  *completion = (Completion) { .request = request, .on_chunk = on_chunk, .chunk_data = chunk_data };
  if (VIG_HTTP_PROVIDER_GET_CLASS (self)->thinks_in_text)
    completion->think = vig_think_new (deliver, completion);
  g_task_set_task_data (task, completion, completion_free);
  if (!check_configured (self, &error) || !check_transcript (request, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
  else if (vig_http_models_needs (self, request))
    vig_http_models_learn_async (self, request, cancellable, on_learned, task);
  else
    begin_completion (task);
}

static VigReply *
vig_http_provider_complete_finish (VigProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GPtrArray *models = vig_http_models_list_finish (result, &error);

  if (models != NULL)
    g_task_return_pointer (task, models, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

static void
vig_http_provider_list_models_async (VigProvider *provider, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  VigHttpProvider *self = VIG_HTTP_PROVIDER (provider);
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (self);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *path = NULL;
  GError *error = NULL;

  g_task_set_source_tag (task, vig_http_provider_list_models_async);
  if (klass->models_path == NULL)
    g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "%s cannot list its models", klass->info->title);
  else if (!check_configured (self, &error))
    g_task_return_error (task, error);
  else
    {
      path = dup_path (self, NULL);
      vig_http_models_list_async (self, path, cancellable, on_listed, g_steal_pointer (&task));
    }
}

static GPtrArray *
vig_http_provider_list_models_finish (VigProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
provider_iface_init (VigProviderInterface *iface)
{
  iface->configure = vig_http_provider_configure;
  iface->complete_async = vig_http_provider_complete_async;
  iface->complete_finish = vig_http_provider_complete_finish;
  iface->list_models_async = vig_http_provider_list_models_async;
  iface->list_models_finish = vig_http_provider_list_models_finish;
}
