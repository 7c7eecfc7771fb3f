/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-programs.h"

#include <string.h>

void
vig_command_note_program (VigCommand *self, const VigCommandWord *word)
{
  const char *slash = strrchr (word->text, '/');

  if (word->dynamic || word->pattern || !g_str_is_ascii (word->text))
    self->hides = TRUE;
  else
    g_hash_table_add (self->programs, g_strdup (slash != NULL ? slash + 1 : word->text));
}

/* What a name of a program is made of; the rest parts words, as in "!rm x" or "--exec=rm". */
static gboolean
is_part (char c)
{
  return g_ascii_isalnum (c) || strchr ("._+-[:", c) != NULL;
}

static void
note_text (VigCommand *self, const char *text)
{
  while (*text != '\0')
    {
      gsize length = 0;

      while (text[length] != '\0' && is_part (text[length]))
        length++;
      if (length > 0)
        g_hash_table_add (self->named, g_strndup (text, length));
      text += MAX (length, 1);
    }
}

void
vig_command_note_words (VigCommand *self, GPtrArray *words)
{
  for (guint i = 0; i < words->len; i++)
    note_text (self, ((VigCommandWord *) g_ptr_array_index (words, i))->text);
}

void
vig_command_note_hidden (VigCommand *self, VigCommandWord **words, guint n_words)
{
  for (guint i = 0; i < n_words; i++)
    self->hides = self->hides || words[i]->dynamic || words[i]->pattern;
}

static gboolean
is_among (const char *name, const char * const *patterns)
{
  for (guint i = 0; patterns[i] != NULL; i++)
    if (g_pattern_match_simple (patterns[i], name))
      return TRUE;

  return FALSE;
}

static gboolean
holds_one (GHashTable *names, const char * const *patterns)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (is_among (name, patterns))
      return TRUE;

  return FALSE;
}

gboolean
vig_command_may_run (VigCommand *self, const char * const *patterns, gboolean *hides)
{
  gboolean named = holds_one (self->programs, patterns) || holds_one (self->named, patterns);

  *hides = !named && self->hides;

  return named || self->hides;
}

gboolean
vig_command_runs_only (VigCommand *self, const char * const *patterns)
{
  GHashTableIter iter;
  gpointer name;

  if (self->hides || g_hash_table_size (self->programs) == 0)
    return FALSE;
  g_hash_table_iter_init (&iter, self->programs);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!is_among (name, patterns))
      return FALSE;

  return TRUE;
}
