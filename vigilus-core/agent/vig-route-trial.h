/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-parts.h"

G_BEGIN_DECLS

/* How a request would be routed, without a run: nothing is stored, no Operator is asked, no tool runs. {"operator"|null, "reason"|null, "plan"|null,
 * "answer"|null, "asked": whether a model was, "model"|null, "prompt"|null, "tools": [name]}. */
void        vig_route_trial_async  (VigParts *parts, const char *text, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
JsonObject *vig_route_trial_finish (GAsyncResult *result, GError **error);

G_END_DECLS
