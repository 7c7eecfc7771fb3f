/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"

G_BEGIN_DECLS

/* What a model is told before the transcript. Pure: @now is given. */
char *vig_prompt_for_operator (VigOperator *operator, GPtrArray *tools, GDateTime *now); /* @tools: of VigTool, those it may call */
/* The orchestrator: @operators of VigOperator; @tools of VigTool, those there are; @additions: an administrator's, NULL: none; @budget: bytes that tell of
 * all Operators together, about. */
#define VIG_PROMPT_ROUTING_BUDGET 20000
#define VIG_PROMPT_ANSWER_BUDGET  3000
char *vig_prompt_for_routing  (GPtrArray *operators, GPtrArray *tools, const char *additions, GDateTime *now, gsize budget);
char *vig_prompt_tell_operators (JsonArray *operators, const char *but); /* of Operator (schema): whom one may ask that is called @but */
char *vig_prompt_for_answer   (GPtrArray *operators, const char *left, const char *additions, GDateTime *now); /* @left: steps not begun, or NULL */

G_END_DECLS
