/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-tool.h"

G_BEGIN_DECLS

/* What a shell command line would do, told before it runs: it is parsed by the grammar of the POSIX shell and each of its
 * commands is looked up in a table (data/commands/commands.txt). It errs upwards only: a command that is not in the table is
 * EXEC, and what can't be read, or hides the command it runs, is ELEVATE. Where shells disagree about a text it is not read. */
typedef struct _VigCommand VigCommand;

#define VIG_COMMAND_MAX_LENGTH 65536 /* bytes of a line; a longer one is not read */

VIG_API VigCommand *vig_command_parse     (const char *line); /* for `sh -c`; never fails */
VIG_API void        vig_command_free      (VigCommand *self);
VIG_API VigLevel    vig_command_get_level (VigCommand *self); /* the highest of its commands */
VIG_API gboolean    vig_command_is_outward (VigCommand *self); /* one of its commands sends words of the line to another host: a name that is looked up, a question */
/* For a tool's classify () whose call runs @line: its level, and the call is marked where it goes outward. Since ABI minor 1. */
VIG_API VigLevel    vig_command_classify  (VigInvocation *invocation, const char *line);
/* For people: a line for each command with its level and why, as in "read     df -h: shows how full the disks are". */
VIG_API char       *vig_command_explain   (VigCommand *self);
/* Whether the file at this absolute path, or what is beneath it, decides who may do what on a host, by the same table: writing it is ELEVATE. */
VIG_API gboolean    vig_command_path_elevates (const char *path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigCommand, vig_command_free)

G_END_DECLS
