/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-connect.h"

#include "docker-proxy.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#define DEFAULT_PORT 2376
#define MAX_CONNECTIONS 200
#define MAX_CHANNELS 32 /* of the 64 that all who go through the server's SSH connection share */

struct _DockerEndpoint
{
  VigServer       *server;
  char            *base;
  char            *path;        /* of the Unix socket, or NULL */
  char            *remote;      /* "unix:/run/docker.sock" on the server, or NULL */
  DockerReach      reach;       /* what leads there */
  char            *folder;      /* that the proxy's socket lies in */
  DockerProxy     *proxy;       /* between libsoup and what leads there, or NULL */
  GTlsDatabase    *trusted;     /* or NULL: what the system trusts */
  int              trusted_fd;  /* what it is read from, or -1 */
  GTlsCertificate *certificate; /* the client's, or NULL */
};

void
docker_endpoint_free (DockerEndpoint *self)
{
  g_clear_pointer (&self->proxy, docker_proxy_free);
  if (self->folder != NULL)
    g_rmdir (self->folder);
  g_clear_object (&self->trusted);
  if (self->trusted_fd >= 0)
    g_close (self->trusted_fd, NULL);
  g_clear_object (&self->certificate);
  g_clear_pointer (&self->server, vig_server_unref);
  g_free (self->base);
  g_free (self->path);
  g_free (self->remote);
  g_free (self->folder);
  g_free (self);
}

const char *
docker_endpoint_get_base (DockerEndpoint *self)
{
  return self->base;
}

/* GIO makes a database of a file only, and reads that again at each connection: one in memory, for as long as the endpoint lives. */
static GTlsDatabase *
new_database (DockerEndpoint *self, const char *pem, GError **error)
{
  gssize length = (gssize) strlen (pem);
  g_autofree char *path = NULL;

  self->trusted_fd = memfd_create ("certificate-authority", MFD_CLOEXEC);
  if (self->trusted_fd < 0 || write (self->trusted_fd, pem, (gsize) length) != length)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_FAILED, "there is no memory for it");
      return NULL;
    }
  path = g_strdup_printf ("/proc/self/fd/%d", self->trusted_fd);

  return g_tls_file_database_new (path, error);
}

static gboolean
set_certificates (DockerEndpoint *self, GError **error)
{
  VigServer *server = self->server;
  g_autofree char *pair = NULL;

  if (server->docker_ca != NULL)
    {
      self->trusted = new_database (self, server->docker_ca, error);
      if (self->trusted == NULL)
        {
          g_prefix_error (error, "the certificate authority of Docker of server %s can't be read: ", server->name);
          return FALSE;
        }
    }
  if (server->docker_certificate == NULL || server->docker_key == NULL)
    return TRUE;

  pair = g_strconcat (server->docker_certificate, "\n", server->docker_key, NULL);
  self->certificate = g_tls_certificate_new_from_pem (pair, -1, error);
  explicit_bzero (pair, strlen (pair));
  if (self->certificate == NULL)
    g_prefix_error (error, "the client certificate of Docker of server %s and its key can't be used (the key must be PEM, without a passphrase): ", server->name);

  return self->certificate != NULL;
}

static gboolean
set_tcp (DockerEndpoint *self, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (self->server->docker_endpoint, G_URI_FLAGS_NONE, error);
  g_autoptr (GUri) base = NULL;

  if (uri == NULL)
    return FALSE;

  base = g_uri_build (G_URI_FLAGS_NONE, "https", NULL, g_uri_get_host (uri), g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : DEFAULT_PORT, "", NULL, NULL);
  self->base = g_uri_to_string (base);

  return set_certificates (self, error);
}

/* libsoup connects to sockets only: one of ours, behind which the server's is. */
static gboolean
set_ssh (DockerEndpoint *self, const DockerReach *reach, GError **error)
{
  self->reach = *reach;
  self->remote = g_strconcat ("unix:", self->server->docker_endpoint + strlen ("ssh://"), NULL);
  self->base = g_strdup ("http://docker");
  self->folder = g_dir_make_tmp ("vigilus-docker-XXXXXX", error);
  if (self->folder == NULL)
    return FALSE;

  self->proxy = docker_proxy_new ((DockerDialFunc) docker_endpoint_dial, self, self->folder, geteuid (), error);
  self->path = self->proxy != NULL ? g_strdup (docker_proxy_get_path (self->proxy)) : NULL;

  return self->proxy != NULL;
}

DockerEndpoint *
docker_endpoint_new (VigServer *server, const DockerReach *reach, GError **error)
{
  g_autoptr (DockerEndpoint) self = g_new0 (DockerEndpoint, 1);
  const char *endpoint = server->docker_endpoint;

  self->server = vig_server_ref (server);
  self->trusted_fd = -1;
  if (endpoint != NULL && g_str_has_prefix (endpoint, "unix://"))
    {
      self->path = g_strdup (endpoint + strlen ("unix://"));
      self->base = g_strdup ("http://docker");
      return g_steal_pointer (&self);
    }
  if (endpoint != NULL && g_str_has_prefix (endpoint, "ssh://"))
    return set_ssh (self, reach, error) ? g_steal_pointer (&self) : NULL;
  if (endpoint != NULL && g_str_has_prefix (endpoint, "tcp://"))
    return set_tcp (self, error) ? g_steal_pointer (&self) : NULL;

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "server %s has no Docker endpoint: name it in its entry in the dashboard under Servers", server->name);

  return NULL;
}

