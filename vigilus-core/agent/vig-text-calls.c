/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-text-calls.h"

#include <string.h>

#define MAX_CALLS  8
#define MAX_OBJECT 65536 /* bytes of one call */
#define MAX_LOOKED (64 * MAX_OBJECT) /* bytes of what may be one: a reply of braces is looked through no more than that */

char *
vig_text_calls_describe (const VigToolInfo * const *tools)
{
  GString *text;

  if (tools == NULL || tools[0] == NULL)
    return NULL;

  text = g_string_new ("To use a tool, answer with nothing but a JSON object like {\"tool\": \"NAME\", \"arguments\": {}} and wait: its result comes with "
                       "the next message. Never invent a result. When you need no tool, answer in words.\n\nThe tools:");
  for (guint i = 0; tools[i] != NULL; i++)
    g_string_append_printf (text, "\n- %s: %s Arguments: %s", tools[i]->name, tools[i]->description, tools[i]->input_schema);

  return g_string_free (text, FALSE);
}

static char *
write_call (const VigReplyCall *call)
{
  g_autoptr (JsonObject) object = vig_json_pack_object ("{s:s, s:J}", "tool", call->name, "arguments", call->arguments);

  return vig_json_object_to_string (object);
}

static void
add_reply (VigTranscript *words, VigReply *reply)
{
  g_autoptr (VigReply) plain = vig_reply_new ();

  vig_reply_append_text (plain, vig_reply_get_text (reply), -1);
  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    {
      g_autofree char *call = write_call (vig_reply_get_call (reply, i));

      if (*vig_reply_get_text (plain) != '\0')
        vig_reply_append_text (plain, "\n", -1);
      vig_reply_append_text (plain, call, -1);
    }
  vig_transcript_add_reply (words, plain);
}

static void
add_results (VigTranscript *words, VigTranscript *transcript, guint turn)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < vig_transcript_get_n_results (transcript, turn); i++)
    {
      const VigToolResult *result = vig_transcript_get_result (transcript, turn, i);

      g_string_append_printf (text, "%s%s of %s:\n%s", i > 0 ? "\n\n" : "", result->is_error ? "Failure" : "Result", result->name, result->text);
    }
  vig_transcript_add_user (words, text->str);
}

static void
add_user (VigTranscript *words, VigTranscript *transcript, guint turn)
{
  vig_transcript_add_user (words, vig_transcript_get_text (transcript, turn));
  for (guint i = 0; i < vig_transcript_get_n_images (transcript, turn); i++)
    {
      const VigImage *image = vig_transcript_get_image (transcript, turn, i);

      vig_transcript_add_image (words, image->media_type, image->base64);
    }
}

VigTranscript *
vig_text_calls_transcribe (VigTranscript *transcript)
{
  VigTranscript *words = vig_transcript_new ();

  for (guint turn = 0; turn < vig_transcript_get_n_turns (transcript); turn++)
    switch (vig_transcript_get_kind (transcript, turn))
      {
      case VIG_TURN_USER:
        add_user (words, transcript, turn);
        break;
      case VIG_TURN_ASSISTANT:
        add_reply (words, vig_transcript_get_reply (transcript, turn));
        break;
      case VIG_TURN_TOOLS:
      default:
        add_results (words, transcript, turn);
        break;
      }

  return words;
}

/* The end of the object that begins at @begin, or NULL: braces in strings do not count. */
static const char *
find_end (const char *begin, gsize *looked)
{
  int depth = 0;
  gboolean in_string = FALSE;

  for (const char *p = begin; *p != '\0' && p - begin < MAX_OBJECT && *looked < MAX_LOOKED; p++)
    {
      (*looked)++;
      if (in_string && *p == '\\' && p[1] != '\0')
        p++;
      else if (*p == '"')
        in_string = !in_string;
      else if (!in_string && *p == '{')
        depth++;
      else if (!in_string && *p == '}' && --depth == 0)
        return p + 1;
    }

  return NULL;
}

/* Servers may want names without dots, and models write what they saw elsewhere. */
static const char *
find_name (const VigToolInfo * const *tools, const char *name)
{
  for (guint i = 0; tools[i] != NULL; i++)
    {
      g_autofree char *plain = g_strdelimit (g_strdup (tools[i]->name), ".", '_');

      if (g_str_equal (tools[i]->name, name) || g_str_equal (plain, name))
        return tools[i]->name;
    }

  return NULL;
}

