/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-listener.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vigilus/vigilus.h>

#define WATCH_INTERVAL 500  /* ms */
#define SLOWEST        8192 /* bytes a second that a client must take */

struct _VigListener
{
  SoupServer *server;
  GSocket    *socket;
  GHashTable *waiting;       /* SoupServerMessage, unowned, to Waiting */
  GHashTable *sockets;       /* open connections, unowned, to Idle; NULL: a request is there */
  gulong      started_id;
  gulong      finished_id;
  guint       watch_id;
  guint       max;
  guint       n_accepted;
  guint       n_seen;        /* n_accepted at the last look */
  guint       n_stuck;       /* looks with a client waiting and nobody accepted */
  guint       n_revived;
  gboolean    tls;
};

typedef struct
{
  gint64   deadline; /* G_MAXINT64: none, we are working on it */
  GSocket *socket;
} Waiting;

/* A connection between two requests. */
typedef struct
{
  VigListener       *listener;
  SoupServerMessage *last;   /* that was answered there */
  GSource           *source; /* before libsoup's own */
} Idle;

static void
free_idle (gpointer data)
{
  Idle *idle = data;

  if (idle == NULL)
    return;

  g_source_destroy (idle->source);
  g_source_unref (idle->source);
  g_object_unref (idle->last);
  g_free (idle);
}

static GHashTable *
new_sockets (void)
{
  return g_hash_table_new_full (NULL, NULL, NULL, free_idle);
}

static void
message_gone (gpointer data, GObject *was)
{
  VigListener *self = data;

  g_hash_table_remove (self->waiting, was);
}

static void
socket_gone (gpointer data, GObject *was)
{
  VigListener *self = data;

  g_hash_table_remove (self->sockets, was);
}

static void
set_deadline (VigListener *self, SoupServerMessage *message, gint64 seconds)
{
  Waiting *waiting = g_hash_table_lookup (self->waiting, message);

  if (waiting != NULL)
    waiting->deadline = seconds == 0 ? G_MAXINT64 : g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
}

void
vig_listener_headers_read (VigListener *self, SoupServerMessage *message)
{
  set_deadline (self, message, VIG_LISTENER_BODY_TIME);
}

void
vig_listener_body_read (VigListener *self, SoupServerMessage *message)
{
  set_deadline (self, message, 0);
}

void
vig_listener_answering (VigListener *self, SoupServerMessage *message, gsize size)
{
  set_deadline (self, message, VIG_LISTENER_ANSWER_TIME + (gint64) (size / SLOWEST));
}

