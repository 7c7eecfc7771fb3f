/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-judge.h"
#include "vig-command-programs.h"
#include "vig-command-reach.h"

#include <string.h>

#define MAX_WRAPPED 16

void
vig_command_judge_raise (VigCommandJudge *self, VigLevel level, const char *format, ...)
{
  va_list arguments;

  if (self->reason != NULL && level <= self->level)
    return;

  va_start (arguments, format);
  g_free (self->reason);
  self->reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  self->level = level;
}

/* Looks for what changes permissions in the words of a command that may do anything with them. */
void
vig_command_judge_scan (VigCommandJudge *self, VigCommandWord **words, guint n_words)
{
  for (guint i = 0; i < n_words; i++)
    {
      VigCommandWord *word = words[i];

      if (vig_command_names_elevate (self->table, word->text))
        vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "it is given what changes permissions (%s)", word->text);
      else if (word->prefix > 0 && vig_command_may_elevate (self->table, word))
        vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "what it is given may decide about permissions (%s)", word->text);
    }
}

static gboolean
is_relative (const VigCommandWord *word)
{
  return word->text[0] != '/' && word->text[0] != '~';
}

void
vig_command_judge_write (VigCommandJudge *self, const VigCommandWord *target)
{
  if (target->text[strspn (target->text, "/.")] == '\0' && target->text[0] == '/')
    vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "it writes to the root of all files");
  else if (vig_command_names_elevate (self->table, target->text) || vig_command_may_elevate (self->table, target))
    vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "what it writes decides about permissions, or can't be told");
  else if (is_relative (target) && self->command->lost)
    vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "it can't be told in which directory it writes");
  else if (is_relative (target) && self->command->moved)
    {
      self->command->opaque = TRUE;
      vig_command_judge_raise (self, VIG_LEVEL_EXEC, "it writes in a directory that the line changes to");
    }
  else if (!vig_command_may_write (self->table, target))
    vig_command_judge_raise (self, VIG_LEVEL_EXEC, "it writes to a place that may change what programs do");
  else
    vig_command_judge_raise (self, VIG_LEVEL_WRITE, "writes to %s", target->text);
}

static gboolean
is_stream (const char *path)
{
  static const char * const names[] = { "/dev/null", "/dev/stdout", "/dev/stderr", "/dev/stdin", VIG_COMMAND_PIPE_NAME, NULL };

  return g_strv_contains (names, path);
}

/* A device that answers to being read; bash takes /dev/tcp/HOST/PORT for a connection. */
gboolean
vig_command_may_be_device (const VigCommand *command, const VigCommandWord *word)
{
  g_autofree char *head = g_strndup (word->text, word->prefix);

  if (is_stream (word->text))
    return FALSE;
  if (strstr (word->text, "watchdog") != NULL || strstr (word->text, "/tcp/") != NULL || strstr (word->text, "/udp/") != NULL)
    return TRUE;
  if (command->near_devices && (word->dynamic || word->pattern) && *head != '/')
    return TRUE;

  return (word->dynamic || word->pattern) && (g_str_has_prefix ("/dev/", head) ? *head == '/' : g_str_has_prefix (head, "/dev/"));
}

static void
judge_redirect (VigCommandJudge *self, const VigCommandRedirect *redirect)
{
  const VigCommandWord *target = redirect->target;
  gboolean is_number = g_regex_match_simple ("^([0-9]{1,3}|-)$", target->text, 0, 0) && !target->dynamic;

  if (g_str_equal (redirect->op, "<<") || (strchr (redirect->op, '&') != NULL && is_number))
    return;
  if (g_str_equal (redirect->op, "<"))
    {
      if (vig_command_may_be_device (self->command, target) || (target->dynamic && target->prefix == 0))
        vig_command_judge_raise (self, VIG_LEVEL_EXEC, "it can't be told what it reads");
      return;
    }
  if (g_str_equal (redirect->op, "<&"))
    vig_command_judge_raise (self, VIG_LEVEL_EXEC, "this redirection is not understood");
  else if (!is_stream (target->text) || target->dynamic)
    vig_command_judge_write (self, target);
}

