/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-parts.h"

G_BEGIN_DECLS

/* What an Operator's model would be told, without asking it: {"prompt", "model", "tools": [name], "withheld": [{name, reason}]}. NOT_FOUND; and what
 * vig_ask_new_for_operator () says. */
void        vig_prompt_trial_async  (VigParts *parts, const char *operator_id, GAsyncReadyCallback callback, gpointer user_data);
JsonObject *vig_prompt_trial_finish (GAsyncResult *result, GError **error);

G_END_DECLS
