/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-period.h"

struct _DockerPeriod
{
  GCancellable *cancellable;
  GCancellable *outer;
  gulong        chain;
  GSource      *timer; /* of the main loop; its callback has a reference */
  gint          is_over;
};

static void
clear (gpointer data)
{
  DockerPeriod *self = data;

  g_clear_object (&self->cancellable);
  g_clear_object (&self->outer);
}

static void
unref (gpointer self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static gboolean
time_over (gpointer user_data)
{
  DockerPeriod *self = user_data;

  g_atomic_int_set (&self->is_over, TRUE);
  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_REMOVE;
}

static void
outer_cancelled (GCancellable *outer, gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
}

DockerPeriod *
docker_period_new (gint64 seconds, GCancellable *outer)
{
  DockerPeriod *self = g_atomic_rc_box_new0 (DockerPeriod);

  self->cancellable = g_cancellable_new ();
  if (outer != NULL)
    {
      self->outer = g_object_ref (outer);
      self->chain = g_cancellable_connect (outer, G_CALLBACK (outer_cancelled), g_object_ref (self->cancellable), g_object_unref);
    }
  if (seconds > 0)
    {
      self->timer = g_timeout_source_new ((guint) seconds * 1000);
      g_source_set_callback (self->timer, time_over, g_atomic_rc_box_acquire (self), unref);
      g_source_attach (self->timer, NULL);
    }

  return self;
}

void
docker_period_free (DockerPeriod *self)
{
  if (self->chain != 0)
    g_cancellable_disconnect (self->outer, self->chain);
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  unref (self);
}

GCancellable *
docker_period_get_cancellable (DockerPeriod *self)
{
  return self->cancellable;
}

gboolean
docker_period_is_over (DockerPeriod *self)
{
  return g_atomic_int_get (&self->is_over);
}
