/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* What the file holds, as text; "" for one that is not there. Other encodings and binary files are not mixed with UTF-8. */
static char *
read_old (FilesystemTarget *target, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  const char *data;
  gsize length;
  int fd;

  if (!target->exists)
    return g_strdup ("");

  fd = filesystem_target_open (target, error);
  if (fd < 0)
    return NULL;
  bytes = filesystem_read_all (fd, FILESYSTEM_MAX_SIZE, cancellable, error);
  g_close (fd, NULL);
  if (bytes == NULL)
    {
      g_prefix_error (error, "%s: ", target->path);
      return NULL;
    }

  data = g_bytes_get_data (bytes, &length);
  if (length == 0)
    return g_strdup ("");
  if (memchr (data, '\0', length) == NULL && g_utf8_validate (data, (gssize) length, NULL))
    return g_strndup (data, length);

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is not UTF-8 text: it can only be replaced whole", target->path);

  return NULL;
}

/* What the file will hold. */
static char *
make_content (FilesystemTarget *target, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  const char *mode = vig_json_get_string (arguments, "mode", "replace");
  const char *content = vig_json_get_string (arguments, "content", "");
  g_autofree char *old = NULL;

  if (g_str_equal (mode, "create") && target->exists)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "%s exists already", target->path);
      return NULL;
    }
  if (!g_str_equal (mode, "append") && !g_str_equal (mode, "patch"))
    return g_strdup (content);

  old = read_old (target, cancellable, error);
  if (old == NULL)
    return NULL;
  if (g_str_equal (mode, "patch"))
    return filesystem_patch (old, content, error);

  return g_strconcat (old, content, NULL);
}

/* A new file belongs to whoever owns its directory, so that confined commands can go on with it. */
static gboolean
give_away (int fd, FilesystemTarget *target)
{
  struct stat directory;

  return geteuid () != 0 || target->exists
         || (fstat (target->directory, &directory) == 0 && fchown (fd, directory.st_uid, directory.st_gid) == 0);
}

/* Owner and mode stay, but for set-id bits: what a model writes runs as nobody else. */
static gboolean
keep_owner (int fd, FilesystemTarget *target, GError **error)
{
  struct stat info;

  if (!target->exists)
    return give_away (fd, target) || filesystem_fail (error, "give away", target->path);
  if (fstat (fd, &info) != 0)
    return filesystem_fail (error, "write", target->path);

  if ((info.st_uid != target->info.st_uid || info.st_gid != target->info.st_gid) && fchown (fd, target->info.st_uid, target->info.st_gid) != 0)
    return filesystem_fail (error, "keep the owner of", target->path);

  return fchmod (fd, target->info.st_mode & 0777) == 0 || filesystem_fail (error, "keep the mode of", target->path);
}

static gboolean
fill (int fd, const char *content, FilesystemTarget *target, GError **error)
{
  if (!filesystem_write_all (fd, content, strlen (content)))
    return filesystem_fail (error, "write", target->path);

  return keep_owner (fd, target, error) && (fsync (fd) == 0 || filesystem_fail (error, "write", target->path));
}

/* A file that was new to us must still be new: someone else's is not overwritten. */
static gboolean
put_in_place (FilesystemTarget *self, const char *temporary, GError **error)
{
  guint flags = self->exists ? 0 : RENAME_NOREPLACE;

  if (!filesystem_target_recheck (self, error))
    return FALSE;

  return (renameat2 (self->directory, temporary, self->directory, self->name, flags) == 0 && fsync (self->directory) == 0)
         || filesystem_fail (error, "write", self->path);
}

static gboolean
replace (FilesystemTarget *self, const char *content, GError **error)
{
  g_autofree char *temporary = g_strdup_printf (".vigilus-%08x%08x", g_random_int (), g_random_int ());
  int fd = openat (self->directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  gboolean done;

  if (fd < 0)
    return filesystem_fail (error, "write", self->path);

  done = fill (fd, content, self, error) && put_in_place (self, temporary, error);
  if (!done)
    unlinkat (self->directory, temporary, 0);
  g_close (fd, NULL);

  return done;
}

static char *
prepare (FilesystemTarget *target, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  if (!filesystem_target_init (target, invocation, filesystem_get_path (invocation), error) || !filesystem_target_check (target, error))
    return NULL;

  return make_content (target, invocation, cancellable, error);
}

JsonNode *
filesystem_write (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  FilesystemTarget target = { .directory = -1 };
  g_autofree char *content = prepare (&target, invocation, cancellable, error);
  g_autofree char *after = content != NULL ? g_compute_checksum_for_string (G_CHECKSUM_SHA256, content, -1) : NULL;
  g_autofree char *text = NULL;
  gboolean done;

  done = content != NULL && vig_invocation_keep_file (invocation, target.directory, target.name, after, error)
         && !g_cancellable_set_error_if_cancelled (cancellable, error) && replace (&target, content, error);
  if (done)
    text = g_strdup_printf ("%s %s, %" G_GSIZE_FORMAT " bytes", target.exists ? "Wrote" : "Created", target.path, strlen (content));
  filesystem_target_clear (&target);

  return done ? vig_json_pack ("s", text) : NULL;
}

VigPreview *
filesystem_write_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  FilesystemTarget target = { .directory = -1 };
  g_autofree char *content = prepare (&target, invocation, cancellable, error);
  g_autofree char *old = content != NULL ? read_old (&target, cancellable, NULL) : NULL;
  g_autofree char *text = NULL;
  VigPreview *preview = NULL;

  if (content != NULL && old == NULL)
    {
      text = g_strdup_printf ("Replaces %s, which is not UTF-8 text, of %" G_GINT64_FORMAT " bytes, by %" G_GSIZE_FORMAT " bytes of text", target.path,
                              (gint64) target.info.st_size, strlen (content));
      preview = vig_preview_new ("text", text);
    }
  else if (content != NULL)
    {
      text = vig_diff_text (target.path, old, content);
      preview = vig_preview_new (*text != '\0' ? "diff" : "text", *text != '\0' ? text : "Nothing would change: the file holds this already.");
    }
  filesystem_target_clear (&target);

  return preview;
}
