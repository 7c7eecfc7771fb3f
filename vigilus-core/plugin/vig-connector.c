/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-connector.h"

#include <gio/gunixfdmessage.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_ADDRESS 512 /* bytes */

struct _VigConnector
{
  char         *id;
  GStrv         allowed;
  GSocket      *socket;
  GSource      *source;
  GCancellable *cancellable;
  guint        *n_pending; /* lives as long as what is pending */
};

typedef struct
{
  char    *id;
  char    *host;
  GSocket *answer;
  guint   *n_pending;
} Request;

static void
request_free (Request *request)
{
  (*request->n_pending)--;
  g_rc_box_release (request->n_pending);
  g_object_unref (request->answer);
  g_free (request->host);
  g_free (request->id);
  g_free (request);
}

/* A byte that says whether it went well, then the reason why not; the descriptor goes with it. */
static void
answer (GSocket *socket, const char *reason, int descriptor)
{
  g_autofree char *text = g_strconcat (reason != NULL ? "-" : "+", reason, NULL);
  GOutputVector vector = { text, strlen (text) };
  g_autoptr (GSocketControlMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  if (descriptor >= 0)
    {
      message = g_unix_fd_message_new ();
      if (!g_unix_fd_message_append_fd (G_UNIX_FD_MESSAGE (message), descriptor, &error))
        return;
    }
  /* Who does not wait for it any more does not get it. */
  g_socket_send_message (socket, NULL, &vector, 1, message != NULL ? &message : NULL, message != NULL ? 1 : 0, G_SOCKET_MSG_NONE, NULL, &error);
}

static gboolean
is_mapped (const guint8 *bytes)
{
  static const guint8 prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

  return memcmp (bytes, prefix, sizeof prefix) == 0;
}

static gboolean
is_of_this_machine (GSocketAddress *peer)
{
  GInetAddress *address = G_IS_INET_SOCKET_ADDRESS (peer) ? g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer)) : NULL;
  g_autoptr (GInetAddress) plain = NULL;

  if (address == NULL)
    return TRUE;
  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6 && is_mapped (g_inet_address_to_bytes (address)))
    plain = g_inet_address_new_from_bytes (g_inet_address_to_bytes (address) + 12, G_SOCKET_FAMILY_IPV4);
  else
    plain = g_object_ref (address);

  return g_inet_address_get_is_loopback (plain) || g_inet_address_get_is_link_local (plain) || g_inet_address_get_is_any (plain)
         || g_inet_address_get_is_multicast (plain);
}

static gboolean
may_be_this_machine (const char *host)
{
  return g_hostname_is_ip_address (host) || g_ascii_strcasecmp (host, "localhost") == 0;
}

static void
connected (GObject *source, GAsyncResult *result, gpointer data)
{
  Request *request = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  g_autoptr (GSocketAddress) peer = connection != NULL ? g_socket_connection_get_remote_address (connection, &error) : NULL;

  if (peer == NULL)
    answer (request->answer, error->message, -1);
  else if (!may_be_this_machine (request->host) && is_of_this_machine (peer))
    {
      g_warning ("plugin %s: %s leads to this machine or its link: not connected", request->id, request->host);
      answer (request->answer, "its name leads to this machine or to a link-local address, which only an address in the manifest may", -1);
    }
  else
    answer (request->answer, NULL, g_socket_get_fd (g_socket_connection_get_socket (connection)));
  request_free (request);
}

static gboolean
is_same (GNetworkAddress *one, GNetworkAddress *other)
{
  return g_ascii_strcasecmp (g_network_address_get_hostname (one), g_network_address_get_hostname (other)) == 0
         && g_network_address_get_port (one) == g_network_address_get_port (other);
}

static GNetworkAddress *
find_allowed (VigConnector *self, const char *text)
{
  g_autoptr (GSocketConnectable) asked = g_utf8_validate (text, -1, NULL) ? g_network_address_parse (text, 0, NULL) : NULL;

  for (guint i = 0; asked != NULL && self->allowed[i] != NULL; i++)
    {
      g_autoptr (GSocketConnectable) allowed = g_network_address_parse (self->allowed[i], 0, NULL);

      if (allowed != NULL && is_same (G_NETWORK_ADDRESS (asked), G_NETWORK_ADDRESS (allowed)))
        return G_NETWORK_ADDRESS (g_steal_pointer (&allowed));
    }

  return NULL;
}

