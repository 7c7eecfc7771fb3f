/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define MAX_ENTRIES 1000

static char *
describe_entry (int directory, const char *name)
{
  g_autofree char *shown = g_utf8_make_valid (name, -1);
  struct stat info;

  if (fstatat (directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return NULL;
  if (S_ISDIR (info.st_mode))
    return g_strdup_printf ("%s/", shown);
  if (S_ISLNK (info.st_mode))
    return g_strdup_printf ("%s (link)", shown);
  if (!S_ISREG (info.st_mode))
    return g_strdup_printf ("%s (special file)", shown);

  return g_strdup_printf ("%s (%" G_GINT64_FORMAT " bytes)", shown, (gint64) info.st_size);
}

static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

static GPtrArray *
collect_entries (DIR *directory, guint *n)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);
  struct dirent *entry;
  char *text;

  for (*n = 0; (entry = readdir (directory)) != NULL;)
    {
      if (g_str_equal (entry->d_name, ".") || g_str_equal (entry->d_name, "..") || (*n)++ >= MAX_ENTRIES)
        continue;
      text = describe_entry (dirfd (directory), entry->d_name);
      if (text != NULL)
        g_ptr_array_add (entries, text);
    }
  g_ptr_array_sort (entries, compare_entries);

  return g_steal_pointer (&entries);
}

JsonNode *
filesystem_list (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *path = filesystem_get_path (invocation);
  int fd = vig_invocation_open_beneath (invocation, path, O_RDONLY | O_DIRECTORY, 0, error);
  g_autoptr (GPtrArray) entries = NULL;
  g_autofree char *text = NULL;
  DIR *directory;
  guint n;

  if (fd < 0)
    return NULL;

  directory = fdopendir (fd);
  if (directory == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to list %s: %s", path, g_strerror (errno));
      g_close (fd, NULL);
      return NULL;
    }

  entries = collect_entries (directory, &n);
  closedir (directory);
  if (n == 0)
    return vig_json_pack ("s", "(empty)");
  if (n > MAX_ENTRIES)
    g_ptr_array_add (entries, g_strdup_printf ("[cut: %d of %u entries are shown]", MAX_ENTRIES, n));
  g_ptr_array_add (entries, NULL);
  text = g_strjoinv ("\n", (char **) entries->pdata);

  return vig_json_pack ("s", text);
}

static char *
find_user (uid_t uid)
{
  struct passwd entry;
  struct passwd *found = NULL;
  char buffer[4096];

  return getpwuid_r (uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL ? g_strdup (found->pw_name) : g_strdup_printf ("%u", (guint) uid);
}

static char *
find_group (gid_t gid)
{
  struct group entry;
  struct group *found = NULL;
  char buffer[4096];

  return getgrgid_r (gid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL ? g_strdup (found->gr_name) : g_strdup_printf ("%u", (guint) gid);
}

static char *
read_target (FilesystemTarget *target)
{
  char text[4096];
  gssize n = S_ISLNK (target->info.st_mode) ? readlinkat (target->directory, target->name, text, sizeof text) : -1;

  return n >= 0 ? g_utf8_make_valid (text, n) : NULL;
}

static JsonNode *
describe (FilesystemTarget *target)
{
  g_autoptr (GDateTime) modified = g_date_time_new_from_unix_utc (target->info.st_mtim.tv_sec);
  g_autofree char *time = modified != NULL ? g_date_time_format_iso8601 (modified) : NULL;
  g_autofree char *mode = g_strdup_printf ("%04o", (guint) target->info.st_mode & 07777);
  g_autofree char *user = find_user (target->info.st_uid);
  g_autofree char *group = find_group (target->info.st_gid);
  g_autofree char *leads_to = read_target (target);

  return vig_json_pack ("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:s?}",
                        "path", target->path,
                        "kind", filesystem_describe_kind (target->info.st_mode),
                        "size", (gint64) target->info.st_size,
                        "mode", mode,
                        "owner", user,
                        "group", group,
                        "modified", time,
                        "links", (gint64) target->info.st_nlink,
                        "leads_to", leads_to);
}

/* The working directory has no name in it, and "a/.." none of its own: those are opened. */
static gboolean
open_place (FilesystemTarget *target, VigInvocation *invocation, const char *path, GError **error)
{
  memset (target, 0, sizeof *target);
  target->path = g_strdup (path);
  target->directory = vig_invocation_open_beneath (invocation, path, O_PATH | O_DIRECTORY, 0, error);
  if (target->directory < 0)
    return FALSE;

  target->exists = fstat (target->directory, &target->info) == 0;

  return TRUE;
}

JsonNode *
filesystem_stat (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *path = filesystem_get_path (invocation);
  g_autofree char *name = g_path_get_basename (path);
  gboolean is_place = g_str_has_suffix (path, "/") || g_str_equal (name, ".") || g_str_equal (name, "..")
                      || g_strcmp0 (path, vig_invocation_get_working_directory (invocation)) == 0;
  FilesystemTarget target = { .directory = -1 };
  JsonNode *answer = NULL;

  if (is_place ? open_place (&target, invocation, path, error) : filesystem_target_init (&target, invocation, path, error))
    {
      if (target.exists)
        answer = describe (&target);
      else
        g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no %s", path);
    }
  filesystem_target_clear (&target);

  return answer;
}
