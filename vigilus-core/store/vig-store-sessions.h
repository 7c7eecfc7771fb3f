/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Chat sessions (schema Session: id, title, created_at, updated_at, run_state|null) and what was said in them (schema Message: id,
 * session_id, run_id, kind user|assistant|tools|notice, operator_name|null, content {...}, created_at). A session belongs to a user. */
JsonObject *vig_store_sessions_list      (VigDbConnection *db, const char *user_id, const VigPage *page, GError **error); /* newest first */
JsonObject *vig_store_sessions_create    (VigDbConnection *db, const char *user_id, const char *title, GError **error);
JsonObject *vig_store_sessions_get       (VigDbConnection *db, const char *user_id, const char *id, GError **error);
JsonObject *vig_store_sessions_rename    (VigDbConnection *db, const char *user_id, const char *id, const char *title, GError **error);
gboolean    vig_store_sessions_delete    (VigDbConnection *db, const char *user_id, const char *id, GError **error); /* CONFLICT while a run is live; audit stays */

/* content: user {text}; assistant: VigReply as JSON; tools {results: [{call_id, name, text, is_error}]}; notice {text, code}. */
JsonObject *vig_store_messages_add       (VigDbConnection *db, const char *session_id, const char *run_id, const char *kind,
                                          const char *operator_name, JsonObject *content, GError **error);
/* newest page first, each page oldest first; `after` goes back in time */
JsonObject *vig_store_messages_list      (VigDbConnection *db, const char *session_id, const VigPage *page, GError **error);
JsonArray  *vig_store_messages_of_run    (VigDbConnection *db, const char *run_id, GError **error);

G_END_DECLS
