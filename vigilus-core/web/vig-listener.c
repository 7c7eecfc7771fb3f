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
#define TLS_HEADER     5
#define OVER_REFS      2    /* to a connection of libsoup 3.2, by the server and the last message; one that waits for a request has the next one's, too */
#define TLS_NO_REQUEST 32   /* bytes of a record, and fewer, hold no request; the last words of a client do fit */

struct _VigListener
{
  SoupServer *server;
  GSocket    *socket;
  GHashTable *connections; /* GSocket, unowned, to Connection */
  gulong      started_id;
  gulong      finished_id;
  guint       watch_id;
  guint       max;
  guint       n_accepted;
  guint       n_seen;      /* n_accepted at the last look */
  guint       n_stuck;     /* looks with a client waiting and nobody accepted */
  gboolean    tls;
};

typedef struct
{
  VigListener       *listener;
  GSocket           *socket;   /* unowned */
  SoupServerMessage *last;     /* that was answered, while nothing else was asked; NULL: a request is there */
  GSource           *source;   /* before libsoup's own; NULL: not needed */
  gpointer           tag;      /* of its socket; NULL: something came */
  guint              look;     /* whether it is over */
  gint64             deadline; /* G_MAXINT64: none, we are working on it */
} Connection;

static void
free_connection (gpointer data)
{
  Connection *connection = data;

  g_clear_handle_id (&connection->look, g_source_remove);
  if (connection->source != NULL)
    g_source_destroy (connection->source);
  g_clear_pointer (&connection->source, g_source_unref);
  g_clear_object (&connection->last);
  g_free (connection);
}

static void
socket_gone (gpointer data, GObject *was)
{
  VigListener *self = data;

  g_hash_table_remove (self->connections, was);
}

static Connection *
find (VigListener *self, SoupServerMessage *message)
{
  GSocket *socket = soup_server_message_get_socket (message);

  return socket != NULL ? g_hash_table_lookup (self->connections, socket) : NULL;
}

static void
set_deadline (Connection *connection, gint64 seconds)
{
  if (connection != NULL)
    connection->deadline = seconds == 0 ? G_MAXINT64 : g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
}

void
vig_listener_headers_read (VigListener *self, SoupServerMessage *message)
{
  set_deadline (find (self, message), VIG_LISTENER_BODY_TIME);
}

void
vig_listener_body_read (VigListener *self, SoupServerMessage *message)
{
  set_deadline (find (self, message), 0);
}

void
vig_listener_answering (VigListener *self, SoupServerMessage *message, gsize size)
{
  set_deadline (find (self, message), VIG_LISTENER_ANSWER_TIME + (gint64) (size / SLOWEST));
}

static void
forget (Connection *connection)
{
  VigListener *self = connection->listener;
  GSocket *socket = connection->socket;

  g_object_weak_unref (G_OBJECT (socket), socket_gone, self);
  g_hash_table_remove (self->connections, socket);
}

/* libsoup looks for another request at once when one is answered. Where the client has closed by then, it reads the end there, before on_idle(): after
 * that nobody holds the connection but the server and @last, and to take it would crash libsoup; the server has only to be told that it is over. The
 * connection is no part of libsoup's interface: it is the first member of a message. */
static gboolean
is_over (SoupServerMessage *last, GObject **connection)
{
  *connection = *(GObject **) ((guint8 *) last + sizeof (GObject));

  return (*connection)->ref_count <= OVER_REFS;
}

/* The socket is closed before the stream, since one of TLS would wait for its client; what is unread would reset it. */
static void
let_go (Connection *connection)
{
  g_autoptr (GSocket) socket = g_object_ref (connection->socket);
  g_autoptr (SoupServerMessage) last = g_steal_pointer (&connection->last);
  g_autoptr (GIOStream) taken = NULL;
  guint8 unread[TLS_NO_REQUEST];
  GObject *libsoups;

  if (g_socket_is_closed (socket))
    {
      forget (connection);
      return;
    }

  recv (g_socket_get_fd (socket), unread, sizeof unread, MSG_DONTWAIT);
  forget (connection);
  if (is_over (last, &libsoups))
    g_signal_emit_by_name (libsoups, "disconnected");
  else
    taken = soup_server_message_steal_connection (last);
  g_socket_close (socket, NULL);
}

static gboolean
holds_request (Connection *connection)
{
  guint8 header[TLS_HEADER];
  gssize n = recv (g_socket_get_fd (connection->socket), header, sizeof header, MSG_PEEK | MSG_DONTWAIT);

  /* A client that closes before it has read all resets the connection: that is its end, too. */
  if (n < 0)
    return errno == EAGAIN;
  if (n == 0 || !connection->listener->tls)
    return n != 0;

  return n < TLS_HEADER || TLS_HEADER + (header[3] << 8 | header[4]) > TLS_NO_REQUEST;
}

/* The next request may have come with the one before, and be where only libsoup looks: it has looked now. */
static gboolean
has_looked (gpointer data)
{
  Connection *connection = data;

  connection->look = 0;
  if (connection->last != NULL)
    let_go (connection);

  return G_SOURCE_REMOVE;
}

/* libsoup before 3.4 keeps a connection for ever, memory and all, once it has read its end between two requests. Here the end is seen first, and the
 * connection is taken from libsoup and let go. */
static gboolean
on_idle (gpointer data)
{
  Connection *connection = data;

  g_source_remove_unix_fd (connection->source, g_steal_pointer (&connection->tag));
  if (connection->last != NULL && connection->look == 0 && !holds_request (connection))
    connection->look = g_idle_add_full (G_PRIORITY_DEFAULT, has_looked, connection, NULL); /* after libsoup's own source, and as soon where there is much to do */

  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSource *
new_source (Connection *connection)
{
  static GSourceFuncs functions = { .dispatch = dispatch };
  GSource *source = g_source_new (&functions, sizeof (GSource));

  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, on_idle, connection, NULL);
  g_source_attach (source, NULL);

  return source;
}

