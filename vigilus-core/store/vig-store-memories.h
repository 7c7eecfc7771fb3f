/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

#define VIG_MEMORY_MAX_TEXT     1000 /* characters */
#define VIG_MEMORY_MAX_ACCEPTED 500  /* of each scope: of everyone, of one person, of one Operator */
#define VIG_MEMORY_MAX_PROPOSED 50   /* of one Operator, that nobody has decided yet */

/* Memories (schema Memory: id, text, scope everyone|person|operator, user_id|null, operator_id|null, operator_name|null, status
 * proposed|accepted|rejected, source person|operator, source_name, reason|null, session_id|null, run_id|null, call_id|null, is_tainted: the conversation
 * had read what nobody vouches for, decided_by|null, created_at, updated_at, decided_at|null, expires_at|null). */

/* Of everyone, of Operators and of @user_id; each filter may be NULL. Newest first; expired ones too. */
JsonObject *vig_store_memories_list     (VigDbConnection *db, const char *user_id, const char *status, const char *scope, const char *operator_id,
                                         const VigPage *page, GError **error);
/* NOT_FOUND also where it is another person's own. */
JsonObject *vig_store_memories_get      (VigDbConnection *db, const char *user_id, const char *id, GError **error);
/* @values: text, scope, user_id, operator_id, expires_at, and who: status, source, source_name, reason, session_id, run_id, call_id, is_tainted, decided_by.
 * CONFLICT: over the limits above. A second one of the same call is the first. */
JsonObject *vig_store_memories_create   (VigDbConnection *db, JsonObject *values, GError **error);
/* @changes: text, scope, user_id, operator_id, expires_at, status, decided_by. */
JsonObject *vig_store_memories_update   (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);
gboolean    vig_store_memories_delete   (VigDbConnection *db, const char *id, GError **error);
/* What @operator_id is told when @user_id asks: accepted and not expired; newest first, at most 200. */
JsonArray  *vig_store_memories_for      (VigDbConnection *db, const char *user_id, const char *operator_id, GError **error);

G_END_DECLS
