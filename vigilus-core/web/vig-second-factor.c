/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-second-factor.h"

#include "vig-store-factors.h"
#include "vig-totp.h"
#include "vig-webauthn.h"

#include <string.h>

#define RECOVERY_CODES 10

void
vig_site_init (VigSite *site, VigRequest *request)
{
  const char *header = vig_request_get_header (request, "Host");
  g_autofree char *host = vig_host_parse (header);
  gboolean https = vig_request_get_peer (request)->https;

  memset (site, 0, sizeof *site);
  if (host == NULL || g_hostname_is_ip_address (host))
    site->reason = "passkeys need a host name: open the dashboard by a name instead of an address";
  else if (!https && !g_str_equal (host, "localhost"))
    site->reason = "passkeys need HTTPS (or localhost)";
  if (site->reason != NULL)
    return;

  site->origin = g_strdup_printf ("%s://%s", https ? "https" : "http", header);
  for (char *at = site->origin; *at != '\0'; at++)
    *at = g_ascii_tolower (*at);
  site->rp_id = g_steal_pointer (&host);
}

void
vig_site_clear (VigSite *site)
{
  g_free (site->rp_id);
  g_free (site->origin);
}

static JsonArray *
list_methods (VigDbConnection *db, const char *user_id, JsonArray *passkeys, GError **error)
{
  g_autoptr (JsonArray) methods = json_array_new ();
  g_autoptr (GError) failure = NULL;
  g_autoptr (JsonObject) totp = vig_store_factors_find_totp (db, user_id, &failure);
  gint64 factors = failure == NULL ? vig_store_factors_count (db, user_id, &failure) : -1;
  gint64 left = factors >= 0 ? vig_store_recovery_left (db, user_id, &failure) : -1;

  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }

  if (passkeys != NULL && json_array_get_length (passkeys) > 0)
    json_array_add_string_element (methods, "passkey");
  if (totp != NULL)
    json_array_add_string_element (methods, "totp");
  if (factors > 0 && left > 0)
    json_array_add_string_element (methods, "recovery_code");
  if (factors == 0)
    json_array_add_string_element (methods, "password");

  return g_steal_pointer (&methods);
}

JsonNode *
vig_second_factor_ask (VigDbConnection *db, VigRequest *request, const char *purpose, const char *user_id, const char *login_id, GError **error)
{
  g_auto (VigSite) site = { 0 };
  g_autofree char *ticket = vig_token_new ("");
  g_autofree char *challenge = vig_token_new ("");
  gint64 expires = vig_time_now () + VIG_TICKET_MINUTES * 60 * G_USEC_PER_SEC;
  g_autofree char *expires_text = vig_time_to_iso (expires);
  g_autoptr (JsonArray) passkeys = NULL;
  g_autoptr (JsonArray) methods = NULL;
  g_autoptr (JsonObject) passkey = NULL;

  vig_site_init (&site, request);
  if (site.rp_id != NULL)
    {
      passkeys = vig_store_factors_passkeys (db, user_id, site.rp_id, error);
      if (passkeys == NULL)
        return NULL;
    }
  methods = list_methods (db, user_id, passkeys, error);
  if (methods == NULL || !vig_store_challenges_create (db, ticket, purpose, user_id, login_id, challenge, NULL, expires, error))
    return NULL;

  if (passkeys != NULL && json_array_get_length (passkeys) > 0)
    passkey = vig_json_pack_object ("{s:s,s:s,s:A}", "challenge", challenge, "rp_id", site.rp_id, "credentials", g_steal_pointer (&passkeys));

  return vig_json_pack ("{s:s,s:A,s:s,s:J}", "ticket", ticket, "methods", g_steal_pointer (&methods), "expires_at", expires_text, "passkey", passkey);
}

static gboolean
check_code (VigDbConnection *db, VigRequest *request, const char *user_id, const char *code, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (JsonObject) totp = vig_store_factors_find_totp (db, user_id, &failure);
  gint64 wait = failure == NULL ? vig_store_codes_wait (db, user_id, &failure) : -1;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) secret = NULL;
  gint64 step = vig_json_get_int (totp, "last_step", 0);
  gboolean right;

  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (wait > 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_RATE_LIMITED, "too many wrong codes; try again in %d s, or use a recovery code or a passkey", (int) wait);
      return FALSE;
    }
  if (totp == NULL)
    return FALSE;

  text = vig_vault_open (vig_request_get_web (request)->context.agent->vault, vig_json_get_string (totp, "sealed_secret", ""), error);
  secret = text != NULL ? vig_base32_decode (text) : NULL;
  if (secret == NULL)
    {
      g_prefix_error (error, "codes cannot be checked; use a recovery code or a passkey: ");
      return FALSE;
    }

  right = vig_totp_verify (secret, code, vig_time_now () / G_USEC_PER_SEC, &step);

  return vig_store_codes_count (db, user_id, right, error) && right
         && vig_store_factors_used (db, vig_json_get_string (totp, "id", ""), step, 0, error);
}

