/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-outside.h"

#include "vig-error.h"

typedef struct
{
  GMutex         mutex;
  GCond          changed;
  VigOutsideFunc inside;
  gpointer       inside_data;
  VigOutsideFunc asked; /* NULL: nothing is asked for */
  gpointer       asked_data;
  gboolean       is_over;
} Channel;

static GPrivate current; /* Channel, borrowed */

void
vig_outside_call (VigOutsideFunc func, gpointer data)
{
  Channel *self = g_private_get (&current);

  g_return_if_fail (func != NULL);

  if (self == NULL)
    {
      func (data);
      return;
    }

  g_mutex_lock (&self->mutex);
  self->asked = func;
  self->asked_data = data;
  g_cond_broadcast (&self->changed);
  while (self->asked != NULL)
    g_cond_wait (&self->changed, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

static gpointer
run_inside (gpointer data)
{
  Channel *self = data;

  g_private_set (&current, self);
  self->inside (self->inside_data);

  g_mutex_lock (&self->mutex);
  self->is_over = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->mutex);

  return NULL;
}

static void
serve (Channel *self)
{
  g_mutex_lock (&self->mutex);
  while (!self->is_over)
    {
      if (self->asked == NULL)
        {
          g_cond_wait (&self->changed, &self->mutex);
          continue;
        }
      g_mutex_unlock (&self->mutex);
      self->asked (self->asked_data);
      g_mutex_lock (&self->mutex);
      self->asked = NULL;
      g_cond_broadcast (&self->changed);
    }
  g_mutex_unlock (&self->mutex);
}

gboolean
vig_outside_serve (const char *name, VigOutsideFunc func, gpointer data, GError **error)
{
  g_autoptr (GError) failure = NULL;
  Channel self = { .inside = func, .inside_data = data };
  GThread *thread;

  g_return_val_if_fail (func != NULL, FALSE);

  g_mutex_init (&self.mutex);
  g_cond_init (&self.changed);
  thread = g_thread_try_new (name, run_inside, &self, &failure);
  if (thread != NULL)
    {
      serve (&self);
      g_thread_join (thread);
    }
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "no thread can be started to work on files: %s", failure->message);
  g_cond_clear (&self.changed);
  g_mutex_clear (&self.mutex);

  return thread != NULL;
}
