/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-lex.h"

#include <string.h>

#define MAX_DEPTH 24

void
vig_command_word_free (gpointer data)
{
  VigCommandWord *word = data;

  if (word == NULL)
    return;

  g_free (word->text);
  g_free (word);
}

static void
redirect_free (gpointer data)
{
  VigCommandRedirect *redirect = data;

  vig_command_word_free (redirect->target);
  g_free (redirect->body);
  g_free (redirect);
}

static void
simple_free (gpointer data)
{
  VigCommandSimple *simple = data;

  g_ptr_array_unref (simple->assignments);
  g_ptr_array_unref (simple->words);
  g_ptr_array_unref (simple->redirects);
  g_ptr_array_unref (simple->values);
  g_free (simple->source);
  g_free (simple);
}

GPtrArray *
vig_command_simples_new (void)
{
  return g_ptr_array_new_with_free_func (simple_free);
}

VigCommandSimple *
vig_command_lex_new_simple (void)
{
  VigCommandSimple *simple = g_new0 (VigCommandSimple, 1);

  simple->assignments = g_ptr_array_new_with_free_func (vig_command_word_free);
  simple->values = g_ptr_array_new_with_free_func (vig_command_word_free);
  simple->words = g_ptr_array_new_with_free_func (vig_command_word_free);
  simple->redirects = g_ptr_array_new_with_free_func (redirect_free);

  return simple;
}

void
vig_command_lex_fail (VigCommandLex *self, const char *format, ...)
{
  va_list arguments;

  if (self->failure != NULL)
    return;

  va_start (arguments, format);
  self->failure = g_strdup_vprintf (format, arguments);
  va_end (arguments);
}

gboolean
vig_command_lex_deeper (VigCommandLex *self)
{
  if (++self->depth <= MAX_DEPTH)
    return TRUE;

  self->depth--;
  vig_command_lex_fail (self, "it is nested more than %d deep", MAX_DEPTH);

  return FALSE;
}

static gboolean
deceives (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  if (c < 0x80)
    return c != '\n' && c != '\t' && g_ascii_iscntrl ((char) c);

  return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_SPACE_SEPARATOR || type == G_UNICODE_LINE_SEPARATOR ||
         type == G_UNICODE_PARAGRAPH_SEPARATOR || type == G_UNICODE_PRIVATE_USE || type == G_UNICODE_UNASSIGNED || c == 0x3164 || c == 0xFFA0;
}

void
vig_command_lex_check (VigCommandLex *self)
{
  const char *p = self->at;

  if (strlen (p) > VIG_COMMAND_MAX_LENGTH)
    vig_command_lex_fail (self, "it is longer than %d bytes", VIG_COMMAND_MAX_LENGTH);
  else if (!g_utf8_validate (p, -1, NULL))
    vig_command_lex_fail (self, "it is not UTF-8");
  for (; self->failure == NULL && *p != '\0'; p = g_utf8_next_char (p))
    if (deceives (g_utf8_get_char (p)))
      vig_command_lex_fail (self, "it holds a character that can't be seen (U+%04X)", g_utf8_get_char (p));
    else if (p[0] == '\\' && p[1] == '\n' && p > self->at && strchr (" \t\n", p[-1]) == NULL)
      /* Shells join such lines before they look for `$(` and `&&`. */
      vig_command_lex_fail (self, "a line is continued in the middle of a word");
}

void
vig_command_lex_skip_blanks (VigCommandLex *self)
{
  while (self->failure == NULL)
    if (*self->at == ' ' || *self->at == '\t')
      self->at++;
    else if (self->at[0] == '\\' && self->at[1] == '\n')
      self->at += 2;
    else if (*self->at == '#')
      self->at += strcspn (self->at, "\n");
    else
      break;
}

static void
read_body (VigCommandLex *self, VigCommandRedirect *document)
{
  g_autoptr (GString) body = g_string_new (NULL);

  while (*self->at != '\0')
    {
      gsize length;
      g_autofree char *line = NULL;

      if (document->strip)
        self->at += strspn (self->at, "\t");
      length = strcspn (self->at, "\n");
      line = g_strndup (self->at, length);
      self->at += length;
      if (*self->at == '\n')
        self->at++;
      if (g_str_equal (line, document->target->text))
        {
          document->body = g_string_free (g_steal_pointer (&body), FALSE);
          return;
        }
      g_string_append_printf (body, "%s\n", line);
    }
  vig_command_lex_fail (self, "a here-document is not closed");
}

