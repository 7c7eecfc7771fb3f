/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-chat.h"

#include <string.h>

static JsonArray *
build_tools (const VigToolInfo * const *tools)
{
  JsonArray *array = json_array_new ();

  /* "strict" is on unless it is said otherwise, and would demand that every property is required. */
  for (; *tools != NULL; tools++)
    {
      g_autofree char *name = vig_http_provider_name_to_wire ((*tools)->name);

      json_array_add_element (array, vig_json_pack ("{s:s, s:s, s:s, s:b, s:o}", "type", "function", "name", name,
                                                    "description", (*tools)->description, "strict", FALSE,
                                                    "parameters", vig_http_provider_build_schema (*tools)));
    }

  return array;
}

static void
add_user (JsonArray *input, guint dialect, VigTranscript *transcript, guint turn)
{
  JsonArray *parts = json_array_new ();
  guint n = vig_transcript_get_n_images (transcript, turn);

  json_array_add_element (parts, vig_json_pack ("{s:s, s:s}", "type", "input_text", "text", vig_transcript_get_text (transcript, turn)));
  for (guint i = 0; i < n && vig_chat_shows_images (dialect, transcript, turn); i++)
    {
      const VigImage *image = vig_transcript_get_image (transcript, turn, i);
      g_autofree char *url = g_strdup_printf ("data:%s;base64,%s", image->media_type, image->base64);

      json_array_add_element (parts, vig_json_pack ("{s:s, s:s}", "type", "input_image", "image_url", url));
    }
  if (n > 0 && !vig_chat_shows_images (dialect, transcript, turn))
    json_array_add_element (parts, vig_json_pack ("{s:s, s:s}", "type", "input_text",
                                                  "text", VIG_HTTP_NO_PICTURE));
  json_array_add_element (input, vig_json_pack ("{s:s, s:s, s:A}", "type", "message", "role", "user", "content", parts));
}

static void
add_text (JsonArray *input, const char *type, const char *member, const char *text)
{
  JsonArray *parts;

  if (text == NULL || *text == '\0')
    return;

  parts = json_array_new ();
  json_array_add_element (parts, vig_json_pack ("{s:s, s:s}", "type", type, member, text));
  json_array_add_element (input, vig_json_pack ("{s:s, s:s, s:A}", "type", "message", "role", "assistant", "content", parts));
}

static void
add_call (JsonArray *input, VigReply *reply, guint index)
{
  const VigReplyCall *call = vig_reply_get_call (reply, index);
  g_autofree char *id = vig_http_provider_dup_call_id (reply, index);
  g_autofree char *name = vig_http_provider_name_to_wire (call->name);
  g_autofree char *arguments = vig_chat_dup_arguments (call);

  json_array_add_element (input, vig_json_pack ("{s:s, s:s, s:s, s:s}", "type", "function_call", "call_id", id,
                                                "name", name, "arguments", arguments));
}

static const char *
get_type (JsonArray *items, guint index)
{
  return vig_json_get_string (json_array_get_object_element (items, index), "type", "");
}

/* What the server is to get back in place: its reasoning, encrypted, before the calls that it led to. Nothing is stored there, so ids of
 * what was said mean nothing. */
static void
add_kept (JsonArray *input, guint dialect, VigReply *reply, JsonArray *items)
{
  guint n = json_array_get_length (items);
  guint n_calls = 0;

  /* Reasoning that led to nothing, because the answer was cut, is refused. */
  while (n > 0 && g_str_equal (get_type (items, n - 1), "reasoning"))
    n--;
  for (guint i = 0; i < n; i++)
    {
      JsonNode *node = json_array_get_element (items, i);
      const char *type = get_type (items, i);

      if (g_str_equal (type, "function_call") && n_calls < vig_reply_get_n_calls (reply))
        add_call (input, reply, n_calls++);
      else if (!g_str_equal (type, "reasoning") || !(dialect & VIG_CHAT_NO_REASONING))
        json_array_add_element (input, json_node_copy (node));
    }
  /* Every result needs its call. */
  while (n_calls < vig_reply_get_n_calls (reply))
    add_call (input, reply, n_calls++);
}

static void
add_reply (JsonArray *input, guint dialect, VigReply *reply)
{
  JsonObject *opaque = vig_http_provider_get_opaque (reply, VIG_RESPONSES_FORMAT);
  JsonArray *kept = opaque != NULL ? vig_json_get_array (opaque, "items") : NULL;

  if (kept != NULL)
    {
      add_kept (input, dialect, reply, kept);
      return;
    }

  add_text (input, "output_text", "text", vig_reply_get_text (reply));
  add_text (input, "refusal", "refusal", vig_reply_get_refusal (reply));
  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    add_call (input, reply, i);
}

static void
add_results (JsonArray *input, VigTranscript *transcript, guint turn)
{
  VigReply *reply = vig_transcript_get_reply (transcript, turn);

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      gboolean is_error;
      g_autofree char *text = vig_http_provider_find_result (transcript, turn, i, &is_error);
      g_autofree char *id = vig_http_provider_dup_call_id (reply, i);
      g_autofree char *shown = is_error ? g_strconcat ("Error: ", text, NULL) : g_steal_pointer (&text);

      json_array_add_element (input, vig_json_pack ("{s:s, s:s, s:s}", "type", "function_call_output", "call_id", id, "output", shown));
    }
}

static JsonArray *
build_input (guint dialect, VigTranscript *transcript)
{
  JsonArray *input = json_array_new ();

  for (guint i = 0; i < vig_transcript_get_n_turns (transcript); i++)
    switch (vig_transcript_get_kind (transcript, i))
      {
      case VIG_TURN_USER:
        add_user (input, dialect, transcript, i);
        break;

      case VIG_TURN_ASSISTANT:
        add_reply (input, dialect, vig_transcript_get_reply (transcript, i));
        add_results (input, transcript, i);
        break;

      case VIG_TURN_TOOLS:
        break;
      }

  return input;
}

JsonObject *
vig_responses_build_request (guint dialect, const VigCompletionRequest *request)
{
  JsonObject *body = vig_json_pack_object ("{s:s, s:A, s:b, s:b, s:[s]}", "model", request->model,
                                           "input", build_input (dialect, request->transcript), "stream", TRUE, "store", FALSE,
                                           "include", "reasoning.encrypted_content");

  if (request->system != NULL && *request->system != '\0')
    json_object_set_string_member (body, "instructions", request->system);
  if (request->max_output_tokens > 0)
    json_object_set_int_member (body, "max_output_tokens", request->max_output_tokens);
  if (request->tools != NULL && request->tools[0] != NULL)
    json_object_set_array_member (body, "tools", build_tools (request->tools));

  return body;
}
