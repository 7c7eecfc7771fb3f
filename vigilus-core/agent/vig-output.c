/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-output.h"

#include <string.h>

#include "vig-result.h"

#define MAX_LINE 2000 /* bytes; a longer one is broken */

static void
append_broken (GString *out, const char *line, gsize length)
{
  while (length > MAX_LINE)
    {
      gsize piece = MAX_LINE;

      while (piece > MAX_LINE - 4 && ((guchar) line[piece] & 0xC0) == 0x80)
        piece--;
      g_string_append_len (out, line, (gssize) piece);
      g_string_append_c (out, '\n');
      line += piece;
      length -= piece;
    }
  g_string_append_len (out, line, (gssize) length);
}

static void
append_text (GString *out, const char *text)
{
  while (*text != '\0')
    {
      gsize length = strcspn (text, "\n");

      append_broken (out, text, length);
      g_string_append_c (out, '\n');
      text += length + (text[length] == '\n');
    }
}

static void
append_member (GString *out, const char *name, JsonNode *value)
{
  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    {
      const char *text = json_node_get_string (value);
      gboolean is_block = strchr (text, '\n') != NULL;

      g_string_append_printf (out, is_block ? "%s:\n" : "%s: ", name);
      append_text (out, *text != '\0' ? text : "\n");
    }
  else
    {
      g_autofree char *text = vig_json_to_string (value);

      g_string_append_printf (out, "%s: ", name);
      append_text (out, text);
    }
}

char *
vig_output_to_lines (const char *result)
{
  g_autoptr (JsonObject) object = *result == '{' ? vig_json_parse_object (result, -1, 0, NULL) : NULL;
  GString *out = g_string_new (NULL);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (object == NULL)
    append_text (out, result);
  else
    {
      json_object_iter_init_ordered (&iter, object);
      while (json_object_iter_next_ordered (&iter, &name, &value))
        append_member (out, name, value);
    }

  return g_string_free (out, FALSE);
}

static gboolean
is_asked_for (const char *line, gsize length, const char *folded)
{
  g_autofree char *copy = NULL;
  g_autofree char *own = NULL;

  if (folded == NULL)
    return TRUE;

  copy = g_strndup (line, length);
  own = g_utf8_casefold (copy, -1);

  return strstr (own, folded) != NULL;
}

JsonObject *
vig_output_read (const char *lines, const VigOutputRange *range)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *folded = range->search != NULL ? g_utf8_casefold (range->search, -1) : NULL;
  gint64 line = 0, n = 0, first = 0, last = 0, next = 0;

  for (const char *p = lines, *end; *p != '\0'; p = *end != '\0' ? end + 1 : end)
    {
      gsize length = strcspn (p, "\n");

      end = p + length;
      line++;
      if (line < range->first || next != 0 || !is_asked_for (p, length, folded))
        continue;
      if (n >= range->n || (n > 0 && out->len + length + 24 > range->limit))
        {
          next = line;
          continue;
        }
      g_string_append_printf (out, "%" G_GINT64_FORMAT ": %.*s\n", line, (int) length, p);
      first = first != 0 ? first : line;
      last = line;
      n++;
    }

  return vig_json_pack_object ("{s:s, s:I, s:I, s:I, s:o}", "text", out->str, "first", first, "last", last, "lines", line,
                               "next", next != 0 ? vig_json_pack ("I", next) : vig_json_pack ("n"));
}

char *
vig_output_cut (const char *result, gsize limit, const char *call_id)
{
  gboolean is_cut;
  g_autofree char *lines = NULL;
  g_autofree char *cut = NULL;

  if (strlen (result) <= limit)
    return NULL;

  lines = g_strchomp (vig_output_to_lines (result));
  cut = vig_result_cap (lines, limit, &is_cut);

  return g_strdup_printf ("[Too long to be shown at once: the middle is left out. Read it in parts with %s, call \"%s\".]\n%s",
                          VIG_OUTPUT_READ, call_id, cut);
}
