/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What calls returned, whole, where that is more than a model is shown at once. Redacted before it comes here. */

/* Keeps @text, then lets go of what is older than the setting output_keep_days, and of the oldest over output_keep_total_mb. */
gboolean vig_store_outputs_add     (VigDbConnection *db, const char *call_id, const char *text, JsonObject *settings, GError **error);
/* What was short enough to be shown whole is taken from the call. NOT_FOUND: no longer kept, or the call has no result. */
char    *vig_store_outputs_dup     (VigDbConnection *db, const char *call_id, GError **error);
/* Whether both calls were made in one conversation. */
gboolean vig_store_outputs_is_near (VigDbConnection *db, const char *call_id, const char *other_call_id, GError **error);

G_END_DECLS
