/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* People (schema User: id, name, role, disabled, invited (no password yet), second_factor, created_at, last_login_at|null), their logins
 * (browser sessions), invitations and API tokens. Tokens and cookies are stored as SHA-256 only. */
#define VIG_STORE_USERS_MAX 200

JsonObject *vig_store_users_create_owner  (VigDbConnection *db, const char *name, const char *record, GError **error); /* CONFLICT: there is one */
JsonObject *vig_store_users_get_owner     (VigDbConnection *db, GError **error);                                       /* NULL without error: nobody has set this up */
gint64      vig_store_users_count         (VigDbConnection *db, GError **error);                                       /* -1: error */
JsonObject *vig_store_users_get           (VigDbConnection *db, const char *id, GError **error);
JsonArray  *vig_store_users_list          (VigDbConnection *db, GError **error);
/* @record: NULL where there is no password yet. NULL without error: none. */
JsonObject *vig_store_users_find          (VigDbConnection *db, const char *name, char **record, GError **error);
/* The same where the password is still that of @record; NULL without error: it is another one, or the account is gone. */
JsonObject *vig_store_users_find_unchanged (VigDbConnection *db, const char *name, const char *record, GError **error);
gboolean    vig_store_users_set_record    (VigDbConnection *db, const char *id, const char *record, GError **error);
JsonObject *vig_store_users_create        (VigDbConnection *db, const char *name, const char *role, GError **error);   /* EXISTS: the name is taken */
JsonObject *vig_store_users_update        (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);  /* name, role, disabled */
gboolean    vig_store_users_delete        (VigDbConnection *db, const char *id, GError **error);                       /* with their chats; CONFLICT: a run is going */
/* Asked again where something is written in the name of somebody who was let in before. DENIED, with @message: they may change nothing any more. */
gboolean    vig_store_users_check_acts    (VigDbConnection *db, const char *id, const char *message, GError **error);
gboolean    vig_store_users_transfer      (VigDbConnection *db, const char *from, const char *to, GError **error);

/* Links that let somebody choose a password, once. {user_id, name, role, expires_at}. */
gboolean    vig_store_invitations_create  (VigDbConnection *db, const char *user_id, const char *token, gint64 expires_at, GError **error);
JsonObject *vig_store_invitations_find    (VigDbConnection *db, const char *token, GError **error);                    /* NULL without error: none, used or expired */
gboolean    vig_store_invitations_end     (VigDbConnection *db, const char *user_id, GError **error);

/* @token: the cookie's value in clear; lifetime in seconds. */
gboolean    vig_store_logins_create       (VigDbConnection *db, const char *user_id, const char *token, gint64 lifetime, const char *address,
                                           const char *user_agent, GError **error);
/* {id, user, untouched: for a minute}. NULL without error: none, expired or disabled. */
JsonObject *vig_store_logins_find         (VigDbConnection *db, const char *token, GError **error);
gboolean    vig_store_logins_touch        (VigDbConnection *db, const char *token, GError **error);
JsonArray  *vig_store_logins_list         (VigDbConnection *db, const char *user_id, const char *current, GError **error); /* schema SignIn */
gboolean    vig_store_logins_end          (VigDbConnection *db, const char *token, GError **error);
gboolean    vig_store_logins_end_one      (VigDbConnection *db, const char *user_id, const char *id, GError **error);
gboolean    vig_store_logins_end_all      (VigDbConnection *db, const char *user_id, const char *but_token, GError **error);
/* When its person last proved to be there; 0: never, or it has ended. -1: error. */
gint64      vig_store_logins_get_proved   (VigDbConnection *db, const char *id, GError **error);
gboolean    vig_store_logins_has_second_factor (VigDbConnection *db, const char *id, GError **error);                   /* its person; FALSE on error too */
gboolean    vig_store_logins_set_proved   (VigDbConnection *db, const char *id, gint64 at, GError **error);

/* API tokens (schema ApiToken: id, name, role, read_only, groups|null, created_at, expires_at, last_used_at|null). */
JsonObject *vig_store_tokens_create       (VigDbConnection *db, const char *user_id, JsonObject *values, const char *token, gint64 expires_at, GError **error);
JsonObject *vig_store_tokens_find         (VigDbConnection *db, const char *token, GError **error);                    /* {id, user, role, read_only, groups, untouched} */
gboolean    vig_store_tokens_touch        (VigDbConnection *db, const char *token, GError **error);                    /* last_used_at, once a minute: a write */
JsonObject *vig_store_tokens_list         (VigDbConnection *db, const char *user_id, const VigPage *page, GError **error);
gboolean    vig_store_tokens_delete       (VigDbConnection *db, const char *user_id, const char *id, GError **error);
JsonArray  *vig_store_tokens_delete_all   (VigDbConnection *db, const char *user_id, GError **error);                  /* those that were there */

G_END_DECLS
