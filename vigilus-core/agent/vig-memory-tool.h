/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* "memory.propose": an Operator would like to know something in later conversations; a person decides. */
VigTool *vig_memory_tool_new (const VigAgentContext *context);

G_END_DECLS
