/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-web.h"

G_BEGIN_DECLS

/* What signing in, proving and setting up second factors have in common. All of it runs in store handlers. */

/* The site as the browser sees it, which passkeys are bound to. */
typedef struct
{
  char       *rp_id;  /* the host name; NULL where passkeys are not available */
  char       *origin;
  const char *reason; /* why not, for people; NULL: they are */
} VigSite;

void        vig_site_init              (VigSite *site, VigRequest *request);
void        vig_site_clear             (VigSite *site);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VigSite, vig_site_clear)

#define VIG_TICKET_MINUTES 5

/* Schema SecondFactorAsked, under a fresh ticket. @purpose: login or prove. */
JsonNode   *vig_second_factor_ask      (VigDbConnection *db, VigRequest *request, const char *purpose, const char *user_id, const char *login_id,
                                        GError **error);

/* Whether the body's code, recovery_code or passkey is right. @challenge: the ticket's, or NULL. *method says which it was; *reason (transfer
 * full) why it is wrong, where that helps. FALSE without error: wrong, and that was counted. INVALID: not exactly one of them. RATE_LIMITED:
 * too many wrong codes. */
gboolean    vig_second_factor_check    (VigDbConnection *db, VigRequest *request, const char *user_id, JsonObject *challenge, const char **method,
                                        char **reason, GError **error);

/* Fresh recovery codes in place of the old ones. */
JsonArray  *vig_second_factor_new_codes (VigDbConnection *db, const char *user_id, GError **error);

G_END_DECLS
