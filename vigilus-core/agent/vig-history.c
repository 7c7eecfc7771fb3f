/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-history.h"

#include <string.h>

#include "vig-attachments.h"
#include "vig-result.h"

#define BUDGET (192 * 1024) /* bytes of earlier runs that a model is shown */

typedef struct
{
  VigTranscript *transcript;
  VigRedactor   *redactor;
  VigReply      *open; /* its calls wait for results */
  GHashTable    *answered;
  gboolean       with_images;
} Builder;

static const char *
get_kind (JsonObject *message)
{
  return vig_json_get_string (message, "kind", "");
}

static void
close_reply (Builder *self)
{
  for (guint i = 0; self->open != NULL && i < vig_reply_get_n_calls (self->open); i++)
    {
      const VigReplyCall *call = vig_reply_get_call (self->open, i);

      if (!g_hash_table_contains (self->answered, call->id))
        vig_transcript_add_result (self->transcript, call->id, call->name, "There is no result: the run ended before.", TRUE);
    }

  g_clear_pointer (&self->open, vig_reply_unref);
  g_hash_table_remove_all (self->answered);
}

static void
add_user (Builder *self, JsonObject *message)
{
  g_autoptr (GString) said = g_string_new (vig_json_get_string (vig_json_get_object (message, "content"), "text", ""));
  g_autofree char *text = NULL;

  vig_attachments_append_text (said, message);
  text = vig_redactor_apply (self->redactor, said->str);
  close_reply (self);
  vig_transcript_add_user (self->transcript, text);
  if (self->with_images)
    vig_attachments_add_images (self->transcript, message);
}

VigReply *
vig_history_redact_reply (VigReply *reply, VigRedactor *redactor)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonNode) clean = NULL;
  JsonNode *opaque = vig_reply_get_opaque (reply);

  json_node_take_object (node, vig_reply_to_json (reply));
  json_object_remove_member (json_node_get_object (node), "opaque");
  clean = vig_redactor_apply_json (redactor, node);
  if (opaque != NULL)
    json_object_set_member (json_node_get_object (clean), "opaque", json_node_copy (opaque));

  return vig_reply_from_json (json_node_get_object (clean), NULL);
}

static void
add_reply (Builder *self, JsonObject *content, gboolean with_calls)
{
  g_autoptr (VigReply) stored = vig_reply_from_json (content, NULL);
  g_autoptr (VigReply) reply = stored != NULL ? vig_history_redact_reply (stored, self->redactor) : NULL;
  const char *text = reply != NULL ? vig_reply_get_text (reply) : "";

  close_reply (self);
  if (reply != NULL && with_calls && vig_reply_get_n_calls (reply) > 0)
    {
      vig_transcript_add_reply (self->transcript, reply);
      self->open = g_steal_pointer (&reply);
    }
  else if (*text != '\0')
    {
      g_autoptr (VigReply) plain = vig_reply_new ();

      vig_reply_append_text (plain, text, -1);
      vig_transcript_add_reply (self->transcript, plain);
    }
}

static void
add_results (Builder *self, JsonObject *content)
{
  JsonArray *results = vig_json_get_array (content, "results");

  for (guint i = 0; self->open != NULL && results != NULL && i < json_array_get_length (results); i++)
    {
      JsonObject *result = json_array_get_object_element (results, i);
      const char *id = vig_json_get_string (result, "call_id", "");
      const char *name = vig_json_get_string (result, "name", "");
      g_autofree char *framed = vig_result_frame_with_note (name, vig_json_get_string (result, "text", ""),
                                                              vig_json_get_string (result, "note", NULL));

      vig_transcript_add_result (self->transcript, id, name, framed, vig_json_get_boolean (result, "is_error", FALSE));
      g_hash_table_add (self->answered, g_strdup (id));
    }
}

static void
add_message (Builder *self, JsonObject *message, gboolean with_calls)
{
  JsonObject *content = vig_json_get_object (message, "content");
  const char *kind = get_kind (message);

  if (content == NULL)
    return;
  if (g_str_equal (kind, "user"))
    add_user (self, message);
  else if (g_str_equal (kind, "assistant"))
    add_reply (self, content, with_calls);
  else if (g_str_equal (kind, "tools") && with_calls)
    add_results (self, content);
}

/* The newest messages within the budget, from a person's on: a transcript can't begin in the middle of a run. */
static guint
find_start (JsonArray *history)
{
  gsize size = 0;
  guint length = json_array_get_length (history);
  guint start = length;

  for (guint i = length; i > 0 && size < BUDGET; i--)
    {
      JsonObject *message = json_array_get_object_element (history, i - 1);
      JsonObject *content = vig_json_get_object (message, "content");
      g_autofree char *text = content != NULL ? vig_json_object_to_string (content) : g_strdup ("");

      size += strlen (text);
      if (size < BUDGET && g_str_equal (get_kind (message), "user"))
        start = i - 1;
    }

  return start;
}

/* A picture that a model refused would make it refuse whatever is said after it, too. */
static gboolean
was_answered (JsonArray *history, guint index)
{
  if (index + 1 >= json_array_get_length (history))
    return FALSE;

  return g_str_equal (get_kind (json_array_get_object_element (history, index + 1)), "assistant");
}

static VigTranscript *
build (JsonArray *history, JsonArray *messages, const char *operator_name, gboolean with_calls, VigRedactor *redactor)
{
  Builder self = { vig_transcript_new (), redactor, NULL, g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL), TRUE };

  for (guint i = find_start (history); i < json_array_get_length (history); i++)
    {
      JsonObject *message = json_array_get_object_element (history, i);
      gboolean is_own = with_calls && g_strcmp0 (vig_json_get_string (message, "operator_name", NULL), operator_name) == 0;

      self.with_images = was_answered (history, i);
      add_message (&self, message, is_own);
    }
  self.with_images = TRUE;
  for (guint i = 0; i < json_array_get_length (messages); i++)
    add_message (&self, json_array_get_object_element (messages, i), with_calls);

  g_clear_pointer (&self.open, vig_reply_unref);
  g_hash_table_unref (self.answered);

  return self.transcript;
}

VigTranscript *
vig_history_build (JsonArray *history, JsonArray *messages, const char *operator_name, VigRedactor *redactor)
{
  return build (history, messages, operator_name, TRUE, redactor);
}

VigTranscript *
vig_history_build_to_route (JsonArray *history, JsonArray *messages, VigRedactor *redactor)
{
  return build (history, messages, NULL, FALSE, redactor);
}

const char *
vig_history_get_question (JsonArray *messages)
{
  for (guint i = 0; i < json_array_get_length (messages); i++)
    {
      JsonObject *message = json_array_get_object_element (messages, i);
      JsonObject *content = vig_json_get_object (message, "content");

      if (content != NULL && g_str_equal (get_kind (message), "user"))
        return vig_json_get_string (content, "text", "");
    }

  return "";
}
