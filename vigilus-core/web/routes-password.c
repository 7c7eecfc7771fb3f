/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-key-check.h"
#include "vig-sign-in.h"
#include "vig-store-users.h"
#include "vig-web-routes.h"

typedef struct
{
  char        *record;
  VigKeyCheck *check;
} Change;

static void
free_change (gpointer data)
{
  Change *change = data;

  g_free (change->record);
  g_clear_pointer (&change->check, vig_key_check_free);
  g_free (change);
}

/* The check took a while: what was right then may be no longer the password. */
static gboolean
is_still_right (VigDbConnection *db, VigRequest *request, GError **error)
{
  Change *change = vig_request_get_data (request);
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) user = vig_store_users_find_unchanged (db, vig_request_get_caller (request)->user_name, change->record, &local_error);

  if (user != NULL)
    return TRUE;
  if (local_error == NULL)
    g_set_error_literal (&local_error, VIG_ERROR, VIG_ERROR_CONFLICT, "the password was changed meanwhile: begin again");
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gpointer
store (VigDbConnection *db, gpointer data, GError **error)
{
  VigLogin *login = vig_request_get_login (data);
  Change *change = vig_request_get_data (data);

  if (!is_still_right (db, data, error))
    return NULL;
  if (!vig_store_users_set_record (db, login->caller.user_id, change->check->new_record, error)
      || !vig_store_invitations_end (db, login->caller.user_id, error)
      || !vig_store_logins_end_all (db, login->caller.user_id, login->token, error))
    return NULL;

  return GINT_TO_POINTER (vig_web_audit (db, data, "password.changed", NULL, error));
}

static void
stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigLogin *login = vig_request_get_login (request);
  g_autoptr (GError) error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  vig_sessions_end_all (vig_request_get_web (request)->sessions, login->caller.user_id, login->token);
  vig_request_respond (request, NULL);
}

static void
checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  Change *change = vig_request_get_data (request);
  VigThrottleKey key = vig_sign_in_get_throttle_key (request);
  g_autoptr (GError) error = NULL;
  gboolean finished = vig_key_check_finish (web, result, &error);

  if (change->check->is_right)
    vig_throttle_succeed (web->throttle, &key);
  if (!finished)
    vig_request_fail (request, error);
  else if (change->check->is_right)
    vig_db_write_async (web->context.agent->db, store, request, NULL, NULL, NULL, stored, vig_request_ref (request));
  else
    {
      vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "current_password"));
      vig_request_fail_with (request, VIG_ERROR_DENIED, "the current password is wrong");
    }
}

static gpointer
find_record (VigDbConnection *db, gpointer data, GError **error)
{
  Change *change = vig_request_get_data (data);

  return vig_store_users_find (db, vig_request_get_caller (data)->user_name, &change->record, error);
}

static void
record_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  JsonObject *body = vig_request_get_body (request);
  Change *change = vig_request_get_data (request);
  VigThrottleKey key = vig_sign_in_get_throttle_key (request);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) user = vig_db_finish (VIG_DB (source), result, &error);

  if (user != NULL)
    change->check = vig_key_check_new (web, vig_request_get_caller (request)->user_name, change->record, vig_json_get_string (body, "current_password", ""),
                                       vig_json_get_string (body, "new_password", ""), &error);
  if (change->check != NULL)
    {
      vig_key_check_async (web, change->check, checked, vig_request_ref (request));
      return;
    }

  vig_throttle_give_back (web->throttle, &key);
  if (error == NULL)
    vig_request_fail_with (request, VIG_ERROR_NOT_FOUND, "this account does not exist any more");
  else
    vig_request_fail (request, error);
}

void
vig_route_change_password (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  Change *change = g_new0 (Change, 1);
  VigThrottleKey key;
  guint wait;

  vig_request_set_data (request, change, free_change);
  key = vig_sign_in_get_throttle_key (request);
  wait = vig_throttle_begin (web->throttle, &key);
  if (wait > 0)
    vig_sign_in_refuse_for_now (request, wait, "too many wrong passwords");
  else
    vig_db_read_async (web->context.agent->db, find_record, request, NULL, (GDestroyNotify) json_object_unref, NULL, record_found, vig_request_ref (request));
}
