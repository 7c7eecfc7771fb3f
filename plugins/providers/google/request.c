/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "google.h"

#include <string.h>

static JsonArray *
build_declarations (const VigToolInfo * const *tools)
{
  JsonArray *array = json_array_new ();

  for (; *tools != NULL; tools++)
    {
      g_autofree char *name = vig_http_provider_name_to_wire ((*tools)->name);

      json_array_add_element (array, vig_json_pack ("{s:s, s:s, s:o}", "name", name, "description", (*tools)->description,
                                                    "parametersJsonSchema", vig_http_provider_build_schema (*tools)));
    }

  return array;
}

static JsonArray *
add_content (JsonArray *contents, const char *role)
{
  JsonArray *parts = json_array_new ();

  json_array_add_element (contents, vig_json_pack ("{s:s, s:A}", "role", role, "parts", parts));

  return parts;
}

static void
add_text (JsonArray *contents, const char *role, const char *text)
{
  if (*text != '\0')
    json_array_add_element (add_content (contents, role), vig_json_pack ("{s:s}", "text", text));
}

static void
add_user (JsonArray *contents, VigTranscript *transcript, guint turn)
{
  JsonArray *parts = add_content (contents, "user");

  /* An empty text is refused; a message without parts, too. */
  if (*vig_transcript_get_text (transcript, turn) != '\0' || vig_transcript_get_n_images (transcript, turn) == 0)
    json_array_add_element (parts, vig_json_pack ("{s:s}", "text", vig_transcript_get_text (transcript, turn)));
  for (guint i = 0; i < vig_transcript_get_n_images (transcript, turn); i++)
    {
      const VigImage *image = vig_transcript_get_image (transcript, turn, i);

      json_array_add_element (parts, vig_json_pack ("{s:{s:s, s:s}}", "inlineData", "mimeType", image->media_type, "data", image->base64));
    }
}

static JsonArray *
get_kept (VigReply *reply)
{
  JsonObject *opaque = vig_http_provider_get_opaque (reply, GOOGLE_FORMAT);

  return opaque != NULL ? vig_json_get_array (opaque, "parts") : NULL;
}

/* Kept parts go back as they came, a signature on the part it came with. */
static void
add_reply (JsonArray *contents, VigReply *reply, gboolean sign)
{
  JsonArray *kept = get_kept (reply);
  JsonArray *parts;

  if (kept != NULL && json_array_get_length (kept) > 0)
    {
      parts = add_content (contents, "model");
      for (guint i = 0; i < json_array_get_length (kept); i++)
        json_array_add_element (parts, json_node_copy (json_array_get_element (kept, i)));
      return;
    }
  if (vig_reply_get_n_calls (reply) == 0)
    {
      const char *refusal = vig_reply_get_refusal (reply);

      add_text (contents, "model", *vig_reply_get_text (reply) == '\0' && refusal != NULL ? refusal : vig_reply_get_text (reply));
      return;
    }

  parts = add_content (contents, "model");
  if (*vig_reply_get_text (reply) != '\0')
    json_array_add_element (parts, vig_json_pack ("{s:s}", "text", vig_reply_get_text (reply)));
  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);
      g_autofree char *name = vig_http_provider_name_to_wire (call->name);
      g_autoptr (JsonObject) arguments = vig_http_provider_ref_arguments (call);

      json_array_add_element (parts, vig_json_pack ("{s:{s:s, s:J}}", "functionCall", "name", name, "args", arguments));
    }
  /* Gemini 3 refuses calls that it did not sign itself, unless they say that somebody else made them. */
  if (sign)
    json_object_set_string_member (json_array_get_object_element (parts, json_array_get_length (parts) - vig_reply_get_n_calls (reply)),
                                   "thoughtSignature", "skip_thought_signature_validator");
}

