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
raise_hidden (VigCommandJudge *self, VigLevel level, const char *reason)
{
  self->command->hides = TRUE;
  vig_command_judge_raise (self, level, "%s", reason);
}

static void
hide (VigCommandJudge *self)
{
  raise_hidden (self, VIG_LEVEL_ELEVATE, "which commands it runs shows only when it runs");
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
    raise_hidden (self, VIG_LEVEL_ELEVATE, "it runs commands from its input, which can't be told");
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
    raise_hidden (self, VIG_LEVEL_EXEC, "runs a file of commands");
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

/* gawk opens /inet/tcp/0/HOST/PORT, and what begins like it, as a connection, also where a file is awaited. */
static gboolean
may_be_socket (const VigCommandWord *word)
{
  g_autofree char *head = g_strndup (word->text, word->prefix);

  return g_str_has_prefix (word->text, "/inet") || ((word->dynamic || word->pattern) && *head == '/' && g_str_has_prefix ("/inet", head));
}

/* A text that only picks lines and words out of what it reads, by the form of it (plain=), and nothing else that is not known. */
static gboolean
is_plain (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  g_autoptr (GPtrArray) operands = g_ptr_array_new ();
  g_autofree char *unknown = vig_command_check_options (row, NULL, words + 1, n_words - 1, FALSE, operands);
  const VigCommandWord *text = operands->len > 0 ? g_ptr_array_index (operands, 0) : NULL;

  if (row->plain == NULL || unknown != NULL || text == NULL || text->dynamic || text->pattern || !vig_command_fits (row->plain, text->text, FALSE))
    return FALSE;
  for (guint i = 1; i < operands->len; i++)
    if (vig_command_may_be_device (self->command, g_ptr_array_index (operands, i)) || may_be_socket (g_ptr_array_index (operands, i)))
      return FALSE;

  return TRUE;
}

/* A text of another language may run anything; what it names is all that can be told of it. */
void
vig_command_judge_code (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  gboolean from_input = n_words == 1 || g_str_equal (words[1]->text, "-");

  if (is_plain (self, row, words, n_words))
    {
      vig_command_judge_raise (self, VIG_LEVEL_READ, "picks out what it reads");
      return;
    }
  self->command->hides = TRUE;
  for (guint i = 1; i < n_words; i++)
    from_input = from_input || g_str_has_prefix (words[i]->text, "/dev/") || g_str_has_prefix (words[i]->text, "/proc/");
  self->command->opaque = TRUE;
  vig_command_judge_raise (self, MAX (row->level, VIG_LEVEL_EXEC), "%s", row->words != NULL ? row->words : "runs a text of another language");
  if (from_input && find_document (self) == NULL)
    hide (self);
  vig_command_judge_scan (self, words, n_words);
}
