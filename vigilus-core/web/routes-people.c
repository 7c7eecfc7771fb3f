/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-users.h"
#include "vig-web-routes.h"

static void
get_me (VigRequest *request)
{
  VigLogin *login = vig_request_get_login (request);

  vig_request_respond (request, vig_sign_in_describe (login->user, login->csrf));
}

static gpointer
end_login (VigDbConnection *db, gpointer data, GError **error)
{
  if (!vig_store_logins_end (db, vig_request_get_login (data)->token, error))
    return NULL;

  return GINT_TO_POINTER (vig_web_audit (db, data, "logout", NULL, error));
}

static void
login_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  vig_sessions_end (vig_request_get_web (request)->sessions, vig_request_get_login (request)->token);
  vig_sign_in_clear_cookie (request);
  vig_request_respond (request, NULL);
}

static void
logout (VigRequest *request)
{
  if (vig_request_get_login (request)->kind == VIG_LOGIN_TOKEN)
    vig_request_fail_with (request, VIG_ERROR_INVALID, "an API token does not sign out; revoke it instead");
  else
    vig_db_write_async (vig_request_get_web (request)->context.agent->db, end_login, request, NULL, NULL, NULL, login_ended, vig_request_ref (request));
}

static JsonNode *
list_tokens (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);

  return vig_node_take_object (vig_store_tokens_list (db, vig_request_get_caller (request)->user_id, &page, error));
}

static JsonNode *
create_token (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  gint64 expires = vig_time_now () + vig_json_get_int (body, "days", 1) * 24 * 3600 * G_USEC_PER_SEC;
  g_autofree char *token = vig_token_new ("vig_");
  g_autoptr (JsonObject) details = vig_store_tokens_create (db, vig_request_get_caller (request)->user_id, body, token, expires, error);

  if (details == NULL || !vig_web_audit (db, request, "token.created", vig_json_pack_object ("{s:J}", "token", details), error))
    return NULL;

  return vig_json_pack ("{s:s,s:J}", "token", token, "details", details);
}

static JsonNode *
delete_token (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *id = vig_request_get_id (request);

  if (vig_store_tokens_delete (db, vig_request_get_caller (request)->user_id, id, error))
    vig_web_audit (db, request, "token.deleted", vig_json_pack_object ("{s:s}", "id", id), error);

  return NULL;
}

static gpointer
delete_token_now (VigDbConnection *db, gpointer data, GError **error)
{
  GError *failure = NULL;

  delete_token (db, data, &failure);
  if (failure == NULL)
    return GINT_TO_POINTER (TRUE);
  g_propagate_error (error, failure);

  return NULL;
}

static void
token_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  VigWeb *web = vig_request_get_web (request);

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  vig_sessions_forget_user (web->sessions, vig_request_get_caller (request)->user_id);
  vig_live_check_now (web->live);
  vig_request_respond (request, NULL);
}

static void
begin_delete_token (VigRequest *request)
{
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, delete_token_now, request, NULL, NULL, NULL, token_deleted, vig_request_ref (request));
}

/* A token that made tokens would outlive its own end. */
static void
begin_create_token (VigRequest *request)
{
  if (vig_request_get_login (request)->kind == VIG_LOGIN_TOKEN)
    vig_request_fail_with (request, VIG_ERROR_DENIED, "an API token cannot create another one; sign in with the password");
  else
    vig_web_run_write (request, create_token);
}

const VigRoute VIG_ROUTES_PEOPLE[] = {
  { "login", .handle = vig_route_login },
  { "logout", .handle = logout },
  { "getMe", .handle = get_me },
  { "changePassword", .handle = vig_route_change_password },
  { "listTokens", .read = list_tokens },
  { "createToken", .handle = begin_create_token },
  { "deleteToken", .handle = begin_delete_token },
  { NULL },
};
