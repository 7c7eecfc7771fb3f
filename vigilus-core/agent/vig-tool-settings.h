/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* What the owner has set for tools (VigConfigurable), as their calls and their tests see it. */

/* The tool whose settings are called @id, or NULL. Main thread. */
VigConfigurable *vig_tool_settings_find         (VigRegistry *registry, const char *id);

/* What is stored, secrets opened; {} where nothing is. DENIED: the secrets can't be opened. Blocking, on a worker thread. */
JsonObject      *vig_tool_settings_open         (const VigAgentContext *context, const char *id, GError **error);
/* What is stored with @changes over it; null takes a member away. INVALID begins with the member: "/url: ...". */
JsonObject      *vig_tool_settings_merge        (VigDbConnection *db, const VigAgentContext *context, VigConfigurable *tool, JsonObject *changes, GError **error);
/* Stores that, its secrets sealed. */
gboolean         vig_tool_settings_change       (VigDbConnection *db, const VigAgentContext *context, VigConfigurable *tool, JsonObject *changes, GError **error);

G_END_DECLS
