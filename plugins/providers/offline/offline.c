/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "choice.h"

#include <string.h>

/* A provider without a model: for a newcomer without a key, for tests, and for when the line is down. */
#define OFFLINE_TYPE_PROVIDER (offline_provider_get_type ())
G_DECLARE_FINAL_TYPE (OfflineProvider, offline_provider, OFFLINE, PROVIDER, GObject)

struct _OfflineProvider
{
  GObject parent_instance;
};

/* One answer on its way: it is handed over word by word, as a model's would be. */
typedef struct
{
  VigReply    *reply;
  VigChunkFunc on_chunk;
  gpointer     chunk_data;
  gsize        sent;
} Answer;

static const VigProviderInfo offline_info = {
  .type = "offline",
  .title = "Offline (no model)",
  .description = "Works without a model, a key or a network: matches the words of a request with tools and shows what they answer.",
  .default_model = "words",
  .key = VIG_KEY_NONE,
  .no_base_url = TRUE,
};

static void
answer_free (Answer *answer)
{
  vig_reply_unref (answer->reply);
  g_free (answer);
}

/* The next piece: up to 64 bytes, not cutting a character. */
static gboolean
send_piece (gpointer user_data)
{
  GTask *task = user_data;
  Answer *answer = g_task_get_task_data (task);
  const char *text = vig_reply_get_text (answer->reply) + answer->sent;
  gsize length = MIN (strlen (text), 64);
  g_autofree char *piece = NULL;

  if (g_task_return_error_if_cancelled (task))
    return G_SOURCE_REMOVE;
  if (length == 0)
    {
      g_task_return_pointer (task, vig_reply_ref (answer->reply), (GDestroyNotify) vig_reply_unref);
      return G_SOURCE_REMOVE;
    }

  while (((guchar) text[length] & 0xc0) == 0x80)
    length++;
  piece = g_strndup (text, length);
  answer->sent += length;
  if (answer->on_chunk != NULL)
    answer->on_chunk (VIG_CHUNK_TEXT, piece, answer->chunk_data);

  return G_SOURCE_CONTINUE;
}

static gboolean
offline_provider_configure (VigProvider *provider, const VigProviderSettings *settings, GError **error)
{
  return TRUE;
}

/* Whether the last thing that was said came with a picture. */
static gboolean
shows_picture (VigTranscript *transcript)
{
  for (guint i = vig_transcript_get_n_turns (transcript); i > 0; i--)
    if (vig_transcript_get_kind (transcript, i - 1) == VIG_TURN_USER)
      return vig_transcript_get_n_images (transcript, i - 1) > 0;

  return FALSE;
}

static void
offline_provider_complete_async (VigProvider *provider, const VigCompletionRequest *request, VigChunkFunc on_chunk, gpointer chunk_data,
                                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (provider, cancellable, callback, user_data);
  Answer *answer = g_new0 (Answer, 1);

  g_task_set_source_tag (task, offline_provider_complete_async);
  if (shows_picture (request->transcript))
    {
      g_free (answer);
      g_task_return_new_error (task, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED,
                               "\"Offline\" sees no pictures: choose a provider whose model does, or send the words alone");
      g_object_unref (task);
      return;
    }
  answer->reply = choice_make (request->system, request->transcript, request->tools);
  answer->on_chunk = on_chunk;
  answer->chunk_data = chunk_data;
  g_task_set_task_data (task, answer, (GDestroyNotify) answer_free);
  g_idle_add_full (G_PRIORITY_DEFAULT, send_piece, task, g_object_unref);
}

static VigReply *
offline_provider_complete_finish (VigProvider *provider, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
return_models (gpointer user_data)
{
  GPtrArray *models = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_model_free);

  g_ptr_array_add (models, vig_model_new ("words", 0));
  g_task_return_pointer (user_data, models, (GDestroyNotify) g_ptr_array_unref);

  return G_SOURCE_REMOVE;
}

static void
offline_provider_list_models_async (VigProvider *provider, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (provider, cancellable, callback, user_data);

  g_task_set_source_tag (task, offline_provider_list_models_async);
  g_idle_add_full (G_PRIORITY_DEFAULT, return_models, task, g_object_unref);
}

static GPtrArray *
offline_provider_list_models_finish (VigProvider *provider, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
offline_provider_iface_init (VigProviderInterface *iface)
{
  iface->configure = offline_provider_configure;
  iface->complete_async = offline_provider_complete_async;
  iface->complete_finish = offline_provider_complete_finish;
  iface->list_models_async = offline_provider_list_models_async;
  iface->list_models_finish = offline_provider_list_models_finish;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (OfflineProvider, offline_provider, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (VIG_TYPE_PROVIDER, offline_provider_iface_init))

static void
offline_provider_class_init (OfflineProviderClass *klass)
{
}

static void
offline_provider_init (OfflineProvider *self)
{
}

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_provider_type (host, &offline_info, OFFLINE_TYPE_PROVIDER);

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "offline", activate, NULL };
