/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-db-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
fail (const char *what, const char *path, GError **error)
{
  int code = errno;

  g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "failed to %s %s: %s", what, path, g_strerror (code));

  return FALSE;
}

static gboolean
prepare_directory (const char *directory, GError **error)
{
  struct stat info;

  if (g_mkdir_with_parents (directory, 0700) != 0)
    return fail ("create the data directory", directory, error);

  if (stat (directory, &info) != 0)
    return fail ("look at the data directory", directory, error);

  if (!S_ISDIR (info.st_mode))
    {
      errno = ENOTDIR;
      return fail ("use the data directory", directory, error);
    }

  if (access (directory, W_OK | X_OK) != 0)
    return fail ("write to the data directory", directory, error);

  return TRUE;
}

gboolean
vig_db_prepare_file (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  int fd;

  if (!prepare_directory (directory, error))
    return FALSE;

  /* SQLite gives its side files the mode of this one. */
  fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail ("open the database", path, error);

  return g_close (fd, error);
}

int
vig_db_lock_file (const char *path, GError **error)
{
  g_autofree char *lock_path = g_strconcat (path, "-lock", NULL);
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
  int fd = g_open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  if (fd < 0)
    {
      fail ("open the lock file", lock_path, error);
      return -1;
    }

  /* Locks of this kind do not pass to children, so that a tool still running does not hold the database. */
  if (fcntl (fd, F_SETLK, &lock) == 0)
    return fd;

  g_set_error (error, VIG_ERROR, VIG_ERROR_UNAVAILABLE, "the database %s is in use by another process", path);
  close (fd);

  return -1;
}
