/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-engine.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BODY (16 * 1024 * 1024) /* bytes of one answer */
#define MAX_AT_ONCE 200
#define PIECE (64 * 1024)

struct _DockerEngine
{
  VigServer       *server;
  DockerEndpoint  *endpoint;
  SoupSession     *session;
  char            *version;
};

void
docker_engine_free (DockerEngine *self)
{
  g_clear_object (&self->session);
  g_clear_pointer (&self->endpoint, docker_endpoint_free);
  g_clear_pointer (&self->server, vig_server_unref);
  g_free (self->version);
  g_free (self);
}

VigServer *
docker_engine_get_server (DockerEngine *self)
{
  return self->server;
}

DockerEndpoint *
docker_engine_get_endpoint (DockerEngine *self)
{
  return self->endpoint;
}

const char *
docker_engine_get_version (DockerEngine *self)
{
  return self->version;
}

static SoupMessage *
new_message (DockerEngine *self, const char *method, const char * const *path, const char *query)
{
  g_autoptr (GString) url = g_string_new (docker_endpoint_get_base (self->endpoint));
  SoupMessage *message;

  if (self->version != NULL)
    g_string_append_printf (url, "/v%s", self->version);
  for (; *path != NULL; path++)
    {
      g_autofree char *escaped = g_uri_escape_string (*path, NULL, FALSE);

      g_string_append_printf (url, "/%s", escaped);
    }
  if (query != NULL)
    g_string_append_printf (url, "?%s", query);

  message = soup_message_new (method, url->str);
  docker_endpoint_prepare (self->endpoint, message);

  return message;
}

static GBytes *
read_body (GInputStream *stream, GCancellable *cancellable, GError **error)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autofree guint8 *piece = g_malloc (PIECE);
  gssize n;

  while ((n = g_input_stream_read (stream, piece, PIECE, cancellable, error)) > 0)
    {
      g_byte_array_append (body, piece, (guint) n);
      if (body->len > MAX_BODY)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the Engine's answer is longer than %d MiB", MAX_BODY / 1024 / 1024);
          return NULL;
        }
    }

  return n == 0 ? g_byte_array_free_to_bytes (g_steal_pointer (&body)) : NULL;
}

static VigError
code_for_status (guint status)
{
  switch (status)
    {
    case SOUP_STATUS_BAD_REQUEST:
      return VIG_ERROR_INVALID;
    case SOUP_STATUS_UNAUTHORIZED:
    case SOUP_STATUS_FORBIDDEN:
      return VIG_ERROR_DENIED;
    case SOUP_STATUS_NOT_FOUND:
      return VIG_ERROR_NOT_FOUND;
    case SOUP_STATUS_CONFLICT:
      return VIG_ERROR_CONFLICT;
    default:
      return VIG_ERROR_REMOTE;
    }
}

/* Errors are {"message": "..."}, or plain text. */
static void
set_status_error (SoupMessage *message, GBytes *body, GError **error)
{
  gsize length = 0;
  const char *text = body != NULL ? g_bytes_get_data (body, &length) : NULL;
  g_autoptr (JsonObject) object = text != NULL ? vig_json_parse_object (text, (gssize) length, 0, NULL) : NULL;
  g_autofree char *plain = text != NULL ? g_utf8_make_valid (text, (gssize) MIN (length, 500)) : g_strdup ("");
  guint status = soup_message_get_status (message);
  const char *words = vig_json_get_string (object, "message", g_strstrip (plain));

  g_set_error (error, VIG_ERROR, code_for_status (status), "Docker answered %u: %s", status, *words != '\0' ? words : soup_message_get_reason_phrase (message));
}

