/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-proof-web.h"

#include "vig-store-users.h"

gboolean
vig_proof_require (VigDbConnection *db, VigRequest *request, GError **error)
{
  gint64 now = vig_time_now ();
  gint64 proved = vig_store_logins_get_proved (db, vig_request_get_login (request)->id, error);

  if (proved < 0)
    return FALSE;
  if (proved > 0 && proved <= now && now - proved <= VIG_PROOF_MINUTES * 60 * G_USEC_PER_SEC)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_PROOF_NEEDED, "show again that it is you: by your second factor, or else your password");

  return FALSE;
}
