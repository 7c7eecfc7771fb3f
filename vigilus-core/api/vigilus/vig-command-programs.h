/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-command-private.h"

G_BEGIN_DECLS

/* Not installed: which programs a line runs, for rules about them. @patterns may hold * and ?. */

/* One of them, for all that can be told; @hides: none is named, but it may run others than it shows. */
VIG_API gboolean vig_command_may_run   (VigCommand *self, const char * const *patterns, gboolean *hides);
/* No others, for certain. */
VIG_API gboolean vig_command_runs_only (VigCommand *self, const char * const *patterns);

/* What the parser's other files tell. */
void     vig_command_note_program (VigCommand *self, const VigCommandWord *word);
void     vig_command_note_words   (VigCommand *self, GPtrArray *words); /* of a command that may run others */
void     vig_command_note_hidden  (VigCommand *self, VigCommandWord **words, guint n_words); /* the same, where a word shows only when it runs */

G_END_DECLS
