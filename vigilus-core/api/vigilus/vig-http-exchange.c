/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-exchange.h"
#include "vig-http-fault.h"
#include "vig-http-models.h"
#include "vig-http-wait.h"
#include "vig-tls.h"

#include <string.h>

#define READ_SIZE  (64 * 1024)
#define REST_MS    1000
#define REST_READS 4

/* What an attempt waits for. */
typedef enum
{
  PHASE_CONNECT,
  PHASE_FIRST_BYTE,
  PHASE_IDLE,
  N_PHASES,
} Phase;

static const char *phase_texts[N_PHASES] = {
  [PHASE_CONNECT] = "could not be reached within",
  [PHASE_FIRST_BYTE] = "did not begin to answer within",
  [PHASE_IDLE] = "stopped in the middle of its answer for",
};

typedef struct
{
  VigHttpProvider *provider; /* the task's */
  SoupSession     *session;
  VigHttpLimits    limits;
  char            *uri;
  char            *api_key;
  JsonObject      *body;
  gboolean         raw;
  VigChunkFunc     on_chunk;
  gpointer         chunk_data;

  gulong           cancelled_id;
  GCancellable    *io;         /* of this attempt: fired by the caller's and by the timer */
  Phase            phase;
  GSource         *timer;
  gboolean         expired;
  guint            attempt;
  guint            adaptations;
  SoupMessage     *message;
  GInputStream    *stream;
  VigHttpAnswer   *answer;
} Exchange;

static void start (GTask *task);

static void
clear_timer (Exchange *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static void
clear_attempt (Exchange *self)
{
  clear_timer (self);
  g_clear_object (&self->stream);
  if (self->message != NULL)
    g_signal_handlers_disconnect_by_data (self->message, self);
  g_clear_object (&self->message);
  g_clear_pointer (&self->answer, vig_http_answer_free);
}

static void
exchange_free (Exchange *self)
{
  clear_attempt (self);
  g_clear_object (&self->session);
  g_clear_object (&self->io);
  g_free (self->uri);
  g_free (self->api_key);
  g_clear_pointer (&self->body, json_object_unref);
  g_free (self);
}

static const char *
get_host (Exchange *self)
{
  return self->message != NULL ? g_uri_get_host (soup_message_get_uri (self->message)) : "the server";
}

static const char *
get_title (GTask *task)
{
  return VIG_HTTP_PROVIDER_GET_CLASS (g_task_get_source_object (task))->info->title;
}

static void
forget_caller (GTask *task)
{
  Exchange *self = g_task_get_task_data (task);

  if (self->cancelled_id != 0)
    g_cancellable_disconnect (g_task_get_cancellable (task), self->cancelled_id);
  self->cancelled_id = 0;
  clear_timer (self);
}

/* A connection can be used again only once its answer was read to the end, which comes after the last event, often in a packet of its own. Nobody
 * waits for it. */

typedef struct
{
  GInputStream *stream;
  GCancellable *cancellable;
  GSource      *timer;
  guint         n_reads;
} Rest;

static gboolean
on_rest_late (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

static void
on_rest_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Rest *rest = user_data;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (rest->stream, result, NULL);

  if (bytes != NULL && g_bytes_get_size (bytes) > 0 && rest->n_reads++ < REST_READS)
    {
      g_input_stream_read_bytes_async (rest->stream, READ_SIZE, G_PRIORITY_LOW, rest->cancellable, on_rest_read, rest);
      return;
    }

  g_source_destroy (rest->timer);
  g_source_unref (rest->timer);
  g_object_unref (rest->cancellable);
  g_object_unref (rest->stream);
  g_free (rest);
}

static void
read_rest (Exchange *self)
{
  Rest *rest;

  if (self->stream == NULL || g_cancellable_is_cancelled (self->io))
    return;

  rest = g_new0 (Rest, 1);
  rest->stream = g_steal_pointer (&self->stream);
  rest->cancellable = g_cancellable_new ();
  rest->timer = g_timeout_source_new (REST_MS);
  g_source_set_callback (rest->timer, on_rest_late, g_object_ref (rest->cancellable), g_object_unref);
  g_source_attach (rest->timer, g_main_context_get_thread_default ());
  g_input_stream_read_bytes_async (rest->stream, READ_SIZE, G_PRIORITY_LOW, rest->cancellable, on_rest_read, rest);
}

/* Ends the task, which it takes. */
static void
fail (GTask *task, GError *error)
{
  forget_caller (task);
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_error (task, error);
  else
    g_error_free (error);
  g_object_unref (task);
}

static void
succeed (GTask *task)
{
  Exchange *self = g_task_get_task_data (task);

  forget_caller (task);
  read_rest (self);
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, g_steal_pointer (&self->answer), (GDestroyNotify) vig_http_answer_free);
  g_object_unref (task);
}

static gboolean
on_expired (gpointer user_data)
{
  Exchange *self = user_data;

  self->expired = TRUE;
  g_cancellable_cancel (self->io);

  return G_SOURCE_REMOVE;
}

