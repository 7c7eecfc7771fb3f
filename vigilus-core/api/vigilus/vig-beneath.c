/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_ATTEMPTS 8
#define MAX_LINKS     40 /* as the kernel has it */
#define MAX_DEPTH     256

/* A way down, by descriptors: what was opened once stays what it is, so that nothing that is renamed meanwhile leads anywhere else. */
typedef struct
{
  GArray  *folders; /* int: each lies in the one before; the first is not ours */
  GString *rest;    /* of the path */
  int      flags;
  guint    mode;
  gboolean follow_links;
  guint    n_links;
  int      result;
  int      code; /* errno of a failure */
  gboolean is_over;
} Walk;

static int
top_of (Walk *self)
{
  return g_array_index (self->folders, int, self->folders->len - 1);
}

static void
pop (Walk *self)
{
  close (top_of (self));
  g_array_set_size (self->folders, self->folders->len - 1);
}

static void
end (Walk *self, int result)
{
  self->code = errno;
  self->result = result;
  self->is_over = TRUE;
}

static void
fail (Walk *self, int code)
{
  errno = code;
  end (self, -1);
}

/* The next part of the path, taken off it; NULL: there is none. @is_last: only slashes follow, and @is_folder: at least one. */
static char *
take_name (Walk *self, gboolean *is_last, gboolean *is_folder)
{
  gsize begin = strspn (self->rest->str, "/");
  gsize length = strcspn (self->rest->str + begin, "/");
  char *name = length > 0 ? g_strndup (self->rest->str + begin, length) : NULL;

  g_string_erase (self->rest, 0, (gssize) (begin + length));
  *is_last = self->rest->str[strspn (self->rest->str, "/")] == '\0';
  *is_folder = *is_last && self->rest->len > 0;

  return name;
}

static void
open_last (Walk *self, const char *name, gboolean is_folder)
{
  end (self, openat (top_of (self), name, self->flags | O_NOFOLLOW | O_CLOEXEC | (is_folder ? O_DIRECTORY : 0), self->mode));
}

/* Its text takes the place of its name; where it begins with a slash, it leads out. */
static void
follow (Walk *self, int link)
{
  char text[PATH_MAX];
  ssize_t length = readlinkat (link, "", text, sizeof text);

  if (!self->follow_links || ++self->n_links > MAX_LINKS)
    fail (self, ELOOP);
  else if (length <= 0 || (gsize) length == sizeof text)
    fail (self, length < 0 ? errno : length == 0 ? ENOENT : ENAMETOOLONG);
  else if (text[0] == '/')
    fail (self, EXDEV);
  else
    {
      g_string_prepend_len (self->rest, text, length);
      if (self->rest->len >= PATH_MAX)
        fail (self, ENAMETOOLONG);
    }
}

static void
enter (Walk *self, int folder)
{
  if (self->folders->len > MAX_DEPTH)
    {
      close (folder);
      fail (self, ENAMETOOLONG);
      return;
    }
  g_array_append_val (self->folders, folder);
}

static void
look_at_link (Walk *self, int link, gboolean is_end)
{
  if (is_end && (self->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
    fail (self, EEXIST);
  else if (is_end && (self->flags & O_NOFOLLOW) != 0 && (self->flags & O_PATH) != 0 && (self->flags & O_DIRECTORY) == 0)
    end (self, fcntl (link, F_DUPFD_CLOEXEC, 0));
  else if (is_end && (self->flags & O_NOFOLLOW) != 0)
    fail (self, (self->flags & O_DIRECTORY) != 0 ? ENOTDIR : ELOOP);
  else
    follow (self, link);
}

static void
look_at (Walk *self, const char *name, gboolean is_last, gboolean is_folder)
{
  int fd = openat (top_of (self), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat info;

  if (is_folder && (self->flags & O_CREAT) != 0)
    fail (self, EISDIR);
  else if (fd < 0 && errno == ENOENT && is_last && (self->flags & O_CREAT) != 0)
    open_last (self, name, is_folder);
  else if (fd < 0 || fstat (fd, &info) != 0)
    fail (self, errno);
  else if (S_ISLNK (info.st_mode))
    look_at_link (self, fd, is_last && !is_folder);
  else if (is_last)
    open_last (self, name, is_folder);
  else if (S_ISDIR (info.st_mode))
    enter (self, g_steal_fd (&fd));
  else
    fail (self, ENOTDIR);

  if (fd >= 0)
    close (fd);
}

static void
step (Walk *self)
{
  gboolean is_last, is_folder;
  g_autofree char *name = take_name (self, &is_last, &is_folder);
  gboolean is_up = g_strcmp0 (name, "..") == 0;

  if (name != NULL && !is_up && !g_str_equal (name, "."))
    {
      look_at (self, name, is_last, is_folder);
      return;
    }

  if (is_up && self->folders->len == 1)
    {
      fail (self, EXDEV);
      return;
    }
  if (is_up)
    pop (self);
  if (is_last)
    open_last (self, ".", FALSE);
}

int
vig_beneath_walk (int directory, const char *path, int flags, guint mode, gboolean follow_links)
{
  Walk self = { .flags = flags, .mode = mode, .follow_links = follow_links, .result = -1 };

  if (*path == '/' || *path == '\0')
    {
      errno = *path == '/' ? EXDEV : ENOENT;
      return -1;
    }

  self.folders = g_array_new (FALSE, FALSE, sizeof (int));
  self.rest = g_string_new (path);
  g_array_append_val (self.folders, directory);
  while (!self.is_over)
    step (&self);
  while (self.folders->len > 1)
    pop (&self);
  g_array_unref (self.folders);
  g_string_free (self.rest, TRUE);
  errno = self.code;

  return self.result;
}

/* EAGAIN: something was renamed meanwhile, and the kernel could not be sure. */
int
vig_beneath_open (int directory, const char *path, int flags, guint mode, gboolean follow_links)
{
  struct open_how how = {
    .flags = (guint64) (flags | O_CLOEXEC),
    .mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? mode : 0,
    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (follow_links ? 0 : RESOLVE_NO_SYMLINKS),
  };
  int fd = -1;

  for (guint i = 0; i < OPEN_ATTEMPTS && fd < 0; i++)
    {
      fd = (int) syscall (SYS_openat2, directory, path, &how, sizeof how);
      if (fd < 0 && errno != EAGAIN && errno != EINTR)
        break;
    }

  return fd < 0 && errno == ENOSYS ? vig_beneath_walk (directory, path, flags, mode, follow_links) : fd;
}
