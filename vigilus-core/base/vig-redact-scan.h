/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-redact-values.h"
#include "vig-redact.h"

G_BEGIN_DECLS

/* A text being looked through. Every scanner reads each byte a bounded number of times. */
typedef struct
{
  const char *text;
  gsize       length;
  GArray     *spans;      /* of VigSpan */
  gsize       no_pem_end; /* from here on there is no END of a PEM block */
  gsize       mark;       /* where what is being looked at begins */
  gsize       open;       /* the first mark at which the end of the text came too soon to be sure */
} VigScan;

/* Where a scanner begins to look at something, G_MAXSIZE: at nothing. The functions below note when they meet the end of the text. */
void  vig_scan_set_mark  (VigScan *self, gsize mark);
void  vig_scan_note_end  (VigScan *self);

void  vig_scan_add       (VigScan *self, gsize start, gsize end);
gsize vig_scan_find      (VigScan *self, gsize from, gsize limit, const char *part); /* G_MAXSIZE: not there */
gboolean vig_scan_is     (VigScan *self, gsize at, const char *part);
gsize vig_scan_skip      (VigScan *self, gsize at, const char *set);   /* past characters of the set */
gsize vig_scan_until     (VigScan *self, gsize at, const char *set);   /* up to a character of the set, or the end */

/* What names and tokens are made of: A-Z a-z 0-9 _ - . */
static inline gboolean
vig_scan_is_word_char (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '-' || c == '.';
}

void  vig_scan_tokens    (VigScan *self); /* by the shapes that services give their tokens */
void  vig_scan_named     (VigScan *self); /* name = value, --name value, headers */
void  vig_scan_marked    (VigScan *self); /* PEM blocks, URLs with passwords, password hashes, webhooks */
void  vig_scan_commands  (VigScan *self); /* command lines whose options do not tell: -p, -P, -u */

/* What is to be taken out of a text; @open: from where on more text could change that, or @length. */
GArray *vig_redactor_find (VigRedactor *self, const char *text, gsize length, gsize *open);
char   *vig_redact_mask   (const char *text, gsize from, gsize to, GArray *spans); /* sorts @spans */

G_END_DECLS
