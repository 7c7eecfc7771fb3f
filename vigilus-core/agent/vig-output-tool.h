/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"

G_BEGIN_DECLS

/* "output.read": what a call of the same conversation returned, in parts. Every Operator has it. */
VigTool *vig_output_tool_new (VigDb *db);

G_END_DECLS
