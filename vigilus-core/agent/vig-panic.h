/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-plugin-loader.h"
#include "vig-runner.h"

G_BEGIN_DECLS

/* The switch that stops everything: every run, tool and child ends at once, every grant is revoked, every request cancelled, and nothing runs
 * until an administrator says so. It holds across restarts. Main thread. The signal "frozen" tells whatever works beside the runs. */
#define VIG_TYPE_PANIC (vig_panic_get_type ())
G_DECLARE_FINAL_TYPE (VigPanic, vig_panic, VIG, PANIC, GObject)

VigPanic   *vig_panic_new             (const VigAgentContext *context, VigRunner *runner, VigApprovals *approvals);
/* The processes of isolated plugins end and begin with it; may be NULL. */
void        vig_panic_set_plugins     (VigPanic *self, VigPluginLoader *plugins);
/* At start, before runs are resumed; waits. */
gboolean    vig_panic_load            (VigPanic *self, GError **error);

/* What runs is killed before anything is written, and stays dead if it can't be. Answers the state (schema Frozen). Errors: DENIED (approver or
 * above), UNAVAILABLE: all is stopped, but not yet on disk, which is tried again. */
void        vig_panic_freeze_async    (VigPanic *self, const VigCaller *caller, const char *reason, GAsyncReadyCallback callback, gpointer user_data);
JsonObject *vig_panic_freeze_finish   (VigPanic *self, GAsyncResult *result, GError **error);
/* Errors: DENIED (administrator or above), CONFLICT: nothing is frozen. */
void        vig_panic_unfreeze_async  (VigPanic *self, const VigCaller *caller, GAsyncReadyCallback callback, gpointer user_data);
gboolean    vig_panic_unfreeze_finish (VigPanic *self, GAsyncResult *result, GError **error);

JsonObject *vig_panic_get_frozen      (VigPanic *self); /* schema Frozen, borrowed; NULL: it is not */

G_END_DECLS
