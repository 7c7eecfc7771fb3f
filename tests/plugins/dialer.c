/* SPDX-License-Identifier: MIT */
#include <vigilus/vigilus.h>

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Reaches for the network: as it should, and in every way that it should not. */

static JsonNode *
ask (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *address = vig_json_get_string (vig_invocation_get_arguments (invocation), "address", "");
  g_autoptr (GSocketConnection) connection = vig_invocation_connect (invocation, address, cancellable, error);
  char text[64] = "";

  if (connection == NULL
      || !g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), "hello\n", 6, NULL, cancellable, error)
      || g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)), text, sizeof text - 1, cancellable, error) < 0)
    return NULL;

  return vig_json_pack ("s", text);
}

/* Past the library: a message of its own, with the descriptor of a file in place of a socket, and none. */
static void
send_nonsense (void)
{
  static const char *const texts[] = { "", "\xff\xfe:1", "127.0.0.1", "127.0.0.1:1\n127.0.0.1:2", "[::1]:99999999", "a" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    send (3, texts[i], strlen (texts[i]) + 1, MSG_NOSIGNAL);
}

/* The names of the ways that led out; none must. */
static JsonNode *
break_out (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  static const struct { const char *name; int family; int type; } ways[] = {
    { "tcp4", AF_INET, SOCK_STREAM }, { "tcp6", AF_INET6, SOCK_STREAM }, { "udp4", AF_INET, SOCK_DGRAM }, { "udp6", AF_INET6, SOCK_DGRAM },
    { "raw", AF_INET, SOCK_RAW }, { "packet", AF_PACKET, SOCK_RAW }, { "netlink", AF_NETLINK, SOCK_RAW }, { "unix", AF_UNIX, SOCK_STREAM },
    { "vsock", 40, SOCK_STREAM }, { "high bits", AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK },
  };
  GString *open = g_string_new (NULL);
  int pair[2];

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    if (socket (ways[i].family, ways[i].type, 0) >= 0)
      g_string_append_printf (open, "%s ", ways[i].name);
  if (socketpair (AF_INET, SOCK_STREAM, 0, pair) == 0)
    g_string_append (open, "inet pair ");
  if (socketpair (AF_UNIX, SOCK_STREAM, 0, pair) == 0)
    {
      struct sockaddr_un name = { AF_UNIX, "/run/dbus/system_bus_socket" };

      if (connect (pair[0], (struct sockaddr *) &name, sizeof name) == 0)
        g_string_append (open, "connected pair ");
    }
  send_nonsense ();

  return vig_json_pack ("s", open->str);
}

#define ARGUMENTS "{\"type\": \"object\", \"properties\": {\"address\": {\"type\": \"string\"}}}"

static const VigToolInfo infos[] = {
  { "dialer.ask", "Ask", "Asks a server.", VIG_LEVEL_WRITE, ARGUMENTS, 20, VIG_TOOL_NONE },
  { "dialer.break", "Break out", "Tries every way out.", VIG_LEVEL_WRITE, ARGUMENTS, 20, VIG_TOOL_NONE },
};

static gboolean
activate (VigHost *host, GError **error)
{
  vig_host_add_tool (host, vig_simple_tool_new (&infos[0], ask));
  vig_host_add_tool (host, vig_simple_tool_new (&infos[1], break_out));

  return TRUE;
}

VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "dialer", activate, NULL };
