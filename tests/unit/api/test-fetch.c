/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"
#include "vig-test-net.h"
#include "vig-test-resolver.h"

#include <libsoup/soup.h>

#include <string.h>

#define PUBLIC "93.184.216.34" /* both on the loopback of a network namespace of this test's own */
#define OTHER  "93.184.216.35"

/* What the server saw. */
static struct
{
  guint  n_requests;
  guint  n_local;     /* that came to 127.0.0.1: none may */
  char  *authorization;
  char  *method;
  char  *body;
} seen;

static void
forget_seen (void)
{
  g_free (seen.authorization);
  g_free (seen.method);
  g_free (seen.body);
  memset (&seen, 0, sizeof seen);
}

static const char *
get_redirect (const char *path)
{
  static const struct { const char *path; const char *location; } rows[] = {
    { "/to-local", "//127.0.0.1/" },
    { "/to-ok", "/ok" },
    { "/to-file", "file:///etc/passwd" },
    { "/loop", "/loop" },
    { "/to-other", "http://other.example/ok" },
    { "/to-again", "http://rebind.example/ok" },
    { "/to-http", "http://example.com/ok" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].path, path))
      return rows[i].location;

  return NULL;
}

/* 20 MiB of nothing, packed. */
static GBytes *
pack_nothing (void)
{
  g_autoptr (GZlibCompressor) compressor = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GOutputStream) stream = g_converter_output_stream_new (memory, G_CONVERTER (compressor));
  static const char nothing[1024 * 1024];

  for (guint i = 0; i < 20; i++)
    g_assert_true (g_output_stream_write_all (stream, nothing, sizeof nothing, NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (stream, NULL, NULL));

  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

static void
answer_specially (SoupServerMessage *message, const char *path)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  if (g_str_equal (path, "/bomb"))
    {
      g_autoptr (GBytes) bytes = pack_nothing ();

      soup_message_headers_replace (headers, "Content-Encoding", "gzip");
      soup_message_body_append_bytes (soup_server_message_get_response_body (message), bytes);
    }
  else if (g_str_equal (path, "/slow"))
    {
      soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
      soup_message_body_append (soup_server_message_get_response_body (message), SOUP_MEMORY_STATIC, "x", 1);
      soup_server_message_pause (message);
    }
  else if (g_str_equal (path, "/image"))
    soup_server_message_set_response (message, "image/png", SOUP_MEMORY_STATIC, "\x89PNG", 4);
  else if (g_str_equal (path, "/latin"))
    soup_server_message_set_response (message, "text/plain; charset=ISO-8859-1", SOUP_MEMORY_STATIC, "caf\xe9", 4);
  else
    {
      soup_message_headers_replace (headers, "Alt-Svc", "h2=\"127.0.0.1:443\", h3=\":443\"");
      soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "fine", 4);
    }
}

/* What has come is taken, and then something happens to the connection. */
static gboolean
break_off (SoupServerMessage *message, const char *path)
{
  static const struct { const char *path; const char *said; } rows[] = {
    { "/lost", "" }, { "/babble", "what is it?\r\n\r\n" }, { "/half", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (path, rows[i].path))
      {
        g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);

        g_output_stream_write_all (g_io_stream_get_output_stream (stream), rows[i].said, strlen (rows[i].said), NULL, NULL, NULL);
        g_io_stream_close (stream, NULL, NULL);
        return TRUE;
      }

  return FALSE;
}

static void
handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  int hop = g_str_has_prefix (path, "/hop/") ? atoi (path + 5) : 0;
  g_autofree char *next = hop > 0 ? g_strdup_printf ("/hop/%d", hop - 1) : g_strdup (get_redirect (path));

  seen.n_requests++;
  g_free (seen.authorization);
  seen.authorization = g_strdup (soup_message_headers_get_one (headers, "Authorization"));
  g_free (seen.method);
  seen.method = g_strdup (soup_server_message_get_method (message));
  g_free (seen.body);
  seen.body = g_strndup (body->data != NULL ? body->data : "", body->length);
  if (break_off (message, path))
    return;
  soup_server_message_set_status (message, next != NULL ? g_str_equal (path, "/to-ok") ? 307 : 302 : 200, NULL);
  if (next != NULL)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Location", next);
  else
    answer_specially (message, path);
}

