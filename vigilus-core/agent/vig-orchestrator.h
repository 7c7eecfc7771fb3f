/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"

G_BEGIN_DECLS

#define VIG_DELEGATE_TOOL "delegate"

/* How a message finds its Operator. Pure functions: who asks the model is the run. @operators: of VigOperator, enabled ones. */

/* `@name` at the beginning of a word, blanks or dashes alike, without regard to case; the longest name wins. NULL: none. */
VigOperator *vig_orchestrator_find_mention (GPtrArray *operators, const char *text);

/* The one Operator that @text names; NULL: none or several. */
VigOperator *vig_orchestrator_find_named   (GPtrArray *operators, const char *text);

/* The schema of the tool `delegate`: every Operator with its description and what its @tools (VigTool, those there are) do. */
char        *vig_orchestrator_build_schema (GPtrArray *operators, GPtrArray *tools);

/* The Operator that a routing reply chose, or NULL; then its text, if any, is the answer. */
VigOperator *vig_orchestrator_read_reply   (GPtrArray *operators, VigReply *reply, char **reason);

G_END_DECLS
