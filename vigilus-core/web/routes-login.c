/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-device.h"
#include "vig-key-check.h"
#include "vig-second-factor.h"
#include "vig-store-users.h"
#include "vig-web-routes.h"

#include <string.h>

#define WRONG "the name or the password is wrong"

/* Signing in: throttle, find the account, prove the password on a thread, store the login. An unknown name goes the same way
 * and takes the same time. */
typedef struct
{
  char           *account; /* in lower case */
  char           *device;
  VigThrottleKey  key;
  JsonObject     *user;    /* NULL: no such account */
  char           *record;
  VigKeyCheck    *check;
  char           *token;
  gboolean        asked;   /* for the second factor */
} Attempt;

static void
free_attempt (gpointer data)
{
  Attempt *attempt = data;

  g_free (attempt->account);
  g_free (attempt->device);
  g_clear_pointer (&attempt->user, json_object_unref);
  g_free (attempt->record);
  g_clear_pointer (&attempt->check, vig_key_check_free);
  g_free (attempt->token);
  g_free (attempt);
}

static const char *
get_name (VigRequest *request)
{
  return vig_json_get_string (vig_request_get_body (request), "name", "");
}

/* The name of an account that does not exist is not recorded: it may be a password that was typed into the wrong field. */
static gboolean
record_attempt (VigDbConnection *db, VigRequest *request, const char *event, GError **error)
{
  Attempt *attempt = vig_request_get_data (request);
  g_autoptr (JsonObject) detail = vig_json_pack_object ("{s:s,s:b,s:b}", "address", vig_request_get_peer (request)->address, "known_account",
                                                        attempt->user != NULL, "known_device", attempt->device != NULL);
  g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s,s:s,s:J}", "event", event, "user_name", vig_json_get_string (attempt->user, "name", NULL),
                                                        "detail", detail);

  return vig_audit_append (db, vig_request_get_web (request)->context.agent->redactor, record, error);
}

static gpointer
store_failure (VigDbConnection *db, gpointer data, GError **error)
{
  return GINT_TO_POINTER (record_attempt (db, data, "login.failed", error));
}

static void
failure_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    vig_request_fail (request, error);
  else
    vig_request_fail_with (request, VIG_ERROR_UNAUTHENTICATED, WRONG);
}

/* The check took a while: the account may be disabled by now, have another password, or a second factor. */
static gboolean
is_still_right (VigDbConnection *db, Attempt *attempt, GError **error)
{
  JsonObject *user = vig_store_users_find_unchanged (db, vig_json_get_string (attempt->user, "name", ""), attempt->record, error);

  if (user == NULL)
    return FALSE;
  json_object_unref (attempt->user);
  attempt->user = user;

  return !vig_json_get_boolean (user, "disabled", FALSE);
}

/* NULL without error: it is not right any more, which is on record. */
static gpointer
store_success (VigDbConnection *db, gpointer data, GError **error)
{
  Attempt *attempt = vig_request_get_data (data);
  const char *id;
  g_autoptr (GError) failure = NULL;

  if (!is_still_right (db, attempt, &failure))
    {
      if (failure != NULL)
        g_propagate_error (error, g_steal_pointer (&failure));
      else
        record_attempt (db, data, "login.failed", error);
      return NULL;
    }
  id = vig_json_get_string (attempt->user, "id", "");
  if (attempt->check->renewed != NULL && !vig_store_users_set_record (db, id, attempt->check->renewed, error))
    return NULL;
  if (vig_json_get_boolean (attempt->user, "second_factor", FALSE))
    {
      attempt->asked = TRUE;
      return record_attempt (db, data, "login.second_factor_asked", error) ? vig_second_factor_ask (db, data, "login", id, NULL, error) : NULL;
    }
  if (!record_attempt (db, data, "login.succeeded", error))
    return NULL;

  return vig_sign_in_store (db, data, attempt->user, &attempt->token, error);
}

/* The attempt stays counted until the second factor is right too. */
static void
answer_asked (VigRequest *request, JsonNode *node)
{
  g_autoptr (JsonNode) owned = node;
  char *text = vig_json_to_string (owned);
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

  vig_request_respond_bytes (request, 202, "application/json", bytes);
}

static void
success_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  Attempt *attempt = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  JsonNode *answer = vig_db_finish (VIG_DB (source), result, &error);

  if (answer == NULL)
    {
      if (error != NULL)
        vig_request_fail (request, error);
      else
        vig_request_fail_with (request, VIG_ERROR_UNAUTHENTICATED, WRONG);
      return;
    }

  if (attempt->asked)
    {
      answer_asked (request, answer);
      return;
    }
  vig_throttle_succeed (vig_request_get_web (request)->throttle, &attempt->key);
  vig_sign_in_set_cookies (request, attempt->token, attempt->account);
  vig_request_respond (request, answer);
}

static void
checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  Attempt *attempt = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;

  if (!vig_key_check_finish (web, result, &error))
    vig_request_fail (request, error);
  else if (attempt->check->is_right && attempt->user != NULL && !vig_json_get_boolean (attempt->user, "disabled", FALSE))
    vig_db_write_async (web->context.agent->db, store_success, request, NULL, (GDestroyNotify) json_node_unref, NULL, success_stored, vig_request_ref (request));
  else
    vig_db_write_async (web->context.agent->db, store_failure, request, NULL, NULL, NULL, failure_stored, vig_request_ref (request));
}

static gpointer
find_account (VigDbConnection *db, gpointer data, GError **error)
{
  Attempt *attempt = vig_request_get_data (data);
  GError *failure = NULL;

  attempt->user = vig_store_users_find (db, get_name (data), &attempt->record, &failure);
  if (failure == NULL)
    return GINT_TO_POINTER (TRUE);
  g_propagate_error (error, failure);

  return NULL;
}

static void
account_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  Attempt *attempt = vig_request_get_data (request);
  const char *password = vig_json_get_string (vig_request_get_body (request), "password", "");
  g_autoptr (GError) error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) != NULL)
    attempt->check = vig_key_check_new (web, get_name (request), attempt->record, password, NULL, &error);
  if (attempt->check != NULL)
    {
      vig_key_check_async (web, attempt->check, checked, vig_request_ref (request));
      return;
    }

  vig_throttle_give_back (web->throttle, &attempt->key);
  if (error->domain == VIG_ERROR && error->code == VIG_ERROR_RATE_LIMITED)
    vig_sign_in_refuse_for_now (request, 2, "too many people sign in at once");
  else
    vig_request_fail (request, error);
}

static Attempt *
new_attempt (VigRequest *request)
{
  const VigPeer *peer = vig_request_get_peer (request);
  g_autofree char *cookie = vig_cookie_find (vig_request_get_header (request, "Cookie"), VIG_DEVICE_COOKIE);
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->account = g_utf8_strdown (get_name (request), -1);
  attempt->device = vig_device_check (vig_request_get_web (request)->context.agent->vault, attempt->account, cookie);
  attempt->key.address = peer->address;
  attempt->key.account = attempt->account;
  attempt->key.device = attempt->device;
  attempt->key.loopback = peer->loopback && !peer->forwarded;

  return attempt;
}

void
vig_route_login (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  Attempt *attempt = new_attempt (request);
  guint wait = vig_throttle_begin (web->throttle, &attempt->key);

  vig_request_set_data (request, attempt, free_attempt);
  if (wait > 0)
    vig_sign_in_refuse_for_now (request, wait, "too many wrong passwords");
  else
    vig_db_read_async (web->context.agent->db, find_account, request, NULL, NULL, NULL, account_found, vig_request_ref (request));
}
