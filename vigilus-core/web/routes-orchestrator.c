/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-prompt-trial.h"
#include "vig-route-trial.h"
#include "vig-web.h"

static VigParts *
get_parts (VigRequest *request)
{
  return vig_runner_get_parts (vig_request_get_web (request)->context.runner);
}

/* Takes @object or tells @error. */
static void
respond (VigRequest *request, JsonObject *object, const GError *error)
{
  if (object != NULL)
    vig_request_respond (request, vig_node_take_object (object));
  else
    vig_request_fail (request, error);
}

static gboolean
check_text (VigRequest *request)
{
  g_autofree char *text = g_strstrip (g_strdup (vig_json_get_string (vig_request_get_body (request), "text", "")));

  if (*text != '\0')
    return TRUE;
  vig_request_add_detail (request, "field", json_node_init_string (json_node_alloc (), "text"));
  vig_request_fail_with (request, VIG_ERROR_INVALID, "/text: must have something in it besides spaces");

  return FALSE;
}

static void
routed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *answer = vig_route_trial_finish (result, &error);

  respond (request, answer, error);
}

static void
try_route (VigRequest *request)
{
  if (check_text (request))
    vig_route_trial_async (get_parts (request), vig_json_get_string (vig_request_get_body (request), "text", ""),
                           vig_request_get_cancellable (request), routed, vig_request_ref (request));
}

static void
started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *answer = vig_runner_start_finish (VIG_RUNNER (source), result, &error);

  respond (request, answer, error);
}

static void
test_operator (VigRequest *request)
{
  JsonObject *body = vig_request_get_body (request);

  if (check_text (request))
    vig_runner_test_async (vig_request_get_web (request)->context.runner, vig_request_get_caller (request),
                           vig_json_get_string (body, "operator_id", NULL), vig_json_get_string (body, "text", ""), NULL, started,
                           vig_request_ref (request));
}

static void
prompt_made (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *answer = vig_prompt_trial_finish (result, &error);

  respond (request, answer, error);
}

static void
get_prompt (VigRequest *request)
{
  vig_prompt_trial_async (get_parts (request), vig_request_get_id (request), prompt_made, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_ORCHESTRATOR[] = {
  { "tryRoute", .handle = try_route },
  { "testOperator", .handle = test_operator },
  { "getOperatorPrompt", .handle = get_prompt },
  { NULL },
};
