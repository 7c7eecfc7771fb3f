/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-command-private.h"

G_BEGIN_DECLS

/* A command line that is being read. Nothing is read any more once failure is set. */
typedef struct
{
  const char *at;
  guint       depth;
  GPtrArray  *simples;
  GPtrArray  *documents; /* here-documents whose text comes after this line; borrowed */
  char       *failure;
} VigCommandLex;

void              vig_command_lex_fail         (VigCommandLex *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean          vig_command_lex_deeper       (VigCommandLex *self);
/* Characters that can't be seen, or are taken for others. */
void              vig_command_lex_check        (VigCommandLex *self);
void              vig_command_lex_skip_blanks  (VigCommandLex *self); /* and a comment */
void              vig_command_lex_skip_lines   (VigCommandLex *self);
gboolean          vig_command_lex_at_word      (VigCommandLex *self);
VigCommandWord   *vig_command_lex_word         (VigCommandLex *self); /* NULL: failed */
gboolean          vig_command_lex_redirect     (VigCommandLex *self, GPtrArray *redirects); /* FALSE: there is none here */
VigCommandSimple *vig_command_lex_new_simple   (void);

/* In vig-command-parse.c: what stands in $( ) and <( ). */
void              vig_command_lex_substitution (VigCommandLex *self, char close);
/* In vig-command-expand.c: at a $ or a backquote. */
void              vig_command_lex_dollar       (VigCommandLex *self, GString *text, gboolean quoted, gboolean *dynamic);
void              vig_command_lex_backquote    (VigCommandLex *self, gboolean quoted);
/* A here-document whose delimiter was not quoted. */
void              vig_command_lex_document     (VigCommandLex *self, const char *body);

G_END_DECLS
