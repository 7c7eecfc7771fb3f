/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ollama.h"

/* Calls come whole, their arguments as an object; older servers send no id. */
static void
take_call (VigHttpAnswer *answer, JsonObject *call)
{
  JsonObject *function = vig_json_get_object (call, "function");
  JsonNode *arguments = function != NULL ? json_object_get_member (function, "arguments") : NULL;
  const char *id = vig_json_get_string (call, "id", NULL);
  g_autofree char *text = NULL;

  if (function == NULL)
    return;
  if (id == NULL)
    id = vig_json_get_string (function, "id", NULL);
  if (arguments != NULL && JSON_NODE_HOLDS_VALUE (arguments) && json_node_get_value_type (arguments) == G_TYPE_STRING)
    text = json_node_dup_string (arguments);
  else if (arguments != NULL && !JSON_NODE_HOLDS_NULL (arguments))
    text = vig_json_to_string (arguments);
  vig_http_answer_add_call (answer, id, vig_json_get_string (function, "name", NULL), text);
}

static void
take_message (VigHttpAnswer *answer, JsonObject *message)
{
  JsonArray *calls = vig_json_get_array (message, "tool_calls");

  vig_http_answer_add_reasoning (answer, vig_json_get_string (message, "thinking", NULL));
  vig_http_answer_add_text (answer, vig_json_get_string (message, "content", NULL));
  for (guint i = 0; calls != NULL && i < json_array_get_length (calls); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (calls, i)))
      take_call (answer, json_array_get_object_element (calls, i));
}

void
ollama_parse_line (VigHttpAnswer *answer, JsonObject *line)
{
  VigReply *reply = vig_http_answer_get_reply (answer);
  JsonObject *message = vig_json_get_object (line, "message");
  const char *reason = vig_json_get_string (line, "done_reason", NULL);

  if (message != NULL)
    take_message (answer, message);
  if (reason != NULL && *reason != '\0')
    vig_reply_set_stop_reason (reply, reason, g_str_equal (reason, "length"));
  vig_http_provider_read_count (line, "prompt_eval_count", &vig_reply_get_usage (reply)->input_tokens);
  vig_http_provider_read_count (line, "eval_count", &vig_reply_get_usage (reply)->output_tokens);
  if (vig_json_get_boolean (line, "done", FALSE))
    vig_http_answer_set_done (answer);
}
