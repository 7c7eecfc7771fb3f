/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-command-private.h"

G_BEGIN_DECLS

/* One simple command that is being judged. */
typedef struct
{
  VigCommand            *command;
  const VigCommandTable *table;
  VigCommandSimple      *simple;
  guint                  depth;
  guint                  n_wrapped;
  VigLevel               level;
  char                  *reason; /* of the level */
} VigCommandJudge;

void vig_command_judge_raise (VigCommandJudge *self, VigLevel level, const char *format, ...) G_GNUC_PRINTF (3, 4);
void vig_command_judge_words (VigCommandJudge *self, VigCommandWord **words, guint n_words);
void vig_command_judge_scan  (VigCommandJudge *self, VigCommandWord **words, guint n_words);
void vig_command_judge_write (VigCommandJudge *self, const VigCommandWord *target);
gboolean vig_command_may_be_device (const VigCommand *command, const VigCommandWord *word);

/* In vig-command-wrap.c: commands that run others. @words[0] is the command itself. */
void vig_command_judge_wrap  (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words);
void vig_command_judge_find  (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words);
guint vig_command_index_of   (VigCommandWord **words, guint n_words, const VigCommandWord *word);
/* In vig-command-code.c: commands that run a text. */
void vig_command_judge_shell (VigCommandJudge *self, VigCommandWord **words, guint n_words);
void vig_command_judge_code  (VigCommandJudge *self, const VigCommandRow *row, VigCommandWord **words, guint n_words);

G_END_DECLS
