/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-output.h"
#include "vig-run-again.h"
#include "vig-store-outputs.h"
#include "vig-store-runs.h"
#include "vig-store-sessions.h"
#include "vig-web.h"

#define DEFAULT_LINES 500
#define MAX_PART      (256 * 1024) /* bytes of a kept output in one answer */

/* Other people's runs are not there. */
JsonObject *
vig_web_find_run (VigDbConnection *db, VigRequest *request, const char *id, GError **error)
{
  g_autoptr (JsonObject) run = vig_store_runs_get (db, id, error);

  if (run == NULL || g_strcmp0 (vig_json_get_string (run, "user_id", NULL), vig_request_get_caller (request)->user_id) == 0)
    return g_steal_pointer (&run);
  g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "there is no run %s", id);

  return NULL;
}

static JsonNode *
list_run_messages (VigDbConnection *db, VigRequest *request, GError **error)
{
  VigPage page = vig_request_get_page (request);
  g_autoptr (JsonObject) run = vig_web_find_run (db, request, vig_request_get_id (request), error);

  return run != NULL ? vig_node_take_object (vig_store_messages_list_run (db, vig_request_get_id (request), &page, error)) : NULL;
}

static JsonNode *
get_call_output (VigDbConnection *db, VigRequest *request, GError **error)
{
  JsonObject *parameters = vig_request_get_parameters (request);
  VigOutputRange range = { vig_json_get_int (parameters, "offset", 1), vig_json_get_int (parameters, "lines", DEFAULT_LINES),
                           vig_json_get_string (parameters, "search", NULL), MAX_PART };
  g_autoptr (JsonObject) call = vig_store_calls_get (db, vig_request_get_id (request), error);
  g_autoptr (JsonObject) run = call != NULL ? vig_web_find_run (db, request, vig_json_get_string (call, "run_id", ""), error) : NULL;
  g_autofree char *text = run != NULL ? vig_store_outputs_dup (db, vig_request_get_id (request), error) : NULL;
  g_autofree char *lines = text != NULL ? vig_output_to_lines (text) : NULL;

  return lines != NULL ? vig_node_take_object (vig_output_read (lines, &range)) : NULL;
}

void
vig_web_run_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *run = vig_runner_start_finish (VIG_RUNNER (source), result, &error);

  if (run == NULL)
    vig_request_fail (request, error);
  else
    vig_request_respond (request, vig_node_take_object (run));
}

static void
begin_again (VigRequest *request, const char *origin)
{
  VigRunStart *start = vig_run_again_new (vig_request_get_caller (request), vig_request_get_id (request), origin);

  vig_runner_begin_async (vig_request_get_web (request)->context.runner, start, NULL, vig_web_run_started, vig_request_ref (request));
}

static void
rerun_run (VigRequest *request)
{
  begin_again (request, "rerun");
}

static void
continue_run (VigRequest *request)
{
  begin_again (request, "continue");
}

const VigRoute VIG_ROUTES_RUNS[] = {
  { "listRunMessages", .read = list_run_messages },
  { "getCallOutput", .read = get_call_output },
  { "rerunRun", .handle = rerun_run },
  { "continueRun", .handle = continue_run },
  { NULL },
};
