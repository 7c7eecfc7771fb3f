/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-windows.h"

#include <string.h>

#define READ_AGAIN   (10 * 60 * G_USEC_PER_SEC) /* a provider's list of models */
#define READ_TIMEOUT 5                          /* seconds */
#define IMAGE_BYTES  6000
#define TURN_BYTES   16 /* of what stands round a text */
#define MAX_ENTRIES  4096

/* Tokens per byte. English prose has 0.25, JSON and logs up to 0.45; what a server reports corrects it within sane bounds, since some leave cached
 * tokens out. */
#define FIRST_RATIO 0.33
#define MIN_RATIO   0.2
#define MAX_RATIO   1.0
#define MIN_SAMPLE  2000 /* bytes: less says little */

typedef struct
{
  gint64 tokens; /* 0: not known */
  gint64 most;   /* by experience; 0: none */
  double ratio;
} Window;

struct _VigWindows
{
  GHashTable *windows; /* key → Window */
  GHashTable *reads;   /* provider → gint64 *, monotonic time of the last list */
};

VigWindows *
vig_windows_new (void)
{
  VigWindows *self = g_new0 (VigWindows, 1);

  self->windows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->reads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

void
vig_windows_free (VigWindows *self)
{
  g_hash_table_unref (self->windows);
  g_hash_table_unref (self->reads);
  g_free (self);
}

/* One that was changed since is another: its address or its context may be. */
static char *
make_provider_key (JsonObject *provider)
{
  return g_strconcat (vig_json_get_string (provider, "id", ""), "@", vig_json_get_string (provider, "updated_at", ""), NULL);
}

static Window *
ensure_window (VigWindows *self, JsonObject *provider, const char *model)
{
  g_autofree char *prefix = make_provider_key (provider);
  g_autofree char *key = g_strconcat (prefix, "/", model, NULL);
  Window *window = g_hash_table_lookup (self->windows, key);

  if (window != NULL)
    return window;

  if (g_hash_table_size (self->windows) >= MAX_ENTRIES)
    g_hash_table_remove_all (self->windows);
  window = g_new0 (Window, 1);
  window->ratio = FIRST_RATIO;
  g_hash_table_insert (self->windows, g_steal_pointer (&key), window);

  return window;
}

gint64
vig_windows_get (VigWindows *self, JsonObject *provider, const char *model)
{
  Window *window = ensure_window (self, provider, model);

  return window->most > 0 && (window->tokens == 0 || window->most < window->tokens) ? window->most : window->tokens;
}

typedef struct
{
  VigWindows *windows;
  JsonObject *row;
  char       *model;
} Read;

static void
read_free (gpointer data)
{
  Read *read = data;

  json_object_unref (read->row);
  g_free (read->model);
  g_free (read);
}

/* "models/gemini-2.5-pro" is asked for as "gemini-2.5-pro", too. */
static void
take_model (Read *read, VigModel *model)
{
  const char *slash = strrchr (model->id, '/');
  gint64 window = vig_model_get_window (model);

  if (window <= 0)
    return;

  ensure_window (read->windows, read->row, model->id)->tokens = window;
  if (slash != NULL)
    ensure_window (read->windows, read->row, slash + 1)->tokens = window;
  for (guint i = 0; model->aliases != NULL && model->aliases[i] != NULL; i++)
    ensure_window (read->windows, read->row, model->aliases[i])->tokens = window;
}

static void
models_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Read *read = g_task_get_task_data (task);
  g_autoptr (GPtrArray) models = vig_provider_list_models_finish (VIG_PROVIDER (source), result, NULL);

  for (guint i = 0; models != NULL && i < models->len; i++)
    take_model (read, g_ptr_array_index (models, i));
  g_task_return_int (task, (gssize) vig_windows_get (read->windows, read->row, read->model));
}

/* A provider that can't list is asked again no sooner than one that can. */
static gboolean
is_due (VigWindows *self, JsonObject *row)
{
  g_autofree char *key = make_provider_key (row);
  gint64 *last = g_hash_table_lookup (self->reads, key);
  gint64 now = g_get_monotonic_time ();

  if (last != NULL && now - *last < READ_AGAIN)
    return FALSE;

  last = g_new (gint64, 1);
  *last = now;
  if (g_hash_table_size (self->reads) >= MAX_ENTRIES)
    g_hash_table_remove_all (self->reads);
  g_hash_table_insert (self->reads, g_steal_pointer (&key), last);

  return TRUE;
}

