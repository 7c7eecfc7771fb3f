/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-proof-web.h"
#include "vig-second-factor.h"
#include "vig-store-factors.h"
#include "vig-store-users.h"
#include "vig-totp.h"
#include "vig-webauthn.h"

#include <string.h>

static const char *
get_user_id (VigRequest *request)
{
  return vig_request_get_caller (request)->user_id;
}

static gint64
get_expiry (void)
{
  return vig_time_now () + VIG_TICKET_MINUTES * 60 * G_USEC_PER_SEC;
}

static JsonNode *
read_factors (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_auto (VigSite) site = { 0 };
  JsonArray *items = vig_store_factors_list (db, get_user_id (request), error);
  gint64 left = items != NULL ? vig_store_recovery_left (db, get_user_id (request), error) : -1;

  vig_site_init (&site, request);
  if (left < 0)
    {
      g_clear_pointer (&items, json_array_unref);
      return NULL;
    }

  return vig_json_pack ("{s:A,s:I,s:{s:b,s:s}}", "items", items, "recovery_codes_left", left, "passkeys", "available", site.reason == NULL, "reason",
                        site.reason);
}

/* Not remembered: whether passkeys are available depends on the address that the browser used. */
static void
list_factors (VigRequest *request)
{
  vig_web_run_read (request, read_factors);
}

static JsonNode *
start_totp (VigDbConnection *db, VigRequest *request, GError **error)
{
  const VigCaller *caller = vig_request_get_caller (request);
  g_autofree char *ticket = vig_token_new ("");
  g_autofree char *secret = vig_totp_new_secret ();
  g_autofree char *uri = vig_totp_make_uri ("Vigilus", caller->user_name, secret);
  g_autofree char *sealed = NULL;
  g_autoptr (JsonObject) present = NULL;

  if (!vig_proof_require (db, request, error))
    return NULL;
  present = vig_store_factors_find_totp (db, caller->user_id, error);
  if (present != NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "there is an authenticator app already: remove it first");
      return NULL;
    }

  sealed = vig_vault_seal (vig_request_get_web (request)->context.agent->vault, secret, error);
  if (sealed == NULL || !vig_store_challenges_create (db, ticket, "totp", caller->user_id, caller->login_id, "", sealed, get_expiry (), error))
    return NULL;

  return vig_json_pack ("{s:s,s:s,s:s}", "ticket", ticket, "secret", secret, "uri", uri);
}

/* What was asked of this very sign-in. */
static JsonObject *
find_challenge (VigDbConnection *db, VigRequest *request, const char *purpose, GError **error)
{
  const char *ticket = vig_json_get_string (vig_request_get_body (request), "ticket", "");
  GError *failure = NULL;
  g_autoptr (JsonObject) challenge = vig_store_challenges_find (db, ticket, purpose, &failure);

  if (failure != NULL)
    g_propagate_error (error, failure);
  else if (challenge == NULL || g_strcmp0 (vig_json_get_string (challenge, "login_id", NULL), vig_request_get_login (request)->id) != 0)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this took too long: begin again");
  else
    return g_steal_pointer (&challenge);

  return NULL;
}

/* @factor (transfer full) is stored. With the first one come recovery codes. */
static JsonNode *
finish_add (VigDbConnection *db, VigRequest *request, JsonObject *added, GError **error)
{
  g_autoptr (JsonObject) factor = added;
  const char *ticket = vig_json_get_string (vig_request_get_body (request), "ticket", "");
  g_autoptr (JsonArray) codes = NULL;
  gint64 count;

  if (factor == NULL || !vig_store_challenges_end (db, ticket, error)
      || !vig_store_logins_set_proved (db, vig_request_get_login (request)->id, vig_time_now (), error))
    return NULL;
  count = vig_store_factors_count (db, get_user_id (request), error);
  if (count == 1)
    codes = vig_second_factor_new_codes (db, get_user_id (request), error);
  if (count < 0 || (count == 1 && codes == NULL)
      || !vig_web_audit (db, request, "second_factor.added", vig_json_pack_object ("{s:J}", "factor", factor), error))
    return NULL;

  return vig_json_pack ("{s:J,s:A?}", "factor", factor, "recovery_codes", g_steal_pointer (&codes));
}

static JsonNode *
confirm_totp (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  g_autoptr (JsonObject) challenge = find_challenge (db, request, "totp", error);
  const char *sealed = vig_json_get_string (challenge, "secret", "");
  g_autofree char *text = NULL;
  g_autoptr (GBytes) secret = NULL;
  gint64 step = 0;

  if (challenge == NULL)
    return NULL;
  text = vig_vault_open (vig_request_get_web (request)->context.agent->vault, sealed, error);
  secret = text != NULL ? vig_base32_decode (text) : NULL;
  if (secret == NULL)
    return NULL;
  if (!vig_totp_verify (secret, vig_json_get_string (body, "code", ""), vig_time_now () / G_USEC_PER_SEC, &step))
    {
      vig_request_blame (request, "code", error, "/code: this is not the code of now; is the app's clock right?");
      return NULL;
    }

  return finish_add (db, request, vig_store_factors_add_totp (db, get_user_id (request), vig_json_get_string (body, "name", ""), sealed, step, error), error);
}