static void
judge_assignment (VigCommandJudge *self, const VigCommandWord *word, gboolean alone)
{
  g_autofree char *name = g_strndup (word->text, strcspn (word->text, "="));

  if (vig_command_may_set (self->table, word))
    return;
  /* What is not exported is seen by this shell alone, which gives meaning to none of these. */
  if (alone && g_regex_match_simple ("^[a-z][a-z0-9_]*$", name, 0, 0) && !g_regex_match_simple ("path$|_proxy$|^ps[0-9]|^argv$|^status$", name, 0, 0))
    return;
  self->command->hides = TRUE;
  vig_command_judge_raise (self, VIG_LEVEL_EXEC, "%s may change what programs do", name);
  vig_command_judge_scan (self, (VigCommandWord **) &word, 1);
}

/* The name by which the table knows it; NULL: raised. */
static const char *
resolve (VigCommandJudge *self, VigCommandWord **words, guint n_words)
{
  static const char * const folders[] = { "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/" };
  const VigCommandWord *word = words[0];

  if (word->dynamic || word->pattern)
    vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "which command it is shows only when it runs");
  else if (!g_str_is_ascii (word->text))
    vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "its name has letters that may be taken for others");
  else if (strchr (word->text, '/') == NULL && word->text[0] != '~' && word->text[0] != '=')
    return word->text;
  else
    {
      for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
        if (g_str_has_prefix (word->text, folders[i]) && strchr (word->text + strlen (folders[i]), '/') == NULL)
          return word->text + strlen (folders[i]);
      self->command->hides = TRUE;
      vig_command_judge_raise (self, VIG_LEVEL_EXEC, "a program from outside the system's folders");
      vig_command_judge_scan (self, words, n_words);
    }

  return NULL;
}

static const char *
describe (const VigCommandRow *row)
{
  return row->words != NULL ? row->words : row->name;
}

static gboolean
fits (const VigCommandRow *row, const VigCommandWord *operand)
{
  if (row->operands == NULL)
    return TRUE;
  for (guint i = 0; row->operands[i] != NULL; i++)
    if (g_pattern_match_simple (row->operands[i], operand->text))
      return !operand->dynamic && !operand->pattern;

  return FALSE;
}

static void
judge_operands (VigCommandJudge *self, const VigCommandRow *row, GPtrArray *operands)
{
  for (guint i = 0; i < operands->len; i++)
    {
      const VigCommandWord *operand = g_ptr_array_index (operands, i);

      if (!fits (row, operand))
        vig_command_judge_raise (self, row->other, "with \"%s\" it is not in the table of known commands", operand->text);
      else if (row->level == VIG_LEVEL_WRITE && row->content)
        vig_command_judge_write (self, operand);
      else if (row->level == VIG_LEVEL_WRITE && (!vig_command_may_write (self->table, operand) || (is_relative (operand) && self->command->moved)))
        vig_command_judge_raise (self, VIG_LEVEL_EXEC, "it changes a place that may change what programs do");
    }
}

/* Words by which a row is another use than what it tells of. */
static void
judge_words_of (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  gboolean met = row->needs == NULL;

  for (guint i = 1; i < n_words; i++)
    {
      if (row->elevate != NULL && (words[i]->dynamic || vig_command_fits (row->elevate, words[i]->text, TRUE)))
        vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "with \"%s\" it changes permissions", words[i]->text);
      if (row->not != NULL && vig_command_fits (row->not, words[i]->text, TRUE))
        vig_command_judge_raise (self, row->other, "with \"%s\" it is not in the table of known commands", words[i]->text);
      met = met || (!words[i]->dynamic && !words[i]->pattern && vig_command_fits (row->needs, words[i]->text, FALSE));
    }
  if (!met)
    vig_command_judge_raise (self, row->other, "this use of it is not in the table of known commands");
}