SoupSession *
docker_endpoint_new_session (DockerEndpoint *self)
{
  g_autoptr (GSocketAddress) address = self->path != NULL ? g_unix_socket_address_new (self->path) : NULL;
  int max = self->proxy != NULL ? MAX_CHANNELS : MAX_CONNECTIONS;
  SoupSession *session = g_object_new (SOUP_TYPE_SESSION,
                                       "remote-connectable", address,
                                       "max-conns", max,
                                       "max-conns-per-host", max,
                                       "user-agent", "Vigilus",
                                       NULL);

  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  /* A machine of the home network is reached directly, whatever the environment says. */
  soup_session_set_proxy_resolver (session, NULL);
  if (self->trusted != NULL)
    soup_session_set_tls_database (session, self->trusted);

  return session;
}

/* As vig_tls_watch () does for libsoup's connections. */
static void
check_peer (GSocketClientEvent event, GIOStream *connection)
{
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKED && g_tls_connection_get_peer_certificate_errors (G_TLS_CONNECTION (connection)) != 0)
    g_io_stream_close (connection, NULL, NULL);
}

void
docker_endpoint_prepare (DockerEndpoint *self, SoupMessage *message)
{
  if (self->certificate != NULL)
    soup_message_set_tls_client_certificate (message, self->certificate);
  vig_tls_watch (message, NULL, NULL);
}

static void
on_event (GSocketClient *client, GSocketClientEvent event, GSocketConnectable *connectable, GIOStream *connection, gpointer user_data)
{
  DockerEndpoint *self = user_data;

  check_peer (event, connection);
  if (event != G_SOCKET_CLIENT_TLS_HANDSHAKING)
    return;

  if (self->certificate != NULL)
    g_tls_connection_set_certificate (G_TLS_CONNECTION (connection), self->certificate);
  if (self->trusted != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (connection), self->trusted);
}

GIOStream *
docker_endpoint_dial (DockerEndpoint *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = self->path != NULL ? g_unix_socket_address_new (self->path) : NULL;
  GSocketConnection *connection;

  if (self->remote != NULL)
    return (GIOStream *) self->reach.connect (self->reach.data, self->server, self->remote, cancellable, error);

  g_socket_client_set_enable_proxy (client, FALSE);
  if (address != NULL)
    connection = g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), cancellable, error);
  else
    {
      g_socket_client_set_tls (client, TRUE);
      g_signal_connect (client, "event", G_CALLBACK (on_event), self);
      connection = g_socket_client_connect_to_uri (client, self->base, DEFAULT_PORT, cancellable, error);
    }

  return connection != NULL ? G_IO_STREAM (connection) : NULL;
}

/* A server does not say why it does not open the socket. */
static const char *
advise_ssh (const GError *error)
{
  if (strstr (error->message, "Channel opening failure") == NULL)
    return NULL;

  return "is Docker installed and running there, is that its socket, may the user who signs in use it (group docker), and does the server's sshd allow "
         "it (AllowStreamLocalForwarding)?";
}

static const char *
advise (DockerEndpoint *self, const GError *error)
{
  if (self->remote != NULL)
    return advise_ssh (error);
  if (error->domain == G_TLS_ERROR)
    return "the certificates do not fit: look at the certificate authority, the host name and the client certificate in the server's entry";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return "there is no such socket: is Docker installed and running, and is the socket shared with the container that Vigilus runs in?";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    return "the user that vigilusd runs as may not use the socket: add it to the group that owns it, usually docker";
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    return "nothing listens there: is Docker running?";

  return NULL;
}

void
docker_endpoint_explain (DockerEndpoint *self, gboolean was_sent, GError **error)
{
  g_autoptr (GError) cause = *error;
  GError *reason = self->proxy != NULL ? docker_proxy_take_error (self->proxy) : NULL;
  const char *advice;

  if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_clear_error (&reason);
      *error = g_steal_pointer (&cause);
      return;
    }

  if (was_sent && reason == NULL)
    {
      *error = g_error_new (VIG_ERROR, VIG_ERROR_INTERRUPTED, "Docker of server %s was told to, and gave no whole answer: %s", self->server->name, cause->message);
      return;
    }
  if (reason != NULL)
    {
      g_error_free (cause);
      cause = reason;
    }
  advice = advise (self, cause);
  *error = g_error_new (VIG_ERROR, VIG_ERROR_UNAVAILABLE, "Docker of server %s does not answer at %s: %s%s%s", self->server->name, self->server->docker_endpoint,
                        cause->message, advice != NULL ? ": " : "", advice != NULL ? advice : "");
}
