/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-proxy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#define MAX_WAITING 64
#define MAX_CONNECTIONS 64 /* at once */

struct _DockerProxy
{
  DockerDialFunc   dial;
  gpointer         data;
  char            *path;
  GThread         *thread;
  GSocketListener *listener;    /* of the thread */
  GCancellable    *cancellable; /* ends all threads */
  GMutex           mutex;       /* for what follows */
  GCond            ended;       /* a connection less */
  guint            n_relays;
  GError          *error;
};

typedef struct
{
  DockerProxy *proxy;
  GIOStream   *client;
  gboolean     is_done;
} Relay;

const char *
docker_proxy_get_path (DockerProxy *self)
{
  return self->path;
}

GError *
docker_proxy_take_error (DockerProxy *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return g_steal_pointer (&self->error);
}

static void
spliced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Relay *self = user_data;

  self->is_done = TRUE;
  g_io_stream_splice_finish (result, NULL);
}

/* Both ways, until one end has closed. */
static void
splice (Relay *self, GIOStream *engine)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  g_io_stream_splice_async (self->client, engine, G_IO_STREAM_SPLICE_CLOSE_STREAM1 | G_IO_STREAM_SPLICE_CLOSE_STREAM2, G_PRIORITY_DEFAULT,
                            self->proxy->cancellable, spliced, self);
  while (!self->is_done)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
}

/* Keeps the reason before the client can notice that its connection is closed. */
static void
keep_error (DockerProxy *self, GError *error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  g_clear_error (&self->error);
  self->error = error;
}

/* One connection, in a thread of its own. */
static gpointer
relay (gpointer data)
{
  Relay *self = data;
  DockerProxy *proxy = self->proxy;
  GError *error = NULL;
  g_autoptr (GIOStream) engine = proxy->dial (proxy->data, proxy->cancellable, &error);

  if (engine != NULL)
    splice (self, engine);
  else
    keep_error (proxy, error);
  g_clear_object (&engine);
  g_object_unref (self->client);
  g_free (self);

  g_mutex_lock (&proxy->mutex);
  proxy->n_relays--;
  g_cond_signal (&proxy->ended);
  g_mutex_unlock (&proxy->mutex);

  return NULL;
}

/* FALSE: there are as many as there may be. */
static gboolean
count_relay (DockerProxy *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  if (self->n_relays >= MAX_CONNECTIONS)
    return FALSE;

  self->n_relays++;

  return TRUE;
}

static gpointer
serve (gpointer data)
{
  DockerProxy *self = data;
  GSocketConnection *client;

  while ((client = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL)) != NULL)
    if (count_relay (self))
      {
        Relay *one = g_new0 (Relay, 1);

        one->proxy = self;
        one->client = G_IO_STREAM (client);
        g_thread_unref (g_thread_new ("docker-relay", relay, one));
      }
    else
      g_object_unref (client);

  return NULL;
}

static gboolean
listen_at (DockerProxy *self, uid_t owner, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);

  g_socket_listener_set_backlog (self->listener, MAX_WAITING);
  if (!g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, error))
    return FALSE;
  if (g_chmod (self->path, 0600) == 0 && (owner == geteuid () || chown (self->path, owner, (gid_t) -1) == 0))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to give away %s", self->path);

  return FALSE;
}

DockerProxy *
docker_proxy_new (DockerDialFunc dial, gpointer data, const char *folder, uid_t owner, GError **error)
{
  g_autoptr (DockerProxy) self = g_new0 (DockerProxy, 1);

  self->dial = dial;
  self->data = data;
  self->path = g_build_filename (folder, "docker.sock", NULL);
  self->listener = g_socket_listener_new ();
  self->cancellable = g_cancellable_new ();
  g_mutex_init (&self->mutex);
  g_cond_init (&self->ended);
  if (!listen_at (self, owner, error))
    return NULL;

  self->thread = g_thread_new ("docker-proxy", serve, self);

  return g_steal_pointer (&self);
}

void
docker_proxy_free (DockerProxy *self)
{
  g_cancellable_cancel (self->cancellable);
  if (self->thread != NULL)
    g_thread_join (self->thread);
  g_mutex_lock (&self->mutex);
  while (self->n_relays > 0)
    g_cond_wait (&self->ended, &self->mutex);
  g_mutex_unlock (&self->mutex);
  g_unlink (self->path);
  g_clear_object (&self->listener);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_cond_clear (&self->ended);
  g_mutex_clear (&self->mutex);
  g_free (self->path);
  g_free (self);
}
