/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-relay.h"

#include "ssh-channel.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define OPEN_TIME (SSH_CONNECT_TIMEOUT * G_USEC_PER_SEC)
#define MAX_ANSWER 512

struct _VigSshRelay
{
  ssh_session session;
  GThread    *thread;
  int         wake;      /* an eventfd: something was asked */
  GMutex      mutex;     /* for what follows */
  GQueue      asked;     /* of VigSshChannel that are not yet the thread's */
  gboolean    is_ended;  /* asked to end, or the connection is gone */
  guint       n_channels;
  gint64      idle_since;
};

typedef struct
{
  VigSshRelay              *relay;
  GPtrArray                *channels;
  ssh_event                 event;
  struct ssh_counter_struct sent;
  struct ssh_counter_struct received;
  gint64                    last_word;
} Loop;

static void
wake_up (VigSshRelay *self)
{
  guint64 one = 1;

  if (write (self->wake, &one, sizeof one) < 0)
    g_debug ("a relay could not be woken: %s", g_strerror (errno));
}

/* FALSE: it is to end. */
static gboolean
take_asked (Loop *loop)
{
  VigSshRelay *self = loop->relay;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  VigSshChannel *channel;

  while ((channel = g_queue_pop_head (&self->asked)) != NULL)
    g_ptr_array_add (loop->channels, channel);

  return !self->is_ended;
}

static void
drop (Loop *loop, guint i)
{
  VigSshRelay *self = loop->relay;

  g_ptr_array_remove_index_fast (loop->channels, i);
  g_mutex_lock (&self->mutex);
  self->n_channels--;
  self->idle_since = g_get_monotonic_time ();
  g_mutex_unlock (&self->mutex);
}

/* One channel's reading takes in what came for another: only a round in which no packet came leaves nothing behind. */
static void
advance_all (Loop *loop)
{
  gboolean moved;
  guint64 packets;

  do
    {
      moved = FALSE;
      packets = loop->received.in_packets;
      for (guint i = loop->channels->len; i > 0; i--)
        if (!vig_ssh_channel_advance (g_ptr_array_index (loop->channels, i - 1), &moved))
          drop (loop, i - 1);
      if (loop->received.in_packets != packets)
        loop->last_word = g_get_monotonic_time ();
    }
  while (moved || loop->received.in_packets != packets);
}

static void
wait (Loop *loop)
{
  g_autofree struct pollfd *fds = g_new0 (struct pollfd, loop->channels->len + 2);
  gboolean has_more = (ssh_get_poll_flags (loop->relay->session) & SSH_WRITE_PENDING) != 0;
  guint64 count;

  fds[0] = (struct pollfd) { ssh_get_fd (loop->relay->session), (short) (has_more ? POLLIN | POLLOUT : POLLIN), 0 };
  fds[1] = (struct pollfd) { loop->relay->wake, POLLIN, 0 };
  for (guint i = 0; i < loop->channels->len; i++)
    vig_ssh_channel_want (g_ptr_array_index (loop->channels, i), &fds[i + 2]);
  poll (fds, loop->channels->len + 2, SSH_RELAY_KEEPALIVE * 1000);
  for (guint i = 0; i < loop->channels->len; i++)
    vig_ssh_channel_heed (g_ptr_array_index (loop->channels, i), &fds[i + 2]);
  if (fds[1].revents != 0 && read (loop->relay->wake, &count, sizeof count) < 0)
    g_debug ("a relay was woken for nothing: %s", g_strerror (errno));
}

/* Channels whose end has come do not make libssh read any more, and without channels nothing does. Opening one reads, and keeps the reason
 * of a refusal only if it was that which read it. */
static gboolean
is_connected (Loop *loop)
{
  gboolean opening = FALSE;

  for (guint i = 0; i < loop->channels->len; i++)
    opening = opening || vig_ssh_channel_is_opening (g_ptr_array_index (loop->channels, i));

  return (opening || ssh_event_dopoll (loop->event, 0) != SSH_ERROR) && ssh_is_connected (loop->relay->session);
}

static void
keep_alive (Loop *loop)
{
  gint64 now = g_get_monotonic_time ();

  if (loop->channels->len == 0 || now - loop->last_word < SSH_RELAY_KEEPALIVE * G_USEC_PER_SEC)
    return;

  loop->last_word = now;
  vig_ssh_keep_alive (loop->relay->session);
}

static void
end (VigSshRelay *self)
{
  g_mutex_lock (&self->mutex);
  self->is_ended = TRUE;
  g_queue_clear_full (&self->asked, (GDestroyNotify) vig_ssh_channel_free);
  g_mutex_unlock (&self->mutex);
}