static void
open_connection (VigConnector *self, GNetworkAddress *address, GSocket *answer_socket)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  Request *request = g_new0 (Request, 1);

  request->id = g_strdup (self->id);
  request->host = g_strdup (g_network_address_get_hostname (address));
  request->answer = g_object_ref (answer_socket);
  request->n_pending = g_rc_box_acquire (self->n_pending);
  (*request->n_pending)++;
  /* A proxy of the daemon's would reach for the plugin what the plugin may not. */
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, VIG_CONNECTOR_TIMEOUT);
  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (address), self->cancellable, connected, request);
}

static void
handle (VigConnector *self, const char *text, GSocket *answer_socket)
{
  g_autoptr (GNetworkAddress) address = find_allowed (self, text);

  g_socket_set_blocking (answer_socket, FALSE);
  if (address == NULL)
    answer (answer_socket, "the plugin's manifest does not name it under Connect=", -1);
  else if (*self->n_pending >= VIG_CONNECTOR_MAX)
    answer (answer_socket, "too many connections are being opened: try again later", -1);
  else
    open_connection (self, address, answer_socket);
}

/* The socket for the answer; every other descriptor that came along is closed. */
static GSocket *
take_answer_socket (GSocketControlMessage **messages, int n_messages)
{
  GSocket *socket = NULL;

  for (int i = 0; i < n_messages; i++)
    {
      int n = 0;
      g_autofree int *descriptors = G_IS_UNIX_FD_MESSAGE (messages[i]) ? g_unix_fd_message_steal_fds (G_UNIX_FD_MESSAGE (messages[i]), &n) : NULL;

      for (int j = 0; j < n; j++)
        {
          if (socket == NULL)
            socket = g_socket_new_from_fd (descriptors[j], NULL);
          if (socket == NULL || g_socket_get_fd (socket) != descriptors[j])
            g_close (descriptors[j], NULL);
        }
      g_object_unref (messages[i]);
    }
  g_free (messages);

  return socket;
}

static gboolean
on_request (GSocket *socket, GIOCondition condition, gpointer data)
{
  VigConnector *self = data;
  char text[MAX_ADDRESS + 1] = "";
  GInputVector vector = { text, MAX_ADDRESS };
  GSocketControlMessage **messages = NULL;
  int n_messages = 0;
  int flags = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) answer_socket = NULL;
  gssize n = g_socket_receive_message (socket, NULL, &vector, 1, &messages, &n_messages, &flags, NULL, &error);

  if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  answer_socket = take_answer_socket (messages, n_messages);
  if (n <= 0)
    return G_SOURCE_REMOVE;
  text[n] = '\0';
  if (answer_socket != NULL && g_socket_get_family (answer_socket) == G_SOCKET_FAMILY_UNIX)
    handle (self, text, answer_socket);

  return G_SOURCE_CONTINUE;
}

VigConnector *
vig_connector_new (const char *id, const char * const *allowed, int *descriptor)
{
  VigConnector *self = NULL;
  int pair[2];
  g_autoptr (GSocket) socket = NULL;

  *descriptor = -1;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    return NULL;
  socket = g_socket_new_from_fd (pair[0], NULL);
  if (socket == NULL)
    {
      g_close (pair[0], NULL);
      g_close (pair[1], NULL);
      return NULL;
    }

  g_socket_set_blocking (socket, FALSE);
  self = g_new0 (VigConnector, 1);
  self->id = g_strdup (id);
  self->allowed = g_strdupv ((GStrv) allowed);
  self->socket = g_steal_pointer (&socket);
  self->cancellable = g_cancellable_new ();
  self->n_pending = g_rc_box_new0 (guint);
  self->source = g_socket_create_source (self->socket, G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_request), self, NULL);
  g_source_attach (self->source, NULL);
  *descriptor = pair[1];

  return self;
}

void
vig_connector_free (VigConnector *self)
{
  if (self == NULL)
    return;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_object_unref (self->socket);
  g_rc_box_release (self->n_pending);
  g_strfreev (self->allowed);
  g_free (self->id);
  g_free (self);
}
