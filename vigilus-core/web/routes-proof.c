/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-key-check.h"
#include "vig-second-factor.h"
#include "vig-sign-in.h"
#include "vig-store-factors.h"
#include "vig-store-users.h"
#include "vig-web-routes.h"

/* Proving again who one is, within a sign-in: by a second factor, or by the password where there is none. */
typedef struct
{
  char        *record;
  VigKeyCheck *check; /* NULL: by a second factor */
} Proof;

static void
free_proof (gpointer data)
{
  Proof *proof = data;

  g_free (proof->record);
  g_clear_pointer (&proof->check, vig_key_check_free);
  g_free (proof);
}

static JsonNode *
start_proof (VigDbConnection *db, VigRequest *request, GError **error)
{
  const VigCaller *caller = vig_request_get_caller (request);

  return vig_second_factor_ask (db, request, "prove", caller->user_id, caller->login_id, error);
}

/* Commits also where it is wrong: NULL without error. */
static gpointer
write_proof (VigDbConnection *db, gpointer data, GError **error)
{
  Proof *proof = vig_request_get_data (data);
  VigLogin *login = vig_request_get_login (data);
  const char *ticket = vig_json_get_string (vig_request_get_body (data), "ticket", NULL);
  g_autoptr (JsonObject) challenge = NULL;
  g_autofree char *reason = NULL;
  const char *method = "password";
  gint64 now = vig_time_now ();
  g_autofree char *text = vig_time_to_iso (now);
  GError *failure = NULL;
  gboolean right = proof->check != NULL && proof->check->is_right;

  if (proof->check == NULL)
    {
      if (ticket != NULL)
        challenge = vig_store_challenges_try (db, ticket, "prove", &failure);
      if (challenge != NULL && g_strcmp0 (vig_json_get_string (challenge, "login_id", NULL), login->id) != 0)
        g_clear_pointer (&challenge, json_object_unref);
      if (failure == NULL)
        right = vig_second_factor_check (db, data, login->caller.user_id, challenge, &method, &reason, &failure);
    }
  if (failure == NULL && right && ticket != NULL)
    vig_store_challenges_end (db, ticket, &failure);
  if (failure == NULL && right)
    vig_store_logins_set_proved (db, login->id, now, &failure);
  if (failure == NULL)
    vig_web_audit (db, data, right ? "proof.given" : "proof.failed", vig_json_pack_object ("{s:s,s:s}", "method", method, "reason", reason), &failure);
  if (failure != NULL)
    g_propagate_error (error, failure);

  return failure == NULL && right ? vig_json_pack ("{s:s}", "proved_at", text) : NULL;
}

static void
proof_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigThrottleKey key = vig_sign_in_get_throttle_key (request);
  g_autoptr (GError) error = NULL;
  JsonNode *answer = vig_db_finish (VIG_DB (source), result, &error);

  if (answer != NULL)
    {
      vig_throttle_succeed (vig_request_get_web (request)->throttle, &key);
      vig_request_respond (request, answer);
    }
  else if (error != NULL)
    vig_request_fail (request, error);
  else
    vig_request_fail_with (request, VIG_ERROR_DENIED, "that is not right; nothing was changed");
}

static void
write_now (VigRequest *request)
{
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, write_proof, request, NULL, (GDestroyNotify) json_node_unref, NULL, proof_written,
                      vig_request_ref (request));
}

static void
password_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;

  if (vig_key_check_finish (vig_request_get_web (request), result, &error))
    write_now (request);
  else
    vig_request_fail (request, error);
}

static gpointer
find_record (VigDbConnection *db, gpointer data, GError **error)
{
  Proof *proof = vig_request_get_data (data);

  return vig_store_users_find (db, vig_request_get_caller (data)->user_name, &proof->record, error);
}

static void
record_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  Proof *proof = vig_request_get_data (request);
  const char *password = vig_json_get_string (vig_request_get_body (request), "password", "");
  VigThrottleKey key = vig_sign_in_get_throttle_key (request);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) user = vig_db_finish (VIG_DB (source), result, &error);

  if (user != NULL && vig_json_get_boolean (user, "second_factor", FALSE))
    g_set_error_literal (&error, VIG_ERROR, VIG_ERROR_DENIED, "you have a second factor: the password alone is not enough here");
  else if (user != NULL)
    proof->check = vig_key_check_new (web, vig_request_get_caller (request)->user_name, proof->record, password, NULL, &error);
  if (proof->check != NULL)
    {
      vig_key_check_async (web, proof->check, password_checked, vig_request_ref (request));
      return;
    }

  vig_throttle_give_back (web->throttle, &key);
  if (error != NULL)
    vig_request_fail (request, error);
  else
    vig_request_fail_with (request, VIG_ERROR_NOT_FOUND, "this account does not exist any more");
}

static void
prove (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  JsonObject *body = vig_request_get_body (request);
  Proof *proof = g_new0 (Proof, 1);
  gboolean by_password = json_object_has_member (body, "password");
  VigThrottleKey key;
  guint wait;

  vig_request_set_data (request, proof, free_proof);
  if (by_password && (json_object_has_member (body, "code") || json_object_has_member (body, "recovery_code") || json_object_has_member (body, "passkey")))
    {
      vig_request_fail_with (request, VIG_ERROR_INVALID, "send exactly one of code, recovery_code, passkey and password");
      return;
    }

  key = vig_sign_in_get_throttle_key (request);
  wait = vig_throttle_begin (web->throttle, &key);
  if (wait > 0)
    vig_sign_in_refuse_for_now (request, wait, "too many wrong answers");
  else if (by_password)
    vig_db_read_async (web->context.agent->db, find_record, request, NULL, (GDestroyNotify) json_object_unref, NULL, record_found, vig_request_ref (request));
  else
    write_now (request);
}

const VigRoute VIG_ROUTES_PROOF[] = {
  { "startProof", .write = start_proof },
  { "prove", .handle = prove },
  { NULL },
};