/* The name is one of the words: what asks another host whatever it is given has a row that fits the name, too. */
static gboolean
goes_outward (const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  for (guint i = 0; row->outward != NULL && i < n_words; i++)
    if (words[i]->dynamic || words[i]->pattern || vig_command_fits (row->outward, words[i]->text, TRUE))
      return TRUE;

  return FALSE;
}

/* @first: where the words begin that no row was found by. */
static void
judge_known (VigCommandJudge *self, const VigCommandRow *row, const VigCommandRow *sub, guint first, VigCommandWord **words, guint n_words)
{
  const VigCommandRow *last = sub != NULL ? sub : row;
  g_autoptr (GPtrArray) operands = g_ptr_array_new ();
  g_autofree char *unknown = NULL;

  vig_command_judge_raise (self, MAX (last->level, row->level), "%s", describe (last));
  judge_words_of (self, last, words, n_words);
  self->command->hides = self->command->hides || last->runs;
  self->command->outward = self->command->outward || goes_outward (last, words, n_words);
  for (guint i = 1; i < n_words; i++)
    {
      if (last->content && vig_command_may_elevate (self->table, words[i]))
        vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "what it writes decides about permissions, or can't be told");
      if (vig_command_may_be_device (self->command, words[i]))
        vig_command_judge_raise (self, VIG_LEVEL_EXEC, "it may touch a device");
    }
  if (!last->any)
    {
      unknown = vig_command_check_options (row, sub, words + first, n_words - first, FALSE, operands);
      if (unknown != NULL)
        {
          vig_command_note_hidden (self->command, words, n_words);
          vig_command_judge_raise (self, last->other, "%s", unknown);
        }
      if (last->most > 0 && operands->len > last->most)
        vig_command_judge_raise (self, last->other, "with more than %u words it is not in the table of known commands", last->most);
      judge_operands (self, last, operands);
    }
  if (self->level >= VIG_LEVEL_WRITE)
    vig_command_judge_scan (self, words, n_words);
}

static void
judge_unknown (VigCommandJudge *self, const VigCommandRow *last, const char *reason, VigCommandWord **words, guint n_words)
{
  vig_command_note_hidden (self->command, words, n_words);
  vig_command_judge_raise (self, MAX (last->other, last->level), "%s", reason);
  vig_command_judge_scan (self, words, n_words);
}

/* Follows "docker compose -f FILE ps" to its row. */
static void
judge_sub (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  const VigCommandRow *last = row;
  guint at = 1;

  while (last->kind == VIG_COMMAND_SUB)
    {
      g_autoptr (GPtrArray) operands = g_ptr_array_new ();
      g_autofree char *unknown = vig_command_check_options (row, last != row ? last : NULL, words + at, n_words - at, TRUE, operands);
      const VigCommandWord *word = operands->len > 0 ? g_ptr_array_index (operands, 0) : NULL;
      g_autofree char *name = word != NULL && !word->dynamic && !word->pattern ? g_strdup_printf ("%s %s", last->name, word->text) : NULL;
      const VigCommandRow *sub = name != NULL ? g_hash_table_lookup (self->table->rows, name) : NULL;

      if (unknown == NULL && word == NULL)
        break;
      if (unknown != NULL || sub == NULL)
        {
          judge_unknown (self, last, unknown != NULL ? unknown : "this use of it is not in the table of known commands", words, n_words);
          return;
        }
      last = sub;
      at = vig_command_index_of (words, n_words, word) + 1;
    }

  if (last->kind == VIG_COMMAND_WRAP)
    judge_unknown (self, last, describe (last), words, n_words);
  else
    judge_known (self, row, last != row ? last : NULL, at, words, n_words);
}

