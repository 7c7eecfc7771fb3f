/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-changes.h"
#include "vig-web.h"

static JsonNode *
list_changes (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  JsonObject *parameters = vig_request_get_parameters (request);

  return vig_node_take_object (vig_store_changes_list (db, vig_json_get_string (parameters, "call_id", NULL),
                                                       vig_json_get_string (parameters, "run_id", NULL), &page, error));
}

static JsonNode *
get_change (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_changes_get (db, vig_request_get_id (request), error));
}

/* EXISTS: what somebody else wrote since is in the way, and may be replaced deliberately. */
static void
undone (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *change = vig_undo_run_finish (VIG_UNDO (source), result, &error);

  if (change != NULL)
    vig_request_respond (request, vig_node_take_object (change));
  else if (g_error_matches (error, VIG_ERROR, VIG_ERROR_EXISTS))
    {
      vig_request_add_detail (request, "can_override", json_node_init_boolean (json_node_alloc (), TRUE));
      vig_request_fail_with (request, VIG_ERROR_CONFLICT, "%s", error->message);
    }
  else
    vig_request_fail (request, error);
}

static void
undo_change (VigRequest *request)
{
  VigUndo *undo = vig_request_get_web (request)->context.agent->undo;

  if (undo == NULL)
    {
      vig_request_fail_with (request, VIG_ERROR_UNAVAILABLE, "nothing is kept for undo here");
      return;
    }

  vig_undo_run_async (undo, vig_request_get_id (request), vig_json_get_boolean (vig_request_get_body (request), "override", FALSE),
                      vig_request_get_caller (request)->user_name, vig_request_get_peer (request)->address, undone, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_CHANGES[] = {
  { "listChanges", .read = list_changes },
  { "getChange", .read = get_change },
  { "undoChange", .handle = undo_change },
  { NULL },
};