/* libsoup before 3.4 takes a reference to each accepted socket that it never gives back (its commit b545d5f0 does). */
static void
greet (VigListener *self, GSocket *socket)
{
  self->n_accepted++;
  g_hash_table_insert (self->sockets, socket, NULL);
  g_object_weak_ref (G_OBJECT (socket), socket_gone, self);
  if (!soup_check_version (3, 4, 0))
    g_object_unref (socket);
  if (g_hash_table_size (self->sockets) > self->max)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

static void
on_started (SoupServer *server, SoupServerMessage *message, VigListener *self)
{
  GSocket *socket = soup_server_message_get_socket (message);
  gboolean is_new = socket != NULL && !g_hash_table_contains (self->sockets, socket);
  Waiting *waiting;

  if (socket == NULL)
    return;
  if (is_new)
    greet (self, socket);

  waiting = g_new0 (Waiting, 1);
  waiting->socket = g_object_ref (socket);
  g_hash_table_insert (self->waiting, message, waiting);
  g_object_weak_ref (G_OBJECT (message), message_gone, self);
  set_deadline (self, message, is_new ? VIG_LISTENER_HEADER_TIME : VIG_LISTENER_IDLE_TIME);
}

/* libsoup before 3.4 keeps a connection for ever, memory and all, once it has read its end between two requests. Here the end is seen first, and the
 * connection is taken from libsoup and let go. What is not seen so, as with TLS, close_the_gone () closes. */
static gboolean
on_idle (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Idle *idle = user_data;
  VigListener *self = idle->listener;
  g_autoptr (GSocket) alive = g_object_ref (socket);
  g_autoptr (SoupServerMessage) last = g_object_ref (idle->last);
  g_autoptr (GIOStream) taken = NULL;
  char byte;

  if (g_socket_is_closed (socket) || recv (g_socket_get_fd (socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
    {
      g_hash_table_insert (self->sockets, socket, NULL);
      return G_SOURCE_REMOVE;
    }

  g_hash_table_remove (self->sockets, socket);
  g_object_weak_unref (G_OBJECT (socket), socket_gone, self);
  taken = soup_server_message_steal_connection (last);

  return G_SOURCE_REMOVE;
}

static gboolean
is_kept (SoupServerMessage *message)
{
  return soup_server_message_get_http_version (message) != SOUP_HTTP_1_0
         && !soup_message_headers_header_contains (soup_server_message_get_request_headers (message), "Connection", "close")
         && !soup_message_headers_header_contains (soup_server_message_get_response_headers (message), "Connection", "close");
}

static void
watch_idle (VigListener *self, SoupServerMessage *message)
{
  GSocket *socket = soup_server_message_get_socket (message);
  Idle *idle;

  if (soup_check_version (3, 4, 0) || socket == NULL || !is_kept (message) || !g_hash_table_contains (self->sockets, socket))
    return;

  /* Of the message only its connection is wanted. */
  soup_message_body_truncate (soup_server_message_get_request_body (message));
  soup_message_body_truncate (soup_server_message_get_response_body (message));
  idle = g_new0 (Idle, 1);
  idle->listener = self;
  idle->last = g_object_ref (message);
  idle->source = g_socket_create_source (socket, G_IO_IN, NULL);
  g_source_set_priority (idle->source, G_PRIORITY_HIGH);
  g_source_set_callback (idle->source, G_SOURCE_FUNC (on_idle), idle, NULL);
  g_source_attach (idle->source, NULL);
  g_hash_table_insert (self->sockets, socket, idle);
}

static void
on_finished (SoupServer *server, SoupServerMessage *message, VigListener *self)
{
  watch_idle (self, message);
  if (g_hash_table_remove (self->waiting, message))
    g_object_weak_unref (G_OBJECT (message), message_gone, self);
}

/* Shutting the socket down makes libsoup see its end and clean up by its own ways. */
static void
end_the_late (VigListener *self)
{
  gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  Waiting *waiting;

  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &waiting))
    if (waiting->deadline < now)
      {
        g_socket_shutdown (waiting->socket, TRUE, TRUE, NULL);
        waiting->deadline = G_MAXINT64;
      }
}

static gboolean
has_request (VigListener *self, GSocket *socket)
{
  GHashTableIter iter;
  Waiting *waiting;

  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &waiting))
    if (waiting->socket == socket)
      return TRUE;

  return FALSE;
}

/* libsoup 3.2 reads the end of a connection that is idle between two requests, and leaves it open for ever: they would count, until no more are let in. */
static void
close_the_gone (VigListener *self)
{
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  GSocket *socket;
  char byte;

  g_hash_table_iter_init (&iter, self->sockets);
  while (g_hash_table_iter_next (&iter, (gpointer *) &socket, NULL))
    if (!g_socket_is_closed (socket) && recv (g_socket_get_fd (socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0 && !has_request (self, socket))
      g_ptr_array_add (gone, g_object_ref (socket));
  for (guint i = 0; i < gone->len; i++)
    {
      socket = g_ptr_array_index (gone, i);
      g_hash_table_remove (self->sockets, socket);
      g_object_weak_unref (G_OBJECT (socket), socket_gone, self);
      g_socket_close (socket, NULL);
    }
}

/* libsoup stops accepting for ever once accept () has failed (out of file descriptors, say): it is given the socket anew. */
static void
revive (VigListener *self)
{
  g_autoptr (GSocket) copy = NULL;
  g_autoptr (GError) error = NULL;
  int fd = dup (g_socket_get_fd (self->socket));

  if (fd < 0)
    return;

  copy = g_socket_new_from_fd (fd, &error);
  if (copy == NULL)
    {
      close (fd);
      return;
    }
  if (soup_server_listen_socket (self->server, copy, self->tls ? SOUP_SERVER_LISTEN_HTTPS : 0, &error))
    self->n_revived++;
}

static gboolean
watch (gpointer user_data)
{
  VigListener *self = user_data;
  gboolean waiting = (g_socket_condition_check (self->socket, G_IO_IN) & G_IO_IN) != 0;

  end_the_late (self);
  close_the_gone (self);
  self->n_stuck = waiting && self->n_accepted == self->n_seen ? self->n_stuck + 1 : 0;
  self->n_seen = self->n_accepted;
  if (self->n_stuck >= 2)
    {
      self->n_stuck = 0;
      revive (self);
    }

  return G_SOURCE_CONTINUE;
}

static GInetAddress *
resolve (const char *host, GError **error)
{
  g_autoptr (GResolver) resolver = NULL;
  GInetAddress *address = g_inet_address_new_from_string (host);
  GList *found;

  if (address != NULL)
    return address;

  resolver = g_resolver_get_default ();
  found = g_resolver_lookup_by_name_with_flags (resolver, host, G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY, NULL, NULL);
  if (found == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "cannot listen on \"%s\": it is neither an address nor a known name; use --host or VIGILUS_HOST", host);
      return NULL;
    }
  address = g_object_ref (found->data);
  g_resolver_free_addresses (found);

  return address;
}

static gboolean
explain (GError *cause, const char *host, guint16 port, GError **error)
{
  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE,
                 "port %u on %s is taken by another program; choose another with --port or VIGILUS_PORT, or stop that program", port, host);
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "port %u on %s may not be used: ports below 1024 need CAP_NET_BIND_SERVICE; choose another with --port or VIGILUS_PORT",
                 port, host);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "cannot listen on %s port %u: %s; see --host and --port", host, port, cause->message);
  g_error_free (cause);

  return FALSE;
}

