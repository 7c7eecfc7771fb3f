/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* CSV (RFC 4180), every cell in quotes. A cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line break) gets an
 * apostrophe before it, and so does one that begins with an apostrophe: so taking one away gives back what it was. */
void   vig_csv_append_row    (GString *csv, const char * const *cells);
/* One row: the members of @object by these names, then @last. Objects are JSON, what is missing or null is empty. */
void   vig_csv_append_object (GString *csv, JsonObject *object, const char * const *names, const char *last);
/* The cells of one row without its line break, formulas as they were; NULL: no such row. */
char **vig_csv_split_row     (const char *row);

G_END_DECLS
