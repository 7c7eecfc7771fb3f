/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-call-private.h"

#include "vig-ask-tool.h"

/* RUNNING, where the tool is to ask an Operator: the call lasts as long as that one's run, waits for a person included, and no thread waits. */

gboolean
vig_call_is_delegated (VigCall *self)
{
  return g_str_equal (self->tool_name, VIG_ASK_TOOL);
}

gboolean
vig_call_waits_for_run (VigCall *self)
{
  return self->state == VIG_CALL_RUNNING && vig_call_is_delegated (self);
}

static void
answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (VigCall) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = vig_delegation_ask_finish (result, &error);

  vig_call_take_outcome (self, node, error);
}

void
vig_call_ask_operator (VigCall *self)
{
  g_autoptr (JsonObject) arguments = vig_json_parse_object (self->arguments, -1, 0, NULL);
  VigDelegationRequest request = { 0 };

  request.call_id = self->id;
  request.run_id = self->owner.run_id;
  request.asker = self->operator;
  request.operator_name = arguments != NULL ? vig_json_get_string (arguments, "operator", "") : "";
  request.task = arguments != NULL ? vig_json_get_string (arguments, "task", "") : "";
  vig_delegation_ask_async (self->parts->delegation, &request, self->cancellable, answered, g_object_ref (self));
}
