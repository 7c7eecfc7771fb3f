/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define VIG_WORDS_MAX 16 /* of a query; more are not looked at */

/* The words of a search, folded: letters and digits only, lower case, without accents. Empty: there are none. */
char     **vig_words_split   (const char *query);
/* An FTS5 query for text in which each of @words begins a word. */
char      *vig_words_to_fts  (char **words);
/* About @length characters of @text round the first hit, as [{"text", "hit"}]: joined they are the snippet, with … where it was cut. */
JsonArray *vig_words_snippet (const char *text, char **words, guint length);

G_END_DECLS
