/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define PIECE (256 * 1024) /* bytes */

typedef struct
{
  FilesystemTarget from;
  FilesystemTarget to;
} Copy;

static gboolean
copy_init (Copy *self, VigInvocation *invocation, GError **error)
{
  const char *to = vig_json_get_string (vig_invocation_get_arguments (invocation), "to", "");

  memset (self, 0, sizeof *self);
  self->from.directory = self->to.directory = -1;
  if (!filesystem_target_init (&self->from, invocation, filesystem_get_path (invocation), error))
    return FALSE;
  if (!self->from.exists)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no %s", self->from.path);
      return FALSE;
    }
  if (!filesystem_target_check (&self->from, error) || !filesystem_target_init (&self->to, invocation, to, error))
    return FALSE;
  if (!self->to.exists)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "%s exists already: delete it first, or choose another name", self->to.path);

  return FALSE;
}

static void
copy_clear (Copy *self)
{
  filesystem_target_clear (&self->from);
  filesystem_target_clear (&self->to);
}

/* From one to the other, or only read where @to is -1; the hex SHA-256 of what went by. */
static char *
pump (FilesystemTarget *from, int to, GCancellable *cancellable, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (PIECE);
  int fd = filesystem_target_open (from, error);
  gssize n = 1;

  while (fd >= 0 && n > 0 && !g_cancellable_is_cancelled (cancellable))
    {
      n = read (fd, buffer, PIECE);
      if (n > 0)
        g_checksum_update (checksum, buffer, n);
      if (n > 0 && to >= 0 && !filesystem_write_all (to, buffer, (gsize) n))
        n = -1;
    }
  if (fd < 0)
    return NULL;
  if (n < 0)
    filesystem_fail (error, "copy", from->path);
  g_close (fd, NULL);

  return n < 0 || g_cancellable_set_error_if_cancelled (cancellable, error) ? NULL : g_strdup (g_checksum_get_string (checksum));
}

/* Under a name of its own first, so that the new name has all of it or is not there. */
static gboolean
place (Copy *self, const char *name, const char *hash, GCancellable *cancellable, GError **error)
{
  int fd = openat (self->to.directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  g_autofree char *copied = NULL;
  struct stat parent;

  if (fd < 0)
    return filesystem_fail (error, "create", self->to.path);

  copied = pump (&self->from, fd, cancellable, error);
  if (copied != NULL && (fchmod (fd, self->from.info.st_mode & 0777) != 0 || fsync (fd) != 0
                         || (geteuid () == 0 && fstat (self->to.directory, &parent) == 0 && fchown (fd, parent.st_uid, parent.st_gid) != 0)))
    {
      g_clear_pointer (&copied, g_free);
      filesystem_fail (error, "write", self->to.path);
    }
  g_close (fd, NULL);
  if (copied == NULL)
    return FALSE;
  if (!g_str_equal (copied, hash))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%s was changed by somebody else meanwhile; nothing was done: look at it and try again", self->from.path);
      return FALSE;
    }

  return renameat2 (self->to.directory, name, self->to.directory, self->to.name, RENAME_NOREPLACE) == 0 || filesystem_fail (error, "create", self->to.path);
}

JsonNode *
filesystem_copy (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autofree char *name = g_strdup_printf (".vigilus-%08x%08x", g_random_int (), g_random_int ());
  g_autofree char *hash = NULL;
  g_autofree char *text = NULL;
  gboolean done = FALSE;
  Copy copy;

  if (copy_init (&copy, invocation, error))
    hash = pump (&copy.from, -1, cancellable, error);
  if (hash != NULL && vig_invocation_keep_file (invocation, copy.to.directory, copy.to.name, hash, error))
    {
      done = place (&copy, name, hash, cancellable, error);
      if (!done)
        unlinkat (copy.to.directory, name, 0);
      else if (fsync (copy.to.directory) != 0)
        done = filesystem_fail (error, "create", copy.to.path);
    }
  if (done)
    text = g_strdup_printf ("Copied %s to %s, %" G_GINT64_FORMAT " bytes", copy.from.path, copy.to.path, (gint64) copy.from.info.st_size);
  copy_clear (&copy);

  return done ? vig_json_pack ("s", text) : NULL;
}

VigPreview *
filesystem_copy_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigPreview *preview = NULL;
  Copy copy;

  if (copy_init (&copy, invocation, error))
    {
      g_autofree char *text = g_strdup_printf ("Copies %s to %s (%" G_GINT64_FORMAT " bytes)", copy.from.path, copy.to.path, (gint64) copy.from.info.st_size);

      preview = vig_preview_new ("text", text);
    }
  copy_clear (&copy);

  return preview;
}