static gpointer
run (gpointer data)
{
  VigSshRelay *self = data;
  Loop loop = { .relay = self, .channels = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_ssh_channel_free), .event = ssh_event_new () };

  loop.last_word = g_get_monotonic_time ();
  ssh_set_blocking (self->session, 0);
  ssh_event_add_session (loop.event, self->session);
  ssh_set_counters (self->session, &loop.sent, &loop.received);
  while (take_asked (&loop) && is_connected (&loop))
    {
      advance_all (&loop);
      wait (&loop);
      keep_alive (&loop);
    }
  end (self);
  g_ptr_array_unref (loop.channels);
  ssh_event_free (loop.event);
  vig_ssh_close (self->session);

  return NULL;
}

VigSshRelay *
vig_ssh_relay_new (ssh_session session)
{
  VigSshRelay *self = g_atomic_rc_box_new0 (VigSshRelay);

  self->session = session;
  self->wake = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->idle_since = g_get_monotonic_time ();
  g_mutex_init (&self->mutex);
  g_queue_init (&self->asked);
  self->thread = g_thread_new ("ssh-relay", run, self);

  return self;
}

VigSshRelay *
vig_ssh_relay_ref (VigSshRelay *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  VigSshRelay *self = data;

  g_mutex_lock (&self->mutex);
  self->is_ended = TRUE;
  g_mutex_unlock (&self->mutex);
  wake_up (self);
  g_thread_join (self->thread);
  g_close (self->wake, NULL);
  g_mutex_clear (&self->mutex);
}

void
vig_ssh_relay_unref (VigSshRelay *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/* FALSE: it takes no more. */
static gboolean
ask (VigSshRelay *self, const char *host, guint port, int fd)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (self->is_ended || self->n_channels >= SSH_RELAY_MAX)
    {
      g_close (fd, NULL);
      return FALSE;
    }

  self->n_channels++;
  g_queue_push_tail (&self->asked, vig_ssh_channel_new (self->session, host, port, fd));

  return TRUE;
}

static gboolean
wait_for_answer (int fd, gint64 until, GCancellable *cancellable, GError **error)
{
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      gint64 left = (until - g_get_monotonic_time ()) / 1000;
      GPollFD cancel = { -1, 0, 0 };
      gboolean has_cancel = cancellable != NULL && g_cancellable_make_pollfd (cancellable, &cancel);
      GPollFD fds[2] = { { fd, G_IO_IN, 0 }, cancel };
      int n = g_poll (fds, has_cancel ? 2 : 1, (int) CLAMP (left, 0, OPEN_TIME / 1000));

      if (has_cancel)
        g_cancellable_release_fd (cancellable);
      if (n > 0 && fds[0].revents != 0)
        return TRUE;
      if (left <= 0)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "no answer within %d seconds", SSH_CONNECT_TIMEOUT);
          return FALSE;
        }
    }

  return FALSE;
}

static gboolean
read_answer (int fd, VigSshStep *step, GError **error)
{
  char answer[MAX_ANSWER + 1] = "";
  gssize n = recv (fd, answer, 1, 0);

  if (n == 1 && *answer == '+')
    return TRUE;

  if (n == 1)
    n = recv (fd, answer, MAX_ANSWER, 0);
  *step = n > 0 && *answer == 'n' ? SSH_STEP_NAME : SSH_STEP_TCP;
  if (n > 1)
    g_set_error (error, VIG_ERROR, VIG_ERROR_REMOTE, "%s", answer + 1);
  else
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_REMOTE, "the connection was lost");

  return FALSE;
}

int
vig_ssh_relay_open (VigSshRelay *self, const char *host, guint port, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  int pair[2];

  *step = SSH_STEP_TCP;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to make a pair of sockets: %s", g_strerror (errno));
      return -1;
    }
  if (!ask (self, host, port, pair[1]))
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "its connection is gone, or has %d channels already", SSH_RELAY_MAX);
  else
    {
      wake_up (self);
      if (wait_for_answer (pair[0], g_get_monotonic_time () + OPEN_TIME, cancellable, error) && read_answer (pair[0], step, error))
        return pair[0];
    }
  g_close (pair[0], NULL);

  return -1;
}

gboolean
vig_ssh_relay_is_alive (VigSshRelay *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return !self->is_ended;
}

gboolean
vig_ssh_relay_is_idle (VigSshRelay *self, gint64 since)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->is_ended || (self->n_channels == 0 && self->idle_since < since);
}
