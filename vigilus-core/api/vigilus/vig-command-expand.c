/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-lex.h"

#include <string.h>

/* Expansions. Only the forms that mean the same in every shell and run nothing by themselves are read: in others even an
 * arithmetic variable may hold a command (`x='a[$(id)]'; echo $((x))`). */

#define ARITHMETIC "0123456789+-*/%<>=!&|^~?: \t"

static gboolean
is_name (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

static void
read_arithmetic (VigCommandLex *self)
{
  int open = 0;

  self->at += 2;
  while (*self->at != '\0' && strchr (ARITHMETIC "()", *self->at) != NULL)
    {
      if (*self->at == '(')
        open++;
      if (*self->at == ')' && open-- == 0)
        break;
      self->at++;
    }
  if (!g_str_has_prefix (self->at, "))"))
    vig_command_lex_fail (self, "arithmetic other than with plain numbers is not understood");
  else
    self->at += 2;
}

/* ${name}, ${#name}, ${name:-plain}. */
static void
read_braces (VigCommandLex *self)
{
  self->at++;
  if (*self->at == '#')
    self->at++;
  if (!g_ascii_isalpha (*self->at) && *self->at != '_')
    {
      vig_command_lex_fail (self, "this ${...} is not understood");
      return;
    }
  while (is_name (*self->at))
    self->at++;
  if (*self->at == ':')
    self->at++;
  if (*self->at == '-' || *self->at == '+')
    {
      self->at++;
      while (is_name (*self->at) || (*self->at != '\0' && strchr ("./,:%-", *self->at) != NULL))
        self->at++;
    }
  if (*self->at != '}')
    vig_command_lex_fail (self, "this ${...} is not understood");
  else
    self->at++;
}

static void
read_name (VigCommandLex *self)
{
  if (g_ascii_isdigit (*self->at))
    self->at++;
  else
    while (is_name (*self->at))
      self->at++;
  /* In zsh a subscript may follow, in csh a modifier. */
  if (*self->at == '[' || *self->at == ':')
    vig_command_lex_fail (self, "shells disagree about \"%.1s\" after a variable", self->at);
}

void
vig_command_lex_dollar (VigCommandLex *self, GString *text, gboolean quoted, gboolean *dynamic)
{
  char next = *++self->at;

  if ((next == '\'' || next == '"') && !quoted)
    vig_command_lex_fail (self, "shells disagree about \"$%c\"", next);
  else if (next == '[')
    vig_command_lex_fail (self, "shells disagree about \"$[\"");
  else if (next != '\0' && (is_name (next) || strchr ("({@*#?-$!", next) != NULL))
    {
      *dynamic = TRUE;
      if (g_str_has_prefix (self->at, "(("))
        read_arithmetic (self);
      else if (next == '(')
        {
          self->at++;
          vig_command_lex_substitution (self, ')');
        }
      else if (next == '{')
        read_braces (self);
      else if (is_name (next))
        read_name (self);
      else
        self->at++;
    }
  else
    g_string_append_c (text, '$');
}

void
vig_command_lex_backquote (VigCommandLex *self, gboolean quoted)
{
  g_autoptr (GString) inner = g_string_new (NULL);

  for (self->at++; *self->at != '`'; self->at++)
    {
      if (*self->at == '\0')
        {
          vig_command_lex_fail (self, "a backquote is not closed");
          return;
        }
      if (*self->at == '\\' && (self->at[1] == '\\' || self->at[1] == '`' || self->at[1] == '$' || (quoted && self->at[1] == '"')))
        self->at++;
      g_string_append_c (inner, *self->at);
    }
  self->at++;
  if (!vig_command_lex_deeper (self))
    return;
  self->failure = vig_command_parse_text (inner->str, self->depth, self->simples);
  self->depth--;
}

void
vig_command_lex_document (VigCommandLex *self, const char *body)
{
  g_autoptr (GPtrArray) documents = g_ptr_array_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  VigCommandLex inner = *self;
  gboolean dynamic = FALSE;

  inner.at = body;
  inner.documents = documents;
  while (inner.failure == NULL && *inner.at != '\0')
    if (*inner.at == '$')
      vig_command_lex_dollar (&inner, text, TRUE, &dynamic);
    else if (*inner.at == '`')
      vig_command_lex_backquote (&inner, FALSE);
    else if (*inner.at == '\\' && inner.at[1] == '\n')
      vig_command_lex_fail (&inner, "a joined line in a here-document is not understood");
    else
      inner.at += *inner.at == '\\' && inner.at[1] != '\0' ? 2 : 1;
  self->failure = inner.failure;
}
