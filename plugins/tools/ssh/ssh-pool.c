/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-pool.h"

#include <poll.h>

#define WAIT_TIME (100 * 1000) /* microseconds between looks at whether a wait was cancelled */

typedef struct
{
  char       *key;
  ssh_session session;
  gint64      since; /* monotonic */
} Idle;

struct _VigSshPool
{
  GMutex      mutex;
  GCond       dialled; /* one connection less is being made */
  GQueue      idle;    /* of Idle, the one that came last first */
  GHashTable *relays;  /* key -> VigSshRelay */
  GHashTable *dials;   /* key -> how many are being made */
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
  g_autofree char *jump = server->jump != NULL ? make_key (server->jump) : NULL;
  const char *parts[] = { server->id, server->host, port, server->user, server->host_key, server->private_key, server->passphrase, server->password, jump };

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
  VigSshPool *self = g_atomic_rc_box_new0 (VigSshPool);

  g_mutex_init (&self->mutex);
  g_cond_init (&self->dialled);
  g_queue_init (&self->idle);
  self->relays = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) vig_ssh_relay_unref);
  self->dials = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

VigSshPool *
vig_ssh_pool_ref (VigSshPool *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  VigSshPool *self = data;

  g_queue_clear_full (&self->idle, idle_free);
  g_hash_table_unref (self->relays);
  g_hash_table_unref (self->dials);
  g_cond_clear (&self->dialled);
  g_mutex_clear (&self->mutex);
}

void
vig_ssh_pool_unref (VigSshPool *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

/* With the mutex held. */
static Idle *
take_idle (VigSshPool *self, const char *key)
{
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

/* Waits, with the mutex held, until fewer than @max are being made. */
static gboolean
may_dial (VigSshPool *self, const char *key, guint max, GCancellable *cancellable, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (GPOINTER_TO_UINT (g_hash_table_lookup (self->dials, key)) < max)
    return TRUE;

  g_cond_wait_until (&self->dialled, &self->mutex, g_get_monotonic_time () + WAIT_TIME);

  return FALSE;
}

static void
count_dial (VigSshPool *self, const char *key, int more)
{
  guint n = (guint) ((int) GPOINTER_TO_UINT (g_hash_table_lookup (self->dials, key)) + more);

  if (n > 0)
    g_hash_table_replace (self->dials, g_strdup (key), GUINT_TO_POINTER (n));
  else
    g_hash_table_remove (self->dials, key);
  g_cond_broadcast (&self->dialled);
}

static int
go_through (VigSshPool *self, VigServer *jump, VigServer *server, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  int fd = vig_ssh_pool_open (self, jump, server->host, server->port, step, cancellable, &local_error);

  if (fd >= 0)
    return fd;

  if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_prefix_error (&local_error, "jump host %s: ", jump->name);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return -1;
}

ssh_session
vig_ssh_pool_connect (VigSshPool *self, VigServer *server, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  int fd;

  *step = SSH_STEP_NAME;
  if (!vig_server_has_ssh (server))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "server %s is Docker alone and has no SSH: enter its hostname and username under Servers", server->name);
      return NULL;
    }
  fd = server->jump != NULL ? go_through (self, server->jump, server, step, cancellable, error) : vig_ssh_dial (server, step, cancellable, error);

  return fd >= 0 ? vig_ssh_connect (server, fd, step, cancellable, error) : NULL;
}

/* An idle connection, or the right to make one: then the result is NULL without error. */
static ssh_session
take_idle_or_dial (VigSshPool *self, const char *key, GCancellable *cancellable, GError **error)
{
  ssh_session session = NULL;
  g_autoptr (GError) local_error = NULL;
  gboolean may = FALSE;
  Idle *idle;

  g_mutex_lock (&self->mutex);
  while (session == NULL && !may && local_error == NULL)
    {
      while (session == NULL && (idle = take_idle (self, key)) != NULL)
        {
          if (is_quiet (idle->session))
            session = g_steal_pointer (&idle->session);
          idle_free (idle);
        }
      may = session == NULL && may_dial (self, key, SSH_POOL_DIALS, cancellable, &local_error);
    }
  if (may)
    count_dial (self, key, 1);
  g_mutex_unlock (&self->mutex);

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return session;
}