static guint
get_limit (Exchange *self)
{
  gboolean is_home = vig_http_provider_is_at_home (self->provider);
  const guint limits[N_PHASES] = { self->limits.connect, is_home ? self->limits.first_byte : self->limits.cloud_first_byte, self->limits.idle };

  return limits[self->phase];
}

static void
enter_phase (Exchange *self, Phase phase)
{
  clear_timer (self);
  self->phase = phase;
  self->timer = g_timeout_source_new (get_limit (self));
  g_source_set_callback (self->timer, on_expired, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static gboolean
on_waited (gpointer user_data)
{
  GTask *task = user_data;
  Exchange *self = g_task_get_task_data (task);

  clear_timer (self);
  if (g_cancellable_is_cancelled (self->io))
    fail (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));
  else
    start (task);

  return G_SOURCE_REMOVE;
}

/* The wait ends early where the caller gives up. */
static void
retry_after (GTask *task, guint wait_ms)
{
  Exchange *self = g_task_get_task_data (task);
  g_autoptr (GSource) cancelled = g_cancellable_source_new (self->io);

  g_debug ("%s: asking again in %u ms", get_title (task), wait_ms);
  clear_attempt (self);
  self->attempt++;
  self->timer = g_timeout_source_new (wait_ms);
  g_source_set_dummy_callback (cancelled);
  g_source_add_child_source (self->timer, cancelled);
  g_source_set_callback (self->timer, on_waited, task, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static gboolean
is_transient (const GError *error)
{
  if (error->domain == G_TLS_ERROR)
    return FALSE;

  return !g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND);
}

static GError *
explain (GTask *task, const GError *error)
{
  Exchange *self = g_task_get_task_data (task);

  if (self->expired)
    return g_error_new (VIG_ERROR, VIG_ERROR_TIMED_OUT, "%s at %s %s %.4g s", get_title (task), get_host (self),
                        phase_texts[self->phase], get_limit (self) / 1000.0);
  if (error->domain == VIG_ERROR)
    return g_error_new (VIG_ERROR, error->code, "%s at %s: %s", get_title (task), get_host (self), error->message);
  if (self->stream != NULL)
    return g_error_new (VIG_ERROR, VIG_ERROR_REMOTE, "the answer of %s broke off: %s; ask again", get_host (self), error->message);
  if (error->domain == G_TLS_ERROR)
    return g_error_new (VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to trust %s: %s; check its certificate and the base URL",
                        get_host (self), error->message);

  return g_error_new (VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to reach %s: %s; check the base URL and that the server runs",
                      get_host (self), error->message);
}

/* The connection failed, or what came over it is not an answer. */
static void
handle_broken (GTask *task, const GError *error)
{
  Exchange *self = g_task_get_task_data (task);
  gboolean delivered = self->answer != NULL && vig_http_answer_was_delivered (self->answer);
  gboolean final = self->expired || g_cancellable_is_cancelled (self->io) || delivered || error->domain == VIG_ERROR;

  if (!final && is_transient (error) && self->attempt < VIG_HTTP_MAX_RETRIES)
    retry_after (task, vig_http_backoff_ms (self->attempt, FALSE, g_random_double ()));
  else
    fail (task, explain (task, error));
}

/* All came over a connection that worked, and yet it is no whole answer. */
static void
handle_truncated (GTask *task, GError *error)
{
  Exchange *self = g_task_get_task_data (task);

  if (!vig_http_answer_was_delivered (self->answer) && self->attempt < VIG_HTTP_MAX_RETRIES)
    retry_after (task, vig_http_backoff_ms (self->attempt, FALSE, g_random_double ()));
  else
    fail (task, explain (task, error));
  g_error_free (error);
}

guint
vig_http_wait_ms (const VigHttpFault *fault, SoupMessageHeaders *headers)
{
  guint wait = vig_http_retry_after_ms (fault->status, headers, g_get_real_time () / 1000);

  if (wait == 0 && fault->retry_after_ms != VIG_HTTP_NEVER)
    wait = fault->retry_after_ms;

  return wait;
}

static void
handle_fault (GTask *task, GError *error)
{
  Exchange *self = g_task_get_task_data (task);
  VigHttpProvider *provider = g_task_get_source_object (task);
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (provider);
  const VigHttpFault *fault = vig_http_answer_get_fault (self->answer);
  SoupMessageHeaders *headers = soup_message_get_response_headers (self->message);
  gboolean delivered = vig_http_answer_was_delivered (self->answer);
  guint asked = vig_http_wait_ms (fault, headers);
  guint wait;

  if (!delivered && !self->raw && klass->adapt_request != NULL && self->adaptations < VIG_HTTP_MAX_ADAPTATIONS
      && klass->adapt_request (provider, self->body, fault))
    {
      self->adaptations++;
      g_error_free (error);
      start (task);
    }
  else if (!delivered && vig_http_fault_may_retry (fault, headers, self->attempt, g_random_double (), &wait))
    {
      g_error_free (error);
      retry_after (task, wait);
    }
  else
    {
      g_error_free (error);
      fail (task, vig_http_fault_to_error (fault, get_title (task), self->api_key, (asked + 999) / 1000));
    }
}

static void
handle_end (GTask *task)
{
  Exchange *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (vig_http_answer_end (self->answer, &error))
    succeed (task);
  else if (vig_http_answer_get_fault (self->answer) != NULL)
    handle_fault (task, error);
  else
    handle_truncated (task, error);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Exchange *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);
  gsize length = bytes != NULL ? g_bytes_get_size (bytes) : 0;

  if (bytes == NULL || g_cancellable_is_cancelled (self->io))
    {
      g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");

      handle_broken (task, error != NULL ? error : cancelled);
      return;
    }
  if (length > 0 && !vig_http_answer_feed (self->answer, g_bytes_get_data (bytes, NULL), length, &error))
    {
      handle_broken (task, error);
      return;
    }
  if (length == 0 || vig_http_answer_is_done (self->answer))
    {
      handle_end (task);
      return;
    }

  enter_phase (self, PHASE_IDLE);
  g_input_stream_read_bytes_async (self->stream, READ_SIZE, G_PRIORITY_DEFAULT, self->io, on_read, task);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Exchange *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);

  if (!vig_tls_check (self->message, &error) || stream == NULL)
    {
      handle_broken (task, error);
      return;
    }

  self->stream = g_steal_pointer (&stream);
  vig_http_answer_begin (self->answer, soup_message_get_status (self->message), soup_message_get_response_headers (self->message));
  /* Headers alone are no beginning of an answer: many servers send them before the model has read its prompt. */
  g_input_stream_read_bytes_async (self->stream, READ_SIZE, G_PRIORITY_DEFAULT, self->io, on_read, task);
}

