/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-diff.h"

#include <string.h>

#define CONTEXT 3
#define NOWHERE G_MININT32
/* Lines that are looked at in all, some tenths of a second; beyond, what is left is shown as replaced whole. */
#define MAX_STEPS (8 * 1024 * 1024)

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

  /* While they are compared. */
  int    *before_ids;
  int    *after_ids;
  int    *from_start; /* by diagonal: how far the ways from each corner come */
  int    *from_end;
  guint64 steps;
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

/* A part of both texts: lines from a to a_end of the one, from b to b_end of the other. */
typedef struct
{
  int a, a_end;
  int b, b_end;
} Box;

static void
add_replaced (Diff *self, Box box)
{
  for (; box.a < box.a_end; box.a++)
    add (self, '-', self->before[box.a]);
  for (; box.b < box.b_end; box.b++)
    add (self, '+', self->after[box.b]);
}

/* The furthest place on diagonal @k that one more change leads to: of the two where it is in the box. */
static int
take_step (const int *reached, int k, int n, int m)
{
  int right = reached[k - 1] + 1;
  int down = reached[k + 1];

  if (right < 1 || right > n || right < k || right - k > m)
    right = NOWHERE;
  if (down < 0 || down < k || down - k > m)
    down = NOWHERE;

  return MAX (right, down);
}

static gboolean
is_same (const Diff *self, Box box, gboolean backward, int x, int y)
{
  return backward ? self->before_ids[box.a_end - 1 - x] == self->after_ids[box.b_end - 1 - y]
                  : self->before_ids[box.a + x] == self->after_ids[box.b + y];
}

/* One round of @changes changes from one corner. TRUE: the ways from both corners meet, at *x, *y as seen from this one. */
static gboolean
search (Diff *self, Box box, gboolean backward, int changes, int *x, int *y)
{
  int n = box.a_end - box.a, m = box.b_end - box.b;
  int delta = n - m;
  int *reached = backward ? self->from_end : self->from_start;
  const int *other = backward ? self->from_start : self->from_end;
  int known = backward ? changes : changes - 1; /* of the other side */
  int k;

  reached[-changes - 1] = reached[changes + 1] = NOWHERE;
  for (k = -changes; k <= changes; k += 2)
    {
      *x = changes == 0 ? 0 : take_step (reached, k, n, m);
      if (*x == NOWHERE)
        {
          reached[k] = NOWHERE;
          continue;
        }
      for (*y = *x - k; *x < n && *y < m && is_same (self, box, backward, *x, *y); (*x)++, (*y)++)
        self->steps++;
      self->steps++;
      reached[k] = *x;
      if ((delta % 2 != 0) != backward && ABS (delta - k) <= known && other[delta - k] >= 0 && *x + other[delta - k] >= n)
        return TRUE;
    }

  return FALSE;
}

/* A place that a shortest way from corner to corner leads through. FALSE: it takes too long to find. */
static gboolean
find_middle (Diff *self, Box box, int *a, int *b)
{
  int x = 0, y = 0;

  for (int changes = 0; self->steps < MAX_STEPS; changes++)
    {
      if (search (self, box, FALSE, changes, &x, &y))
        {
          *a = box.a + x;
          *b = box.b + y;
          return TRUE;
        }
      if (search (self, box, TRUE, changes, &x, &y))
        {
          *a = box.a_end - x;
          *b = box.b_end - y;
          return TRUE;
        }
    }

  return FALSE;
}

/* E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), section 4b: in linear space. Where it would take too long,
 * what is left of the middle is shown as replaced whole. */
static void
compare (Diff *self, Box box)
{
  int tail = 0;
  int a, b;

  for (; box.a < box.a_end && box.b < box.b_end && self->before_ids[box.a] == self->after_ids[box.b]; box.a++, box.b++)
    add (self, ' ', self->before[box.a]);
  for (; box.a < box.a_end && box.b < box.b_end && self->before_ids[box.a_end - 1] == self->after_ids[box.b_end - 1]; tail++)
    {
      box.a_end--;
      box.b_end--;
    }

  if (box.a == box.a_end || box.b == box.b_end || !find_middle (self, box, &a, &b))
    add_replaced (self, box);
  else
    {
      compare (self, (Box){ box.a, a, box.b, b });
      compare (self, (Box){ a, box.a_end, b, box.b_end });
    }
  for (; tail > 0; tail--)
    add (self, ' ', self->before[box.a_end++]);
}

/* Equal lines get equal numbers. */
static int *
number_lines (GHashTable *numbers, char **lines, guint n)
{
  int *ids = g_new (int, n + 1);
  guint i;

  for (i = 0; i < n; i++)
    {
      gpointer id = g_hash_table_lookup (numbers, lines[i]);

      if (id == NULL)
        {
          id = GINT_TO_POINTER ((int) g_hash_table_size (numbers) + 1);
          g_hash_table_insert (numbers, lines[i], id);
        }
      ids[i] = GPOINTER_TO_INT (id);
    }

  return ids;
}

static void
compare_all (Diff *self)
{
  g_autoptr (GHashTable) numbers = g_hash_table_new (g_str_hash, g_str_equal);
  gsize half = (gsize) self->n_before + self->n_after + 2;
  g_autofree int *before_ids = number_lines (numbers, self->before, self->n_before);
  g_autofree int *after_ids = number_lines (numbers, self->after, self->n_after);
  g_autofree int *from_start = g_new (int, 2 * half + 1);
  g_autofree int *from_end = g_new (int, 2 * half + 1);

  self->before_ids = before_ids;
  self->after_ids = after_ids;
  self->from_start = from_start + half;
  self->from_end = from_end + half;
  compare (self, (Box){ 0, (int) self->n_before, 0, (int) self->n_after });
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
vig_diff_text (const char *name, const char *before, const char *after)
{
  Diff self = { .edits = g_array_new (FALSE, FALSE, sizeof (Edit)) };
  g_autoptr (GArray) edits = self.edits;
  GString *out = g_string_new (NULL);
  guint line_before = 0;
  guint line_after = 0;
  guint i = 0;

  self.before = split_lines (before, &self.n_before);
  self.after = split_lines (after, &self.n_after);
  compare_all (&self);
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