static void
handle_local (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  seen.n_local++;
  soup_server_message_set_status (message, 200, NULL);
}

static void
listen_on (SoupServer *server, const char *address, guint port, SoupServerListenOptions options)
{
  g_autoptr (GSocketAddress) socket = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (GError) error = NULL;

  soup_server_listen (server, socket, options, &error);
  g_assert_no_error (error);
}

/* Connections come about, and nobody says anything. */
static GSocketListener *
listen_silently (const char *address, guint port)
{
  GSocketListener *listener = g_socket_listener_new ();
  g_autoptr (GSocketAddress) socket = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_socket_listener_add_address (listener, socket, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, NULL, &error));
  g_assert_no_error (error);

  return listener;
}

typedef struct
{
  GMainLoop       *loop;
  GMainContext    *context;
  GTlsCertificate *certificate;
  gint             ready;
} Servers;

static gpointer
serve (gpointer user_data)
{
  Servers *self = user_data;
  g_autoptr (SoupServer) server = NULL;
  g_autoptr (SoupServer) local = NULL;
  g_autoptr (GSocketListener) silent = NULL;

  g_main_context_push_thread_default (self->context);
  server = soup_server_new ("tls-certificate", self->certificate, NULL);
  local = soup_server_new (NULL, NULL);
  soup_server_add_handler (server, NULL, handle, NULL, NULL);
  soup_server_add_handler (local, NULL, handle_local, NULL, NULL);
  listen_on (server, PUBLIC, 80, 0);
  listen_on (server, OTHER, 80, 0);
  listen_on (server, PUBLIC, 443, SOUP_SERVER_LISTEN_HTTPS);
  listen_on (local, "127.0.0.1", 80, 0);
  silent = listen_silently (OTHER, 443);
  g_atomic_int_set (&self->ready, 1);
  g_main_loop_run (self->loop);
  soup_server_disconnect (server);
  soup_server_disconnect (local);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_main_context_pop_thread_default (self->context);

  return NULL;
}

static char *pem; /* of the server's certificate */

static VigFetchAnswer *
fetch (const char *uri, VigFetchRequest *request, GError **error)
{
  static const char *const headers[] = { "Authorization", "Bearer secret", NULL };

  request->uri = uri;
  request->headers = headers;
  request->reach = VIG_FETCH_PUBLIC;
  if (request->max_redirects == 0)
    request->max_redirects = 5;
  request->ca = pem;
  forget_seen ();
  vig_test_resolver_set (vig_json_pack_object ("{s:[s], s:[s], s:[s], s:[s], s:[[s], [s]]}",
                                               "example.com", PUBLIC, "other.example", OTHER, "mapped.example", "::ffff:127.0.0.1", "local.example", "127.0.0.1",
                                               "rebind.example", PUBLIC, "127.0.0.1"), NULL);

  return vig_fetch (request, NULL, error);
}

#define assert_refused(uri, request, code, words) \
  G_STMT_START { \
    g_autoptr (GError) error_ = NULL; \
    g_autoptr (VigFetchAnswer) answer_ = fetch (uri, request, &error_); \
    g_assert_null (answer_); \
    g_assert_error (error_, VIG_ERROR, code); \
    g_test_message ("%s", error_->message); \
    g_assert_nonnull (strstr (error_->message, words)); \
    g_assert_cmpuint (seen.n_local, ==, 0); \
  } G_STMT_END

