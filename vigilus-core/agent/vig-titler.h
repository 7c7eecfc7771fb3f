/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-parts.h"

G_BEGIN_DECLS

/* Has a model entitle the conversation of a run that has ended, where the settings allow it, and nobody and no model has yet; the model that routes
 * does it. Nothing waits for it: until then, and where it fails, the first words of the question are the title. */
void  vig_titler_run   (VigParts *parts, const char *run_id, GCancellable *cancellable);

/* A title of what a model answered, or NULL: one line, without quotes, marks and a full stop. (transfer full) */
char *vig_titler_clean (const char *answer);

G_END_DECLS
