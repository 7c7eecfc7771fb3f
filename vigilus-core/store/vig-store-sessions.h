/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Chat sessions (schema Session: id, title, created_at, updated_at, run_state|null, leaf_id|null,
 * title_by person|words|model, pinned) and what was said in them (schema Message: id,
 * session_id, run_id, kind user|assistant|tools|notice, operator_name|null, content {...}, created_at). A session belongs to a user. */
JsonObject *vig_store_sessions_list      (VigDbConnection *db, const char *user_id, const VigPage *page, GError **error); /* newest first */
/* Those that are pinned, or those that are not. */
JsonObject *vig_store_sessions_list_pins (VigDbConnection *db, const char *user_id, gboolean pinned, const VigPage *page, GError **error);
/* @title NULL: one that the first words take the place of. */
JsonObject *vig_store_sessions_create    (VigDbConnection *db, const char *user_id, const char *title, GError **error);
JsonObject *vig_store_sessions_get       (VigDbConnection *db, const char *user_id, const char *id, GError **error);
JsonObject *vig_store_sessions_rename    (VigDbConnection *db, const char *user_id, const char *id, const char *title, GError **error);
JsonObject *vig_store_sessions_pin       (VigDbConnection *db, const char *user_id, const char *id, gboolean pinned, GError **error);
/* A title that no person gave: leaves one that a person gave as it is. @by: words or model. */
gboolean    vig_store_sessions_entitle   (VigDbConnection *db, const char *id, const char *title, const char *by, GError **error);
gboolean    vig_store_sessions_delete    (VigDbConnection *db, const char *user_id, const char *id, GError **error); /* CONFLICT while a run is live; audit stays */

/* content: user {text}; assistant: VigReply as JSON; tools {results: [{call_id, name, text, is_error}]}; notice {text, code}.
 * Messages are a tree: parent_id|null, and alternatives: the ids of those that follow the same one, its own among them. A session's
 * leaf_id is the end of what is shown of it. */

/* Follows what its run said last, else the run's question, else the session's leaf; where that was shown, this is now. */
JsonObject *vig_store_messages_add           (VigDbConnection *db, const char *session_id, const char *run_id, const char *kind,
                                              const char *operator_name, JsonObject *content, GError **error);
/* A person's, after @parent_id; NULL: the first of a branch. It is not shown yet. */
JsonObject *vig_store_messages_add_question  (VigDbConnection *db, const char *session_id, const char *run_id, const char *parent_id,
                                              JsonObject *content, GError **error);
JsonObject *vig_store_messages_get           (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_messages_get_own       (VigDbConnection *db, const char *user_id, const char *id, GError **error);
/* What is shown. The newest page first, each page oldest first; `after` goes back in time. */
JsonObject *vig_store_messages_list          (VigDbConnection *db, const char *session_id, const VigPage *page, GError **error);
/* The last @limit messages of the branch that ends with @end_id (NULL: none), oldest first. */
JsonArray  *vig_store_messages_path          (VigDbConnection *db, const char *session_id, const char *end_id, guint limit, GError **error);
/* The ids of all that is shown, oldest first. */
JsonArray  *vig_store_messages_path_ids      (VigDbConnection *db, const char *session_id, GError **error);
/* Of every branch, in the order they came: those after *after, which goes on to the last of them. */
JsonArray  *vig_store_messages_since         (VigDbConnection *db, const char *session_id, gint64 *after, guint limit, GError **error);
/* Its question first, even where that was asked by an earlier run. */
JsonArray  *vig_store_messages_of_run        (VigDbConnection *db, const char *run_id, GError **error);
/* The person's message that @id came of, or is. */
JsonObject *vig_store_messages_find_question (VigDbConnection *db, const char *id, GError **error);
/* Before the messages of a session (NULL: of all of the user's) go: a search no longer finds them. */
gboolean    vig_store_messages_forget_words  (VigDbConnection *db, const char *user_id, const char *session_id, GError **error);
gboolean    vig_store_messages_show          (VigDbConnection *db, const char *session_id, const char *leaf_id, GError **error);
/* Shows the branch through @message_id that was written to last. */
gboolean    vig_store_messages_show_branch   (VigDbConnection *db, const char *session_id, const char *message_id, GError **error);
JsonObject *vig_store_messages_list_run      (VigDbConnection *db, const char *run_id, const VigPage *page, GError **error); /* oldest first, its question too */

G_END_DECLS
