/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-runs.h"
#include "vig-store-sessions.h"
#include "vig-web.h"

static const char *
get_user (VigRequest *request)
{
  return vig_request_get_caller (request)->user_id;
}

static JsonNode *
list_sessions (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  JsonObject *parameters = vig_request_get_parameters (request);

  if (!json_object_has_member (parameters, "pinned"))
    return vig_node_take_object (vig_store_sessions_list (db, get_user (request), &page, error));

  return vig_node_take_object (vig_store_sessions_list_pins (db, get_user (request), vig_json_get_boolean (parameters, "pinned", FALSE), &page, error));
}

static void
publish (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *session)
{
  g_autoptr (JsonObject) data = vig_json_pack_object ("{s:s,s:s,s:s}", "id", vig_json_get_string (session, "id", ""), "title",
                                                      vig_json_get_string (session, "title", ""), "user_id", get_user (request));

  vig_web_publish (db, request, "sessions", event, vig_node_take_object (g_steal_pointer (&data)));
}

static JsonNode *
create_session (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *title = vig_json_get_string (vig_request_get_body (request), "title", NULL);
  JsonObject *session = vig_store_sessions_create (db, get_user (request), title, error);

  if (session != NULL)
    publish (db, request, "session.created", session);

  return vig_node_take_object (session);
}

static JsonNode *
get_session (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_sessions_get (db, get_user (request), vig_request_get_id (request), error));
}

static JsonNode *
update_session (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *body = vig_request_get_body (request);
  const char *title = vig_json_get_string (body, "title", NULL);
  const char *id = vig_request_get_id (request);
  g_autoptr (JsonObject) session = vig_store_sessions_get (db, get_user (request), id, error);

  if (session != NULL && title != NULL)
    {
      json_object_unref (session);
      session = vig_store_sessions_rename (db, get_user (request), id, title, error);
    }
  if (session != NULL && json_object_has_member (body, "pinned"))
    {
      json_object_unref (session);
      session = vig_store_sessions_pin (db, get_user (request), id, vig_json_get_boolean (body, "pinned", FALSE), error);
    }
  if (session != NULL)
    publish (db, request, "session.changed", session);

  return vig_node_take_object (g_steal_pointer (&session));
}

static JsonNode *
delete_session (VigDbConnection *db, VigRequest *request, GError **error)
{
  const char *id = vig_request_get_id (request);
  g_autoptr (JsonObject) session = vig_store_sessions_get (db, get_user (request), id, error);

  if (session == NULL || !vig_store_sessions_delete (db, get_user (request), id, error))
    return NULL;
  if (vig_web_audit (db, request, "session.deleted", vig_json_pack_object ("{s:s}", "id", id), error))
    publish (db, request, "session.deleted", session);

  return NULL;
}

static JsonNode *
list_messages (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  g_autoptr (JsonObject) session = vig_store_sessions_get (db, get_user (request), vig_request_get_id (request), error);

  if (session == NULL)
    return NULL;

  return vig_node_take_object (vig_store_messages_list (db, vig_request_get_id (request), &page, error));
}

static void
send_message (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  const char *text = vig_json_get_string (vig_request_get_body (request), "text", "");
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  VigRunStart *start;

  if (*stripped == '\0')
    {
      vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "text"));
      vig_request_fail_with (request, VIG_ERROR_INVALID, "/text: must have something in it besides spaces");
      return;
    }

  start = vig_run_start_new (vig_request_get_caller (request), vig_request_get_id (request), text);
  start->has_parent = json_object_has_member (vig_request_get_body (request), "parent_id");
  start->parent_id = g_strdup (vig_json_get_string (vig_request_get_body (request), "parent_id", NULL));
  if (vig_json_get_array (vig_request_get_body (request), "attachments") != NULL)
    start->attachments = json_array_ref (vig_json_get_array (vig_request_get_body (request), "attachments"));
  vig_runner_begin_async (web->context.runner, start, NULL, vig_web_run_started, vig_request_ref (request));
}

static void
live_session_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) session = vig_db_finish (VIG_DB (source), result, &error);
  JsonObject *live;

  if (session == NULL)
    {
      vig_request_fail (request, error);
      return;
    }

  live = vig_runner_describe_live (vig_request_get_web (request)->context.runner, vig_request_get_id (request));
  if (live == NULL)
    live = vig_json_pack_object ("{s:n,s:n,s:s,s:s,s:{}}", "run_id", "operator_name", "text", "", "reasoning", "", "outputs");
  vig_request_respond (request, vig_node_take_object (live));
}

static gpointer
find_session (VigDbConnection *db, gpointer data, GError **error)
{
  return vig_store_sessions_get (db, get_user (data), vig_request_get_id (data), error);
}

static void
get_session_live (VigRequest *request)
{
  vig_db_read_async (vig_request_get_web (request)->context.agent->db, find_session, request, NULL, (GDestroyNotify) json_object_unref, NULL,
                     live_session_found, vig_request_ref (request));
}

static JsonNode *
list_runs (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  JsonObject *parameters = vig_request_get_parameters (request);

  return vig_node_take_object (vig_store_runs_list (db, get_user (request), vig_json_get_string (parameters, "session_id", NULL),
                                                    vig_json_get_string (parameters, "state", NULL), 0, &page, error));
}

static JsonNode *
get_run (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_web_find_run (db, request, vig_request_get_id (request), error));
}

static JsonNode *
list_run_calls (VigDbConnection *db, VigRequest *request, GError **error)
{
  g_autoptr (JsonObject) run = vig_web_find_run (db, request, vig_request_get_id (request), error);
  JsonArray *calls = run != NULL ? vig_store_calls_of_run (db, vig_request_get_id (request), error) : NULL;

  return calls != NULL ? vig_node_take_object (vig_store_page_new (calls, NULL)) : NULL;
}

static void
stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *run = vig_runner_stop_finish (VIG_RUNNER (source), result, &error);

  if (run == NULL)
    vig_request_fail (request, error);
  else
    vig_request_respond (request, vig_node_take_object (run));
}

static void
stop_run (VigRequest *request)
{
  vig_runner_stop_async (vig_request_get_web (request)->context.runner, vig_request_get_caller (request), vig_request_get_id (request), NULL, stopped,
                         vig_request_ref (request));
}

const VigRoute VIG_ROUTES_CHAT[] = {
  { "listSessions", .read = list_sessions },
  { "createSession", .write = create_session },
  { "getSession", .read = get_session },
  { "updateSession", .write = update_session },
  { "deleteSession", .write = delete_session },
  { "listMessages", .read = list_messages },
  { "sendMessage", .handle = send_message },
  { "getSessionLive", .handle = get_session_live },
  { "listRuns", .read = list_runs },
  { "getRun", .read = get_run },
  { "listRunCalls", .read = list_run_calls },
  { "stopRun", .handle = stop_run },
  { NULL },
};
