/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"

G_BEGIN_DECLS

#define VIG_TOOLS_SEARCH        "tools.search"
#define VIG_CHOICE_MAX_OFFERED 24 /* tools whose schemas a model is sent at once; where an Operator has more, it searches for the others */
#define VIG_CHOICE_FIRST       8  /* of those, the ones that fit the person's words best, from the beginning */
#define VIG_CHOICE_MAX_FOUND   8  /* that one search brings */

/* Which of many tools a model is offered. Pure. @tools: of VigTool, all that it may call. */

/* How well each fits the words of @query, by BM25 over names, titles and descriptions; the best first, those that share none left out. (transfer full) of
 * VigTool, borrowed. */
GPtrArray *vig_tool_choice_rank (GPtrArray *tools, const char *query);
/* All where they are few. Else `tools.search`, what was called or found in @transcript, and what fits its first words: in the order of @tools. @search may
 * be NULL. (transfer full) of VigTool, borrowed. */
GPtrArray *vig_tool_choice_make (GPtrArray *tools, VigTool *search, VigTranscript *transcript);

G_END_DECLS
