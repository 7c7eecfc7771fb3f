/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-fetch-private.h"
#include "vig-tls.h"

#include <libsoup/soup.h>

#include <string.h>

#define READ_SIZE    (64 * 1024)
#define DEFAULT_TIME (30 * G_USEC_PER_SEC)
#define MAX_CA       (64 * 1024) /* bytes */

/* One fetch: all of its hops, on one thread with a main context of its own. */
typedef struct
{
  const VigFetchRequest *request;
  GMainContext          *context;
  GCancellable          *io;       /* fired by the caller's and by the timer */
  GSource               *timer;
  GTlsCertificate       *ca;
  gboolean               expired;
  const char            *method;
  gboolean               with_body;
  gboolean               is_sent;  /* some of it may have come across */
  gboolean               may_have_changed; /* the same of what does more than read */
  gboolean               foreign;  /* it was sent to another origin: nothing of the caller's goes there */
  VigFetchTarget        *target;
  SoupSession           *session;
  SoupMessage           *message;
  GInputStream          *stream;
} Fetch;

static void
end_hop (Fetch *self)
{
  g_clear_object (&self->stream);
  g_clear_object (&self->message);
  if (self->session != NULL)
    soup_session_abort (self->session);
  g_clear_object (&self->session);
  g_clear_pointer (&self->target, vig_fetch_target_free);
  while (g_main_context_iteration (self->context, FALSE))
    ;
}

static gboolean
on_expired (gpointer user_data)
{
  Fetch *self = user_data;

  self->expired = TRUE;
  g_cancellable_cancel (self->io);

  return G_SOURCE_REMOVE;
}

static gboolean
cancel_io (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

/* In the thread of the fetch: where another one cancels, GLib 2.74 leaks the source that watches for it, now and then. */
static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Fetch *self = user_data;

  g_main_context_invoke_full (self->context, G_PRIORITY_HIGH, cancel_io, g_object_ref (self->io), g_object_unref);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  *kept = g_object_ref (result);
}

static void
wait_for (Fetch *self, GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (self->context, TRUE);
}

/* Takes @cause, and says it so that a person knows what to look at. */
static void
explain (Fetch *self, GError *cause, GError **error)
{
  g_autoptr (GError) owned = cause;
  const char *host = self->target != NULL ? g_uri_get_host (self->target->uri) : "the server";

  if (self->expired)
    g_set_error (error, VIG_ERROR, self->is_sent ? VIG_ERROR_TIMED_OUT : VIG_ERROR_UNAVAILABLE, "%s did not answer in time", host);
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED) || cause->domain == VIG_ERROR)
    g_propagate_error (error, g_steal_pointer (&owned));
  else if (self->may_have_changed)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INTERRUPTED, "%s was asked, and there came no whole answer: %s", host, cause->message);
  else if (cause->domain == G_TLS_ERROR)
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to trust %s: %s", host, cause->message);
  else if (self->stream != NULL || cause->domain == SOUP_SESSION_ERROR)
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "what %s answers is broken: %s", host, cause->message);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to reach %s: %s", host, cause->message);
}

/* A certificate that the system does not know is trusted where it is the given one, or the given one vouches for it under this name. */
static gboolean
accept_certificate (GTlsCertificate *certificate, GTlsCertificateFlags flags, gpointer user_data)
{
  Fetch *self = user_data;
  g_autoptr (GSocketConnectable) identity = g_network_address_new (g_uri_get_host (self->target->uri), 0);

  if (self->ca == NULL)
    return FALSE;
  if (g_tls_certificate_is_same (certificate, self->ca))
    return (flags & ~(G_TLS_CERTIFICATE_UNKNOWN_CA | G_TLS_CERTIFICATE_BAD_IDENTITY)) == 0;

  return g_tls_certificate_verify (certificate, identity, self->ca) == 0;
}

static gboolean
is_safe (Fetch *self)
{
  return g_str_equal (self->method, "GET") || g_str_equal (self->method, "HEAD");
}

static void
on_sending (SoupMessage *message, gpointer user_data)
{
  Fetch *self = user_data;

  self->is_sent = TRUE;
  self->may_have_changed = self->may_have_changed || !is_safe (self);
}

