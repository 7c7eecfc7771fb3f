/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <string.h>

/* The unified format of GNU diffutils ("Detailed Description of Unified Format"). */
#define NO_NEWLINE "\\ No newline at end of file"

typedef struct
{
  char   **old;      /* lines with their ends */
  guint    n_old;
  guint    at;       /* the line of old that comes next, from 0 */
  char   **diff;
  guint    n_diff;
  guint    line;     /* of diff, from 0 */
  guint    hunk;     /* from 1 */
  GString *out;
  gboolean broken;   /* a line that ends the file is followed by another */
} Patch;

typedef struct
{
  guint64 start;
  guint64 n_old;
  guint64 n_new;
} Hunk;

static char **
split_lines (const char *text, guint *n)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();

  while (*text != '\0')
    {
      const char *end = strchr (text, '\n');

      end = end != NULL ? end + 1 : text + strlen (text);
      g_ptr_array_add (lines, g_strndup (text, (gsize) (end - text)));
      text = end;
    }
  *n = lines->len;
  g_ptr_array_add (lines, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}

static gboolean G_GNUC_PRINTF (3, 4)
refuse (Patch *self, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "hunk %u of the patch (its line %u) does not apply: %s; nothing was changed", self->hunk, self->line + 1, what);

  return FALSE;
}

/* "12" or "12,3" */
static gboolean
parse_range (const char **text, guint64 *start, guint64 *count)
{
  char *end;

  *count = 1;
  if (!g_ascii_isdigit (**text))
    return FALSE;
  *start = g_ascii_strtoull (*text, &end, 10);
  if (*end == ',')
    {
      if (!g_ascii_isdigit (end[1]))
        return FALSE;
      *count = g_ascii_strtoull (end + 1, &end, 10);
    }
  *text = end;

  return *start <= G_MAXINT && *count <= G_MAXINT;
}

static gboolean
parse_header (const char *line, Hunk *hunk)
{
  guint64 start_new;

  if (!g_str_has_prefix (line, "@@ -"))
    return FALSE;
  line += 4;
  if (!parse_range (&line, &hunk->start, &hunk->n_old) || !g_str_has_prefix (line, " +"))
    return FALSE;
  line += 2;

  return parse_range (&line, &start_new, &hunk->n_new) && g_str_has_prefix (line, " @@");
}

/* The text of a line of the hunk; without its end where the diff says that the file has none there. */
static char *
take_line (Patch *self)
{
  char *text = g_strdup (self->diff[self->line] + 1);
  const char *next = self->line + 1 < self->n_diff ? self->diff[self->line + 1] : "";
  gsize length = strlen (text);

  self->line++;
  if (g_str_has_prefix (next, NO_NEWLINE))
    {
      self->line++;
      if (length > 0 && text[length - 1] == '\n')
        text[length - 1] = '\0';
    }
  else if (length == 0 || text[length - 1] != '\n')
    {
      g_autofree char *cut = text;

      return g_strconcat (cut, "\n", NULL);
    }

  return text;
}

/* A line without its end can only be the last. */
static void
append (Patch *self, const char *line)
{
  self->broken |= self->out->len > 0 && self->out->str[self->out->len - 1] != '\n';
  g_string_append (self->out, line);
}

static gboolean
apply_line (Patch *self, Hunk *hunk, GError **error)
{
  char mark = self->diff[self->line][0];
  guint line = self->line;
  g_autofree char *text = take_line (self);
  g_autofree char *shown = g_strndup (text, 80);

  if (mark == '+')
    {
      hunk->n_new--;
      append (self, text);
      return TRUE;
    }

  if (self->at >= self->n_old)
    {
      self->line = line;
      return refuse (self, error, "the file ends before \"%s\"", g_strchomp (shown));
    }
  if (!g_str_equal (self->old[self->at], text))
    {
      g_autofree char *found = g_strndup (self->old[self->at], 80);

      self->line = line;
      return refuse (self, error, "line %u of the file is \"%s\", not \"%s\"", self->at + 1, g_strchomp (found), g_strchomp (shown));
    }

  hunk->n_old--;
  if (mark == ' ')
    {
      hunk->n_new--;
      append (self, text);
    }
  self->at++;

  return TRUE;
}

static gboolean
apply_body (Patch *self, Hunk *hunk, GError **error)
{
  while (hunk->n_old > 0 || hunk->n_new > 0)
    {
      char mark = self->line < self->n_diff ? self->diff[self->line][0] : '\0';

      /* An empty line that lost its leading space, as GNU patch reads it. */
      if (mark == '\n')
        {
          g_free (self->diff[self->line]);
          self->diff[self->line] = g_strdup (" \n");
          mark = ' ';
        }
      if (mark == '\0')
        return refuse (self, error, "it ends too early: %u old and %u new lines are missing", (guint) hunk->n_old, (guint) hunk->n_new);
      if (mark != ' ' && mark != '+' && mark != '-')
        return refuse (self, error, "a line must begin with a space, + or -, and the counts in the @@ line must be right");
      if ((mark != '+' && hunk->n_old == 0) || (mark != '-' && hunk->n_new == 0))
        return refuse (self, error, "it has more lines than its @@ line says");
      if (!apply_line (self, hunk, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
apply_hunk (Patch *self, GError **error)
{
  Hunk hunk;
  guint64 place;

  self->hunk++;
  if (!parse_header (self->diff[self->line], &hunk))
    return refuse (self, error, "its first line must be like @@ -12,3 +12,4 @@");

  /* Where nothing is taken out, the number is that of the line before. */
  place = hunk.n_old == 0 ? hunk.start : hunk.start > 0 ? hunk.start - 1 : 0;
  if (place < self->at || (hunk.n_old > 0 && hunk.start == 0))
    return refuse (self, error, "it overlaps the one before it, or is not in order");
  if (place > self->n_old)
    return refuse (self, error, "the file has only %u lines", self->n_old);
  while (self->at < place)
    append (self, self->old[self->at++]);
  self->line++;

  return apply_body (self, &hunk, error);
}

static gboolean
apply (Patch *self, GError **error)
{
  while (self->line < self->n_diff && !g_str_has_prefix (self->diff[self->line], "@@"))
    self->line++;
  if (self->line == self->n_diff)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the patch has no hunk: a unified diff has lines that begin with @@");
      return FALSE;
    }

  while (self->line < self->n_diff)
    {
      if (g_str_has_prefix (self->diff[self->line], "--- ") || g_str_has_prefix (self->diff[self->line], "diff "))
        return refuse (self, error, "the patch goes on with another file; give each file a call of its own");
      if (!apply_hunk (self, error))
        return FALSE;
      while (self->line < self->n_diff && *g_strchug (self->diff[self->line]) == '\0')
        self->line++;
    }
  while (self->at < self->n_old)
    append (self, self->old[self->at++]);

  return !self->broken || refuse (self, error, "it says that the file has no newline at its end where more lines follow");
}

char *
filesystem_patch (const char *text, const char *diff, GError **error)
{
  Patch self = { .out = g_string_new (NULL) };
  g_auto (GStrv) old = split_lines (text, &self.n_old);
  g_auto (GStrv) lines = split_lines (diff, &self.n_diff);
  gboolean done;

  self.old = old;
  self.diff = lines;
  done = apply (&self, error);

  return g_string_free (self.out, !done);
}
