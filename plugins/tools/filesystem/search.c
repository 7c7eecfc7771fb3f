/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define MAX_DEPTH   40
#define MAX_ENTRIES 200000 /* looked at */
#define MAX_LINE    240    /* bytes of a line that are shown */
#define MAX_BYTES   (G_GINT64_CONSTANT (512) * 1024 * 1024) /* read in all */
#define PIECE       65536

/* One search. Directories are opened by name in the one above, and links never followed, so it cannot leave and has an end. */
typedef struct
{
  const char   *name;     /* pattern, or NULL */
  char         *text;     /* folded where case does not matter, or NULL */
  gboolean      case_sensitive;
  guint         limit;
  GCancellable *cancellable;
  JsonArray    *found;
  gsize         size;     /* of what was found, as text */
  gsize         room;     /* that it may take */
  guint         n_entries;
  guint         n_unreadable;
  gint64        n_bytes;
  gboolean      cut;      /* by what is allowed, not by what is there */
} Search;

static gboolean
is_over (Search *self)
{
  if (json_array_get_length (self->found) >= self->limit || self->n_entries >= MAX_ENTRIES || self->n_bytes >= MAX_BYTES)
    self->cut = TRUE;

  return self->cut || g_cancellable_is_cancelled (self->cancellable);
}

static void
add (Search *self, const char *path, guint line, const char *text, gsize length)
{
  g_autofree char *shown_path = g_utf8_make_valid (path, -1);
  g_autofree char *shown = text != NULL ? g_strchomp (g_utf8_make_valid (text, (gssize) MIN (length, MAX_LINE))) : NULL;
  JsonObject *row = vig_json_pack_object ("{s:s}", "path", shown_path);
  guint left_out = 0;

  if (text != NULL)
    {
      json_object_set_int_member (row, "line", line);
      json_object_set_string_member (row, "text", shown);
    }
  vig_json_add_row (self->found, row, &self->size, self->room, &left_out);
  if (left_out > 0)
    self->cut = TRUE;
}

static gboolean
matches (Search *self, const char *line, gsize length)
{
  g_autofree char *plain = NULL;
  g_autofree char *folded = NULL;

  if (length < strlen (self->text))
    return FALSE;
  if (self->case_sensitive)
    return memmem (line, length, self->text, strlen (self->text)) != NULL;

  plain = g_utf8_make_valid (line, (gssize) length);
  folded = g_utf8_casefold (plain, -1);

  return strstr (folded, self->text) != NULL;
}

/* Takes the whole lines of @rest; the last one too, where @last. */
static void
search_lines (Search *self, const char *path, GString *rest, guint *number, gboolean last)
{
  const char *line = rest->str;
  const char *end = rest->str + rest->len;

  while (line < end && !is_over (self))
    {
      const char *newline = memchr (line, '\n', (gsize) (end - line));
      const char *next = newline != NULL ? newline + 1 : end;

      if (newline == NULL && !last && end - line < PIECE)
        break;
      (*number)++;
      if (matches (self, line, (gsize) (next - line)))
        add (self, path, *number, line, (gsize) (next - line));
      line = next;
    }
  g_string_erase (rest, 0, line - rest->str);
}

static void
search_file (Search *self, int directory, const char *name, const char *path)
{
  int fd = openat (directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  g_autoptr (GString) rest = g_string_new (NULL);
  g_autofree char *buffer = g_malloc (PIECE);
  struct stat info;
  guint number = 0;
  gboolean first = TRUE;
  gsize mark;
  gssize n;

  if (fd < 0)
    self->n_unreadable++;
  while (fd >= 0 && fstat (fd, &info) == 0 && S_ISREG (info.st_mode) && !is_over (self) && (n = read (fd, buffer, PIECE)) > 0)
    {
      if (first && memchr (buffer, '\0', (gsize) MIN (n, FILESYSTEM_SAMPLE)) != NULL)
        break;
      if (first && filesystem_find_encoding (buffer, (gsize) MIN (n, FILESYSTEM_SAMPLE), &mark) == NULL)
        break;
      first = FALSE;
      self->n_bytes += n;
      g_string_append_len (rest, buffer, n);
      search_lines (self, path, rest, &number, FALSE);
    }
  search_lines (self, path, rest, &number, TRUE);
  if (fd >= 0)
    g_close (fd, NULL);
}

static void search_directory (Search *self, int directory, const char *path, guint depth);

static void
visit (Search *self, int directory, const char *name, const char *path, guint depth)
{
  gboolean named = self->name == NULL || fnmatch (self->name, name, FNM_PERIOD) == 0 || fnmatch (self->name, path, FNM_PATHNAME) == 0;
  struct stat info;
  int fd;

  self->n_entries++;
  if (fstatat (directory, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return;

  if (named && self->text == NULL)
    add (self, path, 0, NULL, 0);
  if (named && self->text != NULL && S_ISREG (info.st_mode))
    search_file (self, directory, name, path);
  if (!S_ISDIR (info.st_mode))
    return;
  if (depth >= MAX_DEPTH)
    {
      self->cut = TRUE;
      return;
    }

  fd = openat (directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    self->n_unreadable++;
  else
    search_directory (self, fd, path, depth + 1);
}

/* Takes the descriptor. The names first, so that not one open stream per level is needed, and in order. */
static void
search_directory (Search *self, int directory, const char *path, guint depth)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  int copy = dup (directory);
  DIR *stream = copy >= 0 ? fdopendir (copy) : NULL;
  struct dirent *entry;

  while (stream != NULL && names->len < MAX_ENTRIES && (entry = readdir (stream)) != NULL)
    if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
      g_ptr_array_add (names, g_strdup (entry->d_name));
  if (stream != NULL)
    closedir (stream);
  else if (copy >= 0)
    g_close (copy, NULL);

  g_ptr_array_sort (names, filesystem_compare_names);
  for (guint i = 0; i < names->len && !is_over (self); i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *below = g_str_equal (path, ".") ? g_strdup (name) : g_build_filename (path, name, NULL);

      visit (self, directory, name, below, depth);
    }
  g_close (directory, NULL);
}

static JsonNode *
make_answer (Search *self)
{
  const char *note = self->cut ? "there may be more: name a folder or a narrower pattern" : NULL;

  return vig_json_pack ("{s:A, s:i, s:i, s:s?}", "found", json_array_ref (self->found), "looked_at", (int) self->n_entries, "unreadable",
                        (int) self->n_unreadable, "note", note);
}

JsonNode *
filesystem_search (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  JsonObject *arguments = vig_invocation_get_arguments (invocation);
  const char *path = filesystem_get_path (invocation);
  const char *text = vig_json_get_string (arguments, "text", NULL);
  g_autoptr (JsonArray) found = json_array_new ();
  g_autofree char *folded = NULL;
  Search self = { .name = vig_json_get_string (arguments, "name", NULL), .found = found, .cancellable = cancellable };
  int fd;

  if (self.name == NULL && text == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "name what to search for: name (a pattern like *.conf), text, or both");
      return NULL;
    }
  fd = vig_invocation_open_beneath (invocation, path, O_RDONLY | O_DIRECTORY, 0, error);
  if (fd < 0)
    return NULL;

  self.room = vig_invocation_get_room (invocation);
  self.limit = (guint) vig_json_get_int (arguments, "limit", 200);
  self.case_sensitive = vig_json_get_boolean (arguments, "case_sensitive", FALSE);
  folded = text == NULL ? NULL : self.case_sensitive ? g_strdup (text) : g_utf8_casefold (text, -1);
  self.text = folded;
  search_directory (&self, fd, path, 0);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  return make_answer (&self);
}
