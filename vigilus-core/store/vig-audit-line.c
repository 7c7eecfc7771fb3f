/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit-line.h"

#include <string.h>

#include "vig-id.h"

/* As VIG_AUDIT_COLUMNS has them. */
static const struct
{
  const char *name;
  char        type;  /* s text, i integer, t time, j JSON */
  gboolean    words; /* may be searched for */
  gboolean    field; /* may be filtered by */
} columns[VIG_AUDIT_N_COLUMNS] = {
  { "seq", 'i' },
  { "id", 's' },
  { "at", 't' },
  { "event", 's', TRUE, TRUE },
  { "user_name", 's', TRUE, TRUE },
  { "operator_name", 's', TRUE, TRUE },
  { "session_id", 's' },
  { "run_id", 's' },
  { "call_id", 's' },
  { "approval_id", 's' },
  { "tool", 's', TRUE, TRUE },
  { "level", 's', FALSE, TRUE },
  { "resource", 's', TRUE },
  { "arguments", 'j', TRUE },
  { "decision", 's' },
  { "rule", 's', TRUE },
  { "reason", 's', TRUE },
  { "outcome", 's', FALSE, TRUE },
  { "error", 's', TRUE },
  { "duration_us", 'i' },
  { "detail", 'j', TRUE },
};

static void
append_escaped (GString *line, const char *text)
{
  const char *begin = text;

  g_string_append_c (line, '"');
  for (; *text != '\0'; text++)
    {
      if ((guchar) *text >= ' ' && *text != '"' && *text != '\\')
        continue;
      g_string_append_len (line, begin, text - begin);
      begin = text + 1;
      if (*text == '"' || *text == '\\')
        g_string_append_printf (line, "\\%c", *text);
      else
        g_string_append_printf (line, "\\u%04x", (guint) (guchar) *text);
    }
  g_string_append_len (line, begin, text - begin);
  g_string_append_c (line, '"');
}

static void
append_time (GString *line, gint64 microseconds)
{
  g_autofree char *text = vig_time_to_iso (microseconds);

  g_string_append_c (line, '"');
  g_string_append (line, text);
  g_string_append_c (line, '"');
}

void
vig_audit_line_append (GString *line, VigDbRows *rows)
{
  for (int i = 0; i < VIG_AUDIT_N_COLUMNS; i++)
    {
      if (vig_db_rows_is_null (rows, i))
        continue;

      g_string_append (line, i == 0 ? "{\"" : ",\"");
      g_string_append (line, columns[i].name);
      g_string_append (line, "\":");
      if (columns[i].type == 's')
        append_escaped (line, vig_db_rows_string (rows, i));
      else if (columns[i].type == 'i')
        g_string_append_printf (line, "%" G_GINT64_FORMAT, vig_db_rows_int (rows, i));
      else if (columns[i].type == 't')
        append_time (line, vig_db_rows_int (rows, i));
      else
        g_string_append (line, vig_db_rows_string (rows, i));
    }
  g_string_append_c (line, '}');
}

static void
append_wide (GString *words, const char *text)
{
  g_autofree char *folded = g_utf8_casefold (text, -1);
  gboolean inside = FALSE;

  for (const char *at = folded; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);

      if (!g_unichar_isalnum (character))
        {
          inside = FALSE;
          continue;
        }
      if (!inside)
        g_string_append_c (words, ' ');
      inside = TRUE;
      g_string_append_unichar (words, character);
    }
}

/* Words are runs of letters and digits in lower case; the index cuts them at the spaces alone. */
static void
append_words (GString *words, const char *text)
{
  gsize start = words->len;
  gboolean inside = FALSE;

  for (const char *at = text; *at != '\0'; at++)
    {
      if ((guchar) *at >= 0x80)
        {
          g_string_truncate (words, start);
          append_wide (words, text);
          return;
        }
      if (!g_ascii_isalnum (*at))
        {
          inside = FALSE;
          continue;
        }
      if (!inside)
        g_string_append_c (words, ' ');
      inside = TRUE;
      g_string_append_c (words, g_ascii_tolower (*at));
    }
}

/* FNV-1a, 64 bits: two values under one word cost time, since the value itself is compared as well. */
static void
append_field (GString *words, int column, const char *value)
{
  guint64 hash = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (; *value != '\0'; value++)
    hash = (hash ^ (guchar) *value) * G_GUINT64_CONSTANT (0x100000001b3);
  g_string_append_printf (words, " f%dx%" G_GINT64_MODIFIER "x", column, hash);
}

/* What JSON escapes stands between words. */
static void
append_json_words (GString *words, const char *json)
{
  g_autofree char *text = g_strdup (json);

  for (char *at = strchr (text, '\\'); at != NULL && at[1] != '\0'; at = strchr (at, '\\'))
    memset (at, ' ', at[1] == 'u' && strlen (at) >= 6 ? 6 : 2);
  append_words (words, text);
}

void
vig_audit_words_append (GString *words, VigDbRows *rows)
{
  for (int i = 0; i < VIG_AUDIT_N_COLUMNS; i++)
    {
      const char *text = columns[i].words || columns[i].field ? vig_db_rows_string (rows, i) : NULL;

      if (text == NULL)
        continue;
      if (columns[i].type == 'j' && strchr (text, '\\') != NULL)
        append_json_words (words, text);
      else if (columns[i].words)
        append_words (words, text);
      if (columns[i].field)
        append_field (words, i, text);
    }
}

char **
vig_audit_words_split (const char *text)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  g_auto (GStrv) pieces = g_strsplit_set (text, " \t\n", -1);

  for (guint i = 0; pieces[i] != NULL; i++)
    {
      g_autoptr (GString) words = g_string_new (NULL);
      g_auto (GStrv) split = NULL;
      gboolean is_prefix = g_str_has_suffix (pieces[i], "*");

      append_words (words, pieces[i]);
      split = g_strsplit (words->str, " ", -1);
      for (guint j = 1; j < g_strv_length (split); j++)
        {
          gboolean last = split[j + 1] == NULL;
          g_autofree char *word = g_strconcat (split[j], is_prefix && last ? "*" : NULL, NULL);

          if (!g_ptr_array_find_with_equal_func (found, word, g_str_equal, NULL))
            g_ptr_array_add (found, g_steal_pointer (&word));
        }
    }
  g_ptr_array_add (found, NULL);

  return (char **) g_ptr_array_free (g_steal_pointer (&found), FALSE);
}

gboolean
vig_audit_words_match (const char *words, const char * const *wanted)
{
  for (guint i = 0; wanted[i] != NULL; i++)
    {
      g_autofree char *needle = g_strconcat (" ", wanted[i], " ", NULL);
      char *star = strchr (needle, '*');

      if (star != NULL)
        *star = '\0';
      if (strstr (words, needle) == NULL)
        return FALSE;
    }

  return TRUE;
}

char *
vig_audit_words_field (const char *field, const char *value)
{
  for (int i = 0; i < VIG_AUDIT_N_COLUMNS; i++)
    if (columns[i].field && g_str_equal (columns[i].name, field))
      {
        GString *word = g_string_new (NULL);

        append_field (word, i, value);
        g_string_erase (word, 0, 1);
        return g_string_free (word, FALSE);
      }

  return NULL;
}