static void
read_bodies (VigCommandLex *self)
{
  for (guint i = 0; self->failure == NULL && i < self->documents->len; i++)
    {
      VigCommandRedirect *document = g_ptr_array_index (self->documents, i);

      read_body (self, document);
      if (self->failure == NULL && !document->target->quoted)
        vig_command_lex_document (self, document->body);
    }
  g_ptr_array_set_size (self->documents, 0);
}

void
vig_command_lex_skip_lines (VigCommandLex *self)
{
  vig_command_lex_skip_blanks (self);
  while (self->failure == NULL && *self->at == '\n')
    {
      self->at++;
      read_bodies (self);
      vig_command_lex_skip_blanks (self);
    }
}

gboolean
vig_command_lex_at_word (VigCommandLex *self)
{
  if (self->failure != NULL || *self->at == '\0')
    return FALSE;
  if (g_str_has_prefix (self->at, "<(") || g_str_has_prefix (self->at, ">("))
    return TRUE;

  return strchr (" \t\n;&|<>()", *self->at) == NULL;
}

/* What comes from here on is not known. */
static void
open_word (VigCommandWord *word, GString *text)
{
  if (!word->open)
    word->prefix = text->len;
  word->open = TRUE;
}

static void
read_double_quotes (VigCommandLex *self, GString *text, VigCommandWord *word)
{
  self->at++;
  while (self->failure == NULL && *self->at != '"')
    switch (*self->at)
      {
      case '\0':
        vig_command_lex_fail (self, "a double quote is not closed");
        break;
      case '$':
        open_word (word, text);
        vig_command_lex_dollar (self, text, TRUE, &word->dynamic);
        break;
      case '`':
        open_word (word, text);
        word->dynamic = TRUE;
        vig_command_lex_backquote (self, TRUE);
        break;
      case '\\':
        if (self->at[1] == '\0' || strchr ("$`\"\\\n", self->at[1]) == NULL)
          g_string_append_c (text, '\\');
        else if (self->at[1] != '\n')
          g_string_append_c (text, self->at[1]);
        self->at += self->at[1] == '\0' || strchr ("$`\"\\\n", self->at[1]) == NULL ? 1 : 2;
        break;
      default:
        g_string_append_c (text, *self->at++);
        break;
      }
  if (self->failure == NULL)
    self->at++;
}

/* To fish a backslash keeps the quote after it from closing. */
static gboolean
fish_goes_on (const char *start, const char *close)
{
  const char *p = close;

  while (p > start && p[-1] == '\\')
    p--;

  return (close - p) % 2 == 1;
}

static void
read_single_quotes (VigCommandLex *self, GString *text)
{
  const char *close = strchr (self->at + 1, '\'');

  if (close == NULL)
    {
      vig_command_lex_fail (self, "a single quote is not closed");
      return;
    }
  if (fish_goes_on (self->at + 1, close))
    {
      vig_command_lex_fail (self, "shells disagree about a backslash before a single quote");
      return;
    }
  g_string_append_len (text, self->at + 1, close - self->at - 1);
  self->at = close + 1;
}

static void
read_backslash (VigCommandLex *self, GString *text)
{
  if (self->at[1] == '\0')
    {
      vig_command_lex_fail (self, "a backslash stands at the end");
      return;
    }
  /* To fish \x2d and \055 are "-". */
  if (strchr ("xXuUc01234567", self->at[1]) != NULL)
    {
      vig_command_lex_fail (self, "shells disagree about \"\\%c\"", self->at[1]);
      return;
    }
  if (self->at[1] != '\n')
    g_string_append_c (text, self->at[1]);
  self->at += 2;
}