/* Whatever wakes libsoup must wake this first: what it has read to its end without us cannot be taken from it any more. POLLRDHUP alone would not
 * do, since the kernel may tell of input without it while the end arrives. By TLS the end is a record, which comes before the socket's own. */
static void
watch_idle (Connection *connection)
{
  if (connection->tag == NULL)
    connection->tag = g_source_add_unix_fd (connection->source, g_socket_get_fd (connection->socket), G_IO_IN);
}

/* libsoup before 3.4 takes a reference to each accepted socket that it never gives back (its commit b545d5f0 does). */
static Connection *
greet (VigListener *self, GSocket *socket)
{
  Connection *connection = g_new0 (Connection, 1);

  self->n_accepted++;
  connection->listener = self;
  connection->socket = socket;
  g_hash_table_insert (self->connections, socket, connection);
  g_object_weak_ref (G_OBJECT (socket), socket_gone, self);
  if (!soup_check_version (3, 4, 0))
    {
      g_object_unref (socket);
      connection->source = new_source (connection);
    }
  if (g_hash_table_size (self->connections) > self->max)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);

  return connection;
}

/* Of the first request of a connection libsoup tells when it accepts it, of the others when a line has come. */
static void
on_started (SoupServer *server, SoupServerMessage *message, VigListener *self)
{
  GSocket *socket = soup_server_message_get_socket (message);
  Connection *connection = find (self, message);

  if (socket == NULL)
    return;
  if (connection == NULL)
    connection = greet (self, socket);

  g_clear_object (&connection->last);
  set_deadline (connection, VIG_LISTENER_HEADER_TIME);
}

static gboolean
is_kept (SoupServerMessage *message)
{
  /* libsoup closes after an answer whose end no length tells, such as one without content. */
  return soup_server_message_get_http_version (message) != SOUP_HTTP_1_0 && soup_server_message_get_status (message) != SOUP_STATUS_NO_CONTENT
         && !soup_message_headers_header_contains (soup_server_message_get_request_headers (message), "Connection", "close")
         && !soup_message_headers_header_contains (soup_server_message_get_response_headers (message), "Connection", "close");
}

/* Of the message only its connection is wanted. */
static void
on_finished (SoupServer *server, SoupServerMessage *message, VigListener *self)
{
  Connection *connection = find (self, message);
  gboolean kept;

  if (connection == NULL)
    return;

  kept = is_kept (message);
  set_deadline (connection, kept ? VIG_LISTENER_IDLE_TIME : VIG_LISTENER_ANSWER_TIME);
  if (connection->source == NULL || !kept)
    return;

  soup_message_body_truncate (soup_server_message_get_request_body (message));
  soup_message_body_truncate (soup_server_message_get_response_body (message));
  g_set_object (&connection->last, message);
  watch_idle (connection);
}

/* Shutting the socket down makes libsoup, or on_idle(), see its end and clean up. What libsoup read already, and was no request, it will not look at
 * again. */
static void
end_the_late (VigListener *self)
{
  g_autoptr (GPtrArray) left = g_ptr_array_new ();
  gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  Connection *connection;

  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &connection))
    if (connection->deadline < now)
      {
        g_socket_shutdown (connection->socket, TRUE, TRUE, NULL);
        connection->deadline = G_MAXINT64;
        if (connection->last != NULL && connection->tag == NULL)
          g_ptr_array_add (left, connection);
      }
  for (guint i = 0; i < left->len; i++)
    let_go (g_ptr_array_index (left, i));
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
  if (!soup_server_listen_socket (self->server, copy, self->tls ? SOUP_SERVER_LISTEN_HTTPS : 0, &error))
    g_warning ("new connections can't be accepted: %s", error->message);
}

static gboolean
watch (gpointer user_data)
{
  VigListener *self = user_data;
  gboolean waiting = (g_socket_condition_check (self->socket, G_IO_IN) & G_IO_IN) != 0;

  end_the_late (self);
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

static guint
find_max (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return VIG_LISTENER_MAX;

  return (guint) CLAMP ((gint64) limit.rlim_cur - VIG_LISTENER_SPARE_FDS, 8, VIG_LISTENER_MAX);
}

static void
forget_all (VigListener *self)
{
  GHashTableIter iter;
  gpointer socket;

  g_hash_table_iter_init (&iter, self->connections);
  while (g_hash_table_iter_next (&iter, &socket, NULL))
    g_object_weak_unref (socket, socket_gone, self);
  g_hash_table_remove_all (self->connections);
}

void
vig_listener_free (VigListener *self)
{
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_clear_signal_handler (&self->started_id, self->server);
  g_clear_signal_handler (&self->finished_id, self->server);
  forget_all (self);
  g_hash_table_unref (self->connections);
  g_clear_object (&self->socket);
  g_object_unref (self->server);
  g_free (self);
}

VigListener *
vig_listener_new (SoupServer *server)
{
  VigListener *self = g_new0 (VigListener, 1);

  self->server = g_object_ref (server);
  self->connections = g_hash_table_new_full (NULL, NULL, NULL, free_connection);
  self->max = find_max ();
  self->started_id = g_signal_connect (server, "request-started", G_CALLBACK (on_started), self);
  self->finished_id = g_signal_connect (server, "request-finished", G_CALLBACK (on_finished), self);

  return self;
}
