/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-tls.h"

#define KEY "vigilus-tls-watch"

typedef struct
{
  VigCertificateFunc accept; /* or NULL */
  gpointer           user_data;
  gboolean           is_refused;
} Watch;

static gboolean
on_accept (SoupMessage *message, GTlsCertificate *certificate, GTlsCertificateFlags errors, gpointer user_data)
{
  Watch *self = user_data;

  return self->accept != NULL && self->accept (certificate, errors, self->user_data);
}

static void
on_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  Watch *self = user_data;
  GTlsCertificateFlags errors;

  if (event != G_SOCKET_CLIENT_TLS_HANDSHAKED)
    return;

  errors = g_tls_connection_get_peer_certificate_errors (G_TLS_CONNECTION (connection));
  if (errors == 0 || on_accept (message, g_tls_connection_get_peer_certificate (G_TLS_CONNECTION (connection)), errors, self))
    return;

  self->is_refused = TRUE;
  g_io_stream_close (connection, NULL, NULL);
}

void
vig_tls_watch (SoupMessage *message, VigCertificateFunc accept, gpointer user_data)
{
  Watch *self;

  g_return_if_fail (SOUP_IS_MESSAGE (message));

  self = g_new0 (Watch, 1);
  self->accept = accept;
  self->user_data = user_data;
  g_object_set_data_full (G_OBJECT (message), KEY, self, g_free);
  g_signal_connect (message, "accept-certificate", G_CALLBACK (on_accept), self);
  g_signal_connect (message, "network-event", G_CALLBACK (on_event), self);
}

gboolean
vig_tls_check (SoupMessage *message, GError **error)
{
  Watch *self = g_object_get_data (G_OBJECT (message), KEY);

  if (self == NULL || !self->is_refused)
    return TRUE;

  g_clear_error (error);
  g_set_error_literal (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "Unacceptable TLS certificate");

  return FALSE;
}
