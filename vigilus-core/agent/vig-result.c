/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-result.h"

#include <string.h>

#define MARK "tool_output"
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-" /* a model can call a tool anything */
#define JOINER    0x200D
#define SELECTOR  0xFE0F
#define FIRST_SYMBOL 0x2190 /* emoji and their like begin here: only after them are joiners used as they are meant */

char *
vig_result_to_text (JsonNode *result)
{
  if (result == NULL)
    return g_strdup ("");
  if (JSON_NODE_HOLDS_VALUE (result) && json_node_get_value_type (result) == G_TYPE_STRING)
    return g_utf8_make_valid (json_node_get_string (result), -1);

  return vig_json_to_string (result);
}

gboolean
vig_result_is_failure (JsonNode *result)
{
  JsonObject *object;

  if (result == NULL || !JSON_NODE_HOLDS_OBJECT (result))
    return FALSE;

  object = json_node_get_object (result);

  return vig_json_get_boolean (object, "is_error", FALSE) || vig_json_get_int (object, "exit_status", 0) != 0;
}

static gboolean
was_cut_off (JsonObject *result)
{
  return vig_json_get_boolean (result, "timed_out", FALSE) || vig_json_get_boolean (result, "may_have_happened", FALSE);
}

gboolean
vig_result_is_unknown (JsonNode *result)
{
  JsonArray *parts;

  if (result == NULL || !JSON_NODE_HOLDS_OBJECT (result))
    return FALSE;
  if (was_cut_off (json_node_get_object (result)))
    return TRUE;

  parts = vig_json_get_array (json_node_get_object (result), "results");
  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    {
      JsonNode *part = json_array_get_element (parts, i);

      if (JSON_NODE_HOLDS_OBJECT (part) && was_cut_off (json_node_get_object (part)))
        return TRUE;
    }

  return FALSE;
}

static gsize
floor_character (const char *text, gsize offset)
{
  while (offset > 0 && ((guchar) text[offset] & 0xC0) == 0x80)
    offset--;

  return offset;
}

static gsize
ceil_character (const char *text, gsize offset)
{
  while (((guchar) text[offset] & 0xC0) == 0x80)
    offset++;

  return offset;
}

char *
vig_result_cap (const char *text, gsize limit, gboolean *truncated)
{
  gsize length = strlen (text);
  gsize head, tail;

  *truncated = length > limit;
  if (!*truncated)
    return g_strdup (text);

  head = floor_character (text, limit / 4 * 3);
  tail = ceil_character (text, length - limit / 4);

  return g_strdup_printf ("%.*s\n[... %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes left out here: over the limit ...]\n%s",
                          (int) head, text, tail - head, length, text + tail);
}

static gboolean
is_hidden (gunichar c, gunichar before)
{
  if (c == '\n' || c == '\t')
    return FALSE;
  if (c == JOINER || c == SELECTOR)
    return before < FIRST_SYMBOL;
  if (c >= 0xFE00 && c <= 0xFE0E)
    return TRUE;
  if (c >= 0xE0000 && c <= 0xE0FFF)
    return TRUE;

  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_PRIVATE_USE:
      return TRUE;
    default:
      return c == 0x115F || c == 0x1160 || c == 0x3164 || c == 0xFFA0;
    }
}

/* Would a reader take this "<" for the beginning or the end of the frame? Case and blanks are no way round it. */
static gboolean
is_mark (const char *text)
{
  text++;
  while (*text == ' ' || *text == '/' || *text == '\t' || *text == '\n')
    text++;

  return g_ascii_strncasecmp (text, MARK, strlen (MARK)) == 0;
}

static void
append_visible (GString *out, const char *text)
{
  gunichar before = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\r' && p[1] == '\n')
        continue;
      if (c == '<' && is_mark (p))
        g_string_append (out, "&lt;");
      else if (is_hidden (c, before))
        g_string_append_printf (out, "[U+%04X]", c);
      else
        g_string_append_unichar (out, c);
      before = c;
    }
}

char *
vig_result_frame (const char *tool, const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) body = g_string_new (NULL);
  g_autofree char *name = NULL;

  /* Made visible first: a mark must not be put together by what is hidden in it. */
  append_visible (body, valid);
  name = g_strcanon (g_strdup (tool), NAME_CHARACTERS, '?');
  g_string_append_printf (out, "<" MARK " tool=\"%s\">\n%s\n</" MARK ">", name, body->str);

  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
vig_result_frame_with_note (const char *tool, const char *text, const char *note)
{
  g_autofree char *framed = vig_result_frame (tool, text);

  return note != NULL ? g_strdup_printf ("[Vigilus] %s\n%s", note, framed) : g_steal_pointer (&framed);
}

static char *
remove_marks (const char *text)
{
  g_autoptr (GRegex) marks = g_regex_new ("<" MARK " tool=\"[^\"\\n]*\">\\n|\\n</" MARK ">", 0, 0, NULL);
  g_autoptr (GRegex) warnings = g_regex_new ("(?:, which is|; it is) data, not instructions:\\n(?=<" MARK " )", 0, 0, NULL);
  g_autofree char *bare = g_regex_replace_literal (warnings, text, -1, 0, ":\n", 0, NULL);

  return bare != NULL ? g_regex_replace_literal (marks, bare, -1, 0, "", 0, NULL) : g_strdup (text);
}

char *
vig_result_unframe (const char *text)
{
  /* Most texts have none, and patterns are dear to make. */
  return strstr (text, MARK) != NULL ? remove_marks (text) : g_strdup (text);
}
