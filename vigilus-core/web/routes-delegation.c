/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-runs.h"
#include "vig-store-sessions.h"
#include "vig-web.h"

/* Other people's runs are not there. */
static gboolean
check_own (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) run = vig_store_runs_get (db, vig_request_get_id (request), error);

  if (run == NULL)
    return FALSE;
  if (g_strcmp0 (vig_json_get_string (run, "user_id", NULL), vig_request_get_caller (request)->user_id) == 0)
    return TRUE;
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no run %s", vig_request_get_id (request));

  return FALSE;
}

static JsonNode *
list_children (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonArray *runs = check_own (db, request, error) ? vig_store_runs_children (db, vig_request_get_id (request), error) : NULL;

  return runs != NULL ? vig_node_take_object (vig_store_page_new (runs, NULL)) : NULL;
}

static JsonNode *
list_messages (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonArray *messages = check_own (db, request, error) ? vig_store_messages_of_run (db, vig_request_get_id (request), error) : NULL;

  return messages != NULL ? vig_node_take_object (vig_store_page_new (messages, NULL)) : NULL;
}

const VigRoute VIG_ROUTES_DELEGATION[] = {
  { "listRunChildren", .read = list_children },
  { "listRunMessages", .read = list_messages },
  { NULL },
};
