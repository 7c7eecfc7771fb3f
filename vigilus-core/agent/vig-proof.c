/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-proof.h"

#include "vig-store-settings.h"
#include "vig-store-users.h"

#include <vigilus/vigilus.h>

#define MINUTE (60 * G_USEC_PER_SEC)

/* TRUE where the settings ask for a second factor before calls of @level are approved. */
static gboolean
is_asked (JsonObject *settings, const char *level)
{
  const char *wanted = vig_json_get_string (settings, "second_factor_approvals", "never");

  if (g_str_equal (level, "elevate"))
    return !g_str_equal (wanted, "never");

  return g_str_equal (level, "exec") && g_str_equal (wanted, "exec");
}

gboolean
vig_proof_check_approval (VigDbConnection *db, const char *login_id, const char *level, gint64 now, GError **error)
{
  g_autoptr (JsonObject) settings = vig_store_settings_get (db, error);
  g_autoptr (GError) failure = NULL;
  gint64 minutes, proved;

  if (settings == NULL)
    return FALSE;
  if (!is_asked (settings, level))
    return TRUE;
  if (login_id == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "approving %s needs a second factor, which only somebody signed in to the dashboard can show", level);
      return FALSE;
    }

  if (!vig_store_logins_has_second_factor (db, login_id, &failure))
    {
      if (failure != NULL)
        g_propagate_error (error, g_steal_pointer (&failure));
      else
        g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "approving %s needs a second factor: set one up under Settings, Account", level);
      return FALSE;
    }

  minutes = vig_json_get_int (settings, "second_factor_minutes", 5);
  proved = vig_store_logins_get_proved (db, login_id, error);
  if (proved < 0)
    return FALSE;
  if (proved > 0 && proved <= now && now - proved <= minutes * MINUTE)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_PROOF_NEEDED, "approving %s needs your second factor: show it again, and approve within %d min", level, (int) minutes);

  return FALSE;
}
