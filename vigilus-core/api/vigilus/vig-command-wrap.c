/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-judge.h"

#include <string.h>

#define HIDES "which command it runs can't be told"

static void
hide (VigCommandJudge *self)
{
  self->command->hides = TRUE;
  vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, HIDES);
}

/* A copy that may be any text, where @mark is replaced in it by something that is not known. */
static VigCommandWord *
replace_mark (const VigCommandWord *word, const char *mark)
{
  VigCommandWord *copy = g_memdup2 (word, sizeof *word);
  const char *found = *mark != '\0' ? strstr (word->text, mark) : NULL;

  copy->text = g_strdup (word->text);
  if (found != NULL)
    {
      copy->dynamic = TRUE;
      copy->prefix = MIN (copy->prefix, (gsize) (found - word->text));
    }

  return copy;
}

static VigCommandWord *
new_unknown (void)
{
  VigCommandWord *word = g_new0 (VigCommandWord, 1);

  word->text = g_strdup ("");
  word->dynamic = word->splits = TRUE;

  return word;
}

static const char *
find_xargs_mark (VigCommandWord **words, guint n_words)
{
  for (guint i = 1; i < n_words; i++)
    if (g_str_equal (words[i]->text, "-I"))
      return i + 1 < n_words ? words[i + 1]->text : "";
    else if (g_str_has_prefix (words[i]->text, "-I"))
      return words[i]->text + 2;

  return NULL;
}

static void
judge_xargs (VigCommandJudge *self, VigCommandWord **words, guint n_before, guint n_words)
{
  g_autoptr (GPtrArray) inner = g_ptr_array_new_with_free_func (vig_command_word_free);
  const char *mark = find_xargs_mark (words, n_before);

  for (guint i = n_before; i < n_words; i++)
    g_ptr_array_add (inner, replace_mark (words[i], mark != NULL ? mark : ""));
  if (mark == NULL)
    g_ptr_array_add (inner, new_unknown ());
  vig_command_judge_words (self, (VigCommandWord **) inner->pdata, inner->len);
}

static guint
skip_assignments (VigCommandJudge *self, VigCommandWord **words, guint i, guint n_words)
{
  for (; i < n_words && strchr (words[i]->text, '=') != NULL && words[i]->prefix > strcspn (words[i]->text, "="); i++)
    {
      g_autofree char *name = g_strndup (words[i]->text, strcspn (words[i]->text, "="));

      if (words[i]->splits)
        hide (self);
      if (vig_command_may_set (self->table, words[i]))
        continue;
      self->command->hides = TRUE;
      vig_command_judge_raise (self, VIG_LEVEL_EXEC, "%s may change what programs do", name);
    }

  return i;
}

guint
vig_command_index_of (VigCommandWord **words, guint n_words, const VigCommandWord *word)
{
  for (guint i = 0; i < n_words; i++)
    if (words[i] == word)
      return i;

  return n_words;
}

/* Where the inner command begins; 0: it can't be told. */
static guint
find_inner (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  g_autoptr (GPtrArray) operands = g_ptr_array_new ();
  g_autofree char *unknown = vig_command_check_options (row, NULL, words + 1, n_words - 1, TRUE, operands);
  guint i;

  /* Whether an option takes an argument decides which word is the command. */
  if (unknown != NULL)
    return 0;
  for (i = 0; i < MIN (row->skip, operands->len); i++)
    {
      const VigCommandWord *operand = g_ptr_array_index (operands, i);

      if (operand->dynamic || operand->pattern)
        return 0;
    }
  if (row->skip >= operands->len)
    return n_words;
  i = vig_command_index_of (words, n_words, g_ptr_array_index (operands, row->skip));

  return row->kind == VIG_COMMAND_ENV ? skip_assignments (self, words, i, n_words) : i;
}

void
vig_command_judge_wrap (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  guint inner = find_inner (self, row, words, n_words);

  if (g_str_equal (row->name, "command") && n_words > 1 && (g_str_equal (words[1]->text, "-v") || g_str_equal (words[1]->text, "-V")))
    {
      vig_command_judge_raise (self, VIG_LEVEL_READ, "tells where a command is");
      return;
    }
  vig_command_judge_raise (self, row->level, "%s", row->words != NULL ? row->words : row->name);
  if (inner == 0)
    hide (self);
  else if (inner < n_words && row->needs != NULL && !vig_command_fits (row->needs, words[inner]->text, FALSE))
    {
      vig_command_judge_raise (self, row->other, "this use of it is not in the table of known commands");
      vig_command_judge_scan (self, words, n_words);
    }
  else if (inner < n_words && row->kind == VIG_COMMAND_XARGS)
    judge_xargs (self, words, inner, n_words);
  else if (inner < n_words)
    vig_command_judge_words (self, words + inner, n_words - inner);
}

/* -exec COMMAND ... ; or +. Answers the index of its end; @n_words: it has none. */
static guint
judge_exec (VigCommandJudge *self, VigCommandWord **words, guint first, guint n_words)
{
  g_autoptr (GPtrArray) inner = g_ptr_array_new_with_free_func (vig_command_word_free);
  guint i;

  for (i = first; i < n_words; i++)
    {
      gboolean ends = g_str_equal (words[i]->text, ";") || (g_str_equal (words[i]->text, "+") && g_str_equal (words[i - 1]->text, "{}"));

      if (ends && !words[i]->dynamic)
        break;
      g_ptr_array_add (inner, replace_mark (words[i], "{}"));
    }
  if (i == n_words || inner->len == 0)
    hide (self);
  else
    vig_command_judge_words (self, (VigCommandWord **) inner->pdata, inner->len);

  return i;
}

static guint
judge_primary (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint i, guint n_words)
{
  const char *text = words[i]->text;
  const char *type = g_hash_table_lookup (row->longs, text);

  if (g_strcmp0 (type, "") == 0)
    return i + 1;
  if (g_strcmp0 (type, "=") == 0)
    return i + 2;
  if (g_str_equal (text, "-exec") || g_str_equal (text, "-execdir") || g_str_equal (text, "-ok") || g_str_equal (text, "-okdir"))
    return judge_exec (self, words, i + 1, n_words) + 1;
  if (g_str_has_prefix (text, "-fprint") || g_str_equal (text, "-fls"))
    {
      if (i + 1 < n_words)
        vig_command_judge_write (self, words[i + 1]);
      return i + (g_str_equal (text, "-fprintf") ? 3 : 2);
    }
  vig_command_judge_raise (self, VIG_LEVEL_EXEC, "its test %s is not in the table of known commands", text);
  vig_command_judge_scan (self, words, n_words);

  return i + 1;
}

void
vig_command_judge_find (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  guint i = 1;

  vig_command_judge_raise (self, row->level, "%s", row->words);
  for (guint j = 1; j < n_words; j++)
    if (words[j]->splits)
      hide (self);
    else if ((words[j]->dynamic || words[j]->pattern) && words[j]->prefix == 0)
      {
        self->command->hides = TRUE;
        vig_command_judge_raise (self, VIG_LEVEL_EXEC, "what it expands to may be an action");
      }
  while (i < n_words)
    if (words[i]->text[0] == '-' && words[i]->text[1] != '\0')
      i = judge_primary (self, row, words, i, n_words);
    else
      i++;
}
