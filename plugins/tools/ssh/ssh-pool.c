/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-pool.h"

#include <poll.h>

typedef struct
{
  char       *key;
  ssh_session session;
  gint64      since; /* monotonic */
} Idle;

struct _VigSshPool
{
  GMutex mutex;
  GQueue idle; /* of Idle, the one that came last first */
};

static void
idle_free (gpointer data)
{
  Idle *idle = data;

  vig_ssh_close (idle->session);
  g_free (idle->key);
  g_free (idle);
}

/* Whatever is changed in the inventory makes another key, so that no connection outlives what it was opened with. */
static char *
make_key (VigServer *server)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *port = g_strdup_printf ("%u", server->port);
  const char *parts[] = { server->id, server->host, port, server->user, server->host_key, server->private_key, server->passphrase, server->password };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_checksum_update (sum, (const guchar *) (parts[i] != NULL ? "+" : "-"), 1);
      g_checksum_update (sum, (const guchar *) (parts[i] != NULL ? parts[i] : ""), parts[i] != NULL ? (gssize) strlen (parts[i]) + 1 : 1);
    }

  return g_strdup (g_checksum_get_string (sum));
}

VigSshPool *
vig_ssh_pool_new (void)
{
  VigSshPool *self = g_new0 (VigSshPool, 1);

  g_mutex_init (&self->mutex);
  g_queue_init (&self->idle);

  return self;
}

void
vig_ssh_pool_free (VigSshPool *self)
{
  g_queue_clear_full (&self->idle, idle_free);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static Idle *
take_idle (VigSshPool *self, const char *key)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  for (GList *link = self->idle.head; link != NULL; link = link->next)
    {
      Idle *idle = link->data;

      if (!g_str_equal (idle->key, key))
        continue;
      g_queue_delete_link (&self->idle, link);
      return idle;
    }

  return NULL;
}

/* A server that said something to an idle connection has nearly always said goodbye. */
static gboolean
is_quiet (ssh_session session)
{
  struct pollfd fd = { ssh_get_fd (session), POLLIN, 0 };

  return ssh_is_connected (session) && poll (&fd, 1, 0) == 0;
}

ssh_session
vig_ssh_pool_take (VigSshPool *self, VigServer *server, gboolean *was_idle, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  g_autofree char *key = make_key (server);
  ssh_session session = NULL;
  Idle *idle;

  *was_idle = FALSE;
  while (session == NULL && (idle = take_idle (self, key)) != NULL)
    {
      if (is_quiet (idle->session))
        session = g_steal_pointer (&idle->session);
      idle_free (idle);
    }

  *was_idle = session != NULL;

  return session != NULL ? session : vig_ssh_connect (server, step, cancellable, error);
}

void
vig_ssh_pool_give (VigSshPool *self, VigServer *server, ssh_session session)
{
  Idle *idle = g_new0 (Idle, 1);
  Idle *surplus = NULL;

  idle->key = make_key (server);
  idle->session = session;
  idle->since = g_get_monotonic_time ();
  g_mutex_lock (&self->mutex);
  g_queue_push_head (&self->idle, idle);
  if (g_queue_get_length (&self->idle) > SSH_POOL_MAX)
    surplus = g_queue_pop_tail (&self->idle);
  g_mutex_unlock (&self->mutex);

  if (surplus != NULL)
    idle_free (surplus);
}

void
vig_ssh_pool_reap (VigSshPool *self)
{
  gint64 oldest = g_get_monotonic_time () - SSH_POOL_IDLE * G_USEC_PER_SEC;
  g_autoptr (GPtrArray) old = g_ptr_array_new_with_free_func (idle_free);
  Idle *last;

  g_mutex_lock (&self->mutex);
  while ((last = g_queue_peek_tail (&self->idle)) != NULL && last->since < oldest)
    g_ptr_array_add (old, g_queue_pop_tail (&self->idle));
  g_mutex_unlock (&self->mutex);
}
