/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define MAX_ENTRIES 10000
#define MAX_TOTAL   (1024 * 1024 * 1024LL) /* bytes, unpacked */
#define MAX_DEPTH   32
#define PIECE       (64 * 1024)

/* An archive is unpacked into a directory that is made for it, so that nothing is replaced and deleting that undoes it. Two passes: one that only looks
 * at the names, so that a bad one leaves nothing behind, and one that writes. */
typedef struct
{
  VigInvocation    *invocation;
  GCancellable     *cancellable;
  FilesystemTarget  from;
  FilesystemTarget  to;
  int               file;      /* the archive */
  int               root;      /* the new directory */
  struct stat       owner;     /* who gets what is made */
  guint             n_entries;
  gint64            n_bytes;
} Extract;

static gboolean
refuse (const char *name, const char *why, GError **error)
{
  g_autofree char *shown = g_utf8_make_valid (name != NULL ? name : "(no name)", -1);

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "the archive is not unpacked: its entry %s %s", shown, why);

  return FALSE;
}

/* Only files and directories, under plain relative names: no way up, no link to walk through. */
static gboolean
check_entry (Extract *self, struct archive_entry *entry, GError **error)
{
  const char *name = archive_entry_pathname (entry);
  g_auto (GStrv) parts = name != NULL ? g_strsplit (name, "/", -1) : NULL;
  guint type = archive_entry_filetype (entry);

  if (++self->n_entries > MAX_ENTRIES)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the archive has more than %d entries", MAX_ENTRIES);
      return FALSE;
    }
  if (name == NULL || *name == '\0' || !g_utf8_validate (name, -1, NULL) || strchr (name, '\\') != NULL)
    return refuse (name, "has no plain name", error);
  if (*name == '/')
    return refuse (name, "has an absolute name", error);
  if (g_strv_length (parts) > MAX_DEPTH)
    return refuse (name, "nests too deep", error);
  for (guint i = 0; parts[i] != NULL; i++)
    if (g_str_equal (parts[i], ".."))
      return refuse (name, "leads out of its directory", error);
  if (archive_entry_hardlink (entry) != NULL || archive_entry_symlink (entry) != NULL)
    return refuse (name, "is a link", error);
  if (type != AE_IFREG && type != AE_IFDIR)
    return refuse (name, "is neither a file nor a directory", error);

  return TRUE;
}

static struct archive *
open_archive (Extract *self, GError **error)
{
  struct archive *archive = archive_read_new ();

  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_bzip2 (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_zstd (archive);
  archive_read_support_format_tar (archive);
  archive_read_support_format_zip_seekable (archive); /* by its directory alone: one whose end is missing is not whole */
  if (lseek (self->file, 0, SEEK_SET) == 0 && archive_read_open_fd (archive, self->file, PIECE) == ARCHIVE_OK)
    return archive;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is no archive that can be read (tar, also packed, and zip): %s", self->from.path,
               archive_error_string (archive) != NULL ? archive_error_string (archive) : "it cannot be opened");
  archive_read_free (archive);

  return NULL;
}

static void
give_away (Extract *self, int fd)
{
  if (geteuid () == 0 && fchown (fd, self->owner.st_uid, self->owner.st_gid) != 0)
    g_debug ("failed to give away what was unpacked: %s", g_strerror (errno));
}

/* Opens @name in @directory, making it where it is not there; never through a link. Closes @directory but the root. */
static int
enter (Extract *self, int directory, const char *name, GError **error)
{
  int fd = -1;

  if (mkdirat (directory, name, 0755) == 0 || errno == EEXIST)
    fd = openat (directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    filesystem_fail (error, "unpack", name);
  else
    give_away (self, fd);
  if (directory != self->root)
    g_close (directory, NULL);

  return fd;
}

static gboolean
write_data (Extract *self, struct archive *archive, int fd, const char *name, GError **error)
{
  g_autofree char *buffer = g_malloc (PIECE);
  gssize n;

  while ((n = archive_read_data (archive, buffer, PIECE)) > 0)
    {
      self->n_bytes += n;
      if (self->n_bytes > MAX_TOTAL)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the archive holds more than %lld MiB", MAX_TOTAL / (1024 * 1024));
          return FALSE;
        }
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      if (fd >= 0 && !filesystem_write_all (fd, buffer, (gsize) n))
        return filesystem_fail (error, "unpack", name);
    }
  if (n == 0)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the archive is broken at %s: %s", name, archive_error_string (archive));

  return FALSE;
}

static gboolean
write_file (Extract *self, struct archive *archive, struct archive_entry *entry, int directory, const char *name, GError **error)
{
  int fd = openat (directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, archive_entry_perm (entry) & 0755 & ~0022);
  gboolean done;

  if (fd < 0)
    return filesystem_fail (error, "unpack", name);

  give_away (self, fd);
  done = write_data (self, archive, fd, name, error);
  g_close (fd, NULL);

  return done;
}

