/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-proxy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>

#define MAX_WAITING 16
#define MAX_CONNECTIONS 64

struct _DockerProxy
{
  DockerEndpoint  *endpoint;
  char            *path;
  GThread         *thread;
  GSocketListener *listener;    /* of the thread */
  GPtrArray       *relays;      /* of GThread; of the thread */
  GCancellable    *cancellable; /* ends all threads */
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

static void
spliced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Relay *self = user_data;

  self->is_done = TRUE;
  g_io_stream_splice_finish (result, NULL);
}

/* One connection, in a thread of its own: both ways, until one end has closed. */
static gpointer
relay (gpointer data)
{
  g_autofree Relay *self = data;
  GCancellable *cancellable = self->proxy->cancellable;
  g_autoptr (GIOStream) client = self->client;
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) engine = docker_endpoint_dial (self->proxy->endpoint, cancellable, &error);
  g_autoptr (GMainContext) context = g_main_context_new ();

  if (engine == NULL)
    {
      g_debug ("no connection to the Engine: %s", error->message);
      return NULL;
    }

  g_main_context_push_thread_default (context);
  g_io_stream_splice_async (client, engine, G_IO_STREAM_SPLICE_CLOSE_STREAM1 | G_IO_STREAM_SPLICE_CLOSE_STREAM2, G_PRIORITY_DEFAULT, cancellable, spliced, self);
  while (!self->is_done)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static gpointer
serve (gpointer data)
{
  DockerProxy *self = data;
  GSocketConnection *client;

  while ((client = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL)) != NULL)
    {
      Relay *one = g_new0 (Relay, 1);

      one->proxy = self;
      one->client = G_IO_STREAM (client);
      if (self->relays->len < MAX_CONNECTIONS)
        g_ptr_array_add (self->relays, g_thread_new ("docker-relay", relay, one));
      else
        {
          g_object_unref (client);
          g_free (one);
        }
    }
  for (guint i = 0; i < self->relays->len; i++)
    g_thread_join (g_ptr_array_index (self->relays, i));

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
docker_proxy_new (DockerEndpoint *endpoint, const char *folder, uid_t owner, GError **error)
{
  g_autoptr (DockerProxy) self = g_new0 (DockerProxy, 1);

  self->endpoint = endpoint;
  self->path = g_build_filename (folder, "docker.sock", NULL);
  self->listener = g_socket_listener_new ();
  self->relays = g_ptr_array_new ();
  self->cancellable = g_cancellable_new ();
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
  g_unlink (self->path);
  g_clear_object (&self->listener);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->relays, g_ptr_array_unref);
  g_free (self->path);
  g_free (self);
}