static VigFetchAnswer *
get_fine (const char *uri, VigFetchRequest *request)
{
  g_autoptr (GError) error = NULL;
  VigFetchAnswer *answer = fetch (uri, request, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpuint (seen.n_local, ==, 0);

  return answer;
}

static void
test_relative (void)
{
  VigFetchRequest request = { 0 };
  g_autoptr (VigFetchAnswer) answer = get_fine ("http://example.com/to-ok", &request);
  g_autofree char *text = vig_fetch_answer_dup_text (answer);

  g_assert_cmpstr (text, ==, "fine");
  g_assert_cmpstr (answer->uri, ==, "http://example.com/ok");
  g_assert_cmpuint (answer->n_redirects, ==, 1);
  g_assert_cmpstr (seen.authorization, ==, "Bearer secret");
}

static void
test_to_local (void)
{
  VigFetchRequest request = { 0 };

  assert_refused ("http://example.com/to-local", &request, VIG_ERROR_DENIED, "127.0.0.1");
}

static void
test_to_file (void)
{
  VigFetchRequest request = { 0 };

  assert_refused ("http://example.com/to-file", &request, VIG_ERROR_INVALID, "begins with http");
}

static void
test_ten (void)
{
  VigFetchRequest request = { 0 };
  VigFetchRequest more = { .max_redirects = 10 };
  g_autoptr (VigFetchAnswer) answer = get_fine ("http://example.com/hop/10", &more);

  g_assert_cmpuint (answer->n_redirects, ==, 10);
  assert_refused ("http://example.com/hop/10", &request, VIG_ERROR_REMOTE, "more than 5 times");
  g_assert_cmpuint (seen.n_requests, ==, 6);
}

static void
test_loop (void)
{
  VigFetchRequest request = { 0 };

  assert_refused ("http://example.com/loop", &request, VIG_ERROR_REMOTE, "more than 5 times");
}

static void
test_downgrade (void)
{
  VigFetchRequest request = { 0 };
  g_autoptr (VigFetchAnswer) answer = get_fine ("https://example.com/ok", &request);

  g_assert_cmpuint (seen.n_requests, ==, 1);
  assert_refused ("https://example.com/to-http", &request, VIG_ERROR_DENIED, "https to http");
}

static void
test_other_origin (void)
{
  VigFetchRequest request = { 0 };
  VigFetchRequest same = { .same_origin = TRUE };
  g_autoptr (VigFetchAnswer) answer = get_fine ("http://example.com/to-other", &request);
  g_autoptr (VigFetchAnswer) stays = NULL;

  g_assert_cmpstr (answer->uri, ==, "http://other.example/ok");
  g_assert_cmpuint (seen.n_requests, ==, 2);
  g_assert_null (seen.authorization);

  stays = fetch ("http://example.com/to-other", &same, NULL);
  g_assert_cmpuint (stays->status, ==, 302);
  g_assert_cmpstr (vig_fetch_answer_get_header (stays, "location"), ==, "http://other.example/ok");
  g_assert_cmpuint (seen.n_requests, ==, 1);
}

static void
test_bomb (void)
{
  VigFetchRequest request = { .max_bytes = 1024 * 1024 };
  g_autoptr (VigFetchAnswer) answer = get_fine ("http://example.com/bomb", &request);

  g_assert_true (answer->truncated);
  g_assert_cmpuint (g_bytes_get_size (answer->body), ==, 1024 * 1024);
}

static void
test_slow (void)
{
  VigFetchRequest request = { 0 };
  VigFetchRequest unsent = { .deadline = g_get_monotonic_time () + G_USEC_PER_SEC / 2, .method = "POST" };
  g_autoptr (GError) error = NULL;

  assert_refused ("https://other.example/ok", &unsent, VIG_ERROR_UNAVAILABLE, "did not answer in time");

  /* A busy machine gets more time to send it. */
  for (gint64 time = G_USEC_PER_SEC / 2; time < VIG_TEST_SECONDS * G_USEC_PER_SEC && !g_error_matches (error, VIG_ERROR, VIG_ERROR_TIMED_OUT); time *= 4)
    {
      g_clear_error (&error);
      request.deadline = g_get_monotonic_time () + time;
      g_assert_null (fetch ("http://example.com/slow", &request, &error));
    }
  g_assert_error (error, VIG_ERROR, VIG_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "example.com did not answer in time"));
}

