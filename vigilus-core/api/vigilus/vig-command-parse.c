/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-lex.h"

#include <string.h>

/* The grammar of IEEE Std 1003.1-2017, XCU 2.10, by recursive descent. No tree is kept: that the level of a line is the highest
 * of its commands does not depend on which of them run. */

#define MAX_COMMANDS 500

static const char * const ends[] = { "then", "elif", "else", "fi", "do", "done", "esac", "}", NULL };

static void parse_list (VigCommandLex *self);
static void parse_command (VigCommandLex *self);

/* The unquoted plain word that starts here, or NULL. */
static char *
peek_plain (VigCommandLex *self)
{
  const char *p = self->at;

  while (g_ascii_isalpha (*p) || strchr ("{}![]", *p) != NULL)
    {
      if (*p == '\0')
        break;
      p++;
    }
  if (p == self->at || (*p != '\0' && strchr (" \t\n;&|<>()", *p) == NULL))
    return NULL;

  return g_strndup (self->at, p - self->at);
}

static gboolean
at_word (VigCommandLex *self, const char *word)
{
  g_autofree char *plain = peek_plain (self);

  return g_strcmp0 (plain, word) == 0;
}

static gboolean
at_end_of_list (VigCommandLex *self)
{
  g_autofree char *plain = NULL;

  if (*self->at == '\0' || *self->at == ')' || g_str_has_prefix (self->at, ";;"))
    return TRUE;
  plain = peek_plain (self);

  return plain != NULL && g_strv_contains (ends, plain);
}

static void
expect_word (VigCommandLex *self, const char *word)
{
  vig_command_lex_skip_lines (self);
  if (self->failure != NULL)
    return;
  if (!at_word (self, word))
    {
      vig_command_lex_fail (self, "\"%s\" is missing", word);
      return;
    }
  self->at += strlen (word);
}

static void
expect_char (VigCommandLex *self, char wanted)
{
  vig_command_lex_skip_lines (self);
  if (self->failure == NULL && *self->at != wanted)
    vig_command_lex_fail (self, "\"%c\" is missing", wanted);
  else if (self->failure == NULL)
    self->at++;
}

static gboolean
is_assignment (const char *start, const char *end)
{
  const char *p = start;

  if (!g_ascii_isalpha (*p) && *p != '_')
    return FALSE;
  while (p < end && (g_ascii_isalnum (*p) || *p == '_'))
    p++;

  return p < end && *p == '=';
}

static void
check_append (VigCommandLex *self, const char *start)
{
  const char *p = start;

  while (g_ascii_isalnum (*p) || *p == '_')
    p++;
  if (p > start && g_str_has_prefix (p, "+="))
    vig_command_lex_fail (self, "shells disagree about \"+=\"");
}

static void
parse_simple_word (VigCommandLex *self, VigCommandSimple *simple)
{
  const char *start = self->at;
  VigCommandWord *word;

  if (simple->words->len == 0)
    check_append (self, start);
  word = vig_command_lex_word (self);
  if (word == NULL)
    return;
  if (simple->words->len == 0 && is_assignment (start, self->at))
    g_ptr_array_add (simple->assignments, word);
  else
    g_ptr_array_add (simple->words, word);
}

static void
skip_redirects (VigCommandLex *self)
{
  VigCommandSimple *simple = vig_command_lex_new_simple ();
  const char *start;

  vig_command_lex_skip_blanks (self);
  start = self->at;
  while (self->failure == NULL && vig_command_lex_redirect (self, simple->redirects))
    vig_command_lex_skip_blanks (self);
  simple->source = g_strndup (start, self->at - start);
  g_ptr_array_add (self->simples, simple);
}

static void
parse_function (VigCommandLex *self)
{
  expect_char (self, '(');
  vig_command_lex_skip_blanks (self);
  expect_char (self, ')');
  vig_command_lex_skip_lines (self);
  if (self->failure == NULL && *self->at != '(' && *self->at != '{')
    vig_command_lex_fail (self, "a function's body must stand in braces");
  if (self->failure == NULL)
    parse_command (self);
}

