/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-web.h"

#include <string.h>

/* A long answer: one piece is made while none is left to send, so that no more than one is in memory. */
typedef struct
{
  gatomicrefcount    ref_count;
  VigRequest        *request; /* until the first piece is there: then it is answered, and failure can only end the connection */
  VigWeb            *web;
  GObject           *owner;
  SoupServerMessage *message;
  char              *content_type;
  char              *file_name;
  VigPieceFunc       func;
  gpointer           data;
  GDestroyNotify     free_data;
  gboolean           done;
  gboolean           gone;
} Download;

static void
download_unref (gpointer data)
{
  Download *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->request, vig_request_unref);
  g_signal_handlers_disconnect_by_data (self->message, self);
  g_object_unref (self->message);
  g_object_unref (self->owner);
  g_free (self->content_type);
  g_free (self->file_name);
  if (self->free_data != NULL)
    self->free_data (self->data);
  g_free (self);
}

static gpointer
make_piece (VigDbConnection *db, gpointer data, GError **error)
{
  Download *self = data;
  g_autoptr (GString) piece = g_string_new (NULL);

  if (!self->func (db, self->data, piece, &self->done, error))
    return NULL;

  return g_string_free_to_bytes (g_steal_pointer (&piece));
}

static void piece_made (GObject *source, GAsyncResult *result, gpointer user_data);

static void
next_piece (Download *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  vig_db_read_async (self->web->context.agent->db, make_piece, self, NULL, (GDestroyNotify) g_bytes_unref, NULL, piece_made, self);
}

static void
on_wrote_chunk (SoupServerMessage *message, Download *self)
{
  if (!self->done && !self->gone)
    next_piece (self);
}

static void
on_finished (SoupServerMessage *message, Download *self)
{
  self->gone = TRUE;
  g_signal_handlers_disconnect_by_data (message, self);
  download_unref (self);
}

static void
begin_answer (Download *self)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (self->message);
  g_autofree char *disposition = g_strdup_printf ("attachment; filename=\"%s\"", self->file_name);

  soup_server_message_set_status (self->message, 200, NULL);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_headers_replace (headers, "Content-Type", self->content_type);
  soup_message_headers_replace (headers, "Content-Disposition", disposition);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (self->message), FALSE);
  g_signal_connect (self->message, "wrote-chunk", G_CALLBACK (on_wrote_chunk), self);
  g_signal_connect (self->message, "finished", G_CALLBACK (on_finished), self);
  g_atomic_ref_count_inc (&self->ref_count);
}

/* An answer that has begun can only break off: without its last chunk nobody takes it for whole. */
static void
break_off (Download *self, const GError *error)
{
  GSocket *socket = soup_server_message_get_socket (self->message);

  g_warning ("the download of %s broke off: %s", self->file_name, error->message);
  if (socket != NULL)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

static void
send_piece (Download *self, GBytes *piece)
{
  SoupMessageBody *body = soup_server_message_get_response_body (self->message);
  g_autoptr (VigRequest) request = g_steal_pointer (&self->request);

  if (request != NULL)
    begin_answer (self);
  if (g_bytes_get_size (piece) > 0)
    soup_message_body_append_bytes (body, piece);
  if (self->done)
    soup_message_body_complete (body);
  vig_web_prepare_answer (self->web, self->message, g_bytes_get_size (piece));
  if (request != NULL)
    vig_request_release (request);
  else
    soup_server_message_unpause (self->message);
}

static void
piece_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Download *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) piece = vig_db_finish (VIG_DB (source), result, &error);

  if (piece == NULL && self->request != NULL)
    vig_request_fail (self->request, error);
  else if (piece == NULL && !self->gone)
    break_off (self, error);
  else if (piece != NULL && !self->gone)
    send_piece (self, piece);
  download_unref (self);
}

void
vig_web_download (VigRequest *request, const char *content_type, const char *file_name, VigPieceFunc func, gpointer data, GDestroyNotify free_data)
{
  Download *self = g_new0 (Download, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->request = vig_request_ref (request);
  self->web = vig_request_get_web (request);
  self->owner = g_object_ref (self->web->owner);
  self->message = g_object_ref (vig_request_get_message (request));
  self->content_type = g_strdup (content_type);
  self->file_name = g_strdup (file_name);
  self->func = func;
  self->data = data;
  self->free_data = free_data;
  next_piece (self);
  download_unref (self);
}
