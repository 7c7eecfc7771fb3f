/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-run-start.h"
#include "vig-web.h"

static void
started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *run = vig_runner_start_finish (VIG_RUNNER (source), result, &error);

  if (run == NULL)
    vig_request_fail (request, error);
  else
    vig_request_respond (request, vig_node_take_object (run));
}

/* A person's try is an Operator's call: assigned, judged, approved and recorded as any other. */
static void
begin_try (VigRequest *request)
{
  VigWeb *web = vig_request_get_web (request);
  const char *name = vig_json_get_string (vig_request_get_parameters (request), "name", "");
  JsonObject *body = vig_request_get_body (request);
  VigRunStart *start;

  if (vig_registry_find_tool (web->context.agent->registry, name) == NULL)
    {
      vig_request_fail_with (request, VIG_ERROR_NOT_FOUND, "there is no tool %s", name);
      return;
    }

  start = vig_run_start_try (vig_request_get_caller (request), vig_json_get_string (body, "operator_id", ""), name, vig_json_get_object (body, "arguments"));
  vig_runner_begin_async (web->context.runner, start, NULL, started, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_TOOLS[] = {
  { "tryTool", .handle = begin_try },
  { NULL },
};