ssh_session
vig_ssh_pool_take (VigSshPool *self, VigServer *server, gboolean *was_idle, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  g_autofree char *key = make_key (server);
  g_autoptr (GError) local_error = NULL;
  ssh_session session = take_idle_or_dial (self, key, cancellable, &local_error);

  *was_idle = session != NULL;
  if (session == NULL && local_error == NULL)
    {
      session = vig_ssh_pool_connect (self, server, step, cancellable, &local_error);
      g_mutex_lock (&self->mutex);
      count_dial (self, key, -1);
      g_mutex_unlock (&self->mutex);
    }
  if (session == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return session;
}

/* A relay that lives, or the right to make one: then the result is NULL without error. With the mutex held. */
static VigSshRelay *
find_relay_or_dial (VigSshPool *self, const char *key, const char *dial_key, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  VigSshRelay *relay = NULL;
  gboolean may = FALSE;

  while (relay == NULL && !may && local_error == NULL)
    {
      relay = g_hash_table_lookup (self->relays, key);
      if (relay != NULL && vig_ssh_relay_is_alive (relay))
        return vig_ssh_relay_ref (relay);

      relay = NULL;
      may = may_dial (self, dial_key, 1, cancellable, &local_error);
    }
  if (may)
    count_dial (self, dial_key, 1);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static VigSshRelay *
ensure_relay (VigSshPool *self, VigServer *server, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  g_autofree char *key = make_key (server);
  g_autofree char *dial_key = g_strconcat ("relay:", key, NULL);
  g_autoptr (GError) local_error = NULL;
  VigSshRelay *relay;
  ssh_session session;

  g_mutex_lock (&self->mutex);
  relay = find_relay_or_dial (self, key, dial_key, cancellable, &local_error);
  g_mutex_unlock (&self->mutex);
  if (relay == NULL && local_error == NULL)
    {
      session = vig_ssh_pool_connect (self, server, step, cancellable, &local_error);
      g_mutex_lock (&self->mutex);
      count_dial (self, dial_key, -1);
      relay = session != NULL ? vig_ssh_relay_new (session) : NULL;
      if (relay != NULL)
        g_hash_table_replace (self->relays, g_steal_pointer (&key), vig_ssh_relay_ref (relay));
      g_mutex_unlock (&self->mutex);
    }
  if (relay == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return relay;
}

int
vig_ssh_pool_open (VigSshPool *self, VigServer *server, const char *host, guint port, VigSshStep *step, GCancellable *cancellable, GError **error)
{
  VigSshRelay *relay = ensure_relay (self, server, step, cancellable, error);
  int fd = -1;

  if (relay != NULL)
    {
      fd = vig_ssh_relay_open (relay, host, port, step, cancellable, error);
      vig_ssh_relay_unref (relay);
    }

  return fd;
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
  g_cond_broadcast (&self->dialled);
  g_mutex_unlock (&self->mutex);

  if (surplus != NULL)
    idle_free (surplus);
}

/* Ending a relay waits for its thread: outside of the mutex. */
static GPtrArray *
take_old_relays (VigSshPool *self, gint64 oldest)
{
  GPtrArray *old = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_ssh_relay_unref);
  GHashTableIter iter;
  gpointer relay;

  g_hash_table_iter_init (&iter, self->relays);
  while (g_hash_table_iter_next (&iter, NULL, &relay))
    if (vig_ssh_relay_is_idle (relay, oldest))
      {
        g_ptr_array_add (old, vig_ssh_relay_ref (relay));
        g_hash_table_iter_remove (&iter);
      }

  return old;
}

void
vig_ssh_pool_reap (VigSshPool *self)
{
  gint64 oldest = g_get_monotonic_time () - SSH_POOL_IDLE * G_USEC_PER_SEC;
  g_autoptr (GPtrArray) old = g_ptr_array_new_with_free_func (idle_free);
  g_autoptr (GPtrArray) old_relays = NULL;
  Idle *last;

  g_mutex_lock (&self->mutex);
  while ((last = g_queue_peek_tail (&self->idle)) != NULL && last->since < oldest)
    g_ptr_array_add (old, g_queue_pop_tail (&self->idle));
  old_relays = take_old_relays (self, oldest);
  g_mutex_unlock (&self->mutex);
}
