/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The tool by which a model reads on where a result was cut. */
#define VIG_OUTPUT_READ "output.read"

/* What part of an output is asked for. */
typedef struct
{
  gint64      first;   /* line, from 1 */
  gint64      n;       /* lines at most */
  const char *search;  /* only lines with this in them, whatever its case; NULL: all */
  gsize       limit;   /* bytes at most */
} VigOutputRange;

/* A result as lines that can be read in parts: members of an object that are text stand as they are, each under its name; over-long lines are broken. */
char       *vig_output_to_lines (const char *result);
/* Of @lines as vig_output_to_lines () made them, those that are asked for, each as "12: text": {"text", "first", "last", "lines": how many there
 * are, "next": where to read on, or null}. */
JsonObject *vig_output_read     (const char *lines, const VigOutputRange *range);
/* Its lines, cut in the middle to about @limit bytes, with a word on how to read on. NULL: it is within @limit. */
char       *vig_output_cut      (const char *result, gsize limit, const char *call_id);

G_END_DECLS
