/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "ollama.h"

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

static void
add_user (JsonArray *messages, VigTranscript *transcript, guint turn, gboolean is_blind)
{
  guint n = vig_transcript_get_n_images (transcript, turn);
  const char *text = vig_transcript_get_text (transcript, turn);
  g_autofree char *shown = is_blind && n > 0 ? g_strconcat (text, "\n", VIG_HTTP_NO_PICTURE, NULL) : g_strdup (text);
  JsonObject *message = vig_json_pack_object ("{s:s, s:s}", "role", "user", "content", shown);
  JsonArray *images = json_array_new ();

  for (guint i = 0; i < n && !is_blind; i++)
    json_array_add_string_element (images, vig_transcript_get_image (transcript, turn, i)->base64);
  if (json_array_get_length (images) > 0)
    json_object_set_array_member (message, "images", json_array_ref (images));
  json_array_unref (images);
  json_array_add_object_element (messages, message);
}

static JsonArray *
build_calls (VigReply *reply)
{
  JsonArray *calls = json_array_new ();

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);
      g_autofree char *id = vig_http_provider_dup_call_id (reply, i);
      g_autofree char *name = vig_http_provider_name_to_wire (call->name);
      g_autoptr (JsonObject) arguments = vig_http_provider_ref_arguments (call);

      json_array_add_element (calls, vig_json_pack ("{s:s, s:{s:i, s:s, s:J}}", "id", id, "function", "index", (int) i,
                                                    "name", name, "arguments", arguments));
    }

  return calls;
}

static void
add_reply (JsonArray *messages, VigReply *reply)
{
  gboolean has_calls = vig_reply_get_n_calls (reply) > 0;
  JsonObject *message;

  if (*vig_reply_get_text (reply) == '\0' && !has_calls)
    return;

  message = vig_json_pack_object ("{s:s, s:s}", "role", "assistant", "content", vig_reply_get_text (reply));
  /* Templates show thinking to the model only while it works with tools; elsewhere it costs context. */
  if (has_calls && *vig_reply_get_reasoning (reply) != '\0')
    json_object_set_string_member (message, "thinking", vig_reply_get_reasoning (reply));
  if (has_calls)
    json_object_set_array_member (message, "tool_calls", build_calls (reply));
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
      g_autofree char *name = vig_http_provider_name_to_wire (vig_reply_get_call (reply, i)->name);
      g_autofree char *shown = is_error ? g_strconcat ("Error: ", text, NULL) : g_steal_pointer (&text);

      json_array_add_element (messages, vig_json_pack ("{s:s, s:s, s:s, s:s}", "role", "tool", "tool_name", name,
                                                       "tool_call_id", id, "content", shown));
    }
}

static JsonArray *
build_messages (const VigCompletionRequest *request, gboolean is_blind)
{
  JsonArray *messages = json_array_new ();
  VigTranscript *transcript = request->transcript;

  if (request->system != NULL && *request->system != '\0')
    json_array_add_element (messages, vig_json_pack ("{s:s, s:s}", "role", "system", "content", request->system));

  for (guint i = 0; i < vig_transcript_get_n_turns (transcript); i++)
    switch (vig_transcript_get_kind (transcript, i))
      {
      case VIG_TURN_USER:
        add_user (messages, transcript, i, is_blind);
        break;

      case VIG_TURN_ASSISTANT:
        add_reply (messages, vig_transcript_get_reply (transcript, i));
        add_results (messages, transcript, i);
        break;

      case VIG_TURN_TOOLS:
        break;
      }

  return messages;
}

static void
add_thinking (JsonObject *body, const char *reasoning)
{
  if (reasoning == NULL)
    return;
  if (g_str_equal (reasoning, "off"))
    json_object_set_boolean_member (body, "think", FALSE);
  else
    json_object_set_string_member (body, "think", reasoning);
}

JsonObject *
ollama_build_request (const OllamaOptions *options, const VigCompletionRequest *request)
{
  /* Without "truncate" what is too long for the context is cut off in silence. */
  JsonObject *body = vig_json_pack_object ("{s:s, s:A, s:b, s:b, s:{s:I}}", "model", request->model,
                                           "messages", build_messages (request, options->is_blind), "stream", TRUE, "truncate", FALSE,
                                           "options", "num_ctx", options->context);

  if (request->max_output_tokens > 0)
    json_object_set_int_member (vig_json_get_object (body, "options"), "num_predict", request->max_output_tokens);
  if (request->tools != NULL && request->tools[0] != NULL)
    json_object_set_array_member (body, "tools", build_tools (request->tools));
  add_thinking (body, options->reasoning);

  return body;
}
