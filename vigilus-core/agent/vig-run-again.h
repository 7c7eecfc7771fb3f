/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-run-start.h"

G_BEGIN_DECLS

/* A run that is made from one that has ended: "rerun" answers its question once more, "continue" goes on from where it ended, with the same Operator.
 * Both keep its plan: all of it is done once more, or what is left of it. */

VigRunStart *vig_run_again_new     (const VigCaller *caller, const char *run_id, const char *origin);
/* Fills what @start begins with from its origin. NOT_FOUND: no such run of this person. CONFLICT: it has not ended, or has nothing to go on from. */
gboolean     vig_run_again_prepare (VigDbConnection *db, VigRunStart *start, GError **error);
/* Writes into the new run what it was made from; @stored is what vig_run_start_write () stores. */
gboolean     vig_run_again_finish  (VigDbConnection *db, VigRunStart *start, JsonObject *stored, GError **error);

G_END_DECLS
