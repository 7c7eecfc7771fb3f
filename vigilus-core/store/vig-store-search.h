/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Messages of @user_id in which each word begins one, newest first: {session_id, session_title, message_id, kind, operator_name|null,
 * created_at, text: all of it, not redacted}. @fts: from vig_words_to_fts (). */
JsonObject *vig_store_search_messages (VigDbConnection *db, const char *user_id, const char *fts, const VigPage *page, GError **error);
/* Sessions of @user_id that have each of @words in their title, newest first, @limit at most. */
JsonArray  *vig_store_search_titles   (VigDbConnection *db, const char *user_id, char **words, guint limit, GError **error);

G_END_DECLS