static gboolean
read_late (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

void
vig_windows_read_async (VigWindows          *self,
                        JsonObject          *row,
                        VigProvider         *provider,
                        const char          *model,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GCancellable) late = g_cancellable_new ();
  g_autoptr (GSource) timer = g_timeout_source_new_seconds (READ_TIMEOUT);
  Read *read = g_new0 (Read, 1);

  g_task_set_source_tag (task, vig_windows_read_async);
  g_task_set_check_cancellable (task, FALSE);
  read->windows = self;
  read->row = json_object_ref (row);
  read->model = g_strdup (model);
  g_task_set_task_data (task, read, read_free);
  if (VIG_PROVIDER_GET_IFACE (provider)->list_models_async == NULL || !is_due (self, row))
    {
      g_task_return_int (task, (gssize) vig_windows_get (self, row, model));
      return;
    }

  g_source_set_callback (timer, read_late, g_object_ref (late), g_object_unref);
  g_source_attach (timer, NULL);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (on_cancelled), late, 0);
  vig_provider_list_models_async (provider, late, models_listed, g_steal_pointer (&task));
}

gint64
vig_windows_read_finish (VigWindows *self, GAsyncResult *result)
{
  return g_task_propagate_int (G_TASK (result), NULL);
}

void
vig_windows_learn (VigWindows *self, JsonObject *provider, const char *model, gint64 too_many)
{
  Window *window = ensure_window (self, provider, model);
  gint64 most = MAX (too_many * 3 / 4, 1024);

  if (window->most == 0 || most < window->most)
    window->most = most;
}

gint64
vig_windows_estimate (VigWindows *self, JsonObject *provider, const char *model, gsize bytes)
{
  return (gint64) ((double) bytes * ensure_window (self, provider, model)->ratio);
}

gsize
vig_windows_to_bytes (VigWindows *self, JsonObject *provider, const char *model, gint64 tokens)
{
  return (gsize) ((double) MAX (tokens, 0) / ensure_window (self, provider, model)->ratio);
}

void
vig_windows_correct (VigWindows *self, JsonObject *provider, const char *model, gsize bytes, gint64 tokens)
{
  Window *window = ensure_window (self, provider, model);
  double seen;

  if (bytes < MIN_SAMPLE || tokens <= 0)
    return;

  seen = CLAMP ((double) tokens / (double) bytes, MIN_RATIO, MAX_RATIO);
  /* More than was thought counts at once, less only bit by bit. */
  window->ratio = seen > window->ratio ? seen : (3 * window->ratio + seen) / 4;
}

gsize
vig_windows_measure_reply (VigReply *reply)
{
  gsize bytes = strlen (vig_reply_get_text (reply));
  JsonNode *opaque = vig_reply_get_opaque (reply);

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);
      g_autofree char *arguments = call->arguments != NULL ? vig_json_object_to_string (call->arguments) : NULL;

      bytes += strlen (call->name) + (arguments != NULL ? strlen (arguments) : 0) + TURN_BYTES;
    }
  if (opaque != NULL)
    {
      g_autofree char *text = vig_json_to_string (opaque);

      bytes += strlen (text);
    }

  return bytes;
}

static gsize
measure_turn (VigTranscript *transcript, guint turn)
{
  gsize bytes = TURN_BYTES;

  switch (vig_transcript_get_kind (transcript, turn))
    {
    case VIG_TURN_USER:
      return bytes + strlen (vig_transcript_get_text (transcript, turn)) + vig_transcript_get_n_images (transcript, turn) * IMAGE_BYTES;
    case VIG_TURN_ASSISTANT:
      return bytes + vig_windows_measure_reply (vig_transcript_get_reply (transcript, turn));
    case VIG_TURN_TOOLS:
    default:
      for (guint i = 0; i < vig_transcript_get_n_results (transcript, turn); i++)
        bytes += strlen (vig_transcript_get_result (transcript, turn, i)->text) + TURN_BYTES;
      return bytes;
    }
}

gsize
vig_windows_measure (VigTranscript *transcript)
{
  gsize bytes = 0;

  for (guint i = 0; i < vig_transcript_get_n_turns (transcript); i++)
    bytes += measure_turn (transcript, i);

  return bytes;
}
