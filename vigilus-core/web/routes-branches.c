/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-sessions.h"
#include "vig-web.h"

/* Alternatives of what was said: ask again, and choose which branch is shown. */

static void
regenerate_message (VigRequest *request)
{
  VigRunStart *start = vig_run_start_again (vig_request_get_caller (request), vig_request_get_id (request));

  vig_runner_begin_async (vig_request_get_web (request)->context.runner, start, NULL, vig_web_run_started, vig_request_ref (request));
}

static void
publish_shown (VigDbConnection *db, VigRequest *request, JsonObject *session)
{
  const char *id = vig_json_get_string (session, "id", "");
  g_autofree char *topic = g_strconcat ("session:", id, NULL);
  JsonObject *data = vig_json_pack_object ("{s:s, s:s}", "session_id", id, "leaf_id", vig_json_get_string (session, "leaf_id", NULL));

  vig_web_publish (db, request, topic, "branch.shown", vig_node_take_object (data));
}

static JsonNode *
show_message (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *user_id = vig_request_get_caller (request)->user_id;
  g_autoptr (JsonObject) message = vig_store_messages_get_own (db, user_id, vig_request_get_id (request), error);
  const char *session_id;
  JsonObject *session;

  if (message == NULL)
    return NULL;
  session_id = vig_json_get_string (message, "session_id", "");
  if (!vig_store_messages_show_branch (db, session_id, vig_request_get_id (request), error))
    return NULL;

  session = vig_store_sessions_get (db, user_id, session_id, error);
  if (session != NULL)
    publish_shown (db, request, session);

  return vig_node_take_object (session);
}

const VigRoute VIG_ROUTES_BRANCHES[] = {
  { "regenerateMessage", .handle = regenerate_message },
  { "showMessage", .write = show_message },
  { NULL },
};
