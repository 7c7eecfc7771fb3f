/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit.h"
#include "vig-device.h"
#include "vig-second-factor.h"
#include "vig-store-factors.h"
#include "vig-store-users.h"
#include "vig-web-routes.h"

/* The second step of signing in: the ticket says whose password was right. A wrong answer counts as a wrong password does. */
typedef struct
{
  JsonObject     *user;
  char           *account; /* in lower case */
  char           *device;
  VigThrottleKey  key;
  char           *token;
} Step;

static void
free_step (gpointer data)
{
  Step *step = data;

  g_clear_pointer (&step->user, json_object_unref);
  g_free (step->account);
  g_free (step->device);
  g_free (step->token);
  g_free (step);
}

static const char *
get_ticket (VigRequest *request)
{
  return vig_json_get_string (vig_request_get_body (request), "ticket", "");
}

static gboolean
record (VigDbConnection *db, VigRequest *request, const char *event, const char *method, const char *reason, GError **error)
{
  Step *step = vig_request_get_data (request);
  g_autoptr (JsonObject) entry = vig_json_pack_object ("{s:s,s:s,s:{s:s,s:b,s:s,s:s}}", "event", event, "user_name",
                                                       vig_json_get_string (step->user, "name", NULL), "detail", "address",
                                                       vig_request_get_peer (request)->address, "known_device", step->device != NULL, "second_factor", method,
                                                       "reason", reason);

  return vig_audit_append (db, vig_request_get_web (request)->context.agent->redactor, entry, error);
}

/* Commits also where it is wrong: NULL without error. */
static gpointer
write_step (VigDbConnection *db, gpointer data, GError **error)
{
  Step *step = vig_request_get_data (data);
  const char *id = vig_json_get_string (step->user, "id", "");
  g_autofree char *reason = NULL;
  const char *method = NULL;
  GError *failure = NULL;
  g_autoptr (JsonObject) challenge = vig_store_challenges_try (db, get_ticket (data), "login", &failure);
  gboolean right = challenge != NULL && vig_second_factor_check (db, data, id, challenge, &method, &reason, &failure);

  if (failure == NULL && !right)
    record (db, data, "login.failed", method, reason, &failure);
  if (failure != NULL)
    g_propagate_error (error, failure);
  if (failure != NULL || !right)
    return NULL;

  if (!vig_store_challenges_end (db, get_ticket (data), error) || !record (db, data, "login.succeeded", method, NULL, error))
    return NULL;

  return vig_sign_in_store (db, data, step->user, &step->token, error);
}

static void
step_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  Step *step = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  JsonNode *answer = vig_db_finish (VIG_DB (source), result, &error);

  if (answer == NULL)
    {
      if (error != NULL)
        vig_request_fail (request, error);
      else
        vig_request_fail_with (request, VIG_ERROR_UNAUTHENTICATED, "the second factor is not right");
      return;
    }

  vig_throttle_succeed (vig_request_get_web (request)->throttle, &step->key);
  vig_sign_in_set_cookies (request, step->token, step->account);
  vig_request_respond (request, answer);
}

static gpointer
find_user (VigDbConnection *db, gpointer data, GError **error)
{
  GError *failure = NULL;
  g_autoptr (JsonObject) challenge = vig_store_challenges_find (db, get_ticket (data), "login", &failure);
  g_autoptr (JsonObject) user = challenge != NULL ? vig_store_users_get (db, vig_json_get_string (challenge, "user_id", ""), &failure) : NULL;

  if (failure != NULL)
    g_propagate_error (error, failure);
  else if (user == NULL || vig_json_get_boolean (user, "disabled", FALSE))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_UNAUTHENTICATED, "this took too long, or too many tries: begin again with the password");
  else
    return g_steal_pointer (&user);

  return NULL;
}

static void
set_key (VigRequest *request, Step *step)
{
  const VigPeer *peer = vig_request_get_peer (request);
  g_autofree char *cookie = vig_cookie_find (vig_request_get_header (request, "Cookie"), VIG_DEVICE_COOKIE);

  step->account = g_utf8_strdown (vig_json_get_string (step->user, "name", ""), -1);
  step->device = vig_device_check (vig_request_get_web (request)->context.agent->vault, step->account, cookie);
  step->key = (VigThrottleKey) { peer->address, step->account, step->device, peer->loopback && !peer->forwarded };
}

static void
user_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  Step *step = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  guint wait;

  step->user = vig_db_finish (VIG_DB (source), result, &error);
  if (step->user == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  set_key (request, step);
  wait = vig_throttle_begin (web->throttle, &step->key);
  if (wait > 0)
    vig_sign_in_refuse_for_now (request, wait, "too many wrong answers");
  else
    vig_db_write_async (web->context.agent->db, write_step, request, NULL, (GDestroyNotify) json_node_unref, NULL, step_written, vig_request_ref (request));
}

void
vig_route_login_second (VigRequest *request)
{
  vig_request_set_data (request, g_new0 (Step, 1), free_step);
  vig_db_read_async (vig_request_get_web (request)->context.agent->db, find_user, request, NULL, (GDestroyNotify) json_object_unref, NULL, user_found,
                     vig_request_ref (request));
}
