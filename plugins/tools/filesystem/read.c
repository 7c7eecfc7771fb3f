/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define MAX_ENTRIES 1000

/* Without waiting: a pipe or a device would hold the call, and is refused. */
int
filesystem_open_regular (VigInvocation *invocation, const char *path, gint64 *size, GError **error)
{
  int fd = vig_invocation_open_beneath (invocation, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);
  struct stat info;

  if (fd < 0)
    return -1;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    {
      *size = info.st_size;
      return fd;
    }

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, S_ISDIR (info.st_mode) ? "%s is a directory" : "%s is not a regular file", path);
  g_close (fd, NULL);

  return -1;
}

GBytes *
filesystem_read_all (int fd, gsize max_size, GCancellable *cancellable, GError **error)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  guint8 buffer[65536];
  gssize n = 1;

  while (n != 0 && data->len <= max_size)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      n = read (fd, buffer, sizeof buffer);
      if (n < 0 && errno != EINTR)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to read: %s", g_strerror (errno));
          return NULL;
        }
      if (n > 0)
        g_byte_array_append (data, buffer, (guint) n);
    }
  if (data->len > max_size)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the file is larger than %" G_GSIZE_FORMAT " bytes", max_size);
      return NULL;
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&data));
}

gboolean
filesystem_is_text (const char *data, gsize length)
{
  return length == 0 || memchr (data, '\0', MIN (length, 8192)) == NULL;
}

/* From @data, @n lines from line @first on; moves *length. */
static const char *
pick_lines (const char *data, gsize *length, gint64 first, gint64 n)
{
  const char *end = data + *length;
  const char *start = data;
  const char *stop;
  gint64 i;

  for (i = 1; i < first && start < end; i++)
    {
      stop = memchr (start, '\n', (gsize) (end - start));
      start = stop != NULL ? stop + 1 : end;
    }
  for (i = 0, stop = start; i < n && stop < end; i++)
    {
      const char *line_end = memchr (stop, '\n', (gsize) (end - stop));

      stop = line_end != NULL ? line_end + 1 : end;
    }
  *length = (gsize) (stop - start);

  return start;
}

static JsonNode *
make_text (VigInvocation *invocation, const char *data, gsize length)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  gsize limit = vig_invocation_get_output_limit (invocation);
  g_autofree char *text = NULL;
  g_autofree char *cut = NULL;
  gsize shown;

  data = pick_lines (data, &length, vig_json_get_int (arguments, "offset", 1), vig_json_get_int (arguments, "limit", G_MAXINT64));
  shown = limit > 0 ? MIN (length, limit) : length;
  while (shown < length && shown > 0 && ((guchar) data[shown] & 0xc0) == 0x80)
    shown--;
  text = g_utf8_make_valid (data, (gssize) shown);
  if (shown < length)
    cut = g_strdup_printf ("%s\n[cut: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes are shown; use offset and limit for the rest]", text, shown, length);

  return vig_json_pack ("s", cut != NULL ? cut : text);
}

JsonNode *
filesystem_read (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  const char *path = filesystem_get_path (invocation);
  g_autoptr (GBytes) bytes = NULL;
  const char *data;
  gsize length;
  gint64 size;
  int fd = filesystem_open_regular (invocation, path, &size, error);

  if (fd < 0)
    return NULL;

  bytes = filesystem_read_all (fd, FILESYSTEM_MAX_SIZE, cancellable, error);
  g_close (fd, NULL);
  if (bytes == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }

  data = g_bytes_get_data (bytes, &length);
  if (!filesystem_is_text (data, length))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s is a binary file of %" G_GSIZE_FORMAT " bytes", path, length);
      return NULL;
    }

  return make_text (invocation, data != NULL ? data : "", length);
}

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