static JsonNode *
start_passkey (VigDbConnection *db, VigRequest *request, GError **error)
{
  const VigCaller *caller = vig_request_get_caller (request);
  g_auto (VigSite) site = { 0 };
  g_autofree char *ticket = vig_token_new ("");
  g_autofree char *challenge = vig_token_new ("");
  g_autofree char *handle = vig_base64url_encode ((const guint8 *) caller->user_id, strlen (caller->user_id));
  JsonArray *present;

  vig_site_init (&site, request);
  if (site.rp_id == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, site.reason);
      return NULL;
    }
  if (!vig_proof_require (db, request, error))
    return NULL;
  present = vig_store_factors_passkeys (db, caller->user_id, site.rp_id, error);
  if (present == NULL)
    return NULL;
  if (!vig_store_challenges_create (db, ticket, "passkey", caller->user_id, caller->login_id, challenge, NULL, get_expiry (), error))
    {
      json_array_unref (present);
      return NULL;
    }

  return vig_json_pack ("{s:s,s:s,s:s,s:s,s:s,s:A,s:[i,i,i]}", "ticket", ticket, "challenge", challenge, "rp_id", site.rp_id, "user_handle", handle,
                        "user_name", caller->user_name, "exclude", present, "algorithms", VIG_COSE_EDDSA, VIG_COSE_ES256, VIG_COSE_RS256);
}

static JsonObject *
store_passkey (VigDbConnection *db, VigRequest *request, const VigSite *site, const VigWebauthnCredential *credential, GError **error)
{
  g_autofree char *id = vig_base64url_encode (g_bytes_get_data (credential->id, NULL), g_bytes_get_size (credential->id));
  g_autofree char *key = vig_base64url_encode (g_bytes_get_data (credential->key, NULL), g_bytes_get_size (credential->key));

  return vig_store_factors_add_passkey (db, get_user_id (request), vig_json_get_string (vig_request_get_body (request), "name", ""), id, key, site->rp_id,
                                        credential->counter, error);
}

static JsonNode *
confirm_passkey (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  g_auto (VigSite) site = { 0 };
  g_auto (VigWebauthnCredential) credential = { 0 };
  g_autoptr (JsonObject) challenge = find_challenge (db, request, "passkey", error);
  g_autoptr (GBytes) client_data = vig_base64url_decode (vig_json_get_string (body, "client_data", ""));
  g_autoptr (GBytes) attestation = vig_base64url_decode (vig_json_get_string (body, "attestation", ""));
  VigWebauthnExpected expected;

  vig_site_init (&site, request);
  if (challenge == NULL)
    return NULL;
  if (site.rp_id == NULL || client_data == NULL || attestation == NULL)
    {
      vig_request_blame (request, client_data == NULL ? "client_data" : "attestation", error, "%s",
                         site.reason != NULL ? site.reason : "client_data and attestation are base64url, without padding");
      return NULL;
    }

  expected = (VigWebauthnExpected) { site.rp_id, site.origin, NULL, vig_json_get_string (challenge, "challenge", ""), FALSE };
  if (!vig_webauthn_register (&expected, client_data, attestation, &credential, error))
    return NULL;

  return finish_add (db, request, store_passkey (db, request, &site, &credential, error), error);
}

static JsonNode *
remove_factor (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *id = vig_request_get_id (request);

  if (vig_proof_require (db, request, error) && vig_store_factors_remove (db, get_user_id (request), id, error))
    vig_web_audit (db, request, "second_factor.removed", vig_json_pack_object ("{s:s}", "id", id), error);

  return NULL;
}

static JsonNode *
renew_codes (VigDbConnection *db, VigRequest *request, GError **error)
{
  gint64 count = vig_proof_require (db, request, error) ? vig_store_factors_count (db, get_user_id (request), error) : -1;
  g_autoptr (JsonArray) codes = NULL;

  if (count == 0)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "recovery codes are for who has a second factor: set one up first");
  if (count <= 0)
    return NULL;

  codes = vig_second_factor_new_codes (db, get_user_id (request), error);
  if (codes == NULL || !vig_web_audit (db, request, "second_factor.codes_renewed", NULL, error))
    return NULL;

  return vig_json_pack ("{s:A}", "recovery_codes", g_steal_pointer (&codes));
}

const VigRoute VIG_ROUTES_SECOND_FACTORS[] = {
  { "listSecondFactors", .handle = list_factors },
  { "startTotp", .write = start_totp },
  { "confirmTotp", .write = confirm_totp },
  { "startPasskey", .write = start_passkey },
  { "confirmPasskey", .write = confirm_passkey },
  { "removeSecondFactor", .write = remove_factor },
  { "renewRecoveryCodes", .write = renew_codes },
  { NULL },
};