static void
parse_simple (VigCommandLex *self)
{
  VigCommandSimple *simple = vig_command_lex_new_simple ();
  const char *start = self->at;

  g_ptr_array_add (self->simples, simple);
  if (self->simples->len > MAX_COMMANDS)
    vig_command_lex_fail (self, "it has more than %d commands", MAX_COMMANDS);

  while (self->failure == NULL)
    {
      vig_command_lex_skip_blanks (self);
      if (vig_command_lex_redirect (self, simple->redirects))
        continue;
      if (!vig_command_lex_at_word (self))
        break;
      parse_simple_word (self, simple);
    }
  simple->source = g_strstrip (g_strndup (start, self->at - start));
  if (self->failure != NULL)
    return;
  if (*self->at == '(' && simple->words->len == 1 && simple->assignments->len == 0 && simple->redirects->len == 0)
    {
      /* Its body is judged as if it ran: so it does not matter when it is called, nor which command it replaces. */
      g_ptr_array_remove (self->simples, simple);
      parse_function (self);
    }
  else if (simple->words->len + simple->assignments->len + simple->redirects->len == 0)
    vig_command_lex_fail (self, "a command is missing");
}

static void
parse_if (VigCommandLex *self)
{
  expect_word (self, "if");
  parse_list (self);
  expect_word (self, "then");
  parse_list (self);
  while (self->failure == NULL && at_word (self, "elif"))
    {
      expect_word (self, "elif");
      parse_list (self);
      expect_word (self, "then");
      parse_list (self);
    }
  if (self->failure == NULL && at_word (self, "else"))
    {
      expect_word (self, "else");
      parse_list (self);
    }
  expect_word (self, "fi");
}

static void
parse_while (VigCommandLex *self, const char *word)
{
  expect_word (self, word);
  parse_list (self);
  expect_word (self, "do");
  parse_list (self);
  expect_word (self, "done");
}

static void
parse_for (VigCommandLex *self)
{
  VigCommandSimple *loop = vig_command_lex_new_simple ();
  VigCommandWord *name;

  g_ptr_array_add (self->simples, loop);
  expect_word (self, "for");
  vig_command_lex_skip_blanks (self);
  name = self->failure == NULL ? vig_command_lex_word (self) : NULL;
  if (name != NULL && (name->dynamic || name->pattern || name->quoted || !g_regex_match_simple ("^[a-z_][a-z0-9_]*$", name->text, 0, 0)))
    vig_command_lex_fail (self, "a loop over this variable is not understood");
  g_clear_pointer (&name, vig_command_word_free);
  vig_command_lex_skip_lines (self);
  if (self->failure == NULL && at_word (self, "in"))
    {
      self->at += 2;
      vig_command_lex_skip_blanks (self);
      while (self->failure == NULL && vig_command_lex_at_word (self))
        {
          VigCommandWord *value = vig_command_lex_word (self);

          if (value != NULL)
            g_ptr_array_add (loop->values, value);
          vig_command_lex_skip_blanks (self);
        }
    }
  if (self->failure == NULL && *self->at == ';')
    self->at++;
  expect_word (self, "do");
  parse_list (self);
  expect_word (self, "done");
}

static void
parse_case_item (VigCommandLex *self)
{
  if (*self->at == '(')
    self->at++;
  do
    {
      if (*self->at == '|')
        self->at++;
      vig_command_lex_skip_blanks (self);
      vig_command_word_free (vig_command_lex_word (self));
      vig_command_lex_skip_blanks (self);
    }
  while (self->failure == NULL && *self->at == '|');
  if (self->failure == NULL)
    expect_char (self, ')');
  vig_command_lex_skip_lines (self);
  if (self->failure == NULL && !at_end_of_list (self))
    parse_list (self);
  vig_command_lex_skip_lines (self);
  if (self->failure == NULL && g_str_has_prefix (self->at, ";;"))
    self->at += 2;
  else if (self->failure == NULL && !at_word (self, "esac"))
    vig_command_lex_fail (self, "\"esac\" is missing");
  vig_command_lex_skip_lines (self);
}

static void
parse_case (VigCommandLex *self)
{
  expect_word (self, "case");
  vig_command_lex_skip_blanks (self);
  if (self->failure == NULL)
    vig_command_word_free (vig_command_lex_word (self));
  expect_word (self, "in");
  vig_command_lex_skip_lines (self);
  while (self->failure == NULL && !at_word (self, "esac"))
    parse_case_item (self);
  expect_word (self, "esac");
}

static void
parse_group (VigCommandLex *self, char open, char close)
{
  if (g_str_has_prefix (self->at, "(("))
    {
      vig_command_lex_fail (self, "shells disagree about \"((\"");
      return;
    }
  expect_char (self, open);
  parse_list (self);
  expect_char (self, close);
}