gboolean
vig_listener_listen (VigListener *self, const char *host, guint16 port, gboolean tls, GError **error)
{
  g_autoptr (GInetAddress) address = resolve (host, error);
  g_autoptr (GSocketAddress) end = NULL;
  GError *cause = NULL;

  if (address == NULL)
    return FALSE;

  end = g_inet_socket_address_new (address, port);
  self->socket = g_socket_new (g_inet_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &cause);
  if (self->socket == NULL)
    return explain (cause, host, port, error);

  self->tls = tls;
  g_socket_set_listen_backlog (self->socket, VIG_LISTENER_BACKLOG);
  if (!g_socket_bind (self->socket, end, TRUE, &cause) || !g_socket_listen (self->socket, &cause)
      || !soup_server_listen_socket (self->server, self->socket, tls ? SOUP_SERVER_LISTEN_HTTPS : 0, &cause))
    return explain (cause, host, port, error);

  self->watch_id = g_timeout_add (WATCH_INTERVAL, watch, self);

  return TRUE;
}

void
vig_listener_stop (VigListener *self)
{
  g_clear_handle_id (&self->watch_id, g_source_remove);
  soup_server_disconnect (self->server);
}

guint16
vig_listener_get_port (VigListener *self)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (self->socket, NULL);

  return address != NULL ? g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)) : 0;
}

guint
vig_listener_get_n_connections (VigListener *self)
{
  return g_hash_table_size (self->sockets);
}

guint
vig_listener_get_n_revived (VigListener *self)
{
  return self->n_revived;
}

void
vig_listener_set_max (VigListener *self, guint max)
{
  self->max = max;
}

static guint
find_max (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return VIG_LISTENER_MAX;

  return (guint) CLAMP ((gint64) limit.rlim_cur - VIG_LISTENER_SPARE_FDS, 8, VIG_LISTENER_MAX);
}

static void
free_waiting (gpointer data)
{
  Waiting *waiting = data;

  g_object_unref (waiting->socket);
  g_free (waiting);
}

static void
forget_all (VigListener *self)
{
  GHashTableIter iter;
  gpointer object;

  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, &object, NULL))
    g_object_weak_unref (object, message_gone, self);
  g_hash_table_remove_all (self->waiting);

  g_hash_table_iter_init (&iter, self->sockets);
  while (g_hash_table_iter_next (&iter, &object, NULL))
    g_object_weak_unref (object, socket_gone, self);
  g_hash_table_remove_all (self->sockets);
}

void
vig_listener_free (VigListener *self)
{
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_clear_signal_handler (&self->started_id, self->server);
  g_clear_signal_handler (&self->finished_id, self->server);
  forget_all (self);
  g_hash_table_unref (self->waiting);
  g_hash_table_unref (self->sockets);
  g_clear_object (&self->socket);
  g_object_unref (self->server);
  g_free (self);
}

VigListener *
vig_listener_new (SoupServer *server)
{
  VigListener *self = g_new0 (VigListener, 1);

  self->server = g_object_ref (server);
  self->waiting = g_hash_table_new_full (NULL, NULL, NULL, free_waiting);
  self->sockets = new_sockets ();
  self->max = find_max ();
  self->started_id = g_signal_connect (server, "request-started", G_CALLBACK (on_started), self);
  self->finished_id = g_signal_connect (server, "request-finished", G_CALLBACK (on_finished), self);

  return self;
}