static void
on_sending (SoupMessage *message, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static GInputStream *
send (DockerEngine *self, SoupMessage *message, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean was_sent = FALSE;
  gulong handler = g_signal_connect (message, "starting", G_CALLBACK (on_sending), &was_sent);
  g_autoptr (GInputStream) stream = soup_session_send (self->session, message, cancellable, &local_error);
  g_autoptr (GBytes) body = NULL;

  g_signal_handler_disconnect (message, handler);
  if (!vig_tls_check (message, &local_error))
    g_clear_object (&stream);
  if (stream == NULL)
    {
      docker_endpoint_explain (self->endpoint, was_sent && soup_message_get_method (message) != SOUP_METHOD_GET, &local_error);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (soup_message_get_status (message) < 400)
    return g_steal_pointer (&stream);

  body = read_body (stream, cancellable, NULL);
  set_status_error (message, body, error);

  return NULL;
}

GInputStream *
docker_engine_stream (DockerEngine *self, const char * const *path, const char *query, GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupMessage) message = new_message (self, SOUP_METHOD_GET, path, query);

  return send (self, message, cancellable, error);
}

static JsonNode *
parse (GBytes *body, GError **error)
{
  gsize length;
  const char *text = g_bytes_get_data (body, &length);
  JsonNode *node = vig_json_parse (text != NULL ? text : "", (gssize) length, MAX_BODY, error);

  if (node == NULL)
    g_prefix_error (error, "the Engine's answer can't be read: ");

  return node;
}

JsonNode *
docker_engine_get (DockerEngine *self, const char * const *path, const char *query, GCancellable *cancellable, GError **error)
{
  g_autoptr (GInputStream) stream = docker_engine_stream (self, path, query, cancellable, error);
  g_autoptr (GBytes) body = stream != NULL ? read_body (stream, cancellable, error) : NULL;

  return body != NULL ? parse (body, error) : NULL;
}

/* The answer to an empty body. */
static GBytes *
post (DockerEngine *self, const char * const *path, const char *query, guint *status, GCancellable *cancellable, GError **error)
{
  g_autoptr (SoupMessage) message = new_message (self, SOUP_METHOD_POST, path, query);
  g_autoptr (GInputStream) stream = NULL;

  soup_message_headers_set_content_length (soup_message_get_request_headers (message), 0);
  stream = send (self, message, cancellable, error);
  *status = soup_message_get_status (message);

  return stream != NULL ? read_body (stream, cancellable, error) : NULL;
}

gboolean
docker_engine_post (DockerEngine *self, const char * const *path, const char *query, gboolean *changed, GCancellable *cancellable, GError **error)
{
  guint status;
  g_autoptr (GBytes) body = post (self, path, query, &status, cancellable, error);

  *changed = status != SOUP_STATUS_NOT_MODIFIED;

  return body != NULL;
}

/* The answer has begun by then: what fails is in a line of it. */
static gboolean
check_pull (GBytes *body, const char *reference, GError **error)
{
  gsize length;
  const char *data = g_bytes_get_data (body, &length);
  g_autofree char *text = g_strndup (data != NULL ? data : "", length);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr (JsonObject) line = vig_json_parse_object (lines[i], -1, 0, NULL);
      JsonObject *fault = line != NULL ? vig_json_get_object (line, "errorDetail") : NULL;
      const char *words = fault != NULL ? vig_json_get_string (fault, "message", NULL) : line != NULL ? vig_json_get_string (line, "error", NULL) : NULL;

      if (words != NULL)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "Docker can't pull %s: %s", reference, words);
          return FALSE;
        }
    }

  return TRUE;
}

gboolean
docker_engine_pull (DockerEngine *self, const char *reference, GCancellable *cancellable, GError **error)
{
  static const char * const path[] = { "images", "create", NULL };
  g_autofree char *query = soup_form_encode ("fromImage", reference, NULL);
  guint status;
  g_autoptr (GBytes) body = post (self, path, query, &status, cancellable, error);

  return body != NULL && check_pull (body, reference, error);
}

typedef struct
{
  GPtrArray *nodes;
  guint      left;
} Gathering;

typedef struct
{
  Gathering *gathering;
  guint      index;
} Waiting;

static void
answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Waiting *self = user_data;
  g_autoptr (GBytes) body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, NULL);
  SoupMessage *message = soup_session_get_async_result_message (SOUP_SESSION (source), result);

  self->gathering->left--;
  if (body != NULL && soup_message_get_status (message) == SOUP_STATUS_OK && g_bytes_get_size (body) <= MAX_BODY)
    g_ptr_array_index (self->gathering->nodes, self->index) = parse (body, NULL);
}

static void
free_node (gpointer node)
{
  if (node != NULL)
    json_node_unref (node);
}

