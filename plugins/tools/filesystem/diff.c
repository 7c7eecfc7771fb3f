/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "filesystem.h"

#include <string.h>

#define CONTEXT 3
/* Cells of the table of longest common subsequences; beyond, the changed middle is shown as replaced whole. */
#define MAX_CELLS (4 * 1024 * 1024)

typedef struct
{
  char        mark; /* ' ', '-' or '+' */
  const char *line;
} Edit;

typedef struct
{
  char  **before;
  char  **after;
  guint   n_before;
  guint   n_after;
  GArray *edits;
} Diff;

/* Lines with their ends, so that a missing last newline is a difference. */
static char **
split_lines (const char *text, guint *n)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();
  const char *end;

  while (*text != '\0')
    {
      end = strchr (text, '\n');
      end = end != NULL ? end + 1 : text + strlen (text);
      g_ptr_array_add (lines, g_strndup (text, (gsize) (end - text)));
      text = end;
    }
  *n = lines->len;
  g_ptr_array_add (lines, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}

static void
add (Diff *self, char mark, const char *line)
{
  Edit edit = { mark, line };

  g_array_append_val (self->edits, edit);
}

/* The middle, between what is the same at both ends. */
static void
compare_middle (Diff *self, guint start, guint end_before, guint end_after)
{
  guint n = end_before - start;
  guint m = end_after - start;
  gboolean fits = (guint64) (n + 1) * (m + 1) <= MAX_CELLS;
  g_autofree guint32 *table = fits ? g_new0 (guint32, (gsize) (n + 1) * (m + 1)) : NULL;
  guint i;
  guint j;

#define CELL(a, b) table[(gsize) (a) * (m + 1) + (b)]
  for (i = n; fits && i-- > 0;)
    for (j = m; j-- > 0;)
      CELL (i, j) = strcmp (self->before[start + i], self->after[start + j]) == 0 ? CELL (i + 1, j + 1) + 1
                                                                                  : MAX (CELL (i + 1, j), CELL (i, j + 1));

  for (i = j = 0; i < n || j < m;)
    if (fits && i < n && j < m && strcmp (self->before[start + i], self->after[start + j]) == 0)
      {
        add (self, ' ', self->before[start + i++]);
        j++;
      }
    else if (i < n && (j == m || !fits || CELL (i + 1, j) >= CELL (i, j + 1)))
      add (self, '-', self->before[start + i++]);
    else
      add (self, '+', self->after[start + j++]);
#undef CELL
}

static void
compare (Diff *self)
{
  guint shorter = MIN (self->n_before, self->n_after);
  guint head = 0;
  guint tail = 0;
  guint i;

  while (head < shorter && strcmp (self->before[head], self->after[head]) == 0)
    head++;
  while (tail < shorter - head
         && strcmp (self->before[self->n_before - 1 - tail], self->after[self->n_after - 1 - tail]) == 0)
    tail++;

  for (i = 0; i < head; i++)
    add (self, ' ', self->before[i]);
  compare_middle (self, head, self->n_before - tail, self->n_after - tail);
  for (i = self->n_before - tail; i < self->n_before; i++)
    add (self, ' ', self->before[i]);
}

static gboolean
is_near_change (GArray *edits, guint at)
{
  guint from = at > CONTEXT ? at - CONTEXT : 0;
  guint i;

  for (i = from; i <= at + CONTEXT && i < edits->len; i++)
    if (g_array_index (edits, Edit, i).mark != ' ')
      return TRUE;

  return FALSE;
}

/* Writes the hunk that begins at edit @at; gives the edit after it. */
static guint
write_hunk (GString *out, GArray *edits, guint at, guint *line_before, guint *line_after)
{
  g_autoptr (GString) body = g_string_new (NULL);
  guint n_before = 0;
  guint n_after = 0;

  for (; at < edits->len && is_near_change (edits, at); at++)
    {
      Edit *edit = &g_array_index (edits, Edit, at);

      n_before += edit->mark != '+';
      n_after += edit->mark != '-';
      g_string_append_printf (body, "%c%s", edit->mark, edit->line);
      if (!g_str_has_suffix (edit->line, "\n"))
        g_string_append (body, "\n\\ No newline at end of file\n");
    }

  g_string_append_printf (out, "@@ -%u,%u +%u,%u @@\n%s", *line_before + (n_before > 0), n_before,
                          *line_after + (n_after > 0), n_after, body->str);
  *line_before += n_before;
  *line_after += n_after;

  return at;
}

char *
filesystem_diff (const char *name, const char *before, const char *after)
{
  Diff self = { .edits = g_array_new (FALSE, FALSE, sizeof (Edit)) };
  g_autoptr (GArray) edits = self.edits;
  GString *out = g_string_new (NULL);
  guint line_before = 0;
  guint line_after = 0;
  guint i = 0;

  self.before = split_lines (before, &self.n_before);
  self.after = split_lines (after, &self.n_after);
  compare (&self);
  while (i < edits->len)
    if (is_near_change (edits, i))
      {
        if (out->len == 0)
          g_string_append_printf (out, "--- %s\n+++ %s\n", self.n_before > 0 ? name : "/dev/null",
                                  self.n_after > 0 ? name : "/dev/null");
        i = write_hunk (out, edits, i, &line_before, &line_after);
      }
    else
      {
        line_before++;
        line_after++;
        i++;
      }
  g_strfreev (self.before);
  g_strfreev (self.after);

  return g_string_free (out, FALSE);
}
