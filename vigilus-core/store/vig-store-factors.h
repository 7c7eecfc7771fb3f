/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Second factors of people (schema SecondFactor: id, kind totp|passkey, name, rp_id|null, created_at, last_used_at|null), recovery codes,
 * and what was asked of a browser and waits for its answer. */
#define VIG_STORE_FACTORS_MAX 10 /* per person */

/* Wrong codes until codes wait, and how long at most: guessing costs weeks, whoever has lost their phone has recovery codes and passkeys. */
#define VIG_STORE_CODES_FREE 10
#define VIG_STORE_CODES_WAIT 3600 /* seconds */

JsonArray  *vig_store_factors_list         (VigDbConnection *db, const char *user_id, GError **error);
gint64      vig_store_factors_count        (VigDbConnection *db, const char *user_id, GError **error); /* -1: error */
JsonObject *vig_store_factors_add_totp     (VigDbConnection *db, const char *user_id, const char *name, const char *sealed, gint64 step, GError **error);
JsonObject *vig_store_factors_add_passkey  (VigDbConnection *db, const char *user_id, const char *name, const char *credential_id, const char *public_key,
                                            const char *rp_id, gint64 counter, GError **error);
/* {id, sealed_secret, last_step}; NULL without error: none. */
JsonObject *vig_store_factors_find_totp    (VigDbConnection *db, const char *user_id, GError **error);
/* {id, public_key, rp_id, counter}; NULL without error: none. */
JsonObject *vig_store_factors_find_passkey (VigDbConnection *db, const char *user_id, const char *credential_id, GError **error);
JsonArray  *vig_store_factors_passkeys     (VigDbConnection *db, const char *user_id, const char *rp_id, GError **error); /* credential ids */
gboolean    vig_store_factors_used         (VigDbConnection *db, const char *id, gint64 step, gint64 counter, GError **error);
/* With the last one go the recovery codes. */
gboolean    vig_store_factors_remove       (VigDbConnection *db, const char *user_id, const char *id, GError **error);
gboolean    vig_store_factors_remove_all   (VigDbConnection *db, const char *user_id, GError **error);

/* Codes are kept as SHA-256: 80 random bits each. */
gboolean    vig_store_recovery_set         (VigDbConnection *db, const char *user_id, JsonArray *codes, GError **error);
gint64      vig_store_recovery_left        (VigDbConnection *db, const char *user_id, GError **error); /* -1: error */
gboolean    vig_store_recovery_use         (VigDbConnection *db, const char *user_id, const char *code, GError **error); /* FALSE without error: none of theirs, or used */

/* Seconds until a one-time code is looked at again; 0: now; -1: error. */
gint64      vig_store_codes_wait           (VigDbConnection *db, const char *user_id, GError **error);
gboolean    vig_store_codes_count          (VigDbConnection *db, const char *user_id, gboolean right, GError **error);

/* @ticket: in clear, stored as SHA-256. */
gboolean    vig_store_challenges_create    (VigDbConnection *db, const char *ticket, const char *purpose, const char *user_id, const char *login_id,
                                            const char *challenge, const char *secret, gint64 expires_at, GError **error);
/* {user_id, login_id, challenge, secret, attempts}; counts an attempt. NULL without error: none, expired or tried too often. */
JsonObject *vig_store_challenges_try       (VigDbConnection *db, const char *ticket, const char *purpose, GError **error);
/* The same without counting. */
JsonObject *vig_store_challenges_find      (VigDbConnection *db, const char *ticket, const char *purpose, GError **error);
gboolean    vig_store_challenges_end       (VigDbConnection *db, const char *ticket, GError **error);

G_END_DECLS
