/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-ask-tool.h"

static const VigToolInfo ask_info = {
  .name = VIG_ASK_TOOL,
  .title = "Ask an Operator",
  .description = "Has another Operator do a task and returns what it answers. It does not see this conversation's last request: put all that it "
                 "needs into the task. Its own tools, servers and permission level hold, and no more than yours.",
  .level = VIG_LEVEL_READ,
  .input_schema = "{\"type\":\"object\",\"properties\":{"
                  "\"operator\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64,\"description\":\"The Operator's name\"},"
                  "\"task\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":100000,\"description\":\"What it shall do or find out, complete in itself\"}},"
                  "\"required\":[\"operator\",\"task\"],\"additionalProperties\":false}",
  /* What the Operator has read marks the conversation by its own calls. */
  .flags = VIG_TOOL_OWN_WORDS,
};

static JsonNode *
run (VigInvocation *invocation, GCancellable *cancellable, GError **error)
{
  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "an Operator can be asked only from within a run");

  return NULL;
}

VigTool *
vig_ask_tool_new (void)
{
  return vig_simple_tool_new (&ask_info, run);
}
