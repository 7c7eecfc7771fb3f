/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-attachments.h"
#include "vig-store-attachments.h"
#include "vig-web.h"

#include <string.h>

/* Own ones only: what somebody else attached is not there. */

typedef struct
{
  VigRequest *request;
  GBytes     *bytes;
  JsonObject *row; /* to store, or stored */
} Transfer;

static void
transfer_free (gpointer data)
{
  Transfer *self = data;

  vig_request_unref (self->request);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->row, json_object_unref);
  g_free (self);
}

static VigAttachments *
get_attachments (VigRequest *request)
{
  return vig_request_get_web (request)->context.agent->attachments;
}

static const char *
get_user (VigRequest *request)
{
  return vig_request_get_caller (request)->user_id;
}

/* The schema's members. */
static JsonNode *
show (JsonObject *row)
{
  if (row != NULL)
    {
      json_object_remove_member (row, "sha256");
      json_object_remove_member (row, "session_id");
    }

  return vig_node_take_object (row);
}

/* A sweep, which runs on this thread too, may have taken away what was nobody's yet. */
static gboolean
ensure_content (Transfer *self, GError **error)
{
  g_autofree char *again = NULL;

  if (vig_attachments_has (get_attachments (self->request), vig_json_get_string (self->row, "sha256", "")))
    return TRUE;
  again = vig_attachments_put (get_attachments (self->request), self->bytes, error);

  return again != NULL;
}

static gpointer
write_row (VigDbConnection *db, gpointer data, GError **error)
{
  Transfer *self = data;

  if (!ensure_content (self, error))
    return NULL;

  return vig_store_attachments_add (db, get_user (self->request), self->row, error);
}

static void
row_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Transfer *self = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *row = vig_db_finish (VIG_DB (source), result, &error);

  if (row == NULL)
    vig_request_fail (self->request, error);
  else
    vig_request_respond (self->request, show (row));
  transfer_free (self);
}

static void
put_on_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Transfer *self = data;
  GError *error = NULL;
  char *sha256 = vig_attachments_put (get_attachments (self->request), self->bytes, &error);

  if (sha256 == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, sha256, g_free);
}

static void
content_put (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Transfer *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *sha256 = g_task_propagate_pointer (G_TASK (result), &error);

  if (sha256 == NULL)
    {
      vig_request_fail (self->request, error);
      transfer_free (self);
      return;
    }
  json_object_set_string_member (self->row, "sha256", sha256);
  vig_db_write_async (vig_request_get_web (self->request)->context.agent->db, write_row, self, NULL, (GDestroyNotify) json_object_unref, NULL, row_written,
                      self);
}

/* The last part of a path, in characters that a person can see. */
static char *
clean_name (const char *name)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);
  g_autoptr (GString) clean = g_string_new (NULL);
  const char *last = strrchr (valid, '/');

  for (const char *p = last != NULL ? last + 1 : valid; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_isprint (g_utf8_get_char (p)))
      g_string_append_unichar (clean, g_utf8_get_char (p));

  return g_string_free (g_steal_pointer (&clean), FALSE);
}

static void
create_attachment (VigRequest *request)
{
  g_autofree char *name = clean_name (vig_json_get_string (vig_request_get_parameters (request), "name", ""));
  g_autoptr (GBytes) bytes = soup_message_body_flatten (soup_server_message_get_request_body (vig_request_get_message (request)));
  g_autoptr (GError) error = NULL;
  g_autoptr (GTask) task = NULL;
  const char *media_type = vig_attachments_check (bytes, &error);
  Transfer *self;

  if (media_type == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  self = g_new0 (Transfer, 1);
  self->request = vig_request_ref (request);
  self->bytes = g_bytes_ref (bytes);
  self->row = vig_json_pack_object ("{s:s, s:s, s:I}", "name", *name != '\0' ? name : "file", "media_type", media_type, "size",
                                    (gint64) g_bytes_get_size (bytes));
  task = g_task_new (NULL, NULL, content_put, self);
  g_task_set_task_data (task, self, NULL);
  vig_worker_run_task (vig_request_get_web (request)->files_worker, task, put_on_worker);
}

static gpointer
find_row (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_attachments_get (db, get_user (data), vig_request_get_id (data), error);
}

static void
read_on_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Transfer *self = data;
  GError *error = NULL;
  GBytes *bytes = vig_attachments_read (get_attachments (self->request), vig_json_get_string (self->row, "sha256", ""), &error);

  if (bytes == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, bytes, (GDestroyNotify) g_bytes_unref);
}

/* A picture is shown, a text is downloaded: neither runs anything, nor is taken for something else (nosniff, and the policy of the API). */
static void
content_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Transfer *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_task_propagate_pointer (G_TASK (result), &error);
  const char *media_type = vig_json_get_string (self->row, "media_type", "");
  gboolean is_image = g_str_has_prefix (media_type, "image/");
  g_autofree char *name = g_uri_escape_string (vig_json_get_string (self->row, "name", "file"), NULL, FALSE);
  g_autofree char *disposition = g_strdup_printf ("%s; filename*=UTF-8''%s", is_image ? "inline" : "attachment", name);

  if (bytes == NULL)
    vig_request_fail (self->request, error);
  else
    {
      vig_request_add_header (self->request, "Content-Disposition", disposition);
      vig_request_add_header (self->request, "Cache-Control", "private, max-age=3600");
      vig_request_respond_bytes (self->request, 200, is_image ? media_type : "text/plain; charset=utf-8", bytes);
    }
  transfer_free (self);
}

static void
row_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *row = vig_db_finish (VIG_DB (source), result, &error);
  g_autoptr (GTask) task = NULL;
  Transfer *self;

  if (row == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  self = g_new0 (Transfer, 1);
  self->request = vig_request_ref (request);
  self->row = row;
  task = g_task_new (NULL, NULL, content_read, self);
  g_task_set_task_data (task, self, NULL);
  vig_worker_run_task (vig_request_get_web (request)->files_worker, task, read_on_worker);
}

static void
get_attachment_content (VigRequest *request)
{
  vig_db_read_async (vig_request_get_web (request)->context.agent->db, find_row, request, NULL, (GDestroyNotify) json_object_unref, NULL, row_found,
                     vig_request_ref (request));
}

static JsonNode *
get_attachment (VigDbConnection *db, VigRequest *request, GError **error)
{
  return show (vig_store_attachments_get (db, get_user (request), vig_request_get_id (request), error));
}

static JsonNode *
delete_attachment (VigDbConnection *db, VigRequest *request, GError **error)
{
  if (vig_store_attachments_delete (db, get_user (request), vig_request_get_id (request), error))
    vig_attachments_sweep (db, get_attachments (request), error);

  return NULL;
}

const VigRoute VIG_ROUTES_ATTACHMENTS[] = {
  { "createAttachment", .handle = create_attachment },
  { "getAttachment", .read = get_attachment },
  { "getAttachmentContent", .handle = get_attachment_content },
  { "deleteAttachment", .write = delete_attachment },
  { NULL },
};
