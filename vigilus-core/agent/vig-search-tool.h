/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-registry.h"

#include "vig-db.h"

G_BEGIN_DECLS

/* "tools.search": which of an Operator's many tools fit some words; what it names is offered from then on. Borrows @registry, whose tool it is. */
VigTool *vig_search_tool_new (VigDb *db, VigRegistry *registry);

G_END_DECLS
