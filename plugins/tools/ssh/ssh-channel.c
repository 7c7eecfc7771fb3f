/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-channel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define CHUNK (32 * 1024)

struct _VigSshChannel
{
  ssh_session session;
  ssh_channel channel;
  char       *host;
  guint       port;
  int         fd;
  gboolean    is_open;
  gboolean    is_hung;     /* nobody is at the socket's other end any more */
  gboolean    has_sent_eof;
  gboolean    has_got_eof;
  char        held[CHUNK]; /* came from the channel, not yet taken by the socket */
  gsize       held_offset;
  gsize       held_length;
};

VigSshChannel *
vig_ssh_channel_new (ssh_session session, const char *host, guint port, int fd)
{
  VigSshChannel *self = g_new0 (VigSshChannel, 1);

  self->session = session;
  self->host = g_strdup (host);
  self->port = port;
  self->fd = fd;
  fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK);

  return self;
}

void
vig_ssh_channel_free (VigSshChannel *self)
{
  /* Servers take the end of a channel that they refused for a break of the protocol. */
  if (self->is_open)
    ssh_channel_close (self->channel);
  if (self->channel != NULL)
    ssh_channel_free (self->channel);
  g_close (self->fd, NULL);
  g_free (self->host);
  g_free (self);
}

gboolean
vig_ssh_channel_is_opening (VigSshChannel *self)
{
  return !self->is_open;
}

/* What servers say where a name is unknown to them: there is no code for it. */
static gboolean
is_about_name (const char *reason)
{
  return strstr (reason, "not known") != NULL || strstr (reason, "name resolution") != NULL || strstr (reason, "No address") != NULL;
}

static void
tell (VigSshChannel *self, const char *reason)
{
  g_autofree char *text = reason == NULL ? g_strdup ("+") : g_strdup_printf ("-%c%s", is_about_name (reason) ? 'n' : 't', reason);

  if (send (self->fd, text, strlen (text), MSG_NOSIGNAL) < 0)
    self->is_hung = TRUE;
}

static gboolean
open_channel (VigSshChannel *self, gboolean *moved)
{
  int status = SSH_ERROR;
  const char *reason;

  if (self->channel == NULL)
    self->channel = ssh_channel_new (self->session);
  if (self->channel != NULL)
    status = self->port > 0 ? ssh_channel_open_forward (self->channel, self->host, (int) self->port, "127.0.0.1", 0)
                            : ssh_channel_open_forward_unix (self->channel, self->host, "127.0.0.1", 0);
  if (status == SSH_AGAIN)
    return TRUE;

  *moved = TRUE;
  self->is_open = status == SSH_OK;
  reason = self->is_open ? NULL : ssh_get_error (self->session);
  tell (self, reason == NULL || *reason != '\0' ? reason : "the server refused it");

  return self->is_open;
}

static void
fill_from_channel (VigSshChannel *self)
{
  int n = self->held_length == 0 && !self->has_got_eof ? ssh_channel_read_nonblocking (self->channel, self->held, sizeof self->held, 0) : 0;

  if (n > 0)
    {
      self->held_offset = 0;
      self->held_length = (gsize) n;
    }
}

static void
push_to_socket (VigSshChannel *self, gboolean *moved)
{
  gssize n;

  fill_from_channel (self);
  if (self->is_hung)
    self->held_length = 0;
  while (self->held_length > 0 && (n = send (self->fd, self->held + self->held_offset, self->held_length, MSG_NOSIGNAL)) != 0)
    {
      if (n < 0)
        {
          self->is_hung = errno != EAGAIN && errno != EINTR;
          break;
        }
      *moved = TRUE;
      self->held_offset += (gsize) n;
      self->held_length -= (gsize) n;
      fill_from_channel (self);
    }
  if (self->held_length == 0 && !self->has_got_eof && ssh_channel_is_eof (self->channel))
    {
      self->has_got_eof = TRUE;
      *moved = TRUE;
      shutdown (self->fd, SHUT_WR);
    }
}

static gboolean
has_room (VigSshChannel *self)
{
  return !self->has_sent_eof && ssh_channel_window_size (self->channel) > 0 && (ssh_get_poll_flags (self->session) & SSH_WRITE_PENDING) == 0;
}

static void
pull_from_socket (VigSshChannel *self, gboolean *moved)
{
  char buffer[CHUNK];
  gssize n = 0;

  while (has_room (self))
    {
      n = recv (self->fd, buffer, MIN (sizeof buffer, ssh_channel_window_size (self->channel)), 0);
      if (n <= 0)
        break;
      *moved = TRUE;
      if (ssh_channel_write (self->channel, buffer, (guint32) n) != n)
        {
          self->is_hung = self->has_sent_eof = TRUE;
          return;
        }
    }
  if (has_room (self) && (n == 0 || (errno != EAGAIN && errno != EINTR)))
    {
      self->has_sent_eof = TRUE;
      *moved = TRUE;
      ssh_channel_send_eof (self->channel);
    }
}

gboolean
vig_ssh_channel_advance (VigSshChannel *self, gboolean *moved)
{
  if (!self->is_open)
    return open_channel (self, moved);

  push_to_socket (self, moved);
  pull_from_socket (self, moved);
  if (self->has_got_eof && (self->has_sent_eof || ssh_channel_is_closed (self->channel)))
    return FALSE;

  return !(self->is_hung && self->has_sent_eof);
}

void
vig_ssh_channel_want (VigSshChannel *self, struct pollfd *fd)
{
  fd->fd = self->is_hung ? -1 : self->fd;
  fd->events = fd->revents = 0;
  if (!self->is_open)
    return;
  if (self->held_length > 0)
    fd->events |= POLLOUT;
  if (has_room (self))
    fd->events |= POLLIN;
}

void
vig_ssh_channel_heed (VigSshChannel *self, const struct pollfd *fd)
{
  if ((fd->revents & (POLLHUP | POLLERR)) != 0)
    self->is_hung = TRUE;
}
