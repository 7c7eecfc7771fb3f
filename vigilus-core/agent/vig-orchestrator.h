/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"

G_BEGIN_DECLS

#define VIG_DELEGATE_TOOL     "delegate"
#define VIG_ORCHESTRATOR_ID   "orchestrator"
#define VIG_ORCHESTRATOR_NAME "Vigilus" /* no Operator may be called so */

/* How a message finds its Operator. Pure functions: who asks the model is the run. @operators: of VigOperator, enabled ones. */

/* `@name` at the beginning of a word, blanks or dashes alike, without regard to case; the longest name wins. NULL: none. */
VigOperator *vig_orchestrator_find_mention (GPtrArray *operators, const char *text);

/* The next one after *behind, or from *at where that is NULL; then *at is its "@" and *behind what follows its name. */
VigOperator *vig_orchestrator_next_mention (GPtrArray *operators, const char *text, const char **at, const char **behind);

/* The Operator whose name @text begins with, with or without "@"; the longest wins. */
VigOperator *vig_orchestrator_find_prefix  (GPtrArray *operators, const char *text);
const char  *vig_orchestrator_skip_name    (VigOperator *operator, const char *text); /* what follows its name, with which @text begins */
VigOperator *vig_orchestrator_find_called  (GPtrArray *operators, const VigReplyCall *call); /* NULL: not a call of `delegate`, or of nobody */

/* The orchestrator where it acts itself: it may ask Operators, and nothing else. */
VigOperator *vig_orchestrator_new_operator (void);

/* The schema of the tool `delegate`: the names alone, since the prompt tells what each is for. */
char        *vig_orchestrator_build_schema (GPtrArray *operators);

/* The Operator that a routing reply chose, or NULL; then its text, if any, is the answer. */
VigOperator *vig_orchestrator_read_reply   (GPtrArray *operators, VigReply *reply, char **reason);

G_END_DECLS
