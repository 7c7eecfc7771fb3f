/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a person would read of an HTML page, as plain text with marks of Markdown: headings, lists, links, tables. Scripts, styles, comments and what
 * is hidden are left out. @charset: as the server says, or NULL. @base: links are made whole with it. *title (transfer full) or NULL.
 * NULL: it is not to be read as HTML at all. */
char *web_html_to_text (GBytes *html, const char *charset, const char *base, char **title);

G_END_DECLS
