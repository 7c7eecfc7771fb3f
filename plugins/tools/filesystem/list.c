/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <vigilus/vig-outside.h>

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
format_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);

  return time != NULL ? g_date_time_format_iso8601 (time) : NULL;
}

static JsonObject *
describe_entry (int directory, const char *name)
{
  g_autofree char *shown = g_utf8_make_valid (name, -1);
  g_autofree char *modified = NULL;
  struct stat info;
  JsonObject *row;

  if (fstatat (directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return NULL;

  modified = format_time (info.st_mtim.tv_sec);
  row = vig_json_pack_object ("{s:s, s:s, s:s?}", "name", shown, "kind", filesystem_describe_kind (info.st_mode), "modified", modified);
  if (S_ISREG (info.st_mode))
    json_object_set_int_member (row, "size_bytes", (gint64) info.st_size);

  return row;
}

static GPtrArray *
collect_names (DIR *directory, guint *n)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  struct dirent *entry;

  for (*n = 0; (entry = readdir (directory)) != NULL;)
    if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, "..") && (*n)++ < MAX_ENTRIES)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  g_ptr_array_sort (names, filesystem_compare_names);

  return names;
}

static JsonNode *
describe_all (int directory, GPtrArray *names, guint n, gsize limit)
{
  g_autoptr (JsonArray) rows = json_array_new ();
  guint left_out = n - names->len;
  gsize size = 0;

  for (guint i = 0; i < names->len; i++)
    {
      JsonObject *row = describe_entry (directory, g_ptr_array_index (names, i));
      guint over = 0;

      if (row == NULL)
        continue;
      vig_json_add_row (rows, row, &size, limit, &over);
      if (over > 0)
        {
          left_out += names->len - i;
          break;
        }
    }

  return vig_json_pack ("{s:A, s:i}", "entries", g_steal_pointer (&rows), "left_out", (int) left_out);
}

JsonNode *
filesystem_list (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *path = filesystem_get_path (invocation);
  int fd = vig_invocation_open_beneath (invocation, path, O_RDONLY | O_DIRECTORY, 0, error);
  g_autoptr (GPtrArray) names = NULL;
  JsonNode *answer;
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

  names = collect_names (directory, &n);
  answer = describe_all (dirfd (directory), names, n, vig_invocation_get_room (invocation));
  closedir (directory);

  return answer;
}

typedef struct
{
  uid_t uid;
  gid_t gid;
  char *user;
  char *group;
} Owner;

/* Who these are may be known to another daemon alone (LDAP), which this thread can't ask. */
static void
find_owner (gpointer data)
{
  Owner *self = data;
  struct passwd user;
  struct passwd *found_user = NULL;
  struct group group;
  struct group *found_group = NULL;
  char buffer[4096];

  if (getpwuid_r (self->uid, &user, buffer, sizeof buffer, &found_user) == 0 && found_user != NULL)
    self->user = g_strdup (found_user->pw_name);
  else
    self->user = g_strdup_printf ("%u", (guint) self->uid);

  if (getgrgid_r (self->gid, &group, buffer, sizeof buffer, &found_group) == 0 && found_group != NULL)
    self->group = g_strdup (found_group->gr_name);
  else
    self->group = g_strdup_printf ("%u", (guint) self->gid);
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
  g_autofree char *time = format_time (target->info.st_mtim.tv_sec);
  g_autofree char *mode = g_strdup_printf ("%04o", (guint) target->info.st_mode & 07777);
  g_autofree char *leads_to = read_target (target);
  Owner owner = { target->info.st_uid, target->info.st_gid, NULL, NULL };
  JsonNode *answer;

  vig_outside_call (find_owner, &owner);
  answer = vig_json_pack ("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:s?}",
                          "path", target->path,
                          "kind", filesystem_describe_kind (target->info.st_mode),
                          "size", (gint64) target->info.st_size,
                          "mode", mode,
                          "owner", owner.user,
                          "group", owner.group,
                          "modified", time,
                          "links", (gint64) target->info.st_nlink,
                          "leads_to", leads_to);
  g_free (owner.user);
  g_free (owner.group);

  return answer;
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
