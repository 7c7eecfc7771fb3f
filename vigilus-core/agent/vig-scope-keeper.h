/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* What tools find out about the network, on its way into Scope. */

/* Blocks until it is on disk; on a worker thread. @record: as vig-store-scope.h says, and INVALID where it is not so. Publishes "scope.changed". */
gboolean vig_scope_keep     (const VigAgentContext *context, const VigUndoSubject *subject, JsonObject *record, GError **error);
/* The tool "scope.query". */
VigTool *vig_scope_tool_new (VigDb *db);

G_END_DECLS
