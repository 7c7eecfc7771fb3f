/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-slash.h"
#include "vig-web.h"

static JsonNode *
list_commands (VigDbConnection *db, VigRequest *request, GError **error)
{
  return vig_node_take_object (vig_store_page_new (vig_slash_list (vig_request_get_caller (request)->role), NULL));
}

static void
command_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *answer = vig_slash_run_finish (result, &error);

  if (answer == NULL)
    vig_request_fail (request, error);
  else
    vig_request_respond (request, vig_node_take_object (answer));
}

static void
run_command (VigRequest *request)
{
  JsonObject *body = vig_request_get_body (request);

  vig_slash_run_async (vig_request_get_web (request)->context.runner, vig_request_get_caller (request),
                          vig_json_get_string (body, "session_id", NULL), vig_json_get_string (body, "text", ""), command_run,
                          vig_request_ref (request));
}

const VigRoute VIG_ROUTES_COMMANDS[] = {
  { "listCommands", .read = list_commands },
  { "runCommand", .handle = run_command },
  { NULL },
};
