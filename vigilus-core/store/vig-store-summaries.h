/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What stands for the earlier messages of a conversation where they are more than a model holds: {id, session_id, run_id, operator_name, message_id: the
 * last that it stands for, n_messages: how many in all, model|null: that wrote it, text, kept {mentions [], request|null}, created_at}. */
JsonObject *vig_store_summaries_add    (VigDbConnection *db, JsonObject *summary, GError **error);
/* The newest of each Operator. */
JsonArray  *vig_store_summaries_newest (VigDbConnection *db, const char *session_id, GError **error);

G_END_DECLS
