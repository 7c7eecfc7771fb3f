/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-proof-web.h"
#include "vig-store-factors.h"
#include "vig-store-runs.h"
#include "vig-store-users.h"
#include "vig-web-routes.h"

/* People and who may change whom: the owner everybody, an administrator those below. What is written here ends sign-ins, of which
 * the main loop is told after the commit. */

#define INVITATION_DAYS 7
#define DAY (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)

static VigRole
get_role (JsonObject *object)
{
  VigRole role = VIG_ROLE_OWNER;

  vig_role_from_string (vig_json_get_string (object, "role", ""), &role);

  return role;
}

/* DENIED where the caller may not touch somebody of this role. */
static gboolean
check_rank (VigRequest *request, VigRole role, const char *what, GError **error)
{
  VigRole own = vig_request_get_login (request)->role;

  if (own == VIG_ROLE_OWNER || role < own)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "%s %s is for the owner only", what, vig_role_to_string (role));

  return FALSE;
}

/* The person of the path, whom the caller may change. */
static JsonObject *
find_subject (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) user = vig_store_users_get (db, vig_request_get_id (request), error);

  if (user == NULL || !check_rank (request, get_role (user), "changing an account of the role", error))
    return NULL;

  return g_steal_pointer (&user);
}

typedef struct
{
  VigRequest *request;
  char       *user_id;
} Ending;

static void
free_ending (gpointer data)
{
  Ending *ending = data;

  vig_request_unref (ending->request);
  g_free (ending->user_id);
  g_free (ending);
}

static void
after_commit (VigDbConnection *db, VigRequest *request, const char *user_id, GSourceOnceFunc func)
{
  Ending *ending = g_new0 (Ending, 1);

  ending->request = vig_request_ref (request);
  ending->user_id = g_strdup (user_id);
  vig_db_after_commit (db, func, ending, free_ending);
}

static void
forget_sign_ins (gpointer data)
{
  Ending *ending = data;

  vig_sessions_end_all (vig_request_get_web (ending->request)->sessions, ending->user_id, NULL);
}

static void
stop_runs (gpointer data)
{
  Ending *ending = data;

  vig_runner_stop_user (vig_request_get_web (ending->request)->context.runner, ending->user_id);
}

/* Ends sign-ins in the store now, and what is remembered of them and their sockets once that is written. */
static gboolean
end_sign_ins (VigDbConnection *db, VigRequest *request, const char *user_id, GError **error)
{
  if (!vig_store_logins_end_all (db, user_id, NULL, error))
    return FALSE;
  after_commit (db, request, user_id, forget_sign_ins);

  return TRUE;
}

/* What somebody asked for who may do less now does not go on without them. */
static gboolean
end_runs (VigDbConnection *db, VigRequest *request, const char *user_id, GError **error)
{
  if (!vig_store_runs_stop_user (db, user_id, error))
    return FALSE;
  after_commit (db, request, user_id, stop_runs);

  return TRUE;
}

static gboolean
audit (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *user, JsonObject *changes, GError **error)
{
  JsonObject *detail = vig_json_pack_object ("{s:s,s:s,s:s,s:J}", "id", vig_json_get_string (user, "id", ""), "name", vig_json_get_string (user, "name", ""),
                                             "role", vig_json_get_string (user, "role", ""), "changes", changes);

  return vig_web_audit (db, request, event, detail, error);
}

static JsonNode *
list_users (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonArray *users = vig_store_users_list (db, error);

  return users != NULL ? vig_node_take_object (vig_store_page_new (users, NULL)) : NULL;
}

static JsonObject *
make_invitation (VigDbConnection *db, const char *user_id, GError **error)
{
  g_autofree char *token = vig_token_new ("");
  gint64 expires = vig_time_now () + INVITATION_DAYS * DAY;
  g_autofree char *text = vig_time_to_iso (expires);

  if (!vig_store_invitations_create (db, user_id, token, expires, error))
    return NULL;

  return vig_json_pack_object ("{s:s,s:s}", "token", token, "expires_at", text);
}

static JsonNode *
create_user (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  g_autoptr (JsonObject) user = NULL;
  g_autoptr (JsonObject) invitation = NULL;
  g_autoptr (GError) failure = NULL;

  if (!check_rank (request, get_role (body), "giving the role", error))
    return NULL;

  user = vig_store_users_create (db, vig_json_get_string (body, "name", ""), vig_json_get_string (body, "role", ""), &failure);
  if (user == NULL)
    {
      if (failure->domain == VIG_ERROR && failure->code == VIG_ERROR_EXISTS)
        vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "name"));
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  invitation = make_invitation (db, vig_json_get_string (user, "id", ""), error);
  if (invitation == NULL || !audit (db, request, "user.created", user, NULL, error))
    return NULL;

  return vig_json_pack ("{s:J,s:J}", "user", user, "invitation", invitation);
}