static void
set_up_message (Fetch *self)
{
  const VigFetchRequest *request = self->request;
  SoupMessageHeaders *headers = soup_message_get_request_headers (self->message);

  soup_message_add_flags (self->message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_disable_feature (self->message, SOUP_TYPE_AUTH_MANAGER);
  soup_message_headers_replace (headers, "Accept-Language", "en, *;q=0.5");
  for (guint i = 0; !self->foreign && request->headers != NULL && request->headers[i] != NULL; i += 2)
    soup_message_headers_replace (headers, request->headers[i], request->headers[i + 1]);
  if (self->with_body && request->body != NULL)
    soup_message_set_request_body_from_bytes (self->message, request->content_type, request->body);
  g_signal_connect (self->message, "starting", G_CALLBACK (on_sending), self);
  vig_tls_watch (self->message, accept_certificate, self);
}

static gboolean
begin_hop (Fetch *self, GUri *uri, GError **error)
{
  const VigFetchRequest *request = self->request;
  g_autoptr (GSocketConnectable) connectable = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  GError *cause = NULL;

  self->target = vig_fetch_target_new (uri, request->reach, request->networks, self->io, &cause);
  if (self->target == NULL)
    {
      explain (self, cause, error);
      return FALSE;
    }

  if (self->target->addresses != NULL)
    connectable = vig_fetch_target_connectable (self->target);
  self->session = g_object_new (SOUP_TYPE_SESSION, "remote-connectable", connectable, "user-agent", "Vigilus ", NULL);
  soup_session_set_proxy_resolver (self->session, NULL);
  self->message = soup_message_new_from_uri (self->method, uri);
  set_up_message (self);
  soup_session_send_async (self->session, self->message, G_PRIORITY_DEFAULT, self->io, keep_result, &result);
  wait_for (self, &result);
  self->stream = soup_session_send_finish (self->session, result, &cause);
  if (!vig_tls_check (self->message, &cause))
    g_clear_object (&self->stream);
  if (self->stream == NULL)
    explain (self, cause, error);

  return self->stream != NULL;
}

/* Where it leads, or NULL: it is an answer. */
static GUri *
get_redirect (Fetch *self, guint n_redirects, GError **error)
{
  static const guint statuses[] = { 301, 302, 303, 307, 308 };
  guint status = soup_message_get_status (self->message);
  const char *location = soup_message_headers_get_one (soup_message_get_response_headers (self->message), "Location");
  gboolean is_redirect = FALSE;
  g_autoptr (GUri) uri = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    is_redirect = is_redirect || status == statuses[i];
  if (!is_redirect || location == NULL || self->request->max_redirects == 0)
    return NULL;

  uri = vig_fetch_parse_uri (location, self->target->uri, error);
  if (uri == NULL)
    {
      g_prefix_error (error, "%s redirects: ", g_uri_get_host (self->target->uri));
      return NULL;
    }
  if (self->request->same_origin && !vig_fetch_same_origin (uri, self->target->uri))
    return NULL;
  if (n_redirects >= self->request->max_redirects)
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "%s redirects more than %u times", g_uri_get_host (uri), self->request->max_redirects);
  else if (g_str_equal (g_uri_get_scheme (self->target->uri), "https") && g_str_equal (g_uri_get_scheme (uri), "http"))
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s redirects from https to http: that is not followed", g_uri_get_host (self->target->uri));
  else
    return g_steal_pointer (&uri);

  return NULL;
}

static void
prepare_redirect (Fetch *self, GUri *uri)
{
  guint status = soup_message_get_status (self->message);

  if (status <= 303 && !is_safe (self))
    {
      self->method = "GET";
      self->with_body = FALSE;
    }
  if (!vig_fetch_same_origin (uri, self->target->uri))
    {
      self->foreign = TRUE;
      self->with_body = FALSE;
    }
}

static gboolean
check_type (Fetch *self, const char *type, GError **error)
{
  const char * const *patterns = self->request->accepted_types;

  for (guint i = 0; type != NULL && patterns != NULL && patterns[i] != NULL; i++)
    if (g_pattern_match_simple (patterns[i], type))
      return TRUE;
  if (patterns == NULL || type == NULL || soup_message_get_status (self->message) >= 300)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "%s answers %s, which is no text: it is not read", g_uri_get_host (self->target->uri), type);

  return FALSE;
}

static void
copy_header (const char *name, const char *value, gpointer user_data)
{
  GStrvBuilder *builder = user_data;
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  g_strv_builder_add_many (builder, name, valid, NULL);
}

