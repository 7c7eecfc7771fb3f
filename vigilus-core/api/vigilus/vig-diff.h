/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-macros.h"

G_BEGIN_DECLS

/* A unified diff of lines with three lines of context, as a VigPreview of kind "diff" wants it. Empty: no difference. @name stands for both
 * sides; an empty text on one side is shown as /dev/null. */
VIG_API char *vig_diff_text (const char *name, const char *before, const char *after);

G_END_DECLS
