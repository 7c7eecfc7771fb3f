/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define VIG_ASK_TOOL "operators.ask"

/* The tool by which one Operator, or the orchestrator, has another do something. It is data only: a call of it is a run of its own
 * (vig-delegation.h), which no worker thread waits for. */
VigTool *vig_ask_tool_new (void);

G_END_DECLS
