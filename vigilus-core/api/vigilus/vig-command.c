/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-command-private.h"

#define MAX_SHOWN 200 /* bytes of a command that are shown with its level */

static void
part_free (gpointer data)
{
  VigCommandPart *part = data;

  g_free (part->source);
  g_free (part->reason);
  g_free (part);
}

static char *
make_short (const char *source)
{
  g_autofree char *line = g_strdelimit (g_strdup (source), "\n\t", ' ');
  const char *end;

  if (strlen (line) <= MAX_SHOWN)
    return g_steal_pointer (&line);
  end = g_utf8_find_prev_char (line, line + MAX_SHOWN);

  return g_strdup_printf ("%.*s…", (int) (end - line), line);
}

void
vig_command_note (VigCommand *self, VigLevel level, const char *source, const char *reason)
{
  VigCommandPart *part = g_new0 (VigCommandPart, 1);

  part->level = level;
  part->source = make_short (source);
  part->reason = g_strdup (reason);
  g_ptr_array_add (self->parts, part);
  self->level = MAX (self->level, level);
}

static VigCommand *
command_new (const char *line)
{
  VigCommand *self = g_new0 (VigCommand, 1);

  self->programs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->named = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->parts = g_ptr_array_new_with_free_func (part_free);
  vig_command_judge_text (self, line, 0);

  return self;
}

/* Users of servers may sign in to csh, where a backslash means nothing between double quotes: their end, and a substitution, come sooner, and
 * "$(" is none. The line as csh has it, in the words of POSIX; NULL: it is the same. A line with a quote that stays open it refuses whole, and the
 * rest with it. */
static char *
as_csh_reads (const char *line)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean differs = FALSE, here = FALSE;
  gsize begin = 0;
  char quote = '\0';

  for (const char *p = line; *p != '\0'; p++)
    {
      if (*p == '#' && quote == '\0' && (p == line || strchr (" \t\n;&|()", p[-1]) != NULL))
        p += strcspn (p, "\n");
      if (*p == '\0' || (*p == '\n' && quote != '\0' && p[-1] != '\\'))
        break;
      if (*p == '\n' && quote == '\0')
        {
          differs = differs || here;
          here = FALSE;
          begin = text->len;
        }
      if (*p == '\\' && quote == '"')
        {
          here = here || p[1] == '"' || p[1] == '`';
          g_string_append_c (text, '\\');
        }
      else if (*p == '$' && quote == '"' && p[1] == '(')
        {
          /* It refuses a command with that, and goes on only where the command is skipped. */
          here = here || strstr (text->str, "&&") != NULL || strstr (text->str, "||") != NULL;
          g_string_append_c (text, '\\');
        }
      else if (*p == '\\' && quote == '\0' && p[1] != '\0')
        g_string_append_c (text, *p++);
      else if ((*p == '"' || *p == '\'') && (quote == '\0' || quote == *p))
        quote = quote == '\0' ? *p : '\0';
      g_string_append_c (text, *p);
    }
  if (quote != '\0')
    g_string_truncate (text, begin);
  else
    differs = differs || here;

  return differs ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

VigCommand *
vig_command_parse (const char *line)
{
  g_autofree char *other_line = NULL;
  VigCommand *self;

  g_return_val_if_fail (line != NULL, NULL);

  self = command_new (line);
  other_line = as_csh_reads (line);
  if (other_line != NULL)
    {
      g_autoptr (VigCommand) other = command_new (other_line);

      self->outward = self->outward || other->outward;
      self->hides = self->hides || other->hides || other->level > self->level;
      if (other->level > self->level)
        vig_command_note (self, other->level, line, "a shell like csh ends its double quotes sooner");
    }

  return self;
}

void
vig_command_free (VigCommand *self)
{
  g_ptr_array_unref (self->parts);
  g_hash_table_unref (self->programs);
  g_hash_table_unref (self->named);
  g_free (self);
}

VigLevel
vig_command_get_level (VigCommand *self)
{
  return self->level;
}

gboolean
vig_command_is_outward (VigCommand *self)
{
  return self->outward;
}

VigLevel
vig_command_classify (VigInvocation *invocation, const char *line)
{
  g_autoptr (VigCommand) command = vig_command_parse (line);

  if (command->outward)
    vig_invocation_mark_outward (invocation);

  return command->level;
}

char *
vig_command_explain (VigCommand *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->parts->len; i++)
    {
      VigCommandPart *part = g_ptr_array_index (self->parts, i);

      g_string_append_printf (text, "%s%-8s %s: %s", i > 0 ? "\n" : "", vig_level_to_string (part->level), part->source, part->reason);
    }

  return g_string_free (text, FALSE);
}
