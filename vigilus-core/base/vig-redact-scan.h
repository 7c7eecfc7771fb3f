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
  gboolean    is_settled; /* no more is waited for: data that may be a Secret's are taken for it */
  gsize       object;     /* then: where such an object begins that goes on at the end of the text, or G_MAXSIZE */
} VigScan;

/* Where a scanner begins to look at something, G_MAXSIZE: at nothing. The functions below note when they meet the end of the text. */
void  vig_scan_set_mark  (VigScan *self, gsize mark);
void  vig_scan_note_end  (VigScan *self);

void  vig_scan_add       (VigScan *self, gsize start, gsize end);
gsize vig_scan_find      (VigScan *self, gsize from, gsize limit, const char *part); /* G_MAXSIZE: not there */
gboolean vig_scan_is_part (VigScan *self, gsize at, const char *part);
gsize vig_scan_skip      (VigScan *self, gsize at, const char *set);   /* past characters of the set */
gsize vig_scan_until     (VigScan *self, gsize at, const char *set);   /* up to a character of the set, or the end */

gsize vig_scan_run       (VigScan *self, gsize at, const char *set, gsize most); /* characters of the set, up to one more than @most */
gsize vig_scan_skip_words (VigScan *self, gsize at, guint most, guint *n_words); /* short words with a blank between */

/* Whether @part stands there. Asked of nearly every byte, and nearly always told by the first one. */
static inline gboolean
vig_scan_is (VigScan *self, gsize at, const char *part)
{
  return (at >= self->length || self->text[at] == *part) && vig_scan_is_part (self, at, part);
}

/* What names and tokens are made of: A-Z a-z 0-9 _ - . */
static inline gboolean
vig_scan_is_word_char (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '-' || c == '.';
}

#define VIG_SCAN_SHORTEST_TOKEN 16 /* bytes */

/* Secrets that are told by their line or object; the functions answer with where they end, 0: there is none. */
gsize vig_scan_skip_line_end (VigScan *self, gsize at); /* past a line break, also one that is written out as \n */
gboolean vig_scan_begins_line (VigScan *self, gsize at);
gsize vig_scan_agent     (VigScan *self, gsize start, gsize end);
gsize vig_scan_deluge    (VigScan *self, gsize end);
gsize vig_scan_chpasswd  (VigScan *self, gsize end);
gsize vig_scan_jwk       (VigScan *self, gsize start, gsize end);

void  vig_scan_tokens    (VigScan *self); /* by the shapes that services give their tokens */
gsize vig_scan_match_form (VigScan *self, gsize at); /* the length of a token that no beginning tells, 0: none is at this beginning of a word */
void  vig_scan_named     (VigScan *self); /* name = value, --name value, headers */
void  vig_scan_marked    (VigScan *self); /* PEM blocks, URLs with passwords, password hashes, webhooks */
void  vig_scan_kubernetes (VigScan *self); /* data of objects of the kind Secret */
void  vig_scan_commands  (VigScan *self); /* command lines whose options do not tell: -p, -P, -u */

/* What is to be taken out of a text; @open: from where on more text could change that, or @length. */
GArray *vig_redactor_find (VigRedactor *self, const char *text, gsize length, gsize *open);
/* The same where no more can be waited for; @object: where an object of Kubernetes begins that may be a Secret and goes on, or G_MAXSIZE. */
GArray *vig_redactor_settle (VigRedactor *self, const char *text, gsize length, gsize *object);
char   *vig_redact_mask   (const char *text, gsize from, gsize to, GArray *spans); /* sorts @spans */

G_END_DECLS
