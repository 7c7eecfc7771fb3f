/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-proof-web.h"
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
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, end_login, request, NULL, NULL, NULL, login_ended, vig_request_ref (request));
}

static JsonNode *
read_sign_ins (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigLogin *login = vig_request_get_login (request);
  JsonArray *list = vig_store_logins_list (db, login->caller.user_id, login->token, error);

  return list != NULL ? vig_node_take_object (vig_store_page_new (list, NULL)) : NULL;
}

/* Not remembered: which one is the current one differs by browser. */
static void
list_sign_ins (VigRequest *request)
{
  vig_web_run_read (request, read_sign_ins);
}

static gpointer
write_sign_in_end (VigDbConnection *db, gpointer data, GError **error)
{
  const char *id = vig_request_get_id (data);

  return GINT_TO_POINTER (vig_store_logins_end_one (db, vig_request_get_caller (data)->user_id, id, error)
                          && vig_web_audit (db, data, "sign_in.ended", vig_json_pack_object ("{s:s}", "id", id), error));
}

static gpointer
write_others_end (VigDbConnection *db, gpointer data, GError **error)
{
  VigLogin *login = vig_request_get_login (data);

  return GINT_TO_POINTER (vig_store_logins_end_all (db, login->caller.user_id, login->token, error)
                          && vig_web_audit (db, data, "sign_in.others_ended", NULL, error));
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
  VigLogin *login = vig_request_get_login (request);
  VigRole role = login->role;
  gint64 expires = vig_time_now () + vig_json_get_int (body, "days", 1) * 24 * 3600 * G_USEC_PER_SEC;
  g_autofree char *token = vig_token_new ("vig_");
  JsonArray *groups = vig_json_get_array (body, "groups");
  g_autoptr (JsonObject) values = NULL;
  g_autoptr (JsonObject) details = NULL;

  if (!vig_proof_require (db, request, error))
    return NULL;
  vig_role_from_string (vig_json_get_string (body, "role", ""), &role);
  if (role > login->role)
    {
      vig_request_blame (request, "role", error, "/role: a token may do what you may do at most");
      return NULL;
    }

  values = vig_json_pack_object ("{s:s,s:s,s:b,s:A?}", "name", vig_json_get_string (body, "name", ""), "role", vig_role_to_string (role), "read_only",
                                 vig_json_get_boolean (body, "read_only", FALSE), "groups", groups != NULL ? json_array_ref (groups) : NULL);
  details = vig_store_tokens_create (db, login->caller.user_id, values, token, expires, error);
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
access_ended (GObject *source, GAsyncResult *result, gpointer user_data)
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
end_sign_in (VigRequest *request)
{
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, write_sign_in_end, request, NULL, NULL, NULL, access_ended, vig_request_ref (request));
}

static void
end_other_sign_ins (VigRequest *request)
{
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, write_others_end, request, NULL, NULL, NULL, access_ended, vig_request_ref (request));
}

static void
begin_delete_token (VigRequest *request)
{
  vig_db_write_async (vig_request_get_web (request)->context.agent->db, delete_token_now, request, NULL, NULL, NULL, access_ended, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_PEOPLE[] = {
  { "login", .handle = vig_route_login },
  { "loginSecond", .handle = vig_route_login_second },
  { "logout", .handle = logout },
  { "getMe", .handle = get_me },
  { "changePassword", .handle = vig_route_change_password },
  { "listSignIns", .handle = list_sign_ins },
  { "endSignIn", .handle = end_sign_in },
  { "endOtherSignIns", .handle = end_other_sign_ins },
  { "listTokens", .read = list_tokens },
  { "createToken", .write = create_token },
  { "deleteToken", .handle = begin_delete_token },
  { NULL },
};
