/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "anthropic.h"

static JsonArray *
build_tools (const VigToolInfo * const *tools)
{
  JsonArray *array = json_array_new ();

  for (; *tools != NULL; tools++)
    {
      g_autofree char *name = vig_http_provider_name_to_wire ((*tools)->name);

      json_array_add_element (array, vig_json_pack ("{s:s, s:s, s:o}", "name", name,
                                                    "description", (*tools)->description, "input_schema", vig_http_provider_build_schema (*tools)));
    }

  return array;
}

/* Blocks of one role go into one message: the server wants all results of a turn together, and roles that alternate. */
static JsonArray *
open_message (JsonArray *messages, const char *role)
{
  guint n = json_array_get_length (messages);
  JsonObject *last = n > 0 ? json_array_get_object_element (messages, n - 1) : NULL;
  JsonArray *content;

  if (last != NULL && g_str_equal (vig_json_get_string (last, "role", ""), role))
    return vig_json_get_array (last, "content");

  content = json_array_new ();
  json_array_add_element (messages, vig_json_pack ("{s:s, s:A}", "role", role, "content", content));

  return content;
}

static void
add_text (JsonArray *messages, const char *role, const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));

  /* Blocks of white space alone are refused. */
  if (*stripped != '\0')
    json_array_add_element (open_message (messages, role), vig_json_pack ("{s:s, s:s}", "type", "text", "text", text));
}

static void
add_images (JsonArray *messages, VigTranscript *transcript, guint turn, gboolean is_blind)
{
  if (is_blind && vig_transcript_get_n_images (transcript, turn) > 0)
    add_text (messages, "user", VIG_HTTP_NO_PICTURE);
  for (guint i = 0; !is_blind && i < vig_transcript_get_n_images (transcript, turn); i++)
    {
      const VigImage *image = vig_transcript_get_image (transcript, turn, i);

      json_array_add_element (open_message (messages, "user"),
                              vig_json_pack ("{s:s, s:{s:s, s:s, s:s}}", "type", "image", "source", "type", "base64", "media_type", image->media_type,
                                             "data", image->base64));
    }
}

static gboolean
has_block (JsonArray *content, const char *type)
{
  for (guint i = 0; i < json_array_get_length (content); i++)
    if (g_str_equal (vig_json_get_string (json_array_get_object_element (content, i), "type", ""), type))
      return TRUE;

  return FALSE;
}

static JsonArray *
get_kept_content (VigReply *reply)
{
  JsonObject *opaque = vig_http_provider_get_opaque (reply, ANTHROPIC_FORMAT);

  return opaque != NULL ? vig_json_get_array (opaque, "content") : NULL;
}

/* How many of the blocks go back: thinking that led to nothing, because the answer was cut, is refused at the end of a message. */
static guint
count_kept (JsonArray *kept)
{
  guint n = json_array_get_length (kept);

  while (n > 0 && g_str_has_suffix (vig_json_get_string (json_array_get_object_element (kept, n - 1), "type", ""), "thinking"))
    n--;

  return n;
}

static void
add_kept (JsonArray *messages, JsonArray *kept)
{
  guint n = count_kept (kept);

  for (guint i = 0; i < n; i++)
    {
      JsonObject *block = json_array_get_object_element (kept, i);

      if (g_str_equal (vig_json_get_string (block, "type", ""), "text"))
        add_text (messages, "assistant", vig_json_get_string (block, "text", ""));
      else
        json_array_add_element (open_message (messages, "assistant"), json_node_copy (json_array_get_element (kept, i)));
    }
}

static void
add_reply (JsonArray *messages, VigReply *reply)
{
  JsonArray *kept = get_kept_content (reply);
  const char *refusal = vig_reply_get_refusal (reply);

  if (kept != NULL)
    {
      add_kept (messages, kept);
      return;
    }

  add_text (messages, "assistant", vig_reply_get_text (reply));
  if (refusal != NULL)
    add_text (messages, "assistant", refusal);
  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (reply, i);
      g_autofree char *id = vig_http_provider_dup_call_id (reply, i);
      g_autofree char *name = vig_http_provider_name_to_wire (call->name);
      g_autoptr (JsonObject) input = vig_http_provider_ref_arguments (call);

      json_array_add_element (open_message (messages, "assistant"),
                              vig_json_pack ("{s:s, s:s, s:s, s:J}", "type", "tool_use", "id", id, "name", name, "input", input));
    }
}

static void
add_results (JsonArray *messages, VigTranscript *transcript, guint turn)
{
  VigReply *reply = vig_transcript_get_reply (transcript, turn);
  gboolean verbatim = get_kept_content (reply) != NULL;

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      gboolean is_error;
      g_autofree char *text = vig_http_provider_find_result (transcript, turn, i, &is_error);
      g_autofree char *id = verbatim ? g_strdup (vig_reply_get_call (reply, i)->id) : vig_http_provider_dup_call_id (reply, i);

      json_array_add_element (open_message (messages, "user"),
                              vig_json_pack ("{s:s, s:s, s:s, s:b}", "type", "tool_result", "tool_use_id", id,
                                             "content", text, "is_error", is_error));
    }
}

static JsonArray *
build_messages (VigTranscript *transcript, gboolean is_blind)
{
  JsonArray *messages = json_array_new ();

  for (guint i = 0; i < vig_transcript_get_n_turns (transcript); i++)
    switch (vig_transcript_get_kind (transcript, i))
      {
      case VIG_TURN_USER:
        add_text (messages, "user", vig_transcript_get_text (transcript, i));
        add_images (messages, transcript, i, is_blind);
        break;

      case VIG_TURN_ASSISTANT:
        if (json_array_get_length (messages) == 0)
          add_text (messages, "user", "(The beginning of this conversation is left out.)");
        add_reply (messages, vig_transcript_get_reply (transcript, i));
        add_results (messages, transcript, i);
        break;

      case VIG_TURN_TOOLS:
        break;
      }

  return messages;
}

/* The server keeps what comes before such a mark, so that the next turn of a long conversation costs a tenth. */
static void
mark_for_cache (JsonArray *blocks)
{
  guint n = json_array_get_length (blocks);

  if (n > 0)
    json_object_set_member (json_array_get_object_element (blocks, n - 1), "cache_control",
                            vig_json_pack ("{s:s}", "type", "ephemeral"));
}

static void
mark_last_message (JsonArray *messages)
{
  guint n = json_array_get_length (messages);
  JsonArray *content = n > 0 ? vig_json_get_array (json_array_get_object_element (messages, n - 1), "content") : NULL;

  if (content != NULL && !has_block (content, "thinking"))
    mark_for_cache (content);
}

JsonObject *
anthropic_build_request (const VigCompletionRequest *request, gboolean is_blind)
{
  gint64 max_tokens = request->max_output_tokens > 0 ? request->max_output_tokens : ANTHROPIC_DEFAULT_MAX_TOKENS;
  JsonArray *messages = build_messages (request->transcript, is_blind);
  JsonObject *body;

  mark_last_message (messages);
  body = vig_json_pack_object ("{s:s, s:I, s:b, s:A}", "model", request->model, "max_tokens", max_tokens,
                               "stream", TRUE, "messages", messages);
  if (request->system != NULL && *request->system != '\0')
    {
      JsonArray *system = json_array_new ();

      json_array_add_element (system, vig_json_pack ("{s:s, s:s}", "type", "text", "text", request->system));
      mark_for_cache (system);
      json_object_set_array_member (body, "system", system);
    }
  if (request->tools != NULL && request->tools[0] != NULL)
    json_object_set_array_member (body, "tools", build_tools (request->tools));

  return body;
}
