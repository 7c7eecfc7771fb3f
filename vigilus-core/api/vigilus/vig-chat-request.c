/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-chat.h"

#include <string.h>

static const char *reasoning_fields[] = { "reasoning_content", "reasoning", "reasoning_details" };

char *
vig_chat_dup_arguments (const VigReplyCall *call)
{
  g_autoptr (JsonObject) arguments = vig_http_provider_ref_arguments (call);

  return vig_json_object_to_string (arguments);
}

static JsonArray *
build_tools (const VigToolInfo * const *tools)
{
  JsonArray *array = json_array_new ();

  for (; *tools != NULL; tools++)
    {
      g_autofree char *name = vig_http_provider_name_to_wire ((*tools)->name);

      json_array_add_element (array, vig_json_pack ("{s:s, s:{s:s, s:s, s:o}}", "type", "function", "function",
                                                    "name", name, "description", (*tools)->description,
                                                    "parameters", vig_http_provider_build_schema (*tools)));
    }

  return array;
}

/* Templates of local models refuse two user messages in a row. */
static JsonObject *
open_user (JsonArray *messages)
{
  guint n = json_array_get_length (messages);
  JsonObject *last = n > 0 ? json_array_get_object_element (messages, n - 1) : NULL;

  if (last != NULL && g_str_equal (vig_json_get_string (last, "role", ""), "user"))
    return last;
  json_array_add_element (messages, vig_json_pack ("{s:s}", "role", "user"));

  return json_array_get_object_element (messages, n);
}

static void
add_user (JsonArray *messages, const char *text)
{
  JsonObject *message = open_user (messages);
  const char *before = vig_json_get_string (message, "content", NULL);
  JsonArray *parts = vig_json_get_array (message, "content");
  g_autofree char *both = before != NULL ? g_strconcat (before, "\n\n", text, NULL) : g_strdup (text);

  if (parts != NULL)
    json_array_add_element (parts, vig_json_pack ("{s:s, s:s}", "type", "text", "text", text));
  else
    json_object_set_string_member (message, "content", both);
}

/* Content is a text for as long as there is no picture: many servers know nothing else. */
static void
add_image (JsonArray *messages, const VigImage *image)
{
  JsonObject *message = open_user (messages);
  JsonArray *parts = vig_json_get_array (message, "content");
  g_autofree char *url = g_strdup_printf ("data:%s;base64,%s", image->media_type, image->base64);

  if (parts == NULL)
    {
      parts = json_array_new ();
      json_array_add_element (parts, vig_json_pack ("{s:s, s:s}", "type", "text", "text", vig_json_get_string (message, "content", "")));
      json_object_set_array_member (message, "content", parts);
    }
  json_array_add_element (parts, vig_json_pack ("{s:s, s:{s:s}}", "type", "image_url", "image_url", "url", url));
}

static void
add_user_turn (JsonArray *messages, guint dialect, VigTranscript *transcript, guint turn)
{
  guint n = vig_transcript_get_n_images (transcript, turn);

  add_user (messages, vig_transcript_get_text (transcript, turn));
  for (guint i = 0; i < n && vig_chat_shows_images (dialect, transcript, turn); i++)
    add_image (messages, vig_transcript_get_image (transcript, turn, i));
  if (n > 0 && !vig_chat_shows_images (dialect, transcript, turn))
    add_user (messages, VIG_HTTP_NO_PICTURE);
}

static JsonArray *
build_calls (VigReply *reply, JsonArray *extras)
{
  JsonArray *calls = json_array_new ();

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);
      g_autofree char *id = vig_http_provider_dup_call_id (reply, i);
      g_autofree char *name = vig_http_provider_name_to_wire (call->name);
      g_autofree char *text = vig_chat_dup_arguments (call);
      JsonNode *node = vig_json_pack ("{s:s, s:s, s:{s:s, s:s}}", "id", id, "type", "function", "function",
                                      "name", name, "arguments", text);
      JsonNode *extra = extras != NULL && i < json_array_get_length (extras) ? json_array_get_element (extras, i) : NULL;

      if (extra != NULL && JSON_NODE_HOLDS_OBJECT (extra))
        json_object_set_member (json_node_get_object (node), "extra_content", json_node_copy (extra));
      json_array_add_element (calls, node);
    }

  return calls;
}

