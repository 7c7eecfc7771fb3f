/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-price.h"

#define MAX_PRICE 100000.0 /* of a million tokens */

typedef struct
{
  char  *pattern;
  double input;
  double output;
} Line;

static gboolean
read_price (const char *text, double *price)
{
  char *end = NULL;

  if (!g_ascii_isdigit (*text))
    return FALSE;
  *price = g_ascii_strtod (text, &end);

  return *end == '\0' && *price <= MAX_PRICE;
}

/* FALSE: it is not of this form. A line that says nothing has no pattern. */
static gboolean
read_line (const char *text, Line *line)
{
  g_auto (GStrv) split = g_strsplit_set (text, " \t\r", -1);
  const char *words[3];
  guint n = 0;

  line->pattern = NULL;
  for (guint i = 0; split[i] != NULL; i++)
    {
      if (*split[i] == '\0')
        continue;
      if (n == G_N_ELEMENTS (words))
        return *words[0] == '#';
      words[n++] = split[i];
    }
  if (n == 0 || *words[0] == '#')
    return TRUE;
  if (n < G_N_ELEMENTS (words) || !read_price (words[1], &line->input) || !read_price (words[2], &line->output))
    return FALSE;

  line->pattern = g_strdup (words[0]);

  return TRUE;
}

gboolean
vig_price_check (const char *prices, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (prices, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *pattern = NULL;
      Line line;

      if (!read_line (lines[i], &line))
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID,
                       "model_prices, line %u: write a model and the prices of a million tokens in and out, such as: claude-sonnet-* 3 15", i + 1);
          return FALSE;
        }
      pattern = line.pattern;
    }

  return TRUE;
}

gint64
vig_price_count (const char *prices, const char *model, gint64 input_tokens, gint64 output_tokens)
{
  g_auto (GStrv) lines = g_strsplit (prices != NULL ? prices : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL && model != NULL; i++)
    {
      g_autofree char *pattern = NULL;
      Line line;

      if (!read_line (lines[i], &line))
        continue;
      pattern = line.pattern;
      /* So much for a million tokens is so many millionths for one. */
      if (pattern != NULL && g_pattern_match_simple (pattern, model))
        return (gint64) ((double) input_tokens * line.input + (double) output_tokens * line.output);
    }

  return 0;
}
