/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* People (schema User: id, name, role, disabled, created_at), their logins (browser sessions) and API tokens. Tokens and
 * cookies are stored as SHA-256 only. */
JsonObject *vig_store_users_create_owner  (VigDbConnection *db, const char *name, const char *record, GError **error); /* CONFLICT: there is one */
JsonObject *vig_store_users_get_owner     (VigDbConnection *db, GError **error);                                       /* NULL without error: nobody has set this up */
gint64      vig_store_users_count         (VigDbConnection *db, GError **error);                                       /* -1: error */
JsonObject *vig_store_users_get           (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_users_find          (VigDbConnection *db, const char *name, char **record, GError **error);      /* NULL without error: none */
gboolean    vig_store_users_set_record    (VigDbConnection *db, const char *id, const char *record, GError **error);

/* @token: the cookie's value in clear; lifetime in seconds. */
gboolean    vig_store_logins_create       (VigDbConnection *db, const char *user_id, const char *token, gint64 lifetime, const char *address,
                                           const char *user_agent, GError **error);
JsonObject *vig_store_logins_find_user    (VigDbConnection *db, const char *token, GError **error);                    /* NULL without error: none, expired or disabled */
gboolean    vig_store_logins_end          (VigDbConnection *db, const char *token, GError **error);
gboolean    vig_store_logins_end_all      (VigDbConnection *db, const char *user_id, const char *but_token, GError **error);

/* API tokens (schema ApiToken: id, name, created_at, expires_at, last_used_at). */
JsonObject *vig_store_tokens_create       (VigDbConnection *db, const char *user_id, const char *name, const char *token, gint64 expires_at, GError **error);
JsonObject *vig_store_tokens_find_user    (VigDbConnection *db, const char *token, GError **error);
gboolean    vig_store_tokens_touch        (VigDbConnection *db, const char *token, GError **error);                    /* last_used_at, once a minute: a write */
JsonObject *vig_store_tokens_list         (VigDbConnection *db, const char *user_id, const VigPage *page, GError **error);
gboolean    vig_store_tokens_delete       (VigDbConnection *db, const char *user_id, const char *id, GError **error);

G_END_DECLS
