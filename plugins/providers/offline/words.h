/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Text as a bag of terms: lower case, without the small words of a sentence, reduced to a stem, and words of one meaning
 * ("show", "display", "print") to one term. */
GPtrArray *words_to_terms     (const char *text); /* of char*, with repeats */
GPtrArray *words_to_term_set  (const char *text); /* without repeats */

/* What a person asks, apart from what they quote: in "write to a.txt: buy disks" the payload is "buy disks". */
typedef struct
{
  char      *instruction; /* without payload and paths */
  char      *payload;     /* behind a colon or in quotes, or NULL */
  GPtrArray *paths;       /* of char*: words that look like file names, in order */
  GPtrArray *numbers;     /* of char*: whole numbers, in order */
  char      *code;        /* between back-ticks, or NULL */
  GPtrArray *servers;     /* of char*: those that may be used, if they are told; request_set_servers () */
  char      *server;      /* which of them: the one that is named, or the only one; NULL: not known */
  gboolean   names_host;  /* a host or an address is among the words */
} Request;

Request   *request_new        (const char *text);
/* The words to rank by: the instruction, and what the form of the request adds to it. (transfer full) */
char      *request_dup_query  (Request *request);
/* @system: the system prompt, which tells the servers in a list. */
void       request_set_servers (Request *request, const char *system, const char *text);
void       request_free       (Request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

G_END_DECLS
