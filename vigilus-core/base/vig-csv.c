/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-csv.h"

#include <string.h>

static void
append_cell (GString *csv, const char *text)
{
  g_string_append_c (csv, '"');
  if (*text != '\0' && strchr ("=+-@\t\r\n'", *text) != NULL)
    g_string_append_c (csv, '\'');
  for (; *text != '\0'; text++)
    {
      if (*text == '"')
        g_string_append_c (csv, '"');
      g_string_append_c (csv, *text);
    }
  g_string_append_c (csv, '"');
}

void
vig_csv_append_row (GString *csv, const char * const *cells)
{
  for (guint i = 0; cells[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (csv, ',');
      append_cell (csv, cells[i]);
    }
  g_string_append (csv, "\r\n");
}

static void
append_node (GString *csv, JsonNode *node)
{
  g_autofree char *text = NULL;

  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    append_cell (csv, "");
  else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    append_cell (csv, json_node_get_string (node));
  else
    {
      text = vig_json_to_string (node);
      append_cell (csv, text);
    }
}

void
vig_csv_append_object (GString *csv, JsonObject *object, const char * const *names, const char *last)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      append_node (csv, json_object_get_member (object, names[i]));
      g_string_append_c (csv, ',');
    }
  append_cell (csv, last);
  g_string_append (csv, "\r\n");
}

/* From after the opening quote to after the closing one; NULL: there is none. */
static const char *
read_cell (const char *at, GPtrArray *cells)
{
  g_autoptr (GString) cell = g_string_new (NULL);

  while (TRUE)
    {
      const char *quote = strchr (at, '"');

      if (quote == NULL)
        return NULL;
      g_string_append_len (cell, at, quote - at);
      at = quote + 1;
      if (*at != '"')
        break;
      g_string_append_c (cell, '"');
      at++;
    }
  if (cell->str[0] == '\'')
    g_string_erase (cell, 0, 1);
  g_ptr_array_add (cells, g_string_free (g_steal_pointer (&cell), FALSE));

  return at;
}

char **
vig_csv_split_row (const char *row)
{
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);

  while (*row == '"')
    {
      row = read_cell (row + 1, cells);
      if (row == NULL)
        return NULL;
      if (*row == '\0')
        {
          g_ptr_array_add (cells, NULL);
          g_ptr_array_set_free_func (cells, NULL);
          return (char **) g_ptr_array_free (g_steal_pointer (&cells), FALSE);
        }
      if (*row++ != ',')
        return NULL;
    }

  return NULL;
}
