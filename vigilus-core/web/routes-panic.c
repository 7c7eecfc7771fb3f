/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-web.h"

JsonNode *
vig_web_describe_frozen (VigWeb *self)
{
  JsonObject *frozen = self->context.panic != NULL ? vig_panic_get_frozen (self->context.panic) : NULL;

  return frozen != NULL ? vig_node_take_object (json_object_ref (frozen)) : json_node_init_null (json_node_alloc ());
}

static void
frozen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;
  JsonObject *state = vig_panic_freeze_finish (VIG_PANIC (source), result, &error);

  if (state == NULL)
    vig_request_fail (request, error);
  else
    vig_request_respond (request, vig_node_take_object (state));
}

/* Not with the request's cancellable: who hangs up after pressing the button has pressed it. */
static void
freeze (VigRequest *request)
{
  vig_panic_freeze_async (vig_request_get_web (request)->context.panic, vig_request_get_caller (request),
                          vig_json_get_string (vig_request_get_body (request), "reason", NULL), frozen, vig_request_ref (request));
}

static void
unfrozen (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigRequest) request = user_data;
  g_autoptr (GError) error = NULL;

  if (vig_panic_unfreeze_finish (VIG_PANIC (source), result, &error))
    vig_request_respond (request, NULL);
  else
    vig_request_fail (request, error);
}

static void
unfreeze (VigRequest *request)
{
  vig_panic_unfreeze_async (vig_request_get_web (request)->context.panic, vig_request_get_caller (request), unfrozen, vig_request_ref (request));
}

const VigRoute VIG_ROUTES_PANIC[] = {
  { "freeze", .handle = freeze },
  { "unfreeze", .handle = unfreeze },
  { NULL },
};
