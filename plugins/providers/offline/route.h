/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Choosing who takes a request: where the tools offered are the orchestrator's own, `delegate` with its choice of Operators and `plan`. */

/* The tool `delegate` where it is among @tools, or NULL. */
const VigToolInfo *route_find_delegate (const VigToolInfo * const *tools);
/* Calls `delegate`, or `plan` where parts of the request are plainly for different Operators. FALSE: nobody fits these words. */
gboolean           route_make          (VigReply *reply, const char *system, const char *text, const VigToolInfo * const *tools);
/* What it says then: who there is. (transfer full) */
char              *route_tell          (const char *system, const VigToolInfo * const *tools);

G_END_DECLS