/* Call @index as the server made it, or NULL. */
static JsonObject *
find_call (JsonArray *kept, guint index)
{
  for (guint i = 0; kept != NULL && i < json_array_get_length (kept); i++)
    {
      JsonObject *call = vig_json_get_object (json_array_get_object_element (kept, i), "functionCall");

      if (call != NULL && index-- == 0)
        return call;
    }

  return NULL;
}

/* One turn with a response for each call, in their order. */
static void
add_results (JsonArray *contents, VigTranscript *transcript, guint turn)
{
  VigReply *reply = vig_transcript_get_reply (transcript, turn);
  JsonArray *parts = vig_reply_get_n_calls (reply) > 0 ? add_content (contents, "user") : NULL;

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      gboolean is_error;
      g_autofree char *text = vig_http_provider_find_result (transcript, turn, i, &is_error);
      g_autofree char *name = vig_http_provider_name_to_wire (vig_reply_get_call (reply, i)->name);
      JsonObject *made = find_call (get_kept (reply), i);

      json_array_add_element (parts, vig_json_pack ("{s:{s:s, s:s?, s:{s:s}}}", "functionResponse",
                                                    "name", made != NULL ? vig_json_get_string (made, "name", name) : name,
                                                    "id", made != NULL ? vig_json_get_string (made, "id", NULL) : NULL,
                                                    "response", is_error ? "error" : "output", text));
    }
}

static JsonArray *
build_contents (const VigCompletionRequest *request)
{
  VigTranscript *transcript = request->transcript;
  gboolean sign = strstr (request->model, "gemini-1") == NULL && strstr (request->model, "gemini-2") == NULL;
  JsonArray *contents = json_array_new ();

  for (guint i = 0; i < vig_transcript_get_n_turns (transcript); i++)
    switch (vig_transcript_get_kind (transcript, i))
      {
      case VIG_TURN_USER:
        add_user (contents, transcript, i);
        break;

      case VIG_TURN_ASSISTANT:
        if (json_array_get_length (contents) == 0)
          add_text (contents, "user", "(The beginning of this conversation is left out.)");
        add_reply (contents, vig_transcript_get_reply (transcript, i), sign);
        add_results (contents, transcript, i);
        break;

      case VIG_TURN_TOOLS:
        break;
      }

  return contents;
}

/* Generation 2.5 counts tokens of thought, later ones know levels. */
static void
add_thinking (JsonObject *config, const char *model, const char *thinking)
{
  static const struct { const char *effort; const char *level; int budget; } rows[] = {
    { "off", "minimal", 0 }, { "low", "low", 2048 }, { "medium", "medium", 8192 }, { "high", "high", 24576 },
  };
  JsonObject *thoughts = vig_json_pack_object ("{s:b}", "includeThoughts", !g_str_equal (thinking, "off"));

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].effort, thinking) && strstr (model, "gemini-2") != NULL)
      json_object_set_int_member (thoughts, "thinkingBudget", rows[i].budget);
    else if (g_str_equal (rows[i].effort, thinking))
      json_object_set_string_member (thoughts, "thinkingLevel", rows[i].level);
  json_object_set_object_member (config, "thinkingConfig", thoughts);
}

JsonObject *
google_build_request (const VigCompletionRequest *request, const char *thinking)
{
  JsonObject *body = vig_json_pack_object ("{s:A}", "contents", build_contents (request));
  JsonObject *config = json_object_new ();

  if (request->system != NULL && *request->system != '\0')
    json_object_set_member (body, "systemInstruction", vig_json_pack ("{s:[{s:s}]}", "parts", "text", request->system));
  if (request->tools != NULL && request->tools[0] != NULL)
    json_object_set_member (body, "tools", vig_json_pack ("[{s:A}]", "functionDeclarations", build_declarations (request->tools)));
  if (request->max_output_tokens > 0)
    json_object_set_int_member (config, "maxOutputTokens", request->max_output_tokens);
  if (thinking != NULL)
    add_thinking (config, request->model, thinking);
  json_object_set_object_member (body, "generationConfig", config);

  return body;
}
