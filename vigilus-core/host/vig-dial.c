/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-dial.h"

#include "vig-connector.h"
#include "vig-sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdmessage.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_REASON 1024

GSocket *
vig_dial_open (GError **error)
{
  fcntl (VIG_SANDBOX_DESCRIPTOR, F_SETFD, FD_CLOEXEC);

  return g_socket_new_from_fd (VIG_SANDBOX_DESCRIPTOR, error);
}

static gboolean
ask (GSocket *socket, const char *address, int answer_end, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocketControlMessage) message = g_unix_fd_message_new ();
  GOutputVector vector = { address, strlen (address) };

  return g_unix_fd_message_append_fd (G_UNIX_FD_MESSAGE (message), answer_end, error)
         && g_socket_send_message (socket, NULL, &vector, 1, &message, 1, G_SOCKET_MSG_NONE, cancellable, error) > 0;
}

static int
take_descriptor (GSocketControlMessage **messages, int n_messages)
{
  int descriptor = -1;

  for (int i = 0; i < n_messages; i++)
    {
      int n = 0;
      g_autofree int *descriptors = G_IS_UNIX_FD_MESSAGE (messages[i]) ? g_unix_fd_message_steal_fds (G_UNIX_FD_MESSAGE (messages[i]), &n) : NULL;

      if (n > 0)
        descriptor = descriptors[0];
      g_object_unref (messages[i]);
    }
  g_free (messages);

  return descriptor;
}

static GSocketConnection *
read_answer (GSocket *mine, const char *address, GCancellable *cancellable, GError **error)
{
  char text[MAX_REASON + 1] = "";
  GInputVector vector = { text, MAX_REASON };
  GSocketControlMessage **messages = NULL;
  int n_messages = 0;
  int flags = 0;
  gssize n = g_socket_receive_message (mine, NULL, &vector, 1, &messages, &n_messages, &flags, cancellable, error);
  int descriptor = take_descriptor (messages, n_messages);
  g_autoptr (GSocket) socket = NULL;

  if (n < 0)
    return NULL;
  text[n] = '\0';
  if (descriptor < 0)
    {
      g_set_error (error, VIG_ERROR, strstr (text, "manifest") != NULL ? VIG_ERROR_DENIED : VIG_ERROR_UNAVAILABLE,
                   "failed to connect to %s: %s", address, n > 1 ? text + 1 : "the daemon gave no answer");
      return NULL;
    }

  socket = g_socket_new_from_fd (descriptor, error);
  if (socket == NULL)
    {
      g_close (descriptor, NULL);
      return NULL;
    }

  return g_socket_connection_factory_create_connection (socket);
}

GSocketConnection *
vig_dial (GSocket *socket, const char *address, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocket) mine = NULL;
  int pair[2];
  gboolean sent;

  if (socket == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "failed to connect to %s: the plugin's manifest has no Connect=", address);
      return NULL;
    }
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to connect to %s: %s", address, g_strerror (errno));
      return NULL;
    }

  mine = g_socket_new_from_fd (pair[0], NULL);
  sent = mine != NULL && ask (socket, address, pair[1], cancellable, error);
  g_close (pair[1], NULL);
  if (!sent)
    return NULL;

  g_socket_set_timeout (mine, VIG_CONNECTOR_TIMEOUT + 5);

  return read_answer (mine, address, cancellable, error);
}
