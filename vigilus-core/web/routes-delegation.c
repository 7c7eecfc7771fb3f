/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-runs.h"
#include "vig-web.h"

static JsonNode *
list_children (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) run = vig_web_find_run (db, request, vig_request_get_id (request), error);
  JsonArray *runs = run != NULL ? vig_store_runs_children (db, vig_request_get_id (request), error) : NULL;

  return runs != NULL ? vig_node_take_object (vig_store_page_new (runs, NULL)) : NULL;
}

const VigRoute VIG_ROUTES_DELEGATION[] = {
  { "listRunChildren", .read = list_children },
  { NULL },
};
