/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-chat.h"

#include <string.h>

#define MAX_DESCRIPTION 1024 /* characters */
#define SHORT_ID 9

static const char *reasoning_fields[] = { "reasoning_content", "reasoning", "reasoning_details" };

/* What a request can do without. In the words of the servers: part of what they say, the member it is about, and that within. */
static const struct
{
  const char *said;
  const char *member;
  const char *inner;
} optional[] = {
  { "stream_options", "stream_options", NULL },
  { "reasoning_effort", "reasoning_effort", NULL },
  { "reasoningEffort", "reasoning_effort", NULL }, /* xAI */
  { "reasoning.summary", "reasoning", "summary" },
  { "reasoning summar", "reasoning", "summary" },
  { "ncrypted content", "include", NULL },
  { "encrypted_content", "include", NULL },
  { "include", "include", NULL },
  { "reasoning", "reasoning", NULL },
  { "store", "store", NULL },
  { "thinking", "chat_template_kwargs", NULL },
  { "chat_template_kwargs", "chat_template_kwargs", NULL },
};

static gboolean
drop_reasoning (JsonObject *body)
{
  JsonArray *messages = vig_json_get_array (body, "messages");
  gboolean dropped = FALSE;

  for (guint i = 0; messages != NULL && i < json_array_get_length (messages); i++)
    for (guint j = 0; j < G_N_ELEMENTS (reasoning_fields); j++)
      {
        JsonObject *message = json_array_get_object_element (messages, i);

        dropped = dropped || json_object_has_member (message, reasoning_fields[j]);
        json_object_remove_member (message, reasoning_fields[j]);
      }

  return dropped;
}

static gboolean
rename_limit (JsonObject *body, const char *from, const char *to)
{
  if (!json_object_has_member (body, from))
    return FALSE;

  json_object_set_int_member (body, to, json_object_get_int_member (body, from));
  json_object_remove_member (body, from);

  return TRUE;
}

static gboolean
drop_member (JsonObject *body, guint row)
{
  JsonObject *holder = optional[row].inner != NULL ? vig_json_get_object (body, optional[row].member) : body;
  const char *name = optional[row].inner != NULL ? optional[row].inner : optional[row].member;

  if (holder == NULL || !json_object_has_member (holder, name))
    return FALSE;
  json_object_remove_member (holder, name);

  return TRUE;
}

/* Chat Completions wrap a tool in "function". */
static gboolean
shorten_texts (JsonObject *body)
{
  JsonArray *tools = vig_json_get_array (body, "tools");
  gboolean shortened = FALSE;

  for (guint i = 0; tools != NULL && i < json_array_get_length (tools); i++)
    {
      JsonObject *tool = json_array_get_object_element (tools, i);
      JsonObject *function = json_object_has_member (tool, "function") ? vig_json_get_object (tool, "function") : tool;
      const char *text = vig_json_get_string (function, "description", "");
      g_autofree char *start = g_utf8_strlen (text, -1) > MAX_DESCRIPTION ? g_utf8_substring (text, 0, MAX_DESCRIPTION - 3) : NULL;
      g_autofree char *cut = start != NULL ? g_strconcat (start, "...", NULL) : NULL;

      if (cut == NULL)
        continue;
      json_object_set_string_member (function, "description", cut);
      shortened = TRUE;
    }

  return shortened;
}

static gboolean
shorten_id (JsonObject *object, const char *name)
{
  const char *id = vig_json_get_string (object, name, NULL);
  gboolean fits = id == NULL || (strlen (id) == SHORT_ID && id[strspn (id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS)] == '\0');
  g_autofree char *hash = !fits ? g_compute_checksum_for_string (G_CHECKSUM_SHA256, id, -1) : NULL;

  if (hash == NULL)
    return FALSE;
  hash[SHORT_ID] = '\0';
  json_object_set_string_member (object, name, hash);

  return TRUE;
}

/* A conversation that began with another server has the ids of that one. */
static gboolean
shorten_ids (JsonObject *body)
{
  JsonArray *messages = vig_json_get_array (body, "messages");
  gboolean shortened = FALSE;

  for (guint i = 0; messages != NULL && i < json_array_get_length (messages); i++)
    {
      JsonObject *message = json_array_get_object_element (messages, i);
      JsonArray *calls = vig_json_get_array (message, "tool_calls");

      shortened = shorten_id (message, "tool_call_id") || shortened;
      for (guint j = 0; calls != NULL && j < json_array_get_length (calls); j++)
        shortened = shorten_id (json_array_get_object_element (calls, j), "id") || shortened;
    }

  return shortened;
}

void
vig_chat_fit_request (guint dialect, JsonObject *body)
{
  if (dialect & VIG_CHAT_SHORT_TEXTS)
    shorten_texts (body);
  if (dialect & VIG_CHAT_SHORT_IDS)
    shorten_ids (body);
  for (guint i = 0; i < G_N_ELEMENTS (optional); i++)
    if (dialect & (VIG_CHAT_FIRST_MEMBER << i))
      drop_member (body, i);
}