/* Reasoning goes back only with the calls that it led to: there servers need it, elsewhere it costs tokens. */
static void
add_reasoning (JsonObject *message, JsonObject *opaque)
{
  for (guint i = 0; i < G_N_ELEMENTS (reasoning_fields); i++)
    if (json_object_has_member (opaque, reasoning_fields[i]))
      json_object_set_member (message, reasoning_fields[i], json_node_copy (json_object_get_member (opaque, reasoning_fields[i])));
}

static void
add_reply (JsonArray *messages, guint dialect, VigReply *reply)
{
  const char *refusal = vig_reply_get_refusal (reply);
  const char *text = *vig_reply_get_text (reply) != '\0' || refusal == NULL ? vig_reply_get_text (reply) : refusal;
  JsonObject *opaque = vig_http_provider_get_opaque (reply, VIG_CHAT_FORMAT);
  gboolean has_calls = vig_reply_get_n_calls (reply) > 0;
  JsonObject *message;

  /* An empty message is refused, now and in every later turn. */
  if (*text == '\0' && !has_calls)
    return;

  message = vig_json_pack_object ("{s:s, s:s}", "role", "assistant", "content", *text != '\0' ? text : NULL);
  if (has_calls)
    json_object_set_array_member (message, "tool_calls",
                                  build_calls (reply, opaque != NULL ? vig_json_get_array (opaque, "call_extras") : NULL));
  if (has_calls && opaque != NULL && !(dialect & VIG_CHAT_NO_REASONING))
    add_reasoning (message, opaque);
  json_array_add_object_element (messages, message);
}

static void
add_results (JsonArray *messages, VigTranscript *transcript, guint turn)
{
  VigReply *reply = vig_transcript_get_reply (transcript, turn);

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      gboolean is_error;
      g_autofree char *text = vig_http_provider_find_result (transcript, turn, i, &is_error);
      g_autofree char *id = vig_http_provider_dup_call_id (reply, i);
      g_autofree char *shown = is_error ? g_strconcat ("Error: ", text, NULL) : g_steal_pointer (&text);

      json_array_add_element (messages, vig_json_pack ("{s:s, s:s, s:s}", "role", "tool", "tool_call_id", id, "content", shown));
    }
}

static JsonArray *
build_messages (guint dialect, const VigCompletionRequest *request)
{
  JsonArray *messages = json_array_new ();
  VigTranscript *transcript = request->transcript;

  if (request->system != NULL && *request->system != '\0')
    json_array_add_element (messages, vig_json_pack ("{s:s, s:s}", "role", "system", "content", request->system));

  for (guint i = 0; i < vig_transcript_get_n_turns (transcript); i++)
    switch (vig_transcript_get_kind (transcript, i))
      {
      case VIG_TURN_USER:
        add_user_turn (messages, dialect, transcript, i);
        break;

      case VIG_TURN_ASSISTANT:
        if (i == 0)
          add_user (messages, "(The beginning of this conversation is left out.)");
        add_reply (messages, dialect, vig_transcript_get_reply (transcript, i));
        add_results (messages, transcript, i);
        break;

      case VIG_TURN_TOOLS:
        break;
      }

  return messages;
}

JsonObject *
vig_chat_build_request (guint dialect, const VigCompletionRequest *request)
{
  JsonObject *body = vig_json_pack_object ("{s:s, s:A, s:b, s:{s:b}}", "model", request->model,
                                           "messages", build_messages (dialect, request), "stream", TRUE,
                                           "stream_options", "include_usage", TRUE);

  if (request->max_output_tokens > 0)
    json_object_set_int_member (body, dialect & VIG_CHAT_OLD_MAX_TOKENS ? "max_tokens" : "max_completion_tokens", request->max_output_tokens);
  if (request->tools != NULL && request->tools[0] != NULL)
    json_object_set_array_member (body, "tools", build_tools (request->tools));

  return body;
}
