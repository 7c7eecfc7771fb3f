/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"

G_BEGIN_DECLS

/* What a model is told before the transcript. Pure: @now is given. */
char *vig_prompt_for_operator (VigOperator *operator, GPtrArray *tools, GDateTime *now); /* @tools: of VigTool, those it may call */
char *vig_prompt_for_routing  (GPtrArray *operators, GDateTime *now);                    /* of VigOperator */

G_END_DECLS