/* PITFALLS 24. Whose connection ends after it was sent may have been carried out; what only reads has failed. */
static void
test_lost (void)
{
  static const struct { const char *uri; int code; } rows[] = {
    { "http://example.com/lost", VIG_ERROR_UNAVAILABLE }, { "http://example.com/babble", VIG_ERROR_REMOTE }, { "http://example.com/half", VIG_ERROR_REMOTE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      VigFetchRequest get = { 0 };
      VigFetchRequest post = { .method = "POST" };

      assert_refused (rows[i].uri, &get, rows[i].code, "example.com");
      assert_refused (rows[i].uri, &post, VIG_ERROR_INTERRUPTED, "example.com was asked, and there came no whole answer: ");
      g_assert_cmpuint (seen.n_requests, ==, 1);
    }
}

/* Resolved once, and what was checked is connected to; the next hop is resolved and checked again. */
static void
test_rebinding (void)
{
  VigFetchRequest request = { 0 };
  g_autoptr (VigFetchAnswer) answer = get_fine ("http://rebind.example/ok", &request);

  g_assert_cmpuint (vig_test_resolver_get_n (), ==, 1);
  assert_refused ("http://rebind.example/to-again", &request, VIG_ERROR_DENIED, "127.0.0.1");
  g_assert_cmpuint (seen.n_requests, ==, 1);
  assert_refused ("http://local.example/", &request, VIG_ERROR_DENIED, "127.0.0.1");
}

static void
test_mapped (void)
{
  VigFetchRequest request = { 0 };

  assert_refused ("http://mapped.example/", &request, VIG_ERROR_DENIED, "::ffff:127.0.0.1");
}

static void
test_alternative (void)
{
  VigFetchRequest request = { 0 };
  g_autoptr (VigFetchAnswer) first = get_fine ("http://example.com/ok", &request);
  g_autoptr (VigFetchAnswer) second = get_fine ("http://example.com/ok", &request);

  g_assert_nonnull (vig_fetch_answer_get_header (first, "Alt-Svc"));
  g_assert_cmpuint (seen.n_requests, ==, 1);
}

static const struct { const char *name; void (*func) (void); } cases[] = {
  { "-> 301 //127.0.0.1/", test_to_local },
  { "-> 302 /ok", test_relative },
  { "-> 302 file:///etc/passwd", test_to_file },
  { "-> 10 redirects, then ok", test_ten },
  { "-> redirect loop", test_loop },
  { "-> https to http downgrade", test_downgrade },
  { "-> redirect with Authorization header to other origin", test_other_origin },
  { "gzip bomb 1 MiB -> 10 GiB", test_bomb },
  { "slow-loris response, 1 byte/s", test_slow },
  { "DNS answer TTL 0, second answer private", test_rebinding },
  { "IPv6 socket reaching v4-mapped private", test_mapped },
  { "Alt-Svc: h2=\"127.0.0.1:443\"", test_alternative },
};

static void
test_rows (void)
{
  g_autoptr (JsonNode) suite = vig_test_load_json ("ssrf/redirect-and-rebinding.json");
  JsonArray *rows = json_node_get_array (suite);

  g_assert_cmpuint (json_array_get_length (rows), ==, G_N_ELEMENTS (cases));
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      const char *name = vig_json_get_string (json_array_get_object_element (rows, i), "case", "");
      gboolean found = FALSE;

      for (guint j = 0; j < G_N_ELEMENTS (cases); j++)
        if (g_str_equal (cases[j].name, name))
          {
            g_test_message ("%s", name);
            cases[j].func ();
            found = TRUE;
          }
      g_assert_true (found);
    }
}