/* As they are shown: groups between dashes, in capitals. */
static gboolean
check_recovery_code (VigDbConnection *db, const char *user_id, const char *sent, GError **error)
{
  g_autoptr (GString) code = g_string_new (NULL);

  for (; *sent != '\0'; sent++)
    if (*sent != ' ' && *sent != '-')
      g_string_append_c (code, g_ascii_toupper (*sent));

  return vig_store_recovery_use (db, user_id, code->str, error);
}

static gboolean
check_passkey (VigDbConnection *db, VigRequest *request, const char *user_id, JsonObject *challenge, JsonObject *answer, char **reason, GError **error)
{
  g_auto (VigSite) site = { 0 };
  g_autoptr (GError) failure = NULL;
  g_autoptr (GBytes) client_data = vig_base64url_decode (vig_json_get_string (answer, "client_data", ""));
  g_autoptr (GBytes) authenticator_data = vig_base64url_decode (vig_json_get_string (answer, "authenticator_data", ""));
  g_autoptr (GBytes) signature = vig_base64url_decode (vig_json_get_string (answer, "signature", ""));
  g_autoptr (JsonObject) passkey = vig_store_factors_find_passkey (db, user_id, vig_json_get_string (answer, "id", ""), &failure);
  g_autoptr (GBytes) key = passkey != NULL ? vig_base64url_decode (vig_json_get_string (passkey, "public_key", "")) : NULL;
  guint32 counter = (guint32) vig_json_get_int (passkey, "counter", 0);
  VigWebauthnExpected expected;

  vig_site_init (&site, request);
  if (failure != NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  else if (site.rp_id == NULL || key == NULL || client_data == NULL || authenticator_data == NULL || signature == NULL)
    *reason = g_strdup (site.rp_id == NULL ? site.reason : "this passkey is not known here");
  if (key == NULL || *reason != NULL || (error != NULL && *error != NULL))
    return FALSE;

  expected = (VigWebauthnExpected) { site.rp_id, site.origin, NULL, vig_json_get_string (challenge, "challenge", ""), FALSE };
  if (!vig_webauthn_assert (&expected, key, client_data, authenticator_data, signature, &counter, &failure))
    {
      *reason = g_strdup (failure->message);
      return FALSE;
    }

  return vig_store_factors_used (db, vig_json_get_string (passkey, "id", ""), 0, counter, error);
}

gboolean
vig_second_factor_check (VigDbConnection *db, VigRequest *request, const char *user_id, JsonObject *challenge, const char **method, char **reason,
                         GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  const char *code = vig_json_get_string (body, "code", NULL);
  const char *recovery_code = vig_json_get_string (body, "recovery_code", NULL);
  JsonObject *passkey = vig_json_get_object (body, "passkey");

  *reason = NULL;
  if ((code != NULL) + (recovery_code != NULL) + (passkey != NULL) != 1)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "send exactly one of code, recovery_code and passkey");
      return FALSE;
    }

  *method = code != NULL ? "totp" : recovery_code != NULL ? "recovery_code" : "passkey";
  if (code != NULL)
    return check_code (db, request, user_id, code, error);
  if (recovery_code != NULL)
    return check_recovery_code (db, user_id, recovery_code, error);
  if (challenge == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "a passkey answers a challenge: send the ticket it came with");
      return FALSE;
    }

  return check_passkey (db, request, user_id, challenge, passkey, reason, error);
}

/* 80 bits in base32: half of a fresh secret. */
static char *
make_code (void)
{
  g_autofree char *secret = vig_totp_new_secret ();

  return g_strndup (secret, 16);
}

JsonArray *
vig_second_factor_new_codes (VigDbConnection *db, const char *user_id, GError **error)
{
  g_autoptr (JsonArray) codes = json_array_new ();
  g_autoptr (JsonArray) shown = json_array_new ();

  for (guint i = 0; i < RECOVERY_CODES; i++)
    {
      g_autofree char *code = make_code ();
      g_autofree char *text = g_strdup_printf ("%.4s-%.4s-%.4s-%.4s", code, code + 4, code + 8, code + 12);

      json_array_add_string_element (codes, code);
      json_array_add_string_element (shown, text);
    }

  return vig_store_recovery_set (db, user_id, codes, error) ? g_steal_pointer (&shown) : NULL;
}