static void
parse_compound (VigCommandLex *self, const char *word)
{
  if (g_strcmp0 (word, "if") == 0)
    parse_if (self);
  else if (g_strcmp0 (word, "while") == 0 || g_strcmp0 (word, "until") == 0)
    parse_while (self, word);
  else if (g_strcmp0 (word, "for") == 0)
    parse_for (self);
  else if (g_strcmp0 (word, "case") == 0)
    parse_case (self);
  else if (g_strcmp0 (word, "{") == 0)
    parse_group (self, '{', '}');
  else
    parse_group (self, '(', ')');
  if (self->failure == NULL)
    skip_redirects (self);
}

static void
parse_command (VigCommandLex *self)
{
  static const char * const compounds[] = { "if", "while", "until", "for", "case", "{", NULL };
  static const char * const other_shells[] = { "[[", "function", "select", "repeat", "foreach", "coproc", "noglob", "nocorrect", NULL };
  g_autofree char *plain = peek_plain (self);

  if (!vig_command_lex_deeper (self))
    return;
  if (*self->at == '(' || (plain != NULL && g_strv_contains (compounds, plain)))
    parse_compound (self, plain);
  else if (plain != NULL && g_strv_contains (other_shells, plain))
    vig_command_lex_fail (self, "\"%s\" is not of the POSIX shell", plain);
  else if (at_end_of_list (self))
    vig_command_lex_fail (self, "a command is missing");
  else
    parse_simple (self);
  self->depth--;
}

static void
parse_pipeline (VigCommandLex *self)
{
  while (self->failure == NULL && at_word (self, "!"))
    {
      self->at++;
      vig_command_lex_skip_blanks (self);
    }
  if (self->failure == NULL)
    parse_command (self);
  vig_command_lex_skip_blanks (self);
  while (self->failure == NULL && *self->at == '|' && self->at[1] != '|')
    {
      self->at++;
      if (*self->at == '&')
        {
          vig_command_lex_fail (self, "shells disagree about \"|&\"");
          return;
        }
      vig_command_lex_skip_lines (self);
      if (self->failure == NULL)
        parse_command (self);
      vig_command_lex_skip_blanks (self);
    }
}

static void
parse_and_or (VigCommandLex *self)
{
  parse_pipeline (self);
  while (self->failure == NULL && (g_str_has_prefix (self->at, "&&") || g_str_has_prefix (self->at, "||")))
    {
      self->at += 2;
      vig_command_lex_skip_lines (self);
      if (self->failure == NULL)
        parse_pipeline (self);
    }
}

/* What ends a command; FALSE: nothing does, so the list ends here. */
static gboolean
take_separator (VigCommandLex *self)
{
  if (g_str_has_prefix (self->at, "&>"))
    {
      vig_command_lex_fail (self, "shells disagree about \"&>\"");
      return FALSE;
    }
  if (*self->at == '\n' || *self->at == '&' || (*self->at == ';' && self->at[1] != ';' && self->at[1] != '&' && self->at[1] != '|'))
    {
      if (*self->at != '\n')
        self->at++;
      vig_command_lex_skip_lines (self);
      return TRUE;
    }

  return FALSE;
}

static void
parse_list (VigCommandLex *self)
{
  vig_command_lex_skip_lines (self);
  do
    {
      if (self->failure != NULL || at_end_of_list (self))
        break;
      parse_and_or (self);
      vig_command_lex_skip_blanks (self);
    }
  while (self->failure == NULL && take_separator (self));
}

void
vig_command_lex_substitution (VigCommandLex *self, char close)
{
  if (self->documents->len > 0)
    vig_command_lex_fail (self, "a substitution after a here-document is not understood");
  if (self->failure != NULL || !vig_command_lex_deeper (self))
    return;
  parse_list (self);
  if (self->failure == NULL && self->documents->len > 0)
    vig_command_lex_fail (self, "the text of a here-document is missing");
  if (self->failure == NULL)
    expect_char (self, close);
  self->depth--;
}

char *
vig_command_parse_text (const char *text, guint depth, GPtrArray *simples)
{
  g_autoptr (GPtrArray) documents = g_ptr_array_new ();
  VigCommandLex self = { 0 };

  self.at = text;
  self.depth = depth;
  self.simples = simples;
  self.documents = documents;
  vig_command_lex_check (&self);
  if (self.failure == NULL)
    parse_list (&self);
  if (self.failure == NULL && *self.at != '\0')
    vig_command_lex_fail (&self, "\"%.*s\" is out of place", (int) (g_utf8_next_char (self.at) - self.at), self.at);
  if (self.failure == NULL && documents->len > 0)
    vig_command_lex_fail (&self, "the text of a here-document is missing");

  return self.failure;
}