GPtrArray *
docker_engine_get_all (DockerEngine *self, GPtrArray *paths, const char *query, GCancellable *cancellable, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GPtrArray) nodes = g_ptr_array_new_with_free_func (free_node);
  g_autoptr (SoupSession) session = NULL;
  Gathering gathering = { nodes, MIN (paths->len, MAX_AT_ONCE) };

  g_ptr_array_set_size (nodes, (gint) paths->len);
  g_main_context_push_thread_default (context);
  session = docker_endpoint_new_session (self->endpoint);
  for (guint i = gathering.left; i > 0; i--)
    {
      g_autoptr (SoupMessage) message = new_message (self, SOUP_METHOD_GET, g_ptr_array_index (paths, i - 1), query);
      Waiting *waiting = g_new (Waiting, 1);

      *waiting = (Waiting) { &gathering, i - 1 };
      soup_session_send_and_read_async (session, message, G_PRIORITY_DEFAULT, cancellable, answered, waiting);
    }
  while (gathering.left > 0)
    g_main_context_iteration (context, TRUE);
  g_clear_object (&session);
  g_main_context_pop_thread_default (context);

  return g_cancellable_set_error_if_cancelled (cancellable, error) ? NULL : g_steal_pointer (&nodes);
}

static gint
compare_versions (const char *a, const char *b)
{
  const char *minor_a = strchr (a, '.');
  const char *minor_b = strchr (b, '.');
  glong major = strtol (a, NULL, 10) - strtol (b, NULL, 10);

  if (major != 0)
    return major < 0 ? -1 : 1;

  return (gint) CLAMP (strtol (minor_a != NULL ? minor_a + 1 : "0", NULL, 10) - strtol (minor_b != NULL ? minor_b + 1 : "0", NULL, 10), -1, 1);
}

static gboolean
is_version (const char *text)
{
  return text != NULL && strlen (text) < 12 && g_regex_match_simple ("^[0-9]{1,4}\\.[0-9]{1,4}\\z", text, 0, 0);
}

/* "/_ping" needs no version, and tells the newest that the other side knows. */
static gboolean
negotiate (DockerEngine *self, GCancellable *cancellable, GError **error)
{
  static const char * const path[] = { "_ping", NULL };
  g_autoptr (SoupMessage) message = new_message (self, SOUP_METHOD_GET, path, NULL);
  g_autoptr (GInputStream) stream = send (self, message, cancellable, error);
  g_autoptr (GBytes) body = stream != NULL ? read_body (stream, cancellable, error) : NULL;
  const char *theirs;

  if (body == NULL)
    return FALSE;

  theirs = soup_message_headers_get_one (soup_message_get_response_headers (message), "Api-Version");
  if (!is_version (theirs))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "what answers at %s is no Docker Engine: it names no API version", self->server->docker_endpoint);
      return FALSE;
    }
  if (compare_versions (theirs, DOCKER_API_OLDEST) < 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "Docker of server %s speaks API %s; %s or newer (Docker 1.12, 2016) is needed: update it",
                   self->server->name, theirs, DOCKER_API_OLDEST);
      return FALSE;
    }
  self->version = g_strdup (compare_versions (theirs, DOCKER_API_NEWEST) < 0 ? theirs : DOCKER_API_NEWEST);

  return TRUE;
}

DockerEngine *
docker_engine_open_server (VigServer *server, const DockerReach *reach, GCancellable *cancellable, GError **error)
{
  g_autoptr (DockerEngine) self = g_new0 (DockerEngine, 1);

  self->server = vig_server_ref (server);
  self->endpoint = docker_endpoint_new (self->server, reach, error);
  if (self->endpoint == NULL)
    return NULL;
  self->session = docker_endpoint_new_session (self->endpoint);

  return negotiate (self, cancellable, error) ? g_steal_pointer (&self) : NULL;
}

static GSocketConnection *
reach_by_invocation (gpointer data, VigServer *server, const char *address, GCancellable *cancellable, GError **error)
{
  return vig_invocation_connect_server (data, server, address, cancellable, error);
}

DockerEngine *
docker_engine_open (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *name = vig_json_get_string (vig_invocation_get_arguments (invocation), "server", "");
  g_autoptr (VigServer) server = vig_invocation_dup_server (invocation, name, error);
  DockerReach reach = { reach_by_invocation, invocation };

  return server != NULL ? docker_engine_open_server (server, &reach, cancellable, error) : NULL;
}
