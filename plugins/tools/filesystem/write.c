/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* Where a write goes: a name in a directory that is held open, so that no rename above it can lead the write elsewhere. */
typedef struct
{
  int      directory;
  char    *name;
  gboolean exists;
  struct stat info;
} Target;

static gboolean
fail (GError **error, const char *what, const char *path)
{
  g_set_error (error, VIG_ERROR, errno == EACCES || errno == EPERM ? VIG_ERROR_DENIED : VIG_ERROR_FAILED, "failed to %s %s: %s", what, path, g_strerror (errno));

  return FALSE;
}

static void
target_clear (Target *self)
{
  if (self->directory >= 0)
    g_close (self->directory, NULL);
  g_free (self->name);
}

static gboolean
target_init (Target *self, VigInvocation *invocation, GError **error)
{
  const char *path = filesystem_get_path (invocation);
  g_autofree char *parent = g_path_get_dirname (path);

  memset (self, 0, sizeof *self);
  self->directory = -1;
  self->name = g_path_get_basename (path);
  if (g_str_has_suffix (path, "/") || g_str_equal (self->name, ".") || g_str_equal (self->name, ".."))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not the path of a file", path);
      return FALSE;
    }

  self->directory = vig_invocation_open_beneath (invocation, parent, O_RDONLY | O_DIRECTORY, 0, error);
  if (self->directory < 0)
    return FALSE;

  self->exists = fstatat (self->directory, self->name, &self->info, AT_SYMLINK_NOFOLLOW) == 0;
  if (!self->exists || S_ISREG (self->info.st_mode))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, S_ISLNK (self->info.st_mode) ? "%s is a link; write to the file itself" : "%s is not a regular file", path);

  return FALSE;
}

static gboolean
read_old (Target *self, VigInvocation *invocation, GCancellable *cancellable, GBytes **bytes, GError **error)
{
  int fd;

  *bytes = NULL;
  if (!self->exists)
    return TRUE;

  fd = openat (self->directory, self->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return fail (error, "open", filesystem_get_path (invocation));
  *bytes = filesystem_read_all (fd, FILESYSTEM_MAX_SIZE, cancellable, error);
  g_close (fd, NULL);

  return *bytes != NULL;
}

/* What the file will hold. */
static GString *
make_content (Target *self, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  const char *mode = vig_json_get_string (arguments, "mode", "replace");
  g_autoptr (GString) content = g_string_new (NULL);
  g_autoptr (GBytes) old = NULL;
  gsize length;
  const char *data;

  if (g_str_equal (mode, "create") && self->exists)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "%s exists already", filesystem_get_path (invocation));
      return NULL;
    }
  if (g_str_equal (mode, "append"))
    {
      if (!read_old (self, invocation, cancellable, &old, error))
        return NULL;
      data = old != NULL ? g_bytes_get_data (old, &length) : NULL;
      if (data != NULL)
        g_string_append_len (content, data, (gssize) length);
    }
  g_string_append (content, vig_json_get_string (arguments, "content", ""));

  return g_steal_pointer (&content);
}

/* A new file belongs to whoever owns its directory, so that confined commands can go on with it. */
static gboolean
give_away (int fd, Target *target)
{
  struct stat directory;

  return geteuid () != 0 || target->exists
         || (fstat (target->directory, &directory) == 0 && fchown (fd, directory.st_uid, directory.st_gid) == 0);
}

static gboolean
fill (int fd, GString *content, Target *target)
{
  gsize done = 0;
  gssize n;

  while (done < content->len)
    {
      n = write (fd, content->str + done, content->len - done);
      if (n < 0 && errno != EINTR)
        return FALSE;
      done += n > 0 ? (gsize) n : 0;
    }
  if (target->exists && fchown (fd, target->info.st_uid, target->info.st_gid) != 0 && errno != EPERM)
    return FALSE;
  if (target->exists && fchmod (fd, target->info.st_mode & 0777) != 0)
    return FALSE;

  return give_away (fd, target) && fsync (fd) == 0;
}

/* A file that was new to us must still be new: someone else's is not overwritten. */
static gboolean
put_in_place (Target *self, const char *temporary)
{
  guint flags = self->exists ? 0 : RENAME_NOREPLACE;

  return renameat2 (self->directory, temporary, self->directory, self->name, flags) == 0 && fsync (self->directory) == 0;
}

static gboolean
replace (Target *self, GString *content, const char *path, GError **error)
{
  g_autofree char *temporary = g_strdup_printf (".vigilus-%08x%08x", g_random_int (), g_random_int ());
  int fd = openat (self->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  gboolean done;

  if (fd < 0)
    return fail (error, "write", path);

  done = fill (fd, content, self) && put_in_place (self, temporary);
  if (!done)
    {
      fail (error, "write", path);
      unlinkat (self->directory, temporary, 0);
    }
  g_close (fd, NULL);

  return done;
}

JsonNode *
filesystem_write (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *path = filesystem_get_path (invocation);
  g_autofree char *text = NULL;
  GString *content = NULL;
  gboolean done = FALSE;
  Target target;

  if (target_init (&target, invocation, error))
    content = make_content (&target, invocation, cancellable, error);
  if (content != NULL)
    {
      done = replace (&target, content, path, error);
      text = g_strdup_printf ("%s %s, %" G_GSIZE_FORMAT " bytes", target.exists ? "Wrote" : "Created", path, content->len);
      g_string_free (content, TRUE);
    }
  target_clear (&target);

  return done ? vig_json_pack ("s", text) : NULL;
}

static VigPreview *
make_preview (Target *target, VigInvocation *invocation, GString *content, GBytes *old)
{
  gsize length = 0;
  const char *data = old != NULL ? g_bytes_get_data (old, &length) : NULL;
  g_autofree char *before = NULL;
  g_autofree char *text = NULL;

  if (!filesystem_is_text (data, length))
    {
      text = g_strdup_printf ("Replaces a binary file of %" G_GSIZE_FORMAT " bytes by %" G_GSIZE_FORMAT " bytes of text", length, content->len);
      return vig_preview_new ("text", text);
    }

  before = g_utf8_make_valid (data != NULL ? data : "", (gssize) length);
  text = filesystem_diff (filesystem_get_path (invocation), before, content->str);

  return vig_preview_new ("diff", text);
}

VigPreview *
filesystem_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) old = NULL;
  VigPreview *preview = NULL;
  GString *content = NULL;
  Target target;

  if (target_init (&target, invocation, error))
    content = make_content (&target, invocation, cancellable, error);
  if (content != NULL)
    {
      if (read_old (&target, invocation, cancellable, &old, error))
        preview = make_preview (&target, invocation, content, old);
      g_string_free (content, TRUE);
    }
  target_clear (&target);

  return preview;
}