static void
test_limits (void)
{
  static const char *const text_only[] = { "text/*", NULL };
  VigFetchRequest request = { .accepted_types = text_only };
  g_autoptr (GBytes) body = g_bytes_new_static ("a=1", 3);
  VigFetchRequest post = { .method = "POST", .body = body, .content_type = "text/plain" };
  g_autoptr (VigFetchAnswer) latin = get_fine ("http://example.com/latin", &request);
  g_autofree char *text = vig_fetch_answer_dup_text (latin);
  g_autoptr (VigFetchAnswer) posted = NULL;

  g_assert_cmpstr (text, ==, "café");
  assert_refused ("http://example.com/image", &request, VIG_ERROR_NOT_SUPPORTED, "image/png");
  posted = get_fine ("http://example.com/ok", &post);
  g_assert_cmpstr (seen.method, ==, "POST");
  g_assert_cmpstr (seen.body, ==, "a=1");
  assert_refused ("http://example.com:81/", &request, VIG_ERROR_UNAVAILABLE, "failed to reach example.com");
  assert_refused ("http://nowhere.example/", &request, VIG_ERROR_UNAVAILABLE, "no address for nowhere.example");
}

static gboolean
cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

static gpointer
cancel_soon (gpointer user_data)
{
  g_usleep (100 * 1000);
  cancel (user_data);

  return NULL;
}

static void
test_cancel (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  VigFetchRequest request = { .uri = "http://" PUBLIC "/slow", .reach = VIG_FETCH_ANYWHERE };
  GThread *thread = g_thread_new ("cancel", cancel_soon, cancellable);

  g_assert_null (vig_fetch (&request, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

/* A certificate that nobody vouches for is refused, and trusted where it is the one that the owner has given. */
static void
test_certificate (void)
{
  g_autoptr (GError) error = NULL;
  VigFetchRequest request = { .uri = "https://" PUBLIC "/ok", .reach = VIG_FETCH_ANYWHERE };
  g_autoptr (VigFetchAnswer) answer = NULL;

  g_assert_null (vig_fetch (&request, NULL, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE);
  g_assert_nonnull (strstr (error->message, "failed to trust"));
  request.ca = pem;
  answer = vig_fetch (&request, NULL, NULL);
  g_assert_nonnull (answer);
  g_assert_cmpuint (answer->status, ==, 200);
}

int
main (int argc, char **argv)
{
  static const char *const addresses[] = { "127.0.0.1", PUBLIC, OTHER, NULL };
  gboolean own_net = vig_test_net_enter (addresses);
  Servers servers = { 0 };
  GThread *thread;
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!own_net)
    {
      g_print ("1..0 # SKIP no network namespace can be made here\n");
      return 0;
    }

  servers.context = g_main_context_new ();
  servers.loop = g_main_loop_new (servers.context, FALSE);
  servers.certificate = vig_test_net_make_certificate ("example.com", &pem);
  thread = g_thread_new ("servers", serve, &servers);
  while (!g_atomic_int_get (&servers.ready))
    g_usleep (1000);
  vig_test_resolver_install ();

  g_test_add_func ("/fetch/rows", test_rows);
  g_test_add_func ("/fetch/limits", test_limits);
  g_test_add_func ("/fetch/lost", test_lost);
  g_test_add_func ("/fetch/cancel", test_cancel);
  g_test_add_func ("/fetch/certificate", test_certificate);
  status = g_test_run ();
  g_main_loop_quit (servers.loop);
  g_thread_join (thread);
  forget_seen ();
  g_object_unref (servers.certificate);
  g_main_loop_unref (servers.loop);
  g_main_context_unref (servers.context);
  g_free (pem);

  return status;
}
