/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-undo-private.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* The store of contents reads descriptors. */
static char *
put_content (VigUndo *self, GBytes *content, gint64 max_size, GError **error)
{
  int fd = memfd_create ("vigilus-undo", MFD_CLOEXEC);
  gsize length;
  const char *bytes = g_bytes_get_data (content, &length);
  char *sha256 = NULL;
  gint64 size;

  if (fd < 0 || (length > 0 && write (fd, bytes, length) != (gssize) length) || lseek (fd, 0, SEEK_SET) != 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to hold it: %s", g_strerror (errno));
  else
    sha256 = vig_content_put (self->content, fd, max_size, &size, error);
  if (fd >= 0)
    g_close (fd, NULL);

  return sha256;
}

static JsonObject *
make_row (VigServer *server, const char *path, const VigServerFile *file, const char *sha256, const char *after_kind, const char *after_sha256)
{
  VigFileState state = { .kind = file->content != NULL ? "file" : "absent", .sha256 = (char *) sha256, .mode = file->mode, .uid = file->uid, .gid = file->gid };
  JsonObject *row;

  state.size = file->content != NULL ? (gint64) g_bytes_get_size (file->content) : 0;
  row = vig_file_state_to_row (&state, path);
  json_object_set_string_member (row, "after_kind", after_kind);
  if (after_sha256 != NULL)
    json_object_set_string_member (row, "after_sha256", after_sha256);
  json_object_set_string_member (row, "server_id", server->id);
  json_object_set_string_member (row, "server_name", server->name);

  return row;
}

static gboolean
keep (VigUndo *self, const VigUndoSubject *subject, VigServer *server, const char *path, const VigServerFile *file, const char *after_kind,
      const char *after_sha256, char **change_id, GError **error)
{
  gint64 max_size = vig_undo_read_max_size (self, error);
  g_autoptr (JsonObject) row = NULL;
  g_autofree char *sha256 = NULL;
  gboolean done = TRUE;

  if (max_size < 0)
    return FALSE;

  g_rw_lock_reader_lock (&self->lock);
  if (file->content != NULL)
    {
      sha256 = put_content (self, file->content, max_size, error);
      done = sha256 != NULL;
    }
  if (done)
    {
      row = make_row (server, path, file, sha256, after_kind, after_sha256);
      done = vig_undo_store_file (self, subject, row, change_id, error);
    }
  g_rw_lock_reader_unlock (&self->lock);

  return done;
}

gboolean
vig_undo_keep_server_file (VigUndo *self, const VigUndoSubject *subject, VigServer *server, const char *path, const VigServerFile *file, const char *after,
                           GError **error)
{
  g_return_val_if_fail (VIG_IS_UNDO (self), FALSE);

  if (keep (self, subject, server, path, file, "file", after, NULL, error))
    return TRUE;

  g_prefix_error (error, "%s can't be kept for undo, so it is not changed: ", path);

  return FALSE;
}

void
vig_undo_set_servers (VigUndo *self, VigUndoServerFunc open, VigUndoAccessFunc find_access, gpointer data)
{
  g_return_if_fail (VIG_IS_UNDO (self));

  self->open_server = open;
  self->find_access = find_access;
  self->servers_data = data;
}

gboolean
vig_undo_server_file_open (VigUndoServerFile *self, VigUndo *undo, VigServerAccess *access, JsonObject *file, GError **error)
{
  const char *name = vig_json_get_string (file, "server_name", "");

  *self = (VigUndoServerFile) { .undo = undo, .access = access, .path = vig_json_get_string (file, "path", "") };
  if (access == NULL || undo->open_server == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "%s of server %s can't be put back: the plugin ssh is not loaded", self->path, name);
      return FALSE;
    }

  self->server = undo->open_server (undo->servers_data, vig_json_get_string (file, "server_id", ""), error);
  if (self->server != NULL && vig_server_access_read_file (access, self->server, self->path, &self->now, NULL, error))
    return TRUE;

  g_prefix_error (error, "%s of server %s can't be put back: ", self->path, name);

  return FALSE;
}

void
vig_undo_server_file_clear (VigUndoServerFile *self)
{
  vig_server_file_clear (&self->now);
  g_clear_pointer (&self->server, vig_server_unref);
}

static gboolean
holds (VigUndoServerFile *self, const char *kind, const char *sha256)
{
  g_autofree char *sum = self->now.content != NULL ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, self->now.content) : NULL;

  return g_str_equal (kind, sum != NULL ? "file" : "absent") && g_strcmp0 (sum, sha256) == 0;
}

gboolean
vig_undo_server_file_is_after (VigUndoServerFile *self, JsonObject *file)
{
  return holds (self, vig_json_get_string (file, "after_kind", ""), vig_json_get_string (file, "after_sha256", NULL));
}

gboolean
vig_undo_server_file_is_before (VigUndoServerFile *self, JsonObject *file)
{
  return holds (self, vig_json_get_string (file, "before_kind", ""), vig_json_get_string (file, "before_sha256", NULL)) &&
         (self->now.content == NULL || self->now.mode == (guint) vig_json_get_int (file, "before_mode", 0));
}

static GBytes *
get_content (VigUndo *self, const char *sha256, GError **error)
{
  int fd = memfd_create ("vigilus-undo", MFD_CLOEXEC);
  g_autoptr (GMappedFile) map = NULL;
  GBytes *bytes = NULL;

  if (fd < 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to hold it: %s", g_strerror (errno));
  else if (vig_content_get (self->content, sha256, fd, error))
    {
      map = g_mapped_file_new_from_fd (fd, FALSE, error);
      bytes = map != NULL ? g_mapped_file_get_bytes (map) : NULL;
    }
  if (fd >= 0)
    g_close (fd, NULL);

  return bytes;
}

gboolean
vig_undo_server_file_put_back (VigUndoServerFile *self, const VigUndoSubject *subject, JsonObject *file, char **change_id, GError **error)
{
  const char *kind = vig_json_get_string (file, "before_kind", "");
  const char *sha256 = vig_json_get_string (file, "before_sha256", NULL);
  g_auto (VigServerFile) before = { NULL, (guint) vig_json_get_int (file, "before_mode", 0), (guint32) vig_json_get_int (file, "before_uid", 0),
                                    (guint32) vig_json_get_int (file, "before_gid", 0) };

  if (g_str_equal (kind, "file") && (before.content = get_content (self->undo, sha256, error)) == NULL)
    return FALSE;

  return keep (self->undo, subject, self->server, self->path, &self->now, kind, sha256, change_id, error) &&
         vig_server_access_put_file (self->access, self->server, self->path, &before, NULL, error);
}
