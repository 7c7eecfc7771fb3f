/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-web.h"

G_BEGIN_DECLS

/* What signing in, setting up and changing a password have in common. */

/* For write handlers: stores a login under a fresh token, which is kept as the answer's cookie. Answers the schema Login. */
JsonNode   *vig_sign_in_store      (VigDbConnection *db, VigRequest *request, JsonObject *user, char **token, GError **error);
/* Main thread: the cookies of a browser that is signed in from now on. */
void        vig_sign_in_set_cookies (VigRequest *request, const char *token, const char *account);
void        vig_sign_in_clear_cookie (VigRequest *request);
/* RATE_LIMITED, with Retry-After. */
void        vig_sign_in_refuse_for_now (VigRequest *request, guint seconds, const char *message);
/* For who shows again, within a sign-in, that it is them: each sign-in has a counter of its own, so that strangers who guess hold nobody up. */
VigThrottleKey vig_sign_in_get_throttle_key (VigRequest *request);
JsonNode   *vig_sign_in_describe   (JsonObject *user, const char *csrf);

G_END_DECLS
