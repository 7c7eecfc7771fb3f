/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What models cost, as a person writes it: a line per model with its name (* and ? as in a shell), the price of a million tokens in, and of a
 * million out. Empty lines and those that begin with # say nothing; the first line that fits counts. */
#define VIG_PRICE_MAX_TEXT 8192  /* characters */
#define VIG_PRICE_CENT     10000 /* millionths of the currency */

gboolean vig_price_check (const char *prices, GError **error); /* INVALID names the line */
gint64   vig_price_count (const char *prices, const char *model, gint64 input_tokens, gint64 output_tokens); /* millionths; 0: not known */

G_END_DECLS
