/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define MAX_SHOWN (256 * 1024) /* bytes of a file that goes, in a preview */

static gboolean
require (FilesystemTarget *self, GError **error)
{
  if (self->exists)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no %s", self->path);

  return FALSE;
}

/* Files, links themselves, and empty directories: what can be put back. */
static gboolean
check_deletable (FilesystemTarget *self, GError **error)
{
  if (!require (self, error))
    return FALSE;
  if (S_ISREG (self->info.st_mode) || S_ISLNK (self->info.st_mode) || S_ISDIR (self->info.st_mode))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is a %s: only files, links and empty directories are deleted", self->path,
               filesystem_describe_kind (self->info.st_mode));

  return FALSE;
}

static gboolean
unlink_target (FilesystemTarget *self, GError **error)
{
  if (!filesystem_target_recheck (self, error))
    return FALSE;
  if (unlinkat (self->directory, self->name, S_ISDIR (self->info.st_mode) ? AT_REMOVEDIR : 0) == 0)
    return fsync (self->directory) == 0 || filesystem_fail (error, "delete", self->path);
  if (errno != ENOTEMPTY && errno != EEXIST)
    return filesystem_fail (error, "delete", self->path);

  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the directory %s is not empty: delete what is in it first", self->path);

  return FALSE;
}

static gboolean
is_empty_or_file (FilesystemTarget *self, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GDir) dir = NULL;

  if (!S_ISDIR (self->info.st_mode))
    return TRUE;

  path = g_strdup_printf ("/proc/self/fd/%d/%s", self->directory, self->name);
  dir = g_dir_open (path, 0, NULL);
  if (dir == NULL || g_dir_read_name (dir) == NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the directory %s is not empty: delete what is in it first", self->path);

  return FALSE;
}

JsonNode *
filesystem_delete (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  FilesystemTarget target = { .directory = -1 };
  g_autofree char *text = NULL;
  gboolean done = filesystem_target_init (&target, invocation, filesystem_get_path (invocation), error) && check_deletable (&target, error)
                  && is_empty_or_file (&target, error) && vig_invocation_keep_file (invocation, target.directory, target.name, NULL, error)
                  && !g_cancellable_set_error_if_cancelled (cancellable, error) && unlink_target (&target, error);

  if (done)
    text = g_strdup_printf ("Deleted the %s %s", filesystem_describe_kind (target.info.st_mode), target.path);
  filesystem_target_clear (&target);

  return done ? vig_json_pack ("s", text) : NULL;
}

/* What would go, as a diff where it is text of a size that somebody reads. */
static VigPreview *
show_loss (FilesystemTarget *self, GCancellable *cancellable)
{
  int fd = S_ISREG (self->info.st_mode) && self->info.st_size <= MAX_SHOWN ? filesystem_target_open (self, NULL) : -1;
  g_autoptr (GBytes) bytes = fd >= 0 ? filesystem_read_all (fd, MAX_SHOWN, cancellable, NULL) : NULL;
  gsize length = bytes != NULL ? g_bytes_get_size (bytes) : 0;
  g_autofree char *old = length > 0 ? g_strndup (g_bytes_get_data (bytes, NULL), length) : NULL;
  g_autofree char *text = NULL;

  if (fd >= 0)
    g_close (fd, NULL);
  if (old != NULL && strlen (old) == length && g_utf8_validate (old, -1, NULL))
    {
      text = vig_diff_text (self->path, old, "");
      return vig_preview_new ("diff", text);
    }

  text = g_strdup_printf ("Deletes the %s %s (%" G_GINT64_FORMAT " bytes)", filesystem_describe_kind (self->info.st_mode), self->path,
                          (gint64) self->info.st_size);

  return vig_preview_new ("text", text);
}

VigPreview *
filesystem_delete_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  FilesystemTarget target = { .directory = -1 };
  VigPreview *preview = NULL;

  if (filesystem_target_init (&target, invocation, filesystem_get_path (invocation), error) && check_deletable (&target, error)
      && is_empty_or_file (&target, error))
    preview = show_loss (&target, cancellable);
  filesystem_target_clear (&target);

  return preview;
}

/* Moving */

typedef struct
{
  FilesystemTarget from;
  FilesystemTarget to;
} Move;

static gboolean
check_free (FilesystemTarget *to, GError **error)
{
  if (!to->exists)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "%s exists already: delete it first, or choose another name", to->path);

  return FALSE;
}

