/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What calls did to files, to be undone (schema Change: id, call_id|null, undoes|null, run_id, session_id, operator_name, user_name, tool,
 * state kept|undone|expired, created_at, undone_at|null, undone_by|null, undone_as|null, files [{path, before_kind, before_sha256|null,
 * before_size, before_mode, before_uid, before_gid, before_target|null, after_kind, after_sha256|null}]). */

/* The change of the call that is named in @values (call_id, undoes, run_id, session_id, operator_name, user_name, tool), made if need be. */
JsonObject *vig_store_changes_ensure   (VigDbConnection *db, JsonObject *values, GError **error);
/* Where the path is there already, what was there first stays, and only what comes after is new. */
gboolean    vig_store_changes_add_file (VigDbConnection *db, const char *id, JsonObject *file, GError **error);
JsonObject *vig_store_changes_get      (VigDbConnection *db, const char *id, GError **error);
/* Newest first; @call_id and @run_id may be NULL. */
JsonObject *vig_store_changes_list     (VigDbConnection *db, const char *call_id, const char *run_id, const VigPage *page, GError **error);
/* From kept to undone, once: CONFLICT otherwise. */
JsonObject *vig_store_changes_undone   (VigDbConnection *db, const char *id, const char *user_name, const char *undone_as, GError **error);

/* Lets go of what is older than @oldest (UTC microseconds), and of the oldest beyond @max_bytes. Answers the SHA-256 of what nothing needs any more. */
JsonArray  *vig_store_changes_expire   (VigDbConnection *db, gint64 oldest, gint64 max_bytes, GError **error);
GHashTable *vig_store_changes_needed   (VigDbConnection *db, GError **error); /* the SHA-256 of all that is */

G_END_DECLS
