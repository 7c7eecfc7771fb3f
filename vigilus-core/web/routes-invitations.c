/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-audit.h"
#include "vig-key-check.h"
#include "vig-store-users.h"
#include "vig-web-routes.h"

/* Who has the link of an invitation chooses a password, once: the token is looked up before anything is computed. */
typedef struct
{
  char        *user_id;
  char        *user_name;
  VigKeyCheck *check;
} Acceptance;

static void
free_acceptance (gpointer data)
{
  Acceptance *acceptance = data;

  g_free (acceptance->user_id);
  g_free (acceptance->user_name);
  g_clear_pointer (&acceptance->check, vig_key_check_free);
  g_free (acceptance);
}

static JsonObject *
find_invitation (VigDbConnection *db, VigRequest *request, GError **error)
{
  GError *failure = NULL;
  JsonObject *invitation = vig_store_invitations_find (db, vig_json_get_string (vig_request_get_body (request), "token", ""), &failure);

  if (failure != NULL)
    g_propagate_error (error, failure);
  else if (invitation == NULL)
    g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "this invitation has been used, has expired or never was: ask for a new one");

  return invitation;
}

static JsonNode *
read_invitation (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) invitation = find_invitation (db, request, error);

  if (invitation != NULL)
    json_object_remove_member (invitation, "user_id");

  return vig_node_take_object (g_steal_pointer (&invitation));
}

static void
look_up_invitation (VigRequest *request)
{
  vig_web_run_read (request, read_invitation);
}

/* (transfer full) @owned */
static gboolean
audit (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *owned, GError **error)
{
  Acceptance *acceptance = vig_request_get_data (request);
  g_autoptr (JsonObject) detail = owned;
  g_autoptr (JsonObject) record = vig_json_pack_object ("{s:s,s:s,s:J}", "event", event, "user_name", acceptance->user_name, "detail", detail);

  return vig_audit_append (db, vig_request_get_web (request)->context.agent->redactor, record, error);
}

/* Who is given a new password may have lost the old one to somebody, who may have made tokens with it. */
static gboolean
end_tokens (VigDbConnection *db, VigRequest *request, GError **error)
{
  Acceptance *acceptance = vig_request_get_data (request);
  g_autoptr (JsonArray) tokens = vig_store_tokens_delete_all (db, acceptance->user_id, error);

  if (tokens == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (tokens); i++)
    {
      JsonObject *token = json_array_get_object_element (tokens, i);
      JsonObject *detail = vig_json_pack_object ("{s:s,s:s,s:s}", "id", vig_json_get_string (token, "id", ""), "name",
                                                 vig_json_get_string (token, "name", ""), "reason", "the password was set by a link");

      if (!audit (db, request, "token.deleted", detail, error))
        return FALSE;
    }

  return TRUE;
}

static gpointer
store_password (VigDbConnection *db, gpointer data, GError **error)
{
  Acceptance *acceptance = vig_request_get_data (data);
  g_autoptr (JsonObject) invitation = find_invitation (db, data, error);

  if (invitation == NULL)
    return NULL;

  return GINT_TO_POINTER (vig_store_users_set_record (db, acceptance->user_id, acceptance->check->new_record, error)
                          && vig_store_invitations_end (db, acceptance->user_id, error)
                          && vig_store_logins_end_all (db, acceptance->user_id, NULL, error)
                          && audit (db, data, "invitation.accepted",
                                    vig_json_pack_object ("{s:s}", "address", vig_request_get_peer (data)->address), error)
                          && end_tokens (db, data, error));
}

static void
stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  Acceptance *acceptance = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;

  if (vig_db_finish (VIG_DB (source), result, &error) == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  vig_sessions_end_all (vig_request_get_web (request)->sessions, acceptance->user_id, NULL);
  vig_request_respond (request, NULL);
}

static void
record_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  g_autoptr (GError) error = NULL;

  if (vig_key_check_finish (web, result, &error))
    {
      vig_db_write_async (web->context.agent->db, store_password, request, NULL, NULL, NULL, stored, vig_request_ref (request));
      return;
    }

  vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "password"));
  vig_request_fail (request, error);
}

static gpointer
find_on_thread (VigDbConnection *db, gpointer data, GError **error)
{
  return find_invitation (db, data, error);
}

static void
invitation_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  VigWeb *web = vig_request_get_web (request);
  Acceptance *acceptance = vig_request_get_data (request);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) invitation = vig_db_finish (VIG_DB (source), result, &error);

  if (invitation != NULL)
    {
      acceptance->user_id = g_strdup (vig_json_get_string (invitation, "user_id", ""));
      acceptance->user_name = g_strdup (vig_json_get_string (invitation, "name", ""));
      acceptance->check = vig_key_check_new (web, acceptance->user_name, NULL, NULL, vig_json_get_string (vig_request_get_body (request), "password", ""), &error);
    }

  if (acceptance->check != NULL)
    vig_key_check_async (web, acceptance->check, record_made, vig_request_ref (request));
  else
    vig_request_fail (request, error);
}

static void
accept_invitation (VigRequest *request)
{
  vig_request_set_data (request, g_new0 (Acceptance, 1), free_acceptance);
  vig_db_read_async (vig_request_get_web (request)->context.agent->db, find_on_thread, request, NULL, (GDestroyNotify) json_object_unref, NULL,
                     invitation_found, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_INVITATIONS[] = {
  { "lookUpInvitation", .handle = look_up_invitation },
  { "acceptInvitation", .handle = accept_invitation },
  { NULL },
};
