/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

const char *
filesystem_get_path (VigInvocation *invocation)
{
  return vig_json_get_string (vig_invocation_get_arguments (invocation), "path", ".");
}

gint
filesystem_compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

gboolean
filesystem_fail (GError **error, const char *what, const char *path)
{
  int code = errno;

  g_set_error (error, VIG_ERROR,
               code == EACCES || code == EPERM || code == EROFS   ? VIG_ERROR_DENIED
               : code == ENOENT || code == ENOTDIR ? VIG_ERROR_NOT_FOUND
               : code == EEXIST                    ? VIG_ERROR_EXISTS
                                                   : VIG_ERROR_FAILED,
               "failed to %s %s: %s", what, path, g_strerror (code));

  return FALSE;
}

const char *
filesystem_describe_kind (guint mode)
{
  switch (mode & S_IFMT)
    {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFLNK:
      return "link";
    case S_IFIFO:
      return "pipe";
    case S_IFSOCK:
      return "socket";
    default:
      return "device";
    }
}

void
filesystem_target_clear (FilesystemTarget *self)
{
  if (self->directory >= 0)
    g_close (self->directory, NULL);
  self->directory = -1;
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->path, g_free);
}

gboolean
filesystem_target_init (FilesystemTarget *self, VigInvocation *invocation, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);

  memset (self, 0, sizeof *self);
  self->directory = -1;
  self->path = g_strdup (path);
  self->name = g_path_get_basename (path);
  if (g_str_has_suffix (path, "/") || g_str_equal (self->name, ".") || g_str_equal (self->name, ".."))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not the path of a file: it has to end with a name", path);
      return FALSE;
    }

  self->directory = vig_invocation_open_beneath (invocation, parent, O_RDONLY | O_DIRECTORY, 0, error);
  if (self->directory < 0)
    return FALSE;

  self->exists = fstatat (self->directory, self->name, &self->info, AT_SYMLINK_NOFOLLOW) == 0;

  return self->exists || errno == ENOENT || filesystem_fail (error, "look at", path);
}

gboolean
filesystem_target_check (FilesystemTarget *self, GError **error)
{
  if (!self->exists || S_ISREG (self->info.st_mode))
    return TRUE;

  if (S_ISLNK (self->info.st_mode))
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is a link; name the file itself", self->path);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not a regular file: it is a %s", self->path, filesystem_describe_kind (self->info.st_mode));

  return FALSE;
}

gboolean
filesystem_target_recheck (FilesystemTarget *self, GError **error)
{
  struct stat now;
  gboolean exists = fstatat (self->directory, self->name, &now, AT_SYMLINK_NOFOLLOW) == 0;

  if (exists == self->exists
      && (!exists || (now.st_ino == self->info.st_ino && now.st_dev == self->info.st_dev && now.st_size == self->info.st_size
                      && now.st_mtim.tv_sec == self->info.st_mtim.tv_sec && now.st_mtim.tv_nsec == self->info.st_mtim.tv_nsec)))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%s was changed by somebody else meanwhile; nothing was done: look at it and try again", self->path);

  return FALSE;
}

int
filesystem_target_open (FilesystemTarget *self, GError **error)
{
  int fd = openat (self->directory, self->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat info;

  if (fd < 0)
    {
      filesystem_fail (error, "open", self->path);
      return -1;
    }
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    return fd;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not a regular file", self->path);
  g_close (fd, NULL);

  return -1;
}

/* Looked at before it is opened: opening alone does something to some devices. */
static gboolean
check_kind (VigInvocation *invocation, const char *path, GError **error)
{
  int fd = vig_invocation_open_beneath (invocation, path, O_PATH, 0, error);
  struct stat info;
  gboolean good;

  if (fd < 0)
    return FALSE;

  good = fstat (fd, &info) == 0 && S_ISREG (info.st_mode);
  g_close (fd, NULL);
  if (good)
    return TRUE;

  if (S_ISDIR (info.st_mode))
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is a directory: list it", path);
  else
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not a regular file: it is a %s, and reading it could wait for ever", path,
                 filesystem_describe_kind (info.st_mode));

  return FALSE;
}

int
filesystem_open_regular (VigInvocation *invocation, const char *path, gint64 *size, GError **error)
{
  struct stat info;
  int fd;

  if (!check_kind (invocation, path, error))
    return -1;
  fd = vig_invocation_open_beneath (invocation, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);
  if (fd < 0)
    return -1;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    {
      *size = info.st_size;
      return fd;
    }

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not a regular file any more", path);
  g_close (fd, NULL);

  return -1;
}

gboolean
filesystem_write_all (int fd, const void *data, gsize length)
{
  const char *bytes = data;
  gsize done = 0;

  while (done < length)
    {
      gssize n = write (fd, bytes + done, length - done);

      if (n < 0 && errno != EINTR)
        return FALSE;
      done += n > 0 ? (gsize) n : 0;
    }

  return TRUE;
}

GBytes *
filesystem_read_all (int fd, gsize max_size, GCancellable *cancellable, GError **error)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  guint8 buffer[65536];
  gssize n = 1;

  while (n != 0 && data->len <= max_size)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      n = read (fd, buffer, sizeof buffer);
      if (n < 0 && errno != EINTR)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to read: %s", g_strerror (errno));
          return NULL;
        }
      if (n > 0)
        g_byte_array_append (data, buffer, (guint) n);
    }
  if (data->len > max_size)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the file is larger than %" G_GSIZE_FORMAT " bytes", max_size);
      return NULL;
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&data));
}
