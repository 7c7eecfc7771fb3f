/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "google.h"

static void
take_usage (VigHttpAnswer *answer, JsonObject *report)
{
  VigUsage *usage = vig_reply_get_usage (vig_http_answer_get_reply (answer));
  gint64 tool_use = -1;

  vig_http_provider_read_count (report, "promptTokenCount", &usage->input_tokens);
  vig_http_provider_read_count (report, "toolUsePromptTokenCount", &tool_use);
  vig_http_provider_add_count (&usage->input_tokens, tool_use);
  vig_http_provider_read_count (report, "candidatesTokenCount", &usage->output_tokens);
  vig_http_provider_read_count (report, "cachedContentTokenCount", &usage->cache_read_tokens);
  vig_http_provider_read_count (report, "thoughtsTokenCount", &usage->reasoning_tokens);
}

static void
take_candidate (VigHttpAnswer *answer, JsonObject *candidate)
{
  JsonObject *content = vig_json_get_object (candidate, "content");
  JsonArray *parts = content != NULL ? vig_json_get_array (content, "parts") : NULL;
  const char *reason = vig_json_get_string (candidate, "finishReason", NULL);

  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (parts, i)))
      google_parts_take (vig_http_answer_get_state (answer), answer, json_array_get_object_element (parts, i));
  if (reason != NULL)
    vig_reply_set_stop_reason (vig_http_answer_get_reply (answer), reason, g_str_equal (reason, "MAX_TOKENS"));
}

/* Each event, and a whole answer too, is an answer with what is new. */
void
google_parse_event (VigHttpAnswer *answer, JsonObject *event)
{
  JsonArray *candidates = vig_json_get_array (event, "candidates");
  JsonObject *feedback = vig_json_get_object (event, "promptFeedback");
  const char *blocked = feedback != NULL ? vig_json_get_string (feedback, "blockReason", NULL) : NULL;
  guint n = candidates != NULL ? json_array_get_length (candidates) : 0;

  take_usage (answer, vig_json_get_object (event, "usageMetadata"));
  if (blocked != NULL && n == 0)
    vig_reply_set_stop_reason (vig_http_answer_get_reply (answer), blocked, FALSE);
  for (guint i = 0; i < n; i++)
    {
      JsonNode *node = json_array_get_element (candidates, i);

      if (JSON_NODE_HOLDS_OBJECT (node) && vig_json_get_int (json_node_get_object (node), "index", 0) == 0)
        take_candidate (answer, json_node_get_object (node));
    }
}

/* Nothing was said, and the reason is no fault: the person is to know it. */
static void
explain_silence (VigReply *reply)
{
  const char *reason = vig_reply_get_stop_reason (reply);
  g_autofree char *text = NULL;

  if (*vig_reply_get_text (reply) != '\0' || vig_reply_get_n_calls (reply) > 0 || reason == NULL
      || g_str_equal (reason, "STOP") || g_str_equal (reason, "MAX_TOKENS") || g_str_has_suffix (reason, "_CALL"))
    return;

  text = g_strdup_printf ("Gemini answered nothing to this: %s.", reason);
  vig_reply_append_refusal (reply, text, -1);
}

/* Thoughts are counted beside the candidates. */
void
google_parse_end (VigHttpAnswer *answer)
{
  VigReply *reply = vig_http_answer_get_reply (answer);
  VigUsage *usage = vig_reply_get_usage (reply);

  google_parts_finish (vig_http_answer_get_state (answer), answer);
  vig_http_provider_add_count (&usage->output_tokens, usage->reasoning_tokens);
  explain_silence (reply);
}
