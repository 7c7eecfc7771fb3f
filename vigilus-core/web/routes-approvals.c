/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-approvals.h"
#include "vig-web.h"

static JsonNode *
list_approvals (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  const char *status = vig_json_get_string (vig_request_get_parameters (request), "status", NULL);

  return vig_node_take_object (vig_store_approvals_list (db, status, &page, error));
}

static JsonNode *
get_approval (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_approvals_get (db, vig_request_get_id (request), error));
}

static void
decided (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *approval = vig_approvals_decide_finish (VIG_APPROVALS (source), result, &error);

  if (approval == NULL)
    vig_request_fail (request, error);
  else
    vig_request_respond (request, vig_node_take_object (approval));
}

/* Not with the request's cancellable: who hangs up after pressing the button has pressed it. */
static void
decide (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);

  vig_approvals_decide_async (web->context.approvals, vig_request_get_caller (request), vig_request_get_id (request), vig_request_get_body (request), NULL,
                              decided, vig_request_ref (request));
}

static JsonNode *
list_grants (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  gboolean live = vig_json_get_boolean (vig_request_get_parameters (request), "live", FALSE);

  return vig_node_take_object (vig_store_grants_list (db, live, &page, error));
}

static void
revoked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *grant = vig_approvals_revoke_finish (VIG_APPROVALS (source), result, &error);

  if (grant == NULL)
    vig_request_fail (request, error);
  else
    vig_request_respond (request, vig_node_take_object (grant));
}

static void
revoke_grant (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);

  vig_approvals_revoke_async (web->context.approvals, vig_request_get_caller (request), vig_request_get_id (request), NULL, revoked,
                              vig_request_ref (request));
}

const VigRoute VIG_ROUTES_APPROVALS[] = {
  { "listApprovals", .read = list_approvals },
  { "getApproval", .read = get_approval },
  { "decideApproval", .handle = decide },
  { "listGrants", .read = list_grants },
  { "revokeGrant", .handle = revoke_grant },
  { NULL },
};