static void
on_wrote_headers (SoupMessage *message, gpointer user_data)
{
  Exchange *self = user_data;

  vig_http_provider_note_address (self->provider, soup_message_get_remote_address (message));
  enter_phase (self, PHASE_FIRST_BYTE);
}

static void
set_headers (GTask *task)
{
  Exchange *self = g_task_get_task_data (task);
  VigHttpProvider *provider = g_task_get_source_object (task);
  VigHttpProviderClass *klass = VIG_HTTP_PROVIDER_GET_CLASS (provider);
  SoupMessageHeaders *headers = soup_message_get_request_headers (self->message);

  soup_message_headers_replace (headers, "Accept", !self->raw ? "text/event-stream, application/json" : "application/json");
  if (klass->add_headers != NULL)
    klass->add_headers (provider, headers, self->api_key);
  else if (self->api_key != NULL)
    {
      g_autofree char *value = g_strconcat ("Bearer ", self->api_key, NULL);

      soup_message_headers_replace (headers, "Authorization", value);
    }
}

static void
start (GTask *task)
{
  Exchange *self = g_task_get_task_data (task);
  VigHttpProvider *provider = g_task_get_source_object (task);

  clear_attempt (self);
  self->message = soup_message_new (self->body != NULL ? "POST" : "GET", self->uri);
  /* Asking again is what is done anyway when a connection breaks. Without this each POST gets a connection of its own, TLS and all. */
  soup_message_add_flags (self->message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_IDEMPOTENT);
  set_headers (task);
  if (self->body != NULL)
    {
      char *text = vig_json_object_to_string (self->body);
      g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

      soup_message_set_request_body_from_bytes (self->message, "application/json", bytes);
    }
  self->answer = self->raw ? vig_http_answer_new_raw (provider) : vig_http_answer_new (provider, self->on_chunk, self->chunk_data);

  vig_tls_watch (self->message, NULL, NULL);
  g_signal_connect (self->message, "wrote-headers", G_CALLBACK (on_wrote_headers), self);
  enter_phase (self, PHASE_CONNECT);
  soup_session_send_async (self->session, self->message, G_PRIORITY_DEFAULT, self->io, on_sent, task);
}

static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

void
vig_http_exchange_run_async (VigHttpProvider *provider, const VigHttpRequest *request, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (provider, cancellable, callback, user_data);
  Exchange *self = g_new0 (Exchange, 1);

  g_task_set_source_tag (task, vig_http_exchange_run_async);
  g_task_set_task_data (task, self, (GDestroyNotify) exchange_free);
  self->provider = provider;
  self->session = g_object_ref (request->session);
  self->limits = request->limits;
  self->uri = g_strdup (request->uri);
  self->api_key = g_strdup (request->api_key);
  self->body = request->body != NULL ? json_object_ref (request->body) : NULL;
  self->raw = request->raw;
  self->on_chunk = request->on_chunk;
  self->chunk_data = request->chunk_data;
  self->io = g_cancellable_new ();
  if (cancellable != NULL)
    self->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), g_object_ref (self->io), g_object_unref);

  start (task);
}

VigHttpAnswer *
vig_http_exchange_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
