/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-schema-private.h"

#include <string.h>

/* JSON Schema's patterns are those of ECMA-262; GRegex speaks PCRE with Unicode classes. What differs in practice:
 * \d and \w mean ASCII, \uXXXX is an escape, and a leading "(*" is no instruction to the matcher. */
static const char *
class_for (char letter, gboolean in_class)
{
  switch (letter)
    {
    case 'd':
      return in_class ? "0-9" : "[0-9]";
    case 'w':
      return in_class ? "A-Za-z0-9_" : "[A-Za-z0-9_]";
    case 'D':
      return in_class ? NULL : "[^0-9]";
    case 'W':
      return in_class ? NULL : "[^A-Za-z0-9_]";
    default:
      return NULL;
    }
}

static gboolean
is_unicode_escape (const char *p)
{
  guint i;

  for (i = 0; i < 4; i++)
    if (!g_ascii_isxdigit (p[i]))
      return FALSE;

  return TRUE;
}

/* ECMA-262 knows the general categories by their long names too. */
static const char *
append_property (GString *out, const char *p)
{
  static const struct { const char *name; const char *category; } names[] = {
    { "Letter", "L" }, { "Lowercase_Letter", "Ll" }, { "Uppercase_Letter", "Lu" }, { "Titlecase_Letter", "Lt" },
    { "Number", "N" }, { "Decimal_Number", "Nd" }, { "digit", "Nd" }, { "Punctuation", "P" }, { "Symbol", "S" },
    { "Mark", "M" }, { "Separator", "Z" }, { "Space_Separator", "Zs" }, { "Other", "C" }, { "Control", "Cc" },
  };
  gsize length = strcspn (p + 3, "}");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (names); i++)
    if (strlen (names[i].name) == length && strncmp (p + 3, names[i].name, length) == 0)
      {
        g_string_append_printf (out, "\\%c{%s}", p[1], names[i].category);
        return p + 3 + length + (p[3 + length] == '}');
      }

  g_string_append_len (out, p, 3);

  return p + 3;
}

static const char *
append_escape (GString *out, const char *p, gboolean in_class)
{
  const char *replacement = class_for (p[1], in_class);

  if (replacement != NULL)
    {
      g_string_append (out, replacement);
      return p + 2;
    }
  if (p[1] == 'u' && is_unicode_escape (p + 2))
    {
      g_string_append_printf (out, "\\x{%.4s}", p + 2);
      return p + 6;
    }

  if ((p[1] == 'p' || p[1] == 'P') && p[2] == '{')
    return append_property (out, p);

  g_string_append_c (out, '\\');
  if (p[1] != '\0')
    g_string_append_c (out, p[1]);

  return p[1] != '\0' ? p + 2 : p + 1;
}

/* The limit on backtracking makes a hostile pattern a mismatch instead of a hang. */
GRegex *
vig_schema_regex_new (const char *pattern, GError **error)
{
  g_autoptr (GString) out = g_string_new ("(*LIMIT_MATCH=100000)(?:");
  gboolean in_class = FALSE;
  const char *p = pattern;
  GRegex *regex;

  while (*p != '\0')
    {
      if (*p == '\\')
        {
          p = append_escape (out, p, in_class);
          continue;
        }
      if (*p == '[' && in_class)
        g_string_append_c (out, '\\');
      in_class = *p == '[' || (in_class && *p != ']');
      g_string_append_c (out, *p++);
    }
  g_string_append_c (out, ')');

  regex = g_regex_new (out->str, G_REGEX_DOLLAR_ENDONLY, 0, NULL);
  if (regex == NULL)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the pattern %s is not a regular expression", pattern);

  return regex;
}
