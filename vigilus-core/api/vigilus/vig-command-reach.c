/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-reach.h"

#include <string.h>

/* Folders whose file system asks elsewhere for each name in them (@outward-paths): who goes to /net/HOST has HOST looked up, if only to list it. */
#define SEPARATORS " \t\n\"'`;,|&<>()=:@{}[]"

/* As seen from the root: without "..", doubled slashes, and the ways to the root by /proc. A relative path may go up to there, and starts there if
 * the line changes directories. */
static char *
plain_path (const VigCommand *self, const char *path)
{
  g_autofree char *canonical = g_canonicalize_filename (path + (*path == '/' ? strspn (path, "/") - 1 : 0), self->moved ? "/" : "/working-directory");
  g_autoptr (GRegex) roots = g_regex_new ("^(/proc/[^/]+(/task/[^/]+)?/(root|cwd))+(?=/|$)", 0, 0, NULL);

  return g_regex_replace_literal (roots, canonical, -1, 0, "", 0, NULL);
}

/* @begun: more of the path follows that can't be told. */
static gboolean
is_outward_path (const VigCommand *self, const VigCommandTable *table, const char *path, gboolean begun)
{
  g_autofree char *plain = plain_path (self, path);
  gsize length = strlen (plain);

  for (guint i = 0; i < table->outward_paths->len; i++)
    {
      const char *outward = g_ptr_array_index (table->outward_paths, i);
      gsize n = strlen (outward);

      if (strncmp (plain, outward, n) == 0 && (plain[n] == '/' || plain[n] == '\0'))
        return TRUE;
      if (begun && strncmp (outward, plain, length) == 0)
        return TRUE;
    }

  return FALSE;
}

static gboolean
names_outward (const VigCommand *self, const VigCommandTable *table, const char *text)
{
  g_auto (GStrv) pieces = g_strsplit_set (text, SEPARATORS, -1);

  for (guint i = 0; pieces[i] != NULL; i++)
    {
      const char *piece = pieces[i];

      if (*piece == '-')
        piece = strchr (piece, '/'); /* -f/net/HOST */
      if (piece != NULL && *piece != '\0' && is_outward_path (self, table, piece, FALSE))
        return TRUE;
    }

  return FALSE;
}

/* Where an expansion, a pattern or, in bash, braces follow: what it becomes may be such a path. */
static gboolean
may_become_outward (const VigCommand *self, const VigCommandTable *table, const VigCommandWord *word)
{
  gsize braces = strcspn (word->text, "{");
  gsize known = word->dynamic || word->pattern ? MIN (word->prefix, braces) : braces;
  g_autofree char *head = g_strndup (word->text, known);
  const char *path = head + (strrchr (head, '=') != NULL ? (gsize) (strrchr (head, '=') + 1 - head) : 0);

  if (*path == '\0' || (!word->dynamic && strchr (word->text + known, '/') == NULL))
    return FALSE;

  return is_outward_path (self, table, path, TRUE);
}

gboolean
vig_command_reaches_out (const VigCommand *self, const VigCommandTable *table, const VigCommandWord *word)
{
  return names_outward (self, table, word->text) || may_become_outward (self, table, word);
}

gboolean
vig_command_text_reaches_out (const VigCommand *self, const VigCommandTable *table, const char *text)
{
  return names_outward (self, table, text);
}
