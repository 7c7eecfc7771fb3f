/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-watch.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <glib/gstdio.h>

struct _VigSshWatch
{
  int           fd;      /* of our own, so that it stands for nothing else later */
  gint          has_cut; /* atomic */
  GSource      *timer;
  GCancellable *cancellable;
  gulong        handler;
};

static void
clear (gpointer data)
{
  VigSshWatch *self = data;

  g_close (self->fd, NULL);
  g_clear_object (&self->cancellable);
}

static void
release (gpointer data)
{
  g_atomic_rc_box_release_full (data, clear);
}

static gboolean
cut (gpointer data)
{
  VigSshWatch *self = data;

  g_atomic_int_set (&self->has_cut, TRUE);
  shutdown (self->fd, SHUT_RDWR);

  return G_SOURCE_REMOVE;
}

static void
cancelled (GCancellable *cancellable, gpointer data)
{
  cut (data);
}

/* On the main loop's thread, which waits for nothing. */
static void
start_timer (VigSshWatch *self, gint64 deadline)
{
  gint64 left = (deadline - g_get_monotonic_time ()) / 1000;

  self->timer = g_timeout_source_new ((guint) CLAMP (left, 0, G_MAXINT));
  g_source_set_callback (self->timer, cut, g_atomic_rc_box_acquire (self), release);
  g_source_attach (self->timer, NULL);
}

VigSshWatch *
vig_ssh_watch_begin (int fd, gint64 deadline, GCancellable *cancellable)
{
  VigSshWatch *self = g_atomic_rc_box_new0 (VigSshWatch);

  self->fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (deadline > 0)
    start_timer (self, deadline);
  if (cancellable != NULL)
    {
      self->cancellable = g_object_ref (cancellable);
      self->handler = g_cancellable_connect (cancellable, G_CALLBACK (cancelled), g_atomic_rc_box_acquire (self), release);
    }

  return self;
}

gboolean
vig_ssh_watch_end (VigSshWatch *self)
{
  gboolean has_cut;

  if (self->timer != NULL)
    {
      g_source_destroy (self->timer);
      g_source_unref (self->timer);
    }
  g_cancellable_disconnect (self->cancellable, self->handler);
  has_cut = g_atomic_int_get (&self->has_cut);
  release (self);

  return has_cut;
}
