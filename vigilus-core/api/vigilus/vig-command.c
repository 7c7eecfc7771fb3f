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

VigCommand *
vig_command_parse (const char *line)
{
  VigCommand *self = g_new0 (VigCommand, 1);

  g_return_val_if_fail (line != NULL, NULL);

  self->parts = g_ptr_array_new_with_free_func (part_free);
  vig_command_judge_text (self, line, 0);

  return self;
}

void
vig_command_free (VigCommand *self)
{
  g_ptr_array_unref (self->parts);
  g_free (self);
}

VigLevel
vig_command_get_level (VigCommand *self)
{
  return self->level;
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
