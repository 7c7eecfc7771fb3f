/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-judge.h"

#include <string.h>

static void
judge_text (VigCommandJudge *self, const char *text)
{
  VigLevel before = self->command->level;

  self->command->level = VIG_LEVEL_READ;
  vig_command_judge_text (self->command, text, self->depth + 1);
  vig_command_judge_raise (self, self->command->level, "runs the commands that it is given");
  self->command->level = MAX (self->command->level, before);
}

static void
hide (VigCommandJudge *self)
{
  vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "which commands it runs shows only when it runs");
}

/* The here-document that becomes the input; NULL: there is none that can be read here. */
static const char *
find_document (VigCommandJudge *self)
{
  const char *body = NULL;

  for (guint i = 0; i < self->simple->redirects->len; i++)
    {
      VigCommandRedirect *redirect = g_ptr_array_index (self->simple->redirects, i);

      if (g_str_equal (redirect->op, "<<"))
        body = redirect->target->quoted || strpbrk (redirect->body, "$`\\") == NULL ? redirect->body : NULL;
      else if (redirect->op[0] == '<')
        return NULL;
    }

  return body;
}

static void
judge_input (VigCommandJudge *self)
{
  const char *body = find_document (self);

  if (body != NULL)
    judge_text (self, body);
  else
    vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "it runs commands from its input, which can't be told");
}

/* eval: its operands, joined. */
static void
judge_eval (VigCommandJudge *self, VigCommandWord **words, guint n_words)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint first = n_words > 1 && g_str_equal (words[1]->text, "--") ? 2 : 1;

  for (guint i = first; i < n_words; i++)
    {
      if (words[i]->dynamic || words[i]->pattern)
        {
          hide (self);
          return;
        }
      g_string_append_printf (text, "%s ", words[i]->text);
    }
  judge_text (self, text->str);
}

static void
judge_script (VigCommandJudge *self, const VigCommandWord *script)
{
  if (g_str_has_prefix (script->text, "/dev/") || g_str_has_prefix (script->text, "/proc/") || strstr (script->text, "..") != NULL)
    hide (self);
  else
    vig_command_judge_raise (self, VIG_LEVEL_EXEC, "runs a file of commands");
}

static gboolean
takes_text (const char *option)
{
  return option[0] == '-' && option[1] != '-' && strchr (option, 'c') != NULL;
}

/* sh [-efux] [-o NAME] -c TEXT, sh FILE, sh. */
static void
judge_sh (VigCommandJudge *self, VigCommandWord **words, guint n_words)
{
  gboolean wants_text = FALSE;
  guint i;

  for (i = 1; i < n_words; i++)
    {
      const char *text = words[i]->text;

      if (words[i]->dynamic || words[i]->pattern)
        {
          hide (self);
          return;
        }
      if ((text[0] != '-' && text[0] != '+') || text[1] == '\0')
        break;
      wants_text = wants_text || takes_text (text);
      if (strspn (text + 1, "cefunvxo") != strlen (text + 1))
        {
          hide (self);
          return;
        }
      if (strchr (text, 'o') != NULL)
        i++;
    }
  if (i >= n_words || g_str_equal (words[i]->text, "-"))
    judge_input (self);
  else if (wants_text)
    judge_text (self, words[i]->text);
  else
    judge_script (self, words[i]);
}

void
vig_command_judge_shell (VigCommandJudge *self, VigCommandWord **words, guint n_words)
{
  if (g_str_has_suffix (words[0]->text, "eval"))
    judge_eval (self, words, n_words);
  else if (g_str_has_suffix (words[0]->text, "trap"))
    judge_eval (self, words, MIN (n_words, g_strcmp0 (n_words > 1 ? words[1]->text : NULL, "--") == 0 ? 3 : 2));
  else
    judge_sh (self, words, n_words);
}

/* A text of another language may run anything; what it names is all that can be told of it. */
void
vig_command_judge_code (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  gboolean from_input = n_words == 1 || g_str_equal (words[1]->text, "-");

  for (guint i = 1; i < n_words; i++)
    from_input = from_input || g_str_has_prefix (words[i]->text, "/dev/") || g_str_has_prefix (words[i]->text, "/proc/");
  self->command->opaque = TRUE;
  vig_command_judge_raise (self, MAX (row->level, VIG_LEVEL_EXEC), "%s", row->words != NULL ? row->words : "runs a text of another language");
  if (from_input && find_document (self) == NULL)
    hide (self);
  vig_command_judge_scan (self, words, n_words);
}
