/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* The tool "host.elevate": asks the privileged helper of this host, where one is installed (@socket). */
VigTool *vig_helper_tool_new       (VigVault *vault, const char *socket);

/* Vigilus itself ends: from here on, what the helper has begun runs to its end. Else what is stopped is ended there, too. */
void     vig_helper_tool_let_go    (VigTool *tool);

/* What belongs under PublicKey= of helper.conf, or NULL: the vault is not open. */
char    *vig_helper_dup_public_key (VigVault *vault);

G_END_DECLS
