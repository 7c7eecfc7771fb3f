/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <libsoup/soup.h>

/* The floor for the list benchmark: libsoup alone, answering the bytes of a file. bare-soup FILE; prints its port. */

typedef struct
{
  char *text;
  gsize length;
} Body;

static void
answer (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Body *body = user_data;

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC, body->text, body->length);
}

int
main (int argc, char **argv)
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;
  Body body = { NULL, 0 };

  if (argc != 2 || !g_file_get_contents (argv[1], &body.text, &body.length, &error) || !g_socket_bind (socket, address, TRUE, &error))
    {
      g_printerr ("bare-soup: %s\n", error != NULL ? error->message : "usage: bare-soup FILE");
      return 1;
    }

  g_socket_set_listen_backlog (socket, 1024);
  soup_server_add_handler (server, NULL, answer, &body, NULL);
  if (!g_socket_listen (socket, &error) || !soup_server_listen_socket (server, socket, 0, &error))
    {
      g_printerr ("bare-soup: %s\n", error->message);
      return 1;
    }

  bound = g_socket_get_local_address (socket, NULL);
  g_print ("%u\n", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  g_main_loop_run (loop);

  return 0;
}