/* "python3 --version" and nothing else. */
static gboolean
only_tells (const VigCommandRow *row, VigCommandWord **words, guint n_words)
{
  return row->tells != NULL && n_words == 2 && !words[1]->dynamic && !words[1]->pattern && g_strv_contains ((const char *const *) row->tells, words[1]->text);
}

static const VigCommandRow *
find_row (VigCommandJudge *self, const char *name)
{
  const char *alike = g_hash_table_lookup (self->table->alike, name);

  return g_hash_table_lookup (self->table->rows, alike != NULL ? alike : name);
}

void
vig_command_judge_words (VigCommandJudge *self, VigCommandWord **words, guint n_words)
{
  const char *name = resolve (self, words, n_words);
  const VigCommandRow *row = name != NULL ? find_row (self, name) : NULL;

  vig_command_note_program (self->command, words[0]);
  if (name == NULL)
    return;
  if (++self->n_wrapped > MAX_WRAPPED)
    {
      self->command->hides = TRUE;
      vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "it runs a command that runs a command, more than %d deep", MAX_WRAPPED);
      return;
    }
  if (row == NULL)
    {
      vig_command_note_hidden (self->command, words, n_words);
      vig_command_judge_raise (self, VIG_LEVEL_EXEC, "it is not in the table of known commands");
      vig_command_judge_scan (self, words, n_words);
      return;
    }

  if (only_tells (row, words, n_words))
    {
      vig_command_judge_raise (self, VIG_LEVEL_READ, "tells about itself");
      return;
    }

  self->command->hides = self->command->hides || row->kind == VIG_COMMAND_HIDE;
  switch (row->kind)
    {
    case VIG_COMMAND_PLAIN:
      judge_known (self, row, NULL, 1, words, n_words);
      break;
    case VIG_COMMAND_SUB:
      judge_sub (self, row, words, n_words);
      break;
    case VIG_COMMAND_WRAP:
    case VIG_COMMAND_ENV:
    case VIG_COMMAND_XARGS:
      vig_command_judge_wrap (self, row, words, n_words);
      break;
    case VIG_COMMAND_FIND:
      vig_command_judge_find (self, row, words, n_words);
      break;
    case VIG_COMMAND_SHELL:
      vig_command_judge_shell (self, words, n_words);
      break;
    case VIG_COMMAND_CODE:
      vig_command_judge_code (self, row, words, n_words);
      break;
    case VIG_COMMAND_HIDE:
    default:
      vig_command_judge_raise (self, VIG_LEVEL_ELEVATE, "%s", describe (row));
      break;
    }
}

static void
judge_simple (VigCommand *command, VigCommandSimple *simple, guint depth)
{
  VigCommandJudge self = { command, vig_command_table_get (), simple, depth, 0, VIG_LEVEL_READ, NULL };
  VigCommandWord **words = (VigCommandWord **) simple->words->pdata;

  if (simple->words->len + simple->assignments->len + simple->redirects->len == 0)
    return;
  for (guint i = 0; i < simple->assignments->len; i++)
    judge_assignment (&self, g_ptr_array_index (simple->assignments, i), simple->words->len == 0);
  for (guint i = 0; i < simple->redirects->len; i++)
    judge_redirect (&self, g_ptr_array_index (simple->redirects, i));
  if (simple->words->len > 0)
    vig_command_judge_words (&self, words, simple->words->len);
  if (self.level >= VIG_LEVEL_EXEC)
    vig_command_note_words (command, simple->words);
  vig_command_note (command, self.level, simple->source, self.reason != NULL ? self.reason : "sets what the shell itself uses");
  g_free (self.reason);
}

/* A device may be named by a pattern there. */
static gboolean
is_near_devices (const VigCommandWord *folder)
{
  g_autofree char *path = g_canonicalize_filename (folder->text, "/");

  return folder->dynamic || folder->pattern || strstr (folder->text, "..") != NULL || path[strspn (path, "/")] == '\0'
         || g_str_has_prefix (path + strspn (path, "/"), "dev");
}

