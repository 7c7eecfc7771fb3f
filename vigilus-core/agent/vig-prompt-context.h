/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What an Operator is told beside its prompt: what people want to be kept in mind, and the servers that it may use. Pure. */

/* @memories: Memory, newest first. NULL: there is nothing to tell. */
char    *vig_prompt_tell_memories (JsonArray *memories);
/* @servers: Server. NULL: there is nothing to tell. */
char    *vig_prompt_tell_servers  (JsonArray *servers);
/* Does any of these tools (VigTool) take the name of a server? */
gboolean vig_prompt_needs_servers (GPtrArray *tools);

G_END_DECLS
