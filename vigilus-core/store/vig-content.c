/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define PIECE     (128 * 1024)
#define TEMPORARY "new-"

struct _VigContent
{
  char *directory;
  int   fd;
};

static gboolean
fail (GError **error, const char *what, const char *name)
{
  int code = errno;

  g_set_error (error, VIG_ERROR, code == ENOSPC || code == EDQUOT || code == EROFS || code == EIO ? VIG_ERROR_UNAVAILABLE : VIG_ERROR_FAILED,
               "failed to %s %s: %s", what, name, g_strerror (code));

  return FALSE;
}

static void
remove_leftovers (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, TEMPORARY))
      {
        g_autofree char *path = g_build_filename (directory, name, NULL);

        g_unlink (path);
      }
}

VigContent *
vig_content_new (const char *directory, GError **error)
{
  g_autoptr (VigContent) self = g_new0 (VigContent, 1);

  self->directory = g_strdup (directory);
  self->fd = -1;
  if (g_mkdir_with_parents (directory, 0700) != 0)
    {
      fail (error, "make the directory", directory);
      return NULL;
    }

  self->fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (self->fd < 0)
    {
      fail (error, "open the directory", directory);
      return NULL;
    }
  remove_leftovers (directory);

  return g_steal_pointer (&self);
}

void
vig_content_free (VigContent *self)
{
  if (self->fd >= 0)
    g_close (self->fd, NULL);
  g_free (self->directory);
  g_free (self);
}

int
vig_content_get_descriptor (VigContent *self)
{
  return self->fd;
}

/* "abcdef..." is kept as ab/cdef..., so that no folder grows large; NULL: no SHA-256. */
static char *
make_name (const char *sha256)
{
  if (sha256 == NULL || strlen (sha256) != 64 || strspn (sha256, "0123456789abcdef") != 64)
    return NULL;

  return g_strdup_printf ("%.2s/%s", sha256, sha256 + 2);
}

static gboolean
write_all (int fd, const guint8 *data, gsize length)
{
  gsize done = 0;
  gssize n;

  while (done < length)
    {
      n = write (fd, data + done, length - done);
      if (n < 0 && errno != EINTR)
        return FALSE;
      done += n > 0 ? (gsize) n : 0;
    }

  return TRUE;
}

/* Reads the rest of @from into @checksum and, unless it is -1, @to. The bytes that were there, or -1. */
static gint64
pump (int from, int to, gint64 max_size, GChecksum *checksum, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PIECE);
  gint64 total = 0;
  gssize n;

  while ((n = read (from, buffer, PIECE)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          fail (error, "read", "a file to keep");
          return -1;
        }
      total += n;
      if (total > max_size)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "it is larger than %" G_GINT64_FORMAT " bytes", max_size);
          return -1;
        }
      g_checksum_update (checksum, buffer, n);
      if (to >= 0 && !write_all (to, buffer, (gsize) n))
        {
          fail (error, "write", "a kept file");
          return -1;
        }
    }

  return total;
}

/* The same content may be there already: then it is replaced by itself, which also cures what a disk has damaged. */
static gboolean
put_in_place (VigContent *self, const char *temporary, const char *sha256, GError **error)
{
  g_autofree char *name = make_name (sha256);
  g_autofree char *folder = g_strndup (sha256, 2);
  gboolean done;
  int fd;

  if (mkdirat (self->fd, folder, 0700) != 0 && errno != EEXIST)
    return fail (error, "make a folder in", self->directory);

  fd = openat (self->fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  done = fd >= 0 && renameat (self->fd, temporary, self->fd, name) == 0 && fsync (fd) == 0 && fsync (self->fd) == 0;
  if (!done)
    fail (error, "write to", self->directory);
  if (fd >= 0)
    g_close (fd, NULL);

  return done;
}

char *
vig_content_put (VigContent *self, int fd, gint64 max_size, gint64 *size, GError **error)
{
  g_autofree char *temporary = g_strdup_printf (TEMPORARY "%08x%08x", g_random_int (), g_random_int ());
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  int to = openat (self->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean done;

  if (to < 0)
    {
      fail (error, "write to", self->directory);
      return NULL;
    }

  *size = pump (fd, to, max_size, checksum, error);
  done = *size >= 0 && (fsync (to) == 0 || fail (error, "write to", self->directory))
         && put_in_place (self, temporary, g_checksum_get_string (checksum), error);
  g_close (to, NULL);
  if (!done)
    unlinkat (self->fd, temporary, 0);

  return done ? g_strdup (g_checksum_get_string (checksum)) : NULL;
}

gboolean
vig_content_get (VigContent *self, const char *sha256, int fd, GError **error)
{
  g_autofree char *name = make_name (sha256);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  int from = name != NULL ? openat (self->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
  gboolean done;

  if (from < 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "the content %.12s is not kept any more", sha256 != NULL ? sha256 : "");
      return FALSE;
    }

  done = pump (from, fd, G_MAXINT64, checksum, error) >= 0;
  g_close (from, NULL);
  if (!done || g_str_equal (g_checksum_get_string (checksum), sha256))
    return done;

  g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "the content %.12s was damaged while it was kept", sha256);

  return FALSE;
}

gboolean
vig_content_has (VigContent *self, const char *sha256)
{
  g_autofree char *name = make_name (sha256);

  return name != NULL && faccessat (self->fd, name, R_OK, 0) == 0;
}

gboolean
vig_content_remove (VigContent *self, const char *sha256, GError **error)
{
  g_autofree char *name = make_name (sha256);

  if (name == NULL || unlinkat (self->fd, name, 0) == 0 || errno == ENOENT)
    return TRUE;

  return fail (error, "remove a kept file from", self->directory);
}

GPtrArray *
vig_content_list (VigContent *self)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) top = g_dir_open (self->directory, 0, NULL);
  const char *folder;
  const char *name;

  while (top != NULL && (folder = g_dir_read_name (top)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->directory, folder, NULL);
      g_autoptr (GDir) dir = strlen (folder) == 2 ? g_dir_open (path, 0, NULL) : NULL;

      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        g_ptr_array_add (found, g_strconcat (folder, name, NULL));
    }

  return found;
}

char *
vig_content_hash (int fd, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  if (pump (fd, -1, G_MAXINT64, checksum, error) < 0)
    return NULL;

  return g_strdup (g_checksum_get_string (checksum));
}