static gboolean
read_body (Fetch *self, VigFetchAnswer *answer, GError **error)
{
  gsize limit = self->request->max_bytes > 0 ? self->request->max_bytes : VIG_FETCH_MAX_BYTES;
  g_autoptr (GByteArray) body = g_byte_array_new ();

  while (body->len <= limit)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) piece = NULL;
      GError *cause = NULL;

      g_input_stream_read_bytes_async (self->stream, READ_SIZE, G_PRIORITY_DEFAULT, self->io, keep_result, &result);
      wait_for (self, &result);
      piece = g_input_stream_read_bytes_finish (self->stream, result, &cause);
      if (piece == NULL)
        {
          explain (self, cause, error);
          return FALSE;
        }
      if (g_bytes_get_size (piece) == 0)
        break;
      g_byte_array_append (body, g_bytes_get_data (piece, NULL), g_bytes_get_size (piece));
    }

  answer->truncated = body->len > limit;
  if (answer->truncated)
    g_byte_array_set_size (body, limit);
  answer->body = g_byte_array_free_to_bytes (g_steal_pointer (&body));

  return TRUE;
}

static VigFetchAnswer *
take_answer (Fetch *self, guint n_redirects, GError **error)
{
  g_autoptr (VigFetchAnswer) answer = g_new0 (VigFetchAnswer, 1);
  SoupMessageHeaders *headers = soup_message_get_response_headers (self->message);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) parameters = NULL;
  const char *type = soup_message_headers_get_content_type (headers, &parameters);

  answer->status = soup_message_get_status (self->message);
  answer->reason = g_strdup (soup_message_get_reason_phrase (self->message));
  answer->uri = g_uri_to_string (self->target->uri);
  answer->content_type = type != NULL ? g_ascii_strdown (type, -1) : NULL;
  answer->charset = parameters != NULL ? g_strdup (g_hash_table_lookup (parameters, "charset")) : NULL;
  answer->n_redirects = n_redirects;
  soup_message_headers_foreach (headers, copy_header, builder);
  answer->headers = g_strv_builder_end (builder);

  return check_type (self, answer->content_type, error) && read_body (self, answer, error) ? g_steal_pointer (&answer) : NULL;
}

static VigFetchAnswer *
run (Fetch *self, GError **error)
{
  g_autoptr (GUri) uri = vig_fetch_parse_uri (self->request->uri, NULL, error);
  g_autoptr (GError) local_error = NULL;

  for (guint n_redirects = 0; uri != NULL; n_redirects++)
    {
      g_autoptr (GUri) next = NULL;

      if (!begin_hop (self, uri, error))
        return NULL;

      next = get_redirect (self, n_redirects, &local_error);
      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      if (next == NULL)
        return take_answer (self, n_redirects, error);

      prepare_redirect (self, next);
      end_hop (self);
      g_uri_unref (uri);
      uri = g_steal_pointer (&next);
    }

  return NULL;
}

static void
set_timer (Fetch *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 deadline = self->request->deadline > 0 ? self->request->deadline : now + DEFAULT_TIME;

  self->timer = g_timeout_source_new (MAX (deadline - now, 0) / 1000);
  g_source_set_callback (self->timer, on_expired, self, NULL);
  g_source_attach (self->timer, self->context);
}

static gboolean
take_ca (Fetch *self, GError **error)
{
  if (self->request->ca == NULL)
    return TRUE;

  if (strlen (self->request->ca) <= MAX_CA)
    self->ca = g_tls_certificate_new_from_pem (self->request->ca, -1, NULL);
  if (self->ca == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the certificate to trust is none in PEM form");

  return self->ca != NULL;
}

VigFetchAnswer *
vig_fetch (const VigFetchRequest *request, GCancellable *cancellable, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GCancellable) io = g_cancellable_new ();
  Fetch self = { .request = request, .context = context, .io = io, .method = request->method != NULL ? request->method : "GET", .with_body = TRUE };
  VigFetchAnswer *answer = NULL;
  gulong handler = 0;

  if (!take_ca (&self, error))
    return NULL;

  g_main_context_push_thread_default (context);
  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), &self, NULL);
  set_timer (&self);
  answer = run (&self, error);
  end_hop (&self);
  g_cancellable_disconnect (cancellable, handler);
  g_source_destroy (self.timer);
  g_source_unref (self.timer);
  g_clear_object (&self.ca);
  g_main_context_pop_thread_default (context);

  return answer;
}
