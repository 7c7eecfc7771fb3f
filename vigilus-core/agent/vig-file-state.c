/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-file-state.h"

#include "vig-sandbox-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define TEMPORARY ".vigilus-"

static gboolean
fail (GError **error, const char *what, const char *name)
{
  int code = errno;

  g_set_error (error, VIG_ERROR, code == EACCES || code == EPERM || code == EROFS ? VIG_ERROR_DENIED : VIG_ERROR_FAILED, "failed to %s %s: %s", what, name,
               g_strerror (code));

  return FALSE;
}

static const char *
intern_kind (const char *kind)
{
  static const char * const kinds[] = { "file", "directory", "link" };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kind, kinds[i]) == 0)
      return kinds[i];

  return "absent";
}

void
vig_file_state_clear (VigFileState *self)
{
  g_clear_pointer (&self->sha256, g_free);
  g_clear_pointer (&self->target, g_free);
}

static void
take_info (VigFileState *self, const struct stat *info)
{
  self->size = info->st_size;
  self->mode = info->st_mode & 07777;
  self->uid = info->st_uid;
  self->gid = info->st_gid;
  self->inode = info->st_ino;
}

/* Opened without waiting and without following, and looked at again: it may have become something else since. */
static gboolean
read_file (VigFileState *self, int directory, const char *name, VigContent *content, gint64 max_size, GError **error)
{
  int fd = openat (directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  struct stat info;
  gint64 size;

  if (fd < 0)
    return fail (error, "open", name);

  self->kind = "file";
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%s became something else meanwhile", name);
  else
    {
      take_info (self, &info);
      self->sha256 = content != NULL ? vig_content_put (content, fd, max_size, &size, error) : vig_content_hash (fd, error);
      if (content != NULL && self->sha256 != NULL)
        self->size = size;
    }
  g_close (fd, NULL);

  return self->sha256 != NULL;
}

static gboolean
read_link (VigFileState *self, int directory, const char *name, GError **error)
{
  char target[8192];
  gssize n = readlinkat (directory, name, target, sizeof target - 1);

  if (n < 0)
    return fail (error, "read the link", name);
  target[n] = '\0';
  if (!g_utf8_validate (target, -1, NULL))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "where the link %s leads is not UTF-8: it cannot be kept", name);
      return FALSE;
    }

  self->kind = "link";
  self->target = g_strdup (target);

  return TRUE;
}

