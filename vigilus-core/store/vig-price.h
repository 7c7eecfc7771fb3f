/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What models cost, as a person writes it: a line per model with its name (* and ? as in a shell), the price of a million tokens in, and of a million
 * out; then, where they have prices of their own, of a million that the server had kept (read from its cache), and of a million that it is to keep
 * (written to it). Empty lines and those that begin with # say nothing; the first line that fits counts. */
#define VIG_PRICE_MAX_TEXT 8192  /* characters */
#define VIG_PRICE_CENT     10000 /* millionths of the currency */

/* Of a million tokens. */
typedef struct
{
  double input;
  double output;      /* reasoning is among it */
  double cache_read;  /* -1: as input */
  double cache_write; /* -1: as input */
} VigPrice;

gboolean vig_price_check (const char *prices, GError **error); /* INVALID names the line */
gboolean vig_price_find  (const char *prices, const char *model, VigPrice *price); /* @prices, @model: or NULL */
gint64   vig_price_count (const VigPrice *price, const VigUsage *usage); /* millionths */

G_END_DECLS
