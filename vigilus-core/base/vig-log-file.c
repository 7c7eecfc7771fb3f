/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-log-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_QUEUE 10000 /* lines */

struct _VigLogFile
{
  char        *path;
  gsize        max_bytes;
  guint        n_files;
  GAsyncQueue *queue; /* of char*; an empty string ends the thread */
  GThread     *thread;
  gint         n_lost; /* atomic */
  int          fd;     /* below: the thread's alone once it runs */
  gsize        size;
};

static gboolean
open_file (VigLogFile *self)
{
  struct stat info;

  self->fd = open (self->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  self->size = self->fd >= 0 && fstat (self->fd, &info) == 0 ? (gsize) info.st_size : 0;

  return self->fd >= 0;
}

static char *
make_name (VigLogFile *self, guint n)
{
  return n == 0 ? g_strdup (self->path) : g_strdup_printf ("%s.%u", self->path, n);
}

static void
rotate (VigLogFile *self)
{
  if (self->fd >= 0)
    close (self->fd);

  for (guint i = self->n_files - 1; i > 0; i--)
    {
      g_autofree char *from = make_name (self, i - 1);
      g_autofree char *to = make_name (self, i);

      g_rename (from, to);
    }
  if (self->n_files == 1)
    g_unlink (self->path);
  open_file (self);
}

/* A log that cannot be written has nowhere to say so: the line stands on stderr as well, and the next one tries again. */
static void
append (VigLogFile *self, const char *line)
{
  gsize length = strlen (line);
  gsize done = 0;

  if (self->size > 0 && self->size + length > self->max_bytes)
    rotate (self);
  if (self->fd < 0 && !open_file (self))
    return;

  while (done < length)
    {
      gssize n = write (self->fd, line + done, length - done);

      if (n < 0 && errno != EINTR)
        return;
      done += (gsize) MAX (n, 0);
    }
  self->size += length;
}

static void
report_lost (VigLogFile *self)
{
  gint n = g_atomic_int_and ((guint *) &self->n_lost, 0);
  g_autofree char *line = NULL;

  if (n == 0)
    return;

  line = g_strdup_printf ("(%d lines lost: they came faster than the disk took them)\n", n);
  append (self, line);
}

static gpointer
write_lines (gpointer data)
{
  VigLogFile *self = data;

  while (TRUE)
    {
      g_autofree char *line = g_async_queue_pop (self->queue);

      report_lost (self);
      if (*line == '\0')
        return NULL;
      append (self, line);
    }
}

void
vig_log_file_write (VigLogFile *self, char *line)
{
  if (*line == '\0' || g_async_queue_length (self->queue) >= MAX_QUEUE)
    {
      g_atomic_int_inc (&self->n_lost);
      g_free (line);
      return;
    }

  g_async_queue_push (self->queue, line);
}

void
vig_log_file_free (VigLogFile *self)
{
  if (self->thread != NULL)
    {
      g_async_queue_push (self->queue, g_strdup (""));
      g_thread_join (self->thread);
    }
  if (self->fd >= 0)
    close (self->fd);
  g_async_queue_unref (self->queue);
  g_free (self->path);
  g_free (self);
}

VigLogFile *
vig_log_file_new (const char *path, gsize max_bytes, guint n_files, GError **error)
{
  g_autoptr (VigLogFile) self = g_new0 (VigLogFile, 1);
  g_autofree char *folder = g_path_get_dirname (path);

  g_return_val_if_fail (max_bytes > 0 && n_files > 0, NULL);

  self->path = g_strdup (path);
  self->max_bytes = max_bytes;
  self->n_files = n_files;
  self->fd = -1;
  self->queue = g_async_queue_new_full (g_free);
  if (g_mkdir_with_parents (folder, 0700) != 0 || !open_file (self))
    {
      int failure = errno;

      g_set_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (failure), "failed to open the log %s: %s", path, g_strerror (failure));
      return NULL;
    }
  self->thread = g_thread_new ("log-file", write_lines, self);

  return g_steal_pointer (&self);
}