static gboolean
read_state (VigFileState *self, int directory, const char *name, VigContent *content, gint64 max_size, GError **error)
{
  struct stat info;

  if (fstatat (directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT || fail (error, "look at", name);

  if (S_ISREG (info.st_mode))
    return read_file (self, directory, name, content, max_size, error);

  take_info (self, &info);
  if (S_ISLNK (info.st_mode))
    return read_link (self, directory, name, error);
  if (S_ISDIR (info.st_mode))
    {
      self->kind = "directory";
      return TRUE;
    }

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is a pipe, a socket or a device: it cannot be kept", name);

  return FALSE;
}

/* One look at a file, or one putting back, on a thread that the kernel holds to the file's folder and the kept contents. */
typedef struct
{
  VigFileState       *read;
  const VigFileState *back;
  const VigFileState *now;
  int                 directory;
  const char         *name;
  VigContent         *content;
  gint64              max_size;
  GError            **error;
  gboolean            done;
} Work;

static void
read_there (gpointer data)
{
  Work *work = data;

  work->done = read_state (work->read, work->directory, work->name, work->content, work->max_size, work->error);
}

gboolean
vig_file_state_read (VigFileState *self, int directory, const char *name, VigContent *content, gint64 max_size, GError **error)
{
  const VigFilesPlace places[] = { { directory, FALSE }, { content != NULL ? vig_content_get_descriptor (content) : -1, TRUE } };
  Work work = { .read = self, .directory = directory, .name = name, .content = content, .max_size = max_size, .error = error };

  memset (self, 0, sizeof *self);
  self->kind = "absent";

  return vig_files_run (places, content != NULL ? 2 : 1, read_there, &work, error) && work.done;
}

void
vig_file_state_from_row (VigFileState *self, JsonObject *file)
{
  memset (self, 0, sizeof *self);
  self->kind = intern_kind (vig_json_get_string (file, "before_kind", NULL));
  self->sha256 = g_strdup (vig_json_get_string (file, "before_sha256", NULL));
  self->size = vig_json_get_int (file, "before_size", 0);
  self->mode = (guint) vig_json_get_int (file, "before_mode", 0);
  self->uid = (uid_t) vig_json_get_int (file, "before_uid", 0);
  self->gid = (gid_t) vig_json_get_int (file, "before_gid", 0);
  self->target = g_strdup (vig_json_get_string (file, "before_target", NULL));
}

JsonObject *
vig_file_state_to_row (const VigFileState *self, const char *path)
{
  return vig_json_pack_object ("{s:s, s:s, s:s, s:I, s:i, s:I, s:I, s:s}",
                               "path", path,
                               "before_kind", self->kind,
                               "before_sha256", self->sha256,
                               "before_size", self->size,
                               "before_mode", (int) self->mode,
                               "before_uid", (gint64) self->uid,
                               "before_gid", (gint64) self->gid,
                               "before_target", self->target);
}

/* A tool that writes a file anew keeps its owner and the rights of its mode, but no set-id bits. */
gboolean
vig_file_state_is_after (const VigFileState *self, JsonObject *file)
{
  const char *sha256 = vig_json_get_string (file, "after_sha256", NULL);
  g_auto (VigFileState) before = { 0 };

  if (!g_str_equal (self->kind, vig_json_get_string (file, "after_kind", "")))
    return FALSE;
  if (!g_str_equal (self->kind, "file"))
    return TRUE;

  vig_file_state_from_row (&before, file);

  return g_strcmp0 (self->sha256, sha256) == 0
         && (!g_str_equal (before.kind, "file")
             || ((before.mode & 0777) == (self->mode & 0777) && before.uid == self->uid && before.gid == self->gid));
}

gboolean
vig_file_state_equal (const VigFileState *self, const VigFileState *other)
{
  if (!g_str_equal (self->kind, other->kind))
    return FALSE;
  if (g_str_equal (self->kind, "absent"))
    return TRUE;
  if (g_strcmp0 (self->sha256, other->sha256) != 0 || g_strcmp0 (self->target, other->target) != 0)
    return FALSE;

  return self->uid == other->uid && self->gid == other->gid && (g_str_equal (self->kind, "link") || self->mode == other->mode);
}

/* Putting back */

static gboolean
remove_now (int directory, const char *name, const VigFileState *now, GError **error)
{
  gboolean is_directory = g_str_equal (now->kind, "directory");

  if (g_str_equal (now->kind, "absent") || unlinkat (directory, name, is_directory ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT)
    return TRUE;
  if (!is_directory || (errno != ENOTEMPTY && errno != EEXIST))
    return fail (error, "remove", name);

  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the folder %s is not empty: it stays", name);

  return FALSE;
}

/* Owner first: giving a file away takes its set-id bits. */
static gboolean
dress (const VigFileState *self, int fd, const char *name, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    return fail (error, "look at", name);
  if ((info.st_uid != self->uid || info.st_gid != self->gid) && fchown (fd, self->uid, self->gid) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "failed to give %s back to its owner (user %u, group %u): %s", name, (guint) self->uid,
                   (guint) self->gid, g_strerror (errno));
      return FALSE;
    }

  return fchmod (fd, self->mode) == 0 || fail (error, "set the mode of", name);
}

/* Changes places with what is there and looks at what came out: if somebody was quicker, theirs goes back. */
static gboolean
swap_in (int directory, const char *temporary, const char *name, const VigFileState *now, GError **error)
{
  struct stat info;

  if (g_str_equal (now->kind, "absent"))
    return renameat2 (directory, temporary, directory, name, RENAME_NOREPLACE) == 0 || fail (error, "put back", name);
  if (renameat2 (directory, temporary, directory, name, RENAME_EXCHANGE) != 0)
    return (errno == EINVAL && renameat (directory, temporary, directory, name) == 0) || fail (error, "put back", name);

  if (fstatat (directory, temporary, &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_ino == now->inode)
    return unlinkat (directory, temporary, 0) == 0 || fail (error, "remove what was in place of", name);

  if (renameat2 (directory, temporary, directory, name, RENAME_EXCHANGE) != 0)
    return fail (error, "put back", name);
  g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%s was replaced by somebody else meanwhile", name);

  return FALSE;
}

static gboolean
put_file (const VigFileState *self, int directory, const char *name, const VigFileState *now, VigContent *content, GError **error)
{
  g_autofree char *temporary = g_strdup_printf (TEMPORARY "%08x%08x", g_random_int (), g_random_int ());
  int fd = openat (directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  gboolean done;

  if (fd < 0)
    return fail (error, "write", name);

  done = vig_content_get (content, self->sha256, fd, error) && dress (self, fd, name, error)
         && (fsync (fd) == 0 || fail (error, "write", name)) && swap_in (directory, temporary, name, now, error);
  g_close (fd, NULL);
  if (!done)
    unlinkat (directory, temporary, 0);

  return done;
}

static gboolean
put_link (const VigFileState *self, int directory, const char *name, const VigFileState *now, GError **error)
{
  g_autofree char *temporary = g_strdup_printf (TEMPORARY "%08x%08x", g_random_int (), g_random_int ());
  gboolean done;

  if (symlinkat (self->target, directory, temporary) != 0)
    return fail (error, "make the link", name);

  done = ((geteuid () != 0 || fchownat (directory, temporary, self->uid, self->gid, AT_SYMLINK_NOFOLLOW) == 0) || fail (error, "give away the link", name))
         && swap_in (directory, temporary, name, now, error);
  if (!done)
    unlinkat (directory, temporary, 0);

  return done;
}

static gboolean
put_directory (const VigFileState *self, int directory, const char *name, GError **error)
{
  gboolean done;
  int fd;

  if (mkdirat (directory, name, 0700) != 0 && errno != EEXIST)
    return fail (error, "make the folder", name);

  fd = openat (directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return fail (error, "open the folder", name);
  done = dress (self, fd, name, error);
  g_close (fd, NULL);

  return done;
}

static gboolean
put_back (const VigFileState *self, int directory, const char *name, const VigFileState *now, VigContent *content, GError **error)
{
  const VigFileState nothing = { .kind = "absent" };
  gboolean is_directory = g_str_equal (self->kind, "directory");
  gboolean stays = is_directory == g_str_equal (now->kind, "directory") && !g_str_equal (self->kind, "absent");
  gboolean done = TRUE;

  if (!stays)
    {
      done = remove_now (directory, name, now, error);
      now = &nothing;
    }
  if (done && g_str_equal (self->kind, "file"))
    done = put_file (self, directory, name, now, content, error);
  else if (done && g_str_equal (self->kind, "link"))
    done = put_link (self, directory, name, now, error);
  else if (done && is_directory)
    done = put_directory (self, directory, name, error);

  return done && (fsync (directory) == 0 || fail (error, "write the folder of", name));
}

static void
put_back_there (gpointer data)
{
  Work *work = data;

  work->done = put_back (work->back, work->directory, work->name, work->now, work->content, work->error);
}

gboolean
vig_file_state_put_back (const VigFileState *self, int directory, const char *name, const VigFileState *now, VigContent *content, GError **error)
{
  const VigFilesPlace places[] = { { directory, TRUE }, { vig_content_get_descriptor (content), FALSE } };
  Work work = { .back = self, .now = now, .directory = directory, .name = name, .content = content, .error = error };

  return vig_files_run (places, G_N_ELEMENTS (places), put_back_there, &work, error) && work.done;
}
