/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-redact-values.h"

G_BEGIN_DECLS

/* A text being looked through. Every scanner reads each byte a bounded number of times. */
typedef struct
{
  const char *text;
  gsize       length;
  GArray     *spans;      /* of VigSpan */
  gsize       no_pem_end; /* from here on there is no END of a PEM block */
} VigScan;

void  vig_scan_add       (VigScan *self, gsize start, gsize end);
gsize vig_scan_find      (const VigScan *self, gsize from, gsize limit, const char *part); /* G_MAXSIZE: not there */
gboolean vig_scan_is     (const VigScan *self, gsize at, const char *part);
gsize vig_scan_skip      (const VigScan *self, gsize at, const char *set);   /* past characters of the set */
gsize vig_scan_until     (const VigScan *self, gsize at, const char *set);   /* up to a character of the set, or the end */

void  vig_scan_tokens    (VigScan *self); /* by the shapes that services give their tokens */
void  vig_scan_named     (VigScan *self); /* name = value, --name value, headers */
void  vig_scan_marked    (VigScan *self); /* PEM blocks, URLs with passwords, password hashes, webhooks */
void  vig_scan_commands  (VigScan *self); /* command lines whose options do not tell: -p, -P, -u */

G_END_DECLS
