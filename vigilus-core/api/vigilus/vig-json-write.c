/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-json.h"

#include <math.h>
#include <string.h>

static void write_node (GString *out, JsonNode *node, gboolean canonical);

/* The order of RFC 8785: by UTF-16 code units, in which characters beyond U+FFFF come before U+E000. */
static gint
compare_names (gconstpointer a, gconstpointer b)
{
  const char *left = a;
  const char *right = b;
  gunichar x;
  gunichar y;
  gunichar x_unit;
  gunichar y_unit;

  while (*left != '\0' && *left == *right)
    left++, right++;
  while (left > (const char *) a && ((guchar) *left & 0xc0) == 0x80)
    left--, right--;

  x = *left != '\0' ? g_utf8_get_char (left) : 0;
  y = *right != '\0' ? g_utf8_get_char (right) : 0;
  x_unit = x > 0xffff ? 0xd800 : x;
  y_unit = y > 0xffff ? 0xd800 : y;
  if (x_unit != y_unit)
    return x_unit < y_unit ? -1 : 1;

  return x < y ? -1 : x > y;
}

static void
write_valid_string (GString *out, const char *text)
{
  static const char named[] = "\"\\\b\f\n\r\t";
  static const char letters[] = "\"\\bfnrt";
  const char *start = text;
  const char *found;

  g_string_append_c (out, '"');
  for (; *text != '\0'; text++)
    {
      if ((guchar) *text >= 0x20 && *text != '"' && *text != '\\')
        continue;

      g_string_append_len (out, start, text - start);
      start = text + 1;
      found = strchr (named, *text);
      if (found != NULL)
        g_string_append_printf (out, "\\%c", letters[found - named]);
      else
        g_string_append_printf (out, "\\u%04x", (guint) (guchar) *text);
    }
  g_string_append (out, start);
  g_string_append_c (out, '"');
}

static void
write_string (GString *out, const char *text)
{
  g_autofree char *repaired = NULL;

  if (!g_utf8_validate (text, -1, NULL))
    text = repaired = g_utf8_make_valid (text, -1);
  write_valid_string (out, text);
}

/* The fewest significant digits that read back as the same double. */
static int
shortest_digits (double value, char *digits)
{
  char text[32];
  char *e;
  guint precision;

  for (precision = 0; precision < 17; precision++)
    {
      char format[] = { '%', '.', (char) ('0' + precision / 10), (char) ('0' + precision % 10), 'e', '\0' };

      g_ascii_formatd (text, sizeof text, format, value);
      if (g_ascii_strtod (text, NULL) == value)
        break;
    }

  e = strchr (text, 'e');
  digits[0] = text[0];
  digits[1] = '\0';
  if (text[1] == '.')
    {
      memcpy (digits + 1, text + 2, (gsize) (e - text - 2));
      digits[e - text - 1] = '\0';
    }

  return (int) g_ascii_strtoll (e + 1, NULL, 10);
}

static void
append_zeros (GString *out, int n)
{
  while (n-- > 0)
    g_string_append_c (out, '0');
}

/* Number::toString of ECMA-262, which RFC 8785 asks for. */
static void
write_double (GString *out, double value)
{
  char digits[32];
  int length;
  int point;

  if (!isfinite (value))
    {
      g_string_append (out, "null");
      return;
    }
  if (value < 0)
    g_string_append_c (out, '-');
  if (value == 0)
    {
      g_string_append_c (out, '0');
      return;
    }

  point = shortest_digits (fabs (value), digits) + 1;
  length = (int) strlen (digits);
  if (point > 21 || point < -5)
    {
      g_string_append_c (out, digits[0]);
      if (length > 1)
        g_string_append_printf (out, ".%s", digits + 1);
      g_string_append_printf (out, "e%c%d", point > 0 ? '+' : '-', ABS (point - 1));
    }
  else if (point <= 0)
    {
      g_string_append (out, "0.");
      append_zeros (out, -point);
      g_string_append (out, digits);
    }
  else if (point >= length)
    {
      g_string_append (out, digits);
      append_zeros (out, point - length);
    }
  else
    {
      g_string_append_len (out, digits, point);
      g_string_append_printf (out, ".%s", digits + point);
    }
}

/* Integers beyond 2^53 keep all their digits, unlike in RFC 8785: different arguments never share a hash. */
static void
write_value (GString *out, JsonNode *node)
{
  GType type = json_node_get_value_type (node);
  const char *text;

  if (type == G_TYPE_STRING)
    {
      text = json_node_get_string (node);
      write_string (out, text != NULL ? text : "");
    }
  else if (type == G_TYPE_BOOLEAN)
    g_string_append (out, json_node_get_boolean (node) ? "true" : "false");
  else if (type == G_TYPE_DOUBLE)
    write_double (out, json_node_get_double (node));
  else
    g_string_append_printf (out, "%" G_GINT64_FORMAT, json_node_get_int (node));
}

static void
write_object (GString *out, JsonObject *object, gboolean canonical)
{
  g_autoptr (GList) names = json_object_get_members (object);
  GList *l;

  if (canonical)
    names = g_list_sort (names, compare_names);

  g_string_append_c (out, '{');
  for (l = names; l != NULL; l = l->next)
    {
      if (l != names)
        g_string_append_c (out, ',');
      write_string (out, l->data);
      g_string_append_c (out, ':');
      write_node (out, json_object_get_member (object, l->data), canonical);
    }
  g_string_append_c (out, '}');
}

static void
write_array (GString *out, JsonArray *array, gboolean canonical)
{
  guint i;

  g_string_append_c (out, '[');
  for (i = 0; i < json_array_get_length (array); i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      write_node (out, json_array_get_element (array, i), canonical);
    }
  g_string_append_c (out, ']');
}

static void
write_node (GString *out, JsonNode *node, gboolean canonical)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    write_object (out, json_node_get_object (node), canonical);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    write_array (out, json_node_get_array (node), canonical);
  else if (JSON_NODE_HOLDS_VALUE (node))
    write_value (out, node);
  else
    g_string_append (out, "null");
}

char *
vig_json_to_string (JsonNode *node)
{
  GString *out = g_string_new (NULL);

  write_node (out, node, FALSE);

  return g_string_free (out, FALSE);
}

char *
vig_json_object_to_string (JsonObject *object)
{
  GString *out = g_string_new (NULL);

  write_object (out, object, FALSE);

  return g_string_free (out, FALSE);
}

char *
vig_json_to_canonical (JsonNode *node)
{
  GString *out = g_string_new (NULL);

  write_node (out, node, TRUE);

  return g_string_free (out, FALSE);
}

char *
vig_json_object_sha256 (JsonObject *object)
{
  g_autoptr (GString) out = g_string_new (NULL);

  write_object (out, object, TRUE);

  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) out->str, out->len);
}
