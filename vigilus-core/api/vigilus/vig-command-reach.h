/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-command-private.h"

G_BEGIN_DECLS

/* Whether it is, or may become, a path in outward_paths; a here-document's text by the words in it. */
gboolean vig_command_reaches_out      (const VigCommand *self, const VigCommandTable *table, const VigCommandWord *word);
gboolean vig_command_text_reaches_out (const VigCommand *self, const VigCommandTable *table, const char *text);

G_END_DECLS