gboolean
vig_chat_shows_images (guint dialect, VigTranscript *transcript, guint turn)
{
  if (!(dialect & VIG_CHAT_NO_IMAGES))
    return TRUE;

  for (guint i = turn + 1; i < vig_transcript_get_n_turns (transcript); i++)
    if (vig_transcript_get_kind (transcript, i) == VIG_TURN_USER)
      return FALSE;

  return TRUE;
}

static gboolean
has_image (JsonObject *message)
{
  JsonArray *parts = vig_json_get_array (message, "content");

  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    if (strstr (vig_json_get_string (json_array_get_object_element (parts, i), "type", ""), "image") != NULL)
      return TRUE;

  return FALSE;
}

/* The question itself is about a picture: to leave that out would be to answer something else. */
static gboolean
asks_about_image (JsonArray *messages)
{
  for (guint i = messages != NULL ? json_array_get_length (messages) : 0; i > 0; i--)
    {
      JsonObject *message = json_array_get_object_element (messages, i - 1);

      if (g_str_equal (vig_json_get_string (message, "role", ""), "user"))
        return has_image (message);
    }

  return FALSE;
}

/* Text in the place of each picture that was shown before. */
static gboolean
drop_images (JsonObject *body)
{
  JsonArray *messages = vig_json_get_array (body, json_object_has_member (body, "input") ? "input" : "messages");
  gboolean dropped = FALSE;

  if (asks_about_image (messages))
    return FALSE;

  for (guint i = 0; messages != NULL && i < json_array_get_length (messages); i++)
    {
      JsonArray *parts = vig_json_get_array (json_array_get_object_element (messages, i), "content");

      for (guint j = 0; parts != NULL && j < json_array_get_length (parts); j++)
        {
          JsonObject *part = json_array_get_object_element (parts, j);
          const char *type = vig_json_get_string (part, "type", "");

          if (strstr (type, "image") == NULL)
            continue;
          dropped = TRUE;
          json_object_set_string_member (part, "type", g_str_equal (type, "input_image") ? "input_text" : "text");
          json_object_set_string_member (part, "text", VIG_HTTP_NO_PICTURE);
          json_object_remove_member (part, "image_url");
        }
    }

  return dropped;
}

/* Reasoning that this server did not encrypt, or with another key: it came from where the conversation was before. */
static gboolean
drop_sealed (JsonObject *body, const VigHttpFault *fault)
{
  JsonArray *input = vig_json_get_array (body, "input");
  gboolean dropped = FALSE;

  if (g_strcmp0 (fault->code, "invalid_encrypted_content") != 0 && strstr (fault->message, "could not be verified") == NULL
      && strstr (fault->message, "decrypt") == NULL && strstr (fault->message, "without its required following item") == NULL)
    return FALSE;

  for (guint i = input != NULL ? json_array_get_length (input) : 0; i > 0; i--)
    if (g_str_equal (vig_json_get_string (json_array_get_object_element (input, i - 1), "type", ""), "reasoning"))
      {
        json_array_remove_element (input, i - 1);
        dropped = TRUE;
      }

  return dropped;
}

gboolean
vig_chat_adapt (guint *dialect, JsonObject *body, const VigHttpFault *fault)
{
  const char *said = fault->message;

  if ((fault->effective != 400 && fault->effective != 404 && fault->effective != 422) || said == NULL)
    return FALSE;
  if (drop_sealed (body, fault))
    return TRUE;

  if (strstr (said, "description") != NULL && strstr (said, "too long") != NULL && shorten_texts (body))
    {
      *dialect |= VIG_CHAT_SHORT_TEXTS;
      return TRUE;
    }
  if (strstr (said, "length of 9") != NULL && shorten_ids (body))
    {
      *dialect |= VIG_CHAT_SHORT_IDS;
      return TRUE;
    }
  if (strstr (said, "max_completion_tokens") != NULL && rename_limit (body, "max_completion_tokens", "max_tokens"))
    {
      *dialect |= VIG_CHAT_OLD_MAX_TOKENS;
      return TRUE;
    }
  if (strstr (said, "max_tokens") != NULL && strstr (said, "max_completion_tokens") != NULL
      && rename_limit (body, "max_tokens", "max_completion_tokens"))
    {
      *dialect &= ~VIG_CHAT_OLD_MAX_TOKENS;
      return TRUE;
    }
  if (strstr (said, "image") != NULL && strstr (said, "support") != NULL && drop_images (body))
    {
      *dialect |= VIG_CHAT_NO_IMAGES;
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (optional); i++)
    if (strstr (said, optional[i].said) != NULL && drop_member (body, i))
      {
        *dialect |= VIG_CHAT_FIRST_MEMBER << i;
        return TRUE;
      }
  if (strstr (said, "reasoning") != NULL && drop_reasoning (body))
    {
      *dialect |= VIG_CHAT_NO_REASONING;
      return TRUE;
    }

  return FALSE;
}