static gboolean
move_init (Move *self, VigInvocation *invocation, GError **error)
{
  const char *to = vig_json_get_string (vig_invocation_get_arguments (invocation), "to", "");

  memset (self, 0, sizeof *self);
  self->from.directory = self->to.directory = -1;
  if (!filesystem_target_init (&self->from, invocation, filesystem_get_path (invocation), error) || !require (&self->from, error)
      || !filesystem_target_init (&self->to, invocation, to, error) || !check_free (&self->to, error))
    return FALSE;
  if (S_ISREG (self->from.info.st_mode) || S_ISLNK (self->from.info.st_mode))
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is a %s: only files and links are moved, for only those can be put back", self->from.path,
               filesystem_describe_kind (self->from.info.st_mode));

  return FALSE;
}

static void
move_clear (Move *self)
{
  filesystem_target_clear (&self->from);
  filesystem_target_clear (&self->to);
}

static char *
hash_file (FilesystemTarget *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 buffer[65536];
  gssize n;
  int fd;

  if (S_ISLNK (self->info.st_mode))
    return g_strdup ("link");
  fd = filesystem_target_open (self, error);
  if (fd < 0)
    return NULL;

  while ((n = read (fd, buffer, sizeof buffer)) > 0 && !g_cancellable_is_cancelled (cancellable))
    g_checksum_update (checksum, buffer, n);
  g_close (fd, NULL);
  if (n < 0)
    filesystem_fail (error, "read", self->path);

  return n < 0 || g_cancellable_set_error_if_cancelled (cancellable, error) ? NULL : g_strdup (g_checksum_get_string (checksum));
}

static gboolean
rename_target (Move *self, GError **error)
{
  if (!filesystem_target_recheck (&self->from, error))
    return FALSE;
  if (renameat2 (self->from.directory, self->from.name, self->to.directory, self->to.name, RENAME_NOREPLACE) == 0)
    return (fsync (self->to.directory) == 0 && fsync (self->from.directory) == 0) || filesystem_fail (error, "move", self->from.path);
  if (errno != EXDEV)
    return filesystem_fail (error, "move", self->from.path);

  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "%s and %s are on different file systems: read the one, write the other", self->from.path,
               self->to.path);

  return FALSE;
}

JsonNode *
filesystem_move (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  Move move;
  g_autofree char *after = NULL;
  g_autofree char *text = NULL;
  gboolean done = FALSE;

  if (move_init (&move, invocation, error))
    after = hash_file (&move.from, cancellable, error);
  if (after != NULL)
    done = vig_invocation_keep_file (invocation, move.from.directory, move.from.name, NULL, error)
           && vig_invocation_keep_file (invocation, move.to.directory, move.to.name, after, error) && rename_target (&move, error);
  if (done)
    text = g_strdup_printf ("Moved %s to %s", move.from.path, move.to.path);
  move_clear (&move);

  return done ? vig_json_pack ("s", text) : NULL;
}

VigPreview *
filesystem_move_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  Move move;
  g_autofree char *text = NULL;
  VigPreview *preview = NULL;

  if (move_init (&move, invocation, error))
    {
      text = g_strdup_printf ("Moves %s to %s", move.from.path, move.to.path);
      preview = vig_preview_new ("text", text);
    }
  move_clear (&move);

  return preview;
}

/* A new directory belongs to whoever owns the one it is in. */
static gboolean
make_directory (FilesystemTarget *self, GError **error)
{
  struct stat parent;

  if (mkdirat (self->directory, self->name, 0755) != 0)
    return filesystem_fail (error, "make the directory", self->path);
  if (geteuid () == 0 && fstat (self->directory, &parent) == 0
      && fchownat (self->directory, self->name, parent.st_uid, parent.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
    return filesystem_fail (error, "give away", self->path);

  return fsync (self->directory) == 0 || filesystem_fail (error, "make the directory", self->path);
}

JsonNode *
filesystem_mkdir (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  FilesystemTarget target = { .directory = -1 };
  g_autofree char *text = NULL;
  gboolean done = filesystem_target_init (&target, invocation, filesystem_get_path (invocation), error) && check_free (&target, error)
                  && vig_invocation_keep_file (invocation, target.directory, target.name, "directory", error) && make_directory (&target, error);

  if (done)
    text = g_strdup_printf ("Made the directory %s", target.path);
  filesystem_target_clear (&target);

  return done ? vig_json_pack ("s", text) : NULL;
}
