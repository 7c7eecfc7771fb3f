/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-attachments.h"

#include <sys/mman.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "vig-content.h"
#include "vig-id.h"
#include "vig-sniff.h"
#include "vig-store-attachments.h"

#define UNSENT_FOR (24 * G_TIME_SPAN_HOUR)

struct _VigAttachments
{
  VigContent *content;
};

VigAttachments *
vig_attachments_new (const char *directory, GError **error)
{
  g_autoptr (VigContent) content = vig_content_new (directory, error);
  VigAttachments *self;

  if (content == NULL)
    return NULL;
  self = g_new0 (VigAttachments, 1);
  self->content = g_steal_pointer (&content);

  return self;
}

void
vig_attachments_free (VigAttachments *self)
{
  vig_content_free (self->content);
  g_free (self);
}

const char *
vig_attachments_check (GBytes *bytes, GError **error)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  const char *media_type = length > 0 ? vig_sniff_media_type (data, length) : NULL;
  gboolean is_image = media_type != NULL && g_str_has_prefix (media_type, "image/");

  if (length == 0)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the file is empty");
  else if (media_type == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID,
                         "this is neither a picture (PNG, JPEG, GIF or WebP) nor text in UTF-8: what is in the file counts, not its name");
  else if (is_image && length > VIG_ATTACHMENTS_MAX_IMAGE)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "a picture may have at most %d MiB: make it smaller", VIG_ATTACHMENTS_MAX_IMAGE >> 20);
  else if (!is_image && length > VIG_ATTACHMENTS_MAX_TEXT)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "a text may have at most %d KiB: attach the part that matters", VIG_ATTACHMENTS_MAX_TEXT >> 10);
  else
    return media_type;

  return NULL;
}

/* A file without a name that holds @bytes. */
static int
open_bytes (GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  int fd = memfd_create ("attachment", MFD_CLOEXEC);

  for (gsize done = 0; fd >= 0 && done < length;)
    {
      gssize n = write (fd, data + done, length - done);

      if (n <= 0)
        {
          g_close (fd, NULL);
          return -1;
        }
      done += (gsize) n;
    }
  if (fd >= 0)
    lseek (fd, 0, SEEK_SET);

  return fd;
}

char *
vig_attachments_put (VigAttachments *self, GBytes *bytes, GError **error)
{
  int fd = open_bytes (bytes);
  gint64 size;
  char *sha256;

  if (fd < 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "there is no memory for an attachment");
      return NULL;
    }
  sha256 = vig_content_put (self->content, fd, VIG_ATTACHMENTS_MAX_IMAGE, &size, error);
  g_close (fd, NULL);

  return sha256;
}

gboolean
vig_attachments_has (VigAttachments *self, const char *sha256)
{
  return vig_content_has (self->content, sha256);
}

GBytes *
vig_attachments_read (VigAttachments *self, const char *sha256, GError **error)
{
  int fd = memfd_create ("attachment", MFD_CLOEXEC);
  g_autoptr (GMappedFile) mapped = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (fd < 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "there is no memory for an attachment");
      return NULL;
    }
  if (vig_content_get (self->content, sha256, fd, error))
    mapped = g_mapped_file_new_from_fd (fd, FALSE, error);
  g_close (fd, NULL);

  return mapped != NULL ? g_mapped_file_get_bytes (mapped) : NULL;
}

gpointer
vig_attachments_sweep (VigDbConnection *db, gpointer data, GError **error)
{
  VigAttachments *self = data;
  g_autoptr (GPtrArray) kept = vig_content_list (self->content);

  if (!vig_store_attachments_expire (db, vig_time_now () - UNSENT_FOR, error))
    return NULL;

  for (guint i = 0; i < kept->len; i++)
    if (!vig_store_attachments_uses (db, kept->pdata[i], NULL))
      vig_content_remove (self->content, kept->pdata[i], NULL);

  return NULL;
}

static void
set_content (JsonObject *shown, const char *media_type, GBytes *bytes)
{
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  gboolean is_image = g_str_has_prefix (media_type, "image/");
  g_autofree char *text = is_image ? g_base64_encode ((const guchar *) data, length) : g_strndup (data, length);

  json_object_set_string_member (shown, is_image ? "base64" : "text", text);
}

static JsonObject *
load_one (VigAttachments *self, VigDbConnection *db, const char *user_id, JsonObject *attachment, gint64 *left)
{
  g_autoptr (JsonObject) row = vig_store_attachments_get (db, user_id, vig_json_get_string (attachment, "id", ""), NULL);
  const char *media_type = vig_json_get_string (row, "media_type", "");
  JsonObject *shown = vig_json_pack_object ("{s:s, s:s}", "name", vig_json_get_string (attachment, "name", ""), "media_type", media_type);
  gint64 size = vig_json_get_int (row, "size", 0);
  g_autoptr (GBytes) bytes = row != NULL && size <= *left ? vig_attachments_read (self, vig_json_get_string (row, "sha256", ""), NULL) : NULL;

  if (bytes != NULL)
    {
      *left -= size;
      set_content (shown, media_type, bytes);
    }
  else
    json_object_set_string_member (shown, "missing", size > *left ? "left out, for this conversation has more attachments than fit" : "not kept any more");

  return shown;
}

void
vig_attachments_load (VigAttachments *self, VigDbConnection *db, const char *user_id, JsonArray *messages, gint64 *left)
{
  for (guint i = json_array_get_length (messages); i > 0; i--)
    {
      JsonObject *message = json_array_get_object_element (messages, i - 1);
      JsonObject *content = vig_json_get_object (message, "content");
      JsonArray *attachments = content != NULL ? vig_json_get_array (content, "attachments") : NULL;
      JsonArray *shown;

      if (attachments == NULL)
        continue;
      shown = json_array_new ();
      for (guint j = 0; j < json_array_get_length (attachments); j++)
        json_array_add_object_element (shown, load_one (self, db, user_id, json_array_get_object_element (attachments, j), left));
      json_object_set_array_member (message, "shown", shown);
    }
}

void
vig_attachments_append_text (GString *text, JsonObject *message)
{
  JsonArray *shown = vig_json_get_array (message, "shown");

  for (guint i = 0; shown != NULL && i < json_array_get_length (shown); i++)
    {
      JsonObject *one = json_array_get_object_element (shown, i);
      const char *name = vig_json_get_string (one, "name", "");
      const char *content = vig_json_get_string (one, "text", NULL);
      const char *missing = vig_json_get_string (one, "missing", NULL);

      if (content != NULL)
        g_string_append_printf (text, "\n\n<attachment name=\"%s\">\n%s\n</attachment>", name, content);
      else if (missing != NULL)
        g_string_append_printf (text, "\n\n(The attachment %s is %s.)", name, missing);
      else
        g_string_append_printf (text, "\n\n(Attached picture: %s)", name);
    }
}

void
vig_attachments_add_images (VigTranscript *transcript, JsonObject *message)
{
  JsonArray *shown = vig_json_get_array (message, "shown");

  for (guint i = 0; shown != NULL && i < json_array_get_length (shown); i++)
    {
      JsonObject *one = json_array_get_object_element (shown, i);
      const char *base64 = vig_json_get_string (one, "base64", NULL);

      if (base64 != NULL)
        vig_transcript_add_image (transcript, vig_json_get_string (one, "media_type", ""), base64);
    }
}
