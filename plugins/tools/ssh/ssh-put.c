/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ssh-put.h"

#include "ssh-rename.h"

#include <fcntl.h>

#define CHUNK     (32 * 1024)
#define TIME      120 /* seconds to read or put back one file */
#define RIGHTS    0777

gboolean
vig_ssh_files_get (VigSshFiles *self, const char *path, sftp_attributes info, VigServerFile *file, GError **error)
{
  *file = (VigServerFile) { 0 };
  if (info == NULL)
    return TRUE;
  if (info->type != SSH_FILEXFER_TYPE_REGULAR)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s on %s is no file", path, self->server->name);
      return FALSE;
    }

  file->mode = info->permissions & 07777;
  file->uid = info->uid;
  file->gid = info->gid;
  file->content = vig_ssh_files_read (self, path, 0, SSH_KEEP_MAX + 1, error);
  if (file->content == NULL || g_bytes_get_size (file->content) <= SSH_KEEP_MAX)
    return file->content != NULL;

  vig_server_file_clear (file);
  g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "%s on %s is larger than %d MiB: that much is not kept for undo", path, self->server->name,
               SSH_KEEP_MAX / 1024 / 1024);

  return FALSE;
}

static gboolean
fill (VigSshFiles *self, const char *path, GBytes *content, mode_t mode)
{
  gsize length;
  const char *bytes = g_bytes_get_data (content, &length);
  sftp_file file = sftp_open (self->sftp, path, O_WRONLY | O_CREAT | O_EXCL, mode);
  gboolean ok = file != NULL;

  for (gsize done = 0; ok && done < length; done += CHUNK)
    ok = sftp_write (file, bytes + done, MIN (CHUNK, length - done)) == (gssize) MIN (CHUNK, length - done);
  if (ok && sftp_extension_supported (self->sftp, "fsync@openssh.com", "1"))
    ok = sftp_fsync (file) == 0;
  if (file != NULL && sftp_close (file) != SSH_OK)
    ok = FALSE;

  return ok;
}

gboolean
vig_ssh_files_put (VigSshFiles *self, const char *path, const VigServerFile *file, gboolean replaces, gboolean has_owner, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_uuid_string_random ();
  g_autofree char *temporary = g_strdup_printf ("%s/.vigilus-%s", g_str_equal (folder, "/") ? "" : folder, name);
  gboolean ok = fill (self, temporary, file->content, file->mode & RIGHTS);
  mode_t mode = file->mode;

  if (ok && has_owner && sftp_chown (self->sftp, temporary, file->uid, file->gid) != 0)
    {
      g_debug ("the owner of %s on %s could not be kept", path, self->server->name);
      mode &= ~(mode_t) SSH_SET_ID;
    }
  ok = ok && sftp_chmod (self->sftp, temporary, mode) == 0 &&
       (replaces ? vig_ssh_rename (self->sftp, temporary, path) : sftp_rename (self->sftp, temporary, path) == 0);
  if (ok)
    return TRUE;

  vig_ssh_files_fail (self, "write", path, error);
  sftp_unlink (self->sftp, temporary);

  return FALSE;
}

/* The path was without links when it was noted: it still has to be. */
static gboolean
look_again (VigSshFiles *self, const char *path, sftp_attributes *info, GError **error)
{
  g_autofree char *real = vig_ssh_files_resolve (self, path, error);
  g_autoptr (GError) local_error = NULL;

  *info = NULL;
  if (real == NULL)
    return FALSE;
  if (!g_str_equal (real, path))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "a link was put in the way of %s: it is not followed", path);
      return FALSE;
    }

  *info = vig_ssh_files_look (self, path, &local_error);
  if (local_error == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
open_files (VigSshFiles *files, VigSshPool *pool, VigServer *server, GCancellable *cancellable, GError **error)
{
  return vig_ssh_files_open (files, pool, server, g_get_monotonic_time () + TIME * G_USEC_PER_SEC, cancellable, error);
}

gboolean
vig_ssh_read_file (VigSshPool *pool, VigServer *server, const char *path, VigServerFile *file, GCancellable *cancellable, GError **error)
{
  VigSshFiles files;
  sftp_attributes info = NULL;
  gboolean ok;

  if (!open_files (&files, pool, server, cancellable, error))
    return FALSE;

  ok = look_again (&files, path, &info, error) && vig_ssh_files_get (&files, path, info, file, error);
  if (info != NULL)
    sftp_attributes_free (info);
  vig_ssh_files_close (&files);

  return ok;
}

static gboolean
remove_file (VigSshFiles *files, const char *path, GError **error)
{
  return sftp_unlink (files->sftp, path) == 0 || vig_ssh_files_fail (files, "remove", path, error);
}

gboolean
vig_ssh_put_file (VigSshPool *pool, VigServer *server, const char *path, const VigServerFile *file, GCancellable *cancellable, GError **error)
{
  VigSshFiles files;
  sftp_attributes info = NULL;
  gboolean ok;

  if (!open_files (&files, pool, server, cancellable, error))
    return FALSE;

  ok = look_again (&files, path, &info, error);
  if (ok && file->content != NULL)
    ok = vig_ssh_files_put (&files, path, file, info != NULL, TRUE, error);
  else if (ok && info != NULL)
    ok = remove_file (&files, path, error);
  if (info != NULL)
    sftp_attributes_free (info);
  vig_ssh_files_close (&files);

  return ok;
}
