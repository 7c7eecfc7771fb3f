/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Plain Markdown for people: what the tools answered, and what this provider is where it can't help. (transfer full) */
char *report_results  (VigTranscript *transcript, guint turn);
char *report_helpless (const VigToolInfo * const *tools);
char *report_missing  (const char *tool_name, const char *argument);
char *report_servers  (const char *tool_name, GPtrArray *servers); /* of char*: which there are to choose from */

G_END_DECLS
