/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-price.h"

#define MAX_PRICE 100000.0 /* of a million tokens */
#define MIN_WORDS 3
#define MAX_WORDS 5

typedef struct
{
  char    *pattern;
  VigPrice price;
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
  double *prices[] = { &line->price.input, &line->price.output, &line->price.cache_read, &line->price.cache_write };
  const char *words[MAX_WORDS];
  guint n = 0;

  *line = (Line) { NULL, { 0, 0, -1, -1 } };
  for (guint i = 0; split[i] != NULL; i++)
    {
      if (*split[i] == '\0')
        continue;
      if (n == MAX_WORDS)
        return *words[0] == '#';
      words[n++] = split[i];
    }
  if (n == 0 || *words[0] == '#')
    return TRUE;
  if (n < MIN_WORDS)
    return FALSE;
  for (guint i = 1; i < n; i++)
    if (!read_price (words[i], prices[i - 1]))
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
                       "model_prices, line %u: write a model and the prices of a million tokens in and out, such as: claude-sonnet-* 3 15; "
                       "those of tokens read from and written to a cache may follow", i + 1);
          return FALSE;
        }
      pattern = line.pattern;
    }

  return TRUE;
}

gboolean
vig_price_find (const char *prices, const char *model, VigPrice *price)
{
  g_auto (GStrv) lines = g_strsplit (prices != NULL ? prices : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL && model != NULL; i++)
    {
      g_autofree char *pattern = NULL;
      Line line;

      if (!read_line (lines[i], &line))
        continue;
      pattern = line.pattern;
      if (pattern == NULL || !g_pattern_match_simple (pattern, model))
        continue;
      *price = line.price;
      return TRUE;
    }

  return FALSE;
}

/* So much for a million tokens is so many millionths for one. */
gint64
vig_price_count (const VigPrice *price, const VigUsage *usage)
{
  gint64 input = MAX (usage->input_tokens, 0);
  gint64 read = CLAMP (usage->cache_read_tokens, 0, input);
  gint64 written = CLAMP (usage->cache_write_tokens, 0, input - read);
  double cost = (double) (input - read - written) * price->input + (double) MAX (usage->output_tokens, 0) * price->output;

  cost += (double) read * (price->cache_read >= 0 ? price->cache_read : price->input);
  cost += (double) written * (price->cache_write >= 0 ? price->cache_write : price->input);

  return (gint64) (cost + 0.5);
}