static void
note_moves (VigCommand *self, GPtrArray *simples)
{
  for (guint i = 0; i < simples->len; i++)
    {
      VigCommandSimple *simple = g_ptr_array_index (simples, i);
      VigCommandWord **words = (VigCommandWord **) simple->words->pdata;

      for (guint j = 0; j + 1 < simple->words->len; j++)
        if (g_str_equal (words[j]->text, "cd") || g_str_equal (words[j]->text, "pushd"))
          {
            const VigCommandWord *folder = words[j + 1];

            self->moved = TRUE;
            self->lost = self->lost || folder->dynamic || folder->pattern;
            self->near_devices = self->near_devices || is_near_devices (folder);
          }
    }
}

static gboolean
any_reaches_out (const VigCommand *self, const VigCommandTable *table, GPtrArray *words)
{
  for (guint i = 0; i < words->len; i++)
    if (vig_command_reaches_out (self, table, g_ptr_array_index (words, i)))
      return TRUE;

  return FALSE;
}

/* Whatever a command does with such a path, if only to look whether it is there. */
static void
note_reach (VigCommand *self, GPtrArray *simples)
{
  const VigCommandTable *table = vig_command_table_get ();

  for (guint i = 0; i < simples->len && !self->outward; i++)
    {
      VigCommandSimple *simple = g_ptr_array_index (simples, i);

      self->outward = any_reaches_out (self, table, simple->words) || any_reaches_out (self, table, simple->assignments)
                      || any_reaches_out (self, table, simple->values);
      for (guint j = 0; j < simple->redirects->len && !self->outward; j++)
        {
          VigCommandRedirect *redirect = g_ptr_array_index (simple->redirects, j);

          self->outward = vig_command_reaches_out (self, table, redirect->target)
                          || (redirect->body != NULL && vig_command_text_reaches_out (self, table, redirect->body));
        }
    }
}

static gboolean
names_elevate (const VigCommandTable *table, GPtrArray *words)
{
  for (guint i = 0; i < words->len; i++)
    if (vig_command_names_elevate (table, ((VigCommandWord *) g_ptr_array_index (words, i))->text))
      return TRUE;

  return FALSE;
}

/* Another language may put together what stands anywhere in the line. */
static void
scan_all (VigCommand *self, GPtrArray *simples)
{
  const VigCommandTable *table = vig_command_table_get ();

  for (guint i = 0; i < simples->len && self->level < VIG_LEVEL_ELEVATE; i++)
    {
      VigCommandSimple *simple = g_ptr_array_index (simples, i);
      gboolean found = names_elevate (table, simple->words) || names_elevate (table, simple->assignments);

      for (guint j = 0; j < simple->redirects->len && !found; j++)
        {
          VigCommandRedirect *redirect = g_ptr_array_index (simple->redirects, j);

          found = redirect->body != NULL && vig_command_names_elevate (table, redirect->body);
        }
      if (found)
        vig_command_note (self, VIG_LEVEL_ELEVATE, simple->source, "it names what changes permissions, on a line that runs a text of another language");
    }
}

void
vig_command_judge_text (VigCommand *self, const char *text, guint depth)
{
  g_autoptr (GPtrArray) simples = vig_command_simples_new ();
  g_autofree char *failure = vig_command_parse_text (text, depth, simples);

  if (failure != NULL)
    {
      g_autofree char *reason = g_strdup_printf ("it can't be read as a command of the POSIX shell: %s", failure);

      self->hides = TRUE;
      vig_command_note (self, VIG_LEVEL_ELEVATE, text, reason);
      return;
    }
  note_moves (self, simples);
  note_reach (self, simples);
  for (guint i = 0; i < simples->len; i++)
    judge_simple (self, g_ptr_array_index (simples, i), depth);
  if (self->opaque)
    scan_all (self, simples);
}
