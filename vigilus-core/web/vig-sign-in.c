/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sign-in.h"

#include "vig-device.h"
#include "vig-store-users.h"

#define DEVICE_LIFETIME (365 * 24 * 3600) /* seconds */

JsonNode *
vig_sign_in_describe (JsonObject *user, const char *csrf)
{
  return vig_json_pack ("{s:J,s:s}", "user", user, "csrf_token", csrf);
}

JsonNode *
vig_sign_in_store (VigDbConnection *db, VigRequest *request, JsonObject *user, char **token, GError **error)
{
  g_autofree char *fresh = vig_token_new ("");
  g_autofree char *csrf = vig_csrf_derive (fresh);

  if (!vig_store_logins_create (db, vig_json_get_string (user, "id", ""), fresh, VIG_SESSIONS_LIFETIME, vig_request_get_peer (request)->address,
                                vig_request_get_header (request, "User-Agent"), error))
    return NULL;
  *token = g_steal_pointer (&fresh);

  return vig_sign_in_describe (user, csrf);
}

void
vig_sign_in_set_cookies (VigRequest *request, const char *token, const char *account)
{
  gboolean https = vig_request_get_peer (request)->https;
  g_autofree char *session = vig_cookie_make (VIG_COOKIE, token, "/", VIG_SESSIONS_LIFETIME, https);
  g_autofree char *device = vig_device_make (vig_request_get_web (request)->context.agent->vault, account);
  g_autofree char *device_cookie = device != NULL ? vig_cookie_make (VIG_DEVICE_COOKIE, device, "/api/v1/login", DEVICE_LIFETIME, https) : NULL;

  vig_request_add_header (request, "Set-Cookie", session);
  if (device_cookie != NULL)
    vig_request_add_header (request, "Set-Cookie", device_cookie);
}

void
vig_sign_in_clear_cookie (VigRequest *request)
{
  g_autofree char *cookie = vig_cookie_make (VIG_COOKIE, "", "/", 0, vig_request_get_peer (request)->https);

  vig_request_add_header (request, "Set-Cookie", cookie);
}

void
vig_sign_in_refuse_for_now (VigRequest *request, guint seconds, const char *message)
{
  g_autofree char *text = g_strdup_printf ("%u", seconds);

  vig_request_add_header (request, "Retry-After", text);
  vig_request_add_detail (request, "seconds", json_node_init_int (json_node_alloc (), seconds));
  vig_request_fail_with (request, VIG_ERROR_RATE_LIMITED, "%s; try again in %u s", message, seconds);
}

VigThrottleKey
vig_sign_in_get_throttle_key (VigRequest *request)
{
  const VigLogin *login = vig_request_get_login (request);
  VigThrottleKey key = { .address = vig_request_get_peer (request)->address, .account = login->caller.user_name, .device = login->id };

  return key;
}