/* {"tool" or "name", "arguments" or "parameters"}, also within "function". */
static gboolean
take_call (VigReply *reply, JsonObject *object, const VigToolInfo * const *tools, gboolean as_text)
{
  JsonObject *inner = vig_json_get_object (object, "function");
  JsonObject *call = inner != NULL ? inner : object;
  const char *name = find_name (tools, vig_json_get_string (call, "tool", vig_json_get_string (call, "name", "")));
  JsonObject *arguments = vig_json_get_object (call, "arguments");
  g_autofree char *id = g_strdup_printf ("text_%u", vig_reply_get_n_calls (reply) + 1);
  g_autofree char *text = NULL;

  /* In the form that it was told: a call, also of what it was not offered, which the guard denies. */
  if (name == NULL && as_text && arguments != NULL)
    name = vig_json_get_string (call, "tool", NULL);
  if (arguments == NULL)
    arguments = vig_json_get_object (call, "parameters");
  if (name == NULL || vig_reply_get_n_calls (reply) >= MAX_CALLS)
    return FALSE;
  text = arguments != NULL ? vig_json_object_to_string (arguments) : g_strdup (vig_json_get_string (call, "arguments", "{}"));
  vig_reply_add_call (reply, id, name, text);

  return TRUE;
}

/* What stands round a call: fences, tags, blanks. */
static gboolean
is_wrapping (const char *text)
{
  g_autofree char *copy = g_strdup (text);
  const char *end = copy + strlen (copy);
  static const char * const wraps[] = { "<tool_call>", "</tool_call>", "<|python_tag|>", "[TOOL_CALLS]", "[TOOL_REQUEST]", "[END_TOOL_REQUEST]",
                                        "```json", "```tool_code", "```tool", "```" };

  /* Not strstr (): a sanitizer's measures all that follows, each time. */
  for (guint i = 0; i < G_N_ELEMENTS (wraps); i++)
    for (char *at = copy; (at = g_strstr_len (at, end - at, wraps[i])) != NULL;)
      memset (at, ' ', strlen (wraps[i]));

  return copy[strspn (copy, " \t\r\n[],")] == '\0';
}

static VigReply *
rebuild (VigReply *reply, VigReply *calls, const char *rest)
{
  g_autoptr (JsonObject) object = vig_reply_to_json (reply);
  VigReply *rebuilt;

  json_object_remove_member (object, "opaque");
  json_object_set_string_member (object, "text", is_wrapping (rest) ? "" : rest);
  rebuilt = vig_reply_from_json (object, NULL);
  for (guint i = 0; rebuilt != NULL && i < vig_reply_get_n_calls (calls); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (calls, i);
      g_autofree char *text = call->arguments != NULL ? vig_json_object_to_string (call->arguments) : g_strdup (call->raw_arguments);

      vig_reply_add_call (rebuilt, call->id, call->name, text);
    }

  return rebuilt;
}

VigReply *
vig_text_calls_read (VigReply *reply, const VigToolInfo * const *tools, gboolean as_text)
{
  g_autoptr (VigReply) calls = vig_reply_new ();
  g_autoptr (GString) rest = g_string_new (NULL);
  const char *p = vig_reply_get_text (reply);
  gsize looked = 0;

  if (vig_reply_get_n_calls (reply) > 0 || tools == NULL || tools[0] == NULL)
    return NULL;

  while (*p != '\0')
    {
      const char *end = *p == '{' ? find_end (p, &looked) : NULL;
      g_autoptr (JsonObject) object = end != NULL ? vig_json_parse_object (p, end - p, 0, NULL) : NULL;

      if (object != NULL && take_call (calls, object, tools, as_text))
        p = end;
      else
        g_string_append_c (rest, *p++);
    }
  if (vig_reply_get_n_calls (calls) == 0 || (!as_text && !is_wrapping (rest->str)))
    return NULL;

  return rebuild (reply, calls, g_strstrip (rest->str));
}

gboolean
vig_text_calls_is_refusal (const GError *error)
{
  static const char * const words[] = { "does not support tools", "do not support tools", "tool use is not supported", "tools are not supported",
                                        "support tool use", "tool calling is not supported", "does not support function calling",
                                        "function calling is not enabled", "requires --enable-auto-tool-choice", "tools param requires --jinja" };
  g_autofree char *lower = g_ascii_strdown (error->message, -1);

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strstr (lower, words[i]) != NULL)
      return TRUE;

  return FALSE;
}
