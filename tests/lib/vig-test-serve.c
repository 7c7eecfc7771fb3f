/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-serve.h"

#include <libsoup/soup.h>

#include <string.h>

static GMainContext *context;
static GMainLoop *loop;
static GThread *thread;
static gint ready;

/* The test waits for each answer, so that this is never read while it is written. */
static guint status_now;
static char *type_now;
static GBytes *body_now;
static guint n_served;
static char *method;
static char *path_seen;
static char *query_seen;
static char *body_seen;
static SoupMessageHeaders *headers_seen;

static void
take (char **where, const char *text)
{
  g_free (*where);
  *where = g_strdup (text);
}

static void
copy_header (const char *name, const char *value, gpointer user_data)
{
  soup_message_headers_append (user_data, name, value);
}

static void
handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  GUri *uri = soup_server_message_get_uri (message);
  g_autofree char *text = g_strndup (body->data != NULL ? body->data : "", body->length);

  n_served++;
  take (&method, soup_server_message_get_method (message));
  take (&path_seen, g_uri_get_path (uri));
  take (&query_seen, g_uri_get_query (uri));
  take (&body_seen, text);
  g_clear_pointer (&headers_seen, soup_message_headers_unref);
  headers_seen = soup_message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  soup_message_headers_foreach (soup_server_message_get_request_headers (message), copy_header, headers_seen);
  soup_server_message_set_status (message, status_now, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Content-Type", type_now);
  if (status_now / 100 == 3)
    soup_message_headers_replace (soup_server_message_get_response_headers (message), "Location", "http://elsewhere.example/");
  if (g_bytes_get_size (body_now) > 0)
    soup_message_body_append_bytes (soup_server_message_get_response_body (message), body_now);
}

static gpointer
serve (gpointer user_data)
{
  g_autoptr (SoupServer) server = NULL;
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (context);
  server = soup_server_new ("raw-paths", TRUE, NULL);
  soup_server_add_handler (server, NULL, handle, NULL, NULL);
  soup_server_listen_all (server, 80, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  g_atomic_int_set (&ready, 1);
  g_main_loop_run (loop);
  soup_server_disconnect (server);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);

  return NULL;
}

void
vig_test_serve_begin (void)
{
  context = g_main_context_new ();
  loop = g_main_loop_new (context, FALSE);
  vig_test_serve (200, "text/plain", "", 0);
  thread = g_thread_new ("serve", serve, NULL);
  while (!g_atomic_int_get (&ready))
    g_usleep (1000);
}

void
vig_test_serve_end (void)
{
  g_main_loop_quit (loop);
  g_thread_join (thread);
}

void
vig_test_serve (guint status, const char *type, const char *body, gssize length)
{
  status_now = status;
  take (&type_now, type);
  g_clear_pointer (&body_now, g_bytes_unref);
  body_now = g_bytes_new (body, length < 0 ? strlen (body) : (gsize) length);
  n_served = 0;
}

guint
vig_test_served_n (void)
{
  return n_served;
}

const char *
vig_test_served_method (void)
{
  return method;
}

const char *
vig_test_served_path (void)
{
  return path_seen;
}

const char *
vig_test_served_query (void)
{
  return query_seen;
}

const char *
vig_test_served_body (void)
{
  return body_seen;
}

const char *
vig_test_served_header (const char *name)
{
  return headers_seen != NULL ? soup_message_headers_get_one (headers_seen, name) : NULL;
}
