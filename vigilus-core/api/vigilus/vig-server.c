/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-server-private.h"

#include <string.h>

typedef struct
{
  VigServer         server; /* first: what others see */
  VigPinHostKeyFunc pin;
  gpointer          data;
  GDestroyNotify    free_data;
} OwnServer;

G_DEFINE_BOXED_TYPE (VigServer, vig_server, vig_server_ref, vig_server_unref)
G_DEFINE_INTERFACE (VigServerAccess, vig_server_access, G_TYPE_OBJECT)
G_DEFINE_INTERFACE (VigServerService, vig_server_service, G_TYPE_OBJECT)

static void
vig_server_access_default_init (VigServerAccessInterface *iface)
{
}

static void
vig_server_service_default_init (VigServerServiceInterface *iface)
{
}

static void
wipe (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
clear (gpointer data)
{
  OwnServer *self = data;

  g_free (self->server.id);
  g_free (self->server.name);
  g_free (self->server.host);
  g_free (self->server.user);
  g_free (self->server.host_key);
  g_free (self->server.docker_endpoint);
  g_free (self->server.docker_ca);
  g_free (self->server.docker_certificate);
  g_strfreev (self->server.compose_folders);
  wipe (self->server.private_key);
  wipe (self->server.passphrase);
  wipe (self->server.password);
  wipe (self->server.docker_key);
  g_clear_pointer (&self->server.jump, vig_server_unref);
  g_strfreev (self->server.file_paths);
  if (self->free_data != NULL)
    self->free_data (self->data);
}

VigServer *
vig_server_ref (VigServer *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
vig_server_unref (VigServer *self)
{
  g_atomic_rc_box_release_full (self, clear);
}

gboolean
vig_server_pin_host_key (VigServer *self, const char *host_key, GError **error)
{
  OwnServer *own = (OwnServer *) self;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (host_key != NULL && *host_key != '\0', FALSE);

  if (own->pin != NULL)
    return own->pin (self, host_key, own->data, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "host keys cannot be kept here");

  return FALSE;
}

JsonNode *
vig_server_access_test (VigServerAccess *self, VigServer *server, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_SERVER_ACCESS (self), NULL);
  g_return_val_if_fail (server != NULL, NULL);

  return VIG_SERVER_ACCESS_GET_IFACE (self)->test (self, server, cancellable, error);
}

JsonNode *
vig_server_access_read_key (VigServerAccess *self, const char *private_key, const char *passphrase, GError **error)
{
  g_return_val_if_fail (VIG_IS_SERVER_ACCESS (self), NULL);
  g_return_val_if_fail (private_key != NULL, NULL);

  return VIG_SERVER_ACCESS_GET_IFACE (self)->read_key (self, private_key, passphrase, error);
}

char *
vig_server_access_make_key (VigServerAccess *self, GError **error)
{
  g_return_val_if_fail (VIG_IS_SERVER_ACCESS (self), NULL);

  return VIG_SERVER_ACCESS_GET_IFACE (self)->make_key (self, error);
}

GSocketConnection *
vig_server_access_open (VigServerAccess *self, VigServer *server, const char *address, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_SERVER_ACCESS (self), NULL);
  g_return_val_if_fail (server != NULL, NULL);
  g_return_val_if_fail (address != NULL, NULL);

  if (VIG_SERVER_ACCESS_GET_IFACE (self)->open != NULL)
    return VIG_SERVER_ACCESS_GET_IFACE (self)->open (self, server, address, cancellable, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "nothing behind a server can be reached from here");

  return NULL;
}

void
vig_server_file_clear (VigServerFile *self)
{
  g_clear_pointer (&self->content, g_bytes_unref);
}

gboolean
vig_server_access_read_file (VigServerAccess *self, VigServer *server, const char *path, VigServerFile *file, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_SERVER_ACCESS (self), FALSE);
  g_return_val_if_fail (server != NULL && path != NULL && file != NULL, FALSE);

  if (VIG_SERVER_ACCESS_GET_IFACE (self)->read_file != NULL)
    return VIG_SERVER_ACCESS_GET_IFACE (self)->read_file (self, server, path, file, cancellable, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "files of servers cannot be reached from here");

  return FALSE;
}

gboolean
vig_server_access_put_file (VigServerAccess *self, VigServer *server, const char *path, const VigServerFile *file, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_SERVER_ACCESS (self), FALSE);
  g_return_val_if_fail (server != NULL && path != NULL && file != NULL, FALSE);

  if (VIG_SERVER_ACCESS_GET_IFACE (self)->put_file != NULL)
    return VIG_SERVER_ACCESS_GET_IFACE (self)->put_file (self, server, path, file, cancellable, error);

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "files of servers cannot be reached from here");

  return FALSE;
}

JsonNode *
vig_server_service_test (VigServerService *self, VigServer *server, VigServerAccess *access, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_SERVER_SERVICE (self), NULL);
  g_return_val_if_fail (server != NULL, NULL);

  return VIG_SERVER_SERVICE_GET_IFACE (self)->test (self, server, access, cancellable, error);
}

gboolean
vig_server_has_ssh (const VigServer *self)
{
  return *self->host != '\0' && *self->user != '\0';
}

VigServer *
vig_server_new (const VigServer *values, VigPinHostKeyFunc pin, gpointer data, GDestroyNotify free_data)
{
  OwnServer *self = g_atomic_rc_box_new0 (OwnServer);

  self->server = *values;
  self->pin = pin;
  self->data = data;
  self->free_data = free_data;

  return &self->server;
}