static void
read_plain (VigCommandLex *self, GString *text, VigCommandWord *word)
{
  if (g_str_has_prefix (self->at, "{}"))
    {
      g_string_append (text, "{}");
      self->at += 2;
      return;
    }
  if (strchr ("*?[{}", *self->at) != NULL)
    open_word (word, text);
  if (strchr ("*?[", *self->at) != NULL)
    word->pattern = TRUE;
  /* Braces may expand to several words, the first of which may be a command. */
  if (strchr ("{}", *self->at) != NULL)
    word->dynamic = word->splits = TRUE;
  g_string_append_c (text, *self->at++);
}

static void
read_piece (VigCommandLex *self, GString *text, VigCommandWord *word)
{
  switch (*self->at)
    {
    case '\\':
      word->quoted = TRUE;
      read_backslash (self, text);
      break;
    case '\'':
      word->quoted = TRUE;
      read_single_quotes (self, text);
      break;
    case '"':
      word->quoted = TRUE;
      read_double_quotes (self, text, word);
      break;
    case '$':
      open_word (word, text);
      vig_command_lex_dollar (self, text, FALSE, &word->splits);
      word->dynamic = word->dynamic || word->splits;
      break;
    case '`':
      open_word (word, text);
      word->dynamic = word->splits = TRUE;
      vig_command_lex_backquote (self, FALSE);
      break;
    default:
      read_plain (self, text, word);
      break;
    }
}

VigCommandWord *
vig_command_lex_word (VigCommandLex *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  VigCommandWord *word = g_new0 (VigCommandWord, 1);
  const char *start = self->at;

  if (!vig_command_lex_at_word (self))
    vig_command_lex_fail (self, "a word is missing");
  while (vig_command_lex_at_word (self))
    {
      if (*self->at == '<' || *self->at == '>')
        {
          /* Only the start of a word is a process substitution. */
          if (self->at != start)
            break;
          self->at += 2;
          g_string_append (text, VIG_COMMAND_PIPE_NAME);
          vig_command_lex_substitution (self, ')');
        }
      else
        read_piece (self, text, word);
    }
  /* The command of that name. */
  if (g_str_equal (text->str, "["))
    word->pattern = FALSE;
  if (!word->dynamic && !word->pattern)
    word->prefix = text->len;
  word->text = g_strdup (text->str);
  if (self->failure == NULL)
    return word;

  vig_command_word_free (word);

  return NULL;
}

static gboolean
take_operator (VigCommandLex *self, VigCommandRedirect *redirect)
{
  static const char * const operators[] = { "<<-", ">>", "<<", "<>", "<&", ">&", "<", ">" };
  const char *p = self->at + strspn (self->at, "0123456789");

  if ((*p != '<' && *p != '>') || (p[1] == '(' && p == self->at))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (operators); i++)
    if (g_str_has_prefix (p, operators[i]))
      {
        redirect->strip = g_str_equal (operators[i], "<<-");
        g_strlcpy (redirect->op, operators[i], redirect->strip ? 3 : sizeof redirect->op);
        self->at = p + strlen (operators[i]);
        break;
      }
  /* What follows >| is a file, and to fish a command. */
  if (*self->at != '\0' && strchr ("<>|&!", *self->at) != NULL && !g_str_has_prefix (self->at, "<(") && !g_str_has_prefix (self->at, ">("))
    vig_command_lex_fail (self, "this redirection is not understood");

  return TRUE;
}

gboolean
vig_command_lex_redirect (VigCommandLex *self, GPtrArray *redirects)
{
  g_autofree VigCommandRedirect *redirect = g_new0 (VigCommandRedirect, 1);

  if (self->failure != NULL || !take_operator (self, redirect))
    return FALSE;

  vig_command_lex_skip_blanks (self);
  redirect->target = self->failure == NULL ? vig_command_lex_word (self) : NULL;
  if (redirect->target == NULL)
    return FALSE;
  if (g_str_has_prefix (redirect->target->text, "!"))
    vig_command_lex_fail (self, "this redirection is not understood");
  if (g_str_equal (redirect->op, "<<"))
    {
      if (redirect->target->dynamic)
        vig_command_lex_fail (self, "this here-document is not understood");
      g_ptr_array_add (self->documents, redirect);
    }
  g_ptr_array_add (redirects, g_steal_pointer (&redirect));

  return TRUE;
}