static gboolean
write_entry (Extract *self, struct archive *archive, struct archive_entry *entry, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (archive_entry_pathname (entry), "/", -1);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  gboolean is_file = archive_entry_filetype (entry) == AE_IFREG;
  int directory = self->root;
  gboolean done = TRUE;

  for (guint i = 0; parts[i] != NULL; i++)
    if (*parts[i] != '\0' && !g_str_equal (parts[i], "."))
      g_ptr_array_add (names, parts[i]);
  for (guint i = 0; directory >= 0 && i + (is_file ? 1 : 0) < names->len; i++)
    directory = enter (self, directory, g_ptr_array_index (names, i), error);
  if (directory < 0)
    return FALSE;

  if (is_file && names->len > 0)
    done = write_file (self, archive, entry, directory, g_ptr_array_index (names, names->len - 1), error);
  if (directory != self->root)
    g_close (directory, NULL);

  return done;
}

/* @writes: the second pass. */
static gboolean
walk_entries (Extract *self, gboolean writes, GError **error)
{
  struct archive *archive = open_archive (self, error);
  struct archive_entry *entry = NULL;
  gboolean fine = archive != NULL;
  int status = ARCHIVE_OK;

  self->n_entries = 0;
  self->n_bytes = 0;
  while (fine && (status = archive_read_next_header (archive, &entry)) == ARCHIVE_OK)
    {
      fine = check_entry (self, entry, error) && !g_cancellable_set_error_if_cancelled (self->cancellable, error);
      if (fine)
        fine = writes ? write_entry (self, archive, entry, error) : write_data (self, archive, -1, archive_entry_pathname (entry), error);
    }
  if (fine && status != ARCHIVE_EOF)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is no whole archive (tar, also packed, or zip): %s", self->from.path,
                   archive_error_string (archive) != NULL ? archive_error_string (archive) : "it ends too early");
      fine = FALSE;
    }
  if (archive != NULL)
    archive_read_free (archive);

  return fine;
}

/* libarchive refuses names that the thread's locale can't spell: they are UTF-8 whatever the daemon's locale is. */
static gboolean
walk (Extract *self, gboolean writes, GError **error)
{
  locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  locale_t before = uselocale (utf8); /* changes nothing where there is no such locale */
  gboolean fine = walk_entries (self, writes, error);

  uselocale (before);
  if (utf8 != (locale_t) 0)
    freelocale (utf8);

  return fine;
}

static gboolean
extract_init (Extract *self, VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *to = vig_json_get_string (vig_invocation_get_arguments (invocation), "to", "");

  memset (self, 0, sizeof *self);
  self->invocation = invocation;
  self->cancellable = cancellable;
  self->from.directory = self->to.directory = self->file = self->root = -1;
  if (!filesystem_target_init (&self->from, invocation, filesystem_get_path (invocation), error) || !filesystem_target_check (&self->from, error))
    return FALSE;
  self->file = filesystem_target_open (&self->from, error);
  if (self->file < 0 || !filesystem_target_init (&self->to, invocation, to, error))
    return FALSE;
  if (!self->to.exists)
    return fstat (self->to.directory, &self->owner) == 0 || filesystem_fail (error, "look at", to);

  g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "%s exists already: an archive is unpacked into a new directory", self->to.path);

  return FALSE;
}

static void
extract_clear (Extract *self)
{
  if (self->file >= 0)
    g_close (self->file, NULL);
  if (self->root >= 0)
    g_close (self->root, NULL);
  filesystem_target_clear (&self->from);
  filesystem_target_clear (&self->to);
}

static gboolean
make_root (Extract *self, GError **error)
{
  if (mkdirat (self->to.directory, self->to.name, 0755) == 0)
    self->root = openat (self->to.directory, self->to.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (self->root < 0)
    return filesystem_fail (error, "make the directory", self->to.path);

  give_away (self, self->root);

  return TRUE;
}

JsonNode *
filesystem_extract (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_autofree char *text = NULL;
  gboolean done;
  Extract self;

  done = extract_init (&self, invocation, cancellable, error) && walk (&self, FALSE, error)
         && make_root (&self, error);
  if (done)
    {
      done = walk (&self, TRUE, error);
      if (!done)
        g_prefix_error (error, "%s is there in part: ", self.to.path);
    }
  if (done)
    text = g_strdup_printf ("Unpacked %s into %s: %u entries, %" G_GINT64_FORMAT " bytes", self.from.path, self.to.path, self.n_entries, self.n_bytes);
  extract_clear (&self);

  return done ? vig_json_pack ("s", text) : NULL;
}

VigPreview *
filesystem_extract_preview (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  VigPreview *preview = NULL;
  Extract self;

  if (extract_init (&self, invocation, cancellable, error) && walk (&self, FALSE, error))
    {
      g_autofree char *text = g_strdup_printf ("Unpacks %s into %s: %u entries, %" G_GINT64_FORMAT " bytes", self.from.path, self.to.path, self.n_entries, self.n_bytes);

      preview = vig_preview_new ("text", text);
    }
  extract_clear (&self);

  return preview;
}