static JsonNode *
invite_user (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) user = find_subject (db, request, error);
  g_autoptr (JsonObject) invitation = NULL;

  if (user == NULL)
    return NULL;
  if (g_str_equal (vig_json_get_string (user, "id", ""), vig_request_get_caller (request)->user_id))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this is you: change your password under Account");
      return NULL;
    }

  invitation = make_invitation (db, vig_json_get_string (user, "id", ""), error);
  if (invitation == NULL || !audit (db, request, "user.invited", user, NULL, error))
    return NULL;

  return vig_node_take_object (g_steal_pointer (&invitation));
}

/* There is one owner, always: they are neither disabled nor deleted nor given another role. */
static gboolean
check_owner_stays (JsonObject *user, JsonObject *changes, GError **error)
{
  if (get_role (user) != VIG_ROLE_OWNER)
    return TRUE;
  if (changes != NULL && !json_object_has_member (changes, "role") && !vig_json_get_boolean (changes, "disabled", FALSE))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this is the owner: give the ownership to somebody else first");

  return FALSE;
}

static JsonNode *
update_user (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *changes = vig_request_get_body (request);
  g_autoptr (JsonObject) before = find_subject (db, request, error);
  g_autoptr (JsonObject) after = NULL;
  gboolean is_disabled;

  if (before == NULL || !check_owner_stays (before, changes, error))
    return NULL;
  if (json_object_has_member (changes, "role") && !check_rank (request, get_role (changes), "giving the role", error))
    return NULL;

  after = vig_store_users_update (db, vig_request_get_id (request), changes, error);
  if (after == NULL || !audit (db, request, "user.changed", before, changes, error))
    return NULL;
  is_disabled = vig_json_get_boolean (after, "disabled", FALSE);
  if ((is_disabled || get_role (after) < get_role (before)) && !end_runs (db, request, vig_request_get_id (request), error))
    return NULL;
  /* Who made the link, or has it, was trusted with less. */
  if (get_role (after) > get_role (before) && !vig_store_invitations_end (db, vig_request_get_id (request), error))
    return NULL;
  if ((is_disabled || get_role (after) != get_role (before)) && !end_sign_ins (db, request, vig_request_get_id (request), error))
    return NULL;

  return vig_node_take_object (g_steal_pointer (&after));
}

static JsonNode *
delete_user (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) user = find_subject (db, request, error);

  if (user == NULL || !check_owner_stays (user, NULL, error))
    return NULL;
  if (end_sign_ins (db, request, vig_request_get_id (request), error) && vig_store_users_delete (db, vig_request_get_id (request), error))
    audit (db, request, "user.deleted", user, NULL, error);

  return NULL;
}

static JsonNode *
end_user_sign_ins (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) user = find_subject (db, request, error);

  if (user != NULL && end_sign_ins (db, request, vig_request_get_id (request), error))
    audit (db, request, "user.sign_ins_ended", user, NULL, error);

  return NULL;
}

static JsonNode *
reset_second_factors (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) user = find_subject (db, request, error);

  if (user == NULL)
    return NULL;
  if (g_str_equal (vig_request_get_id (request), vig_request_get_caller (request)->user_id))
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this is you: remove your second factors under Account");
  else if (vig_store_factors_remove_all (db, vig_request_get_id (request), error) && end_sign_ins (db, request, vig_request_get_id (request), error))
    audit (db, request, "user.second_factors_removed", user, NULL, error);

  return NULL;
}

static JsonNode *
transfer_ownership (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *own = vig_request_get_caller (request)->user_id;
  g_autoptr (JsonObject) user = vig_store_users_get (db, vig_request_get_id (request), error);

  if (user == NULL || !vig_proof_require (db, request, error))
    return NULL;
  if (g_str_equal (vig_request_get_id (request), own) || vig_json_get_boolean (user, "disabled", FALSE) || vig_json_get_boolean (user, "invited", FALSE))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "the new owner must be somebody else, who can sign in");
      return NULL;
    }

  if (!vig_store_users_transfer (db, own, vig_request_get_id (request), error)
      || !vig_store_invitations_end (db, vig_request_get_id (request), error)
      || !audit (db, request, "user.ownership_transferred", user, NULL, error)
      || !end_runs (db, request, own, error) || !end_sign_ins (db, request, own, error) || !end_sign_ins (db, request, vig_request_get_id (request), error))
    return NULL;

  return vig_node_take_object (vig_store_users_get (db, vig_request_get_id (request), error));
}

const VigRoute VIG_ROUTES_USERS[] = {
  { "listUsers", .read = list_users },
  { "createUser", .write = create_user },
  { "updateUser", .write = update_user },
  { "deleteUser", .write = delete_user },
  { "inviteUser", .write = invite_user },
  { "endUserSignIns", .write = end_user_sign_ins },
  { "resetUserSecondFactors", .write = reset_second_factors },
  { "transferOwnership", .write = transfer_ownership },
  { NULL },
};
