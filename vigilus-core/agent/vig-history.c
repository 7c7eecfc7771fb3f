/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-history.h"

#include <string.h>

#include "vig-attachments.h"
#include "vig-output.h"
#include "vig-result.h"

#define ROUTE_HISTORY  (24 * 1024) /* bytes of earlier runs that are shown to choose an Operator, at most */
#define LEAST_QUESTION 400
#define ROUTE_QUESTION (64 * 1024) /* of the question with its attached texts: what it is about stands there */

typedef struct
{
  VigTranscript *transcript;
  VigRedactor   *redactor;
  VigReply      *open; /* its calls wait for results */
  GHashTable    *answered;
  gboolean       with_images;
  gsize          result_limit; /* bytes; 0: as stored */
  gsize          text_limit;   /* bytes of what a person says; 0: as stored */
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

/* Its beginning and its end say what is wanted. (transfer full) */
static char *
cut_middle (const char *text, gsize limit)
{
  const char *begin_end = text + limit * 2 / 3;
  const char *end_begin = text + strlen (text) - limit / 3;

  while (begin_end > text && ((guchar) *begin_end & 0xC0) == 0x80)
    begin_end--;
  while (((guchar) *end_begin & 0xC0) == 0x80)
    end_begin++;

  return g_strdup_printf ("%.*s\n[…]\n%s", (int) (begin_end - text), text, end_begin);
}

static void
add_user (Builder *self, JsonObject *message)
{
  g_autoptr (GString) said = g_string_new (vig_json_get_string (vig_json_get_object (message, "content"), "text", ""));
  g_autofree char *text = NULL;

  vig_attachments_append_text (said, message);
  text = vig_redactor_apply (self->redactor, said->str);
  if (self->text_limit > 0 && strlen (text) > self->text_limit)
    {
      g_autofree char *whole = g_steal_pointer (&text);

      text = cut_middle (whole, self->text_limit);
    }
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
      const char *text = vig_json_get_string (result, "text", "");
      g_autofree char *cut = self->result_limit > 0 ? vig_output_cut (text, self->result_limit, vig_json_get_string (result, "id", "unknown")) : NULL;
      g_autofree char *framed = vig_result_frame_with_note (name, cut != NULL ? cut : text, vig_json_get_string (result, "note", NULL));

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
find_newest (JsonArray *history, gsize budget)
{
  gsize size = 0;
  guint length = json_array_get_length (history);
  guint start = length;

  for (guint i = length; i > 0 && size < budget; i--)
    {
      JsonObject *message = json_array_get_object_element (history, i - 1);
      JsonObject *content = vig_json_get_object (message, "content");
      g_autofree char *text = content != NULL ? vig_json_object_to_string (content) : g_strdup ("");
      g_autoptr (GString) attached = g_string_new (NULL);

      vig_attachments_append_text (attached, message);
      size += strlen (text) + attached->len;
      if (size < budget && g_str_equal (get_kind (message), "user"))
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

static void
builder_init (Builder *self, VigRedactor *redactor, gsize result_limit)
{
  self->transcript = vig_transcript_new ();
  self->redactor = redactor;
  self->open = NULL;
  self->answered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->result_limit = result_limit;
  self->text_limit = 0;
  self->with_images = TRUE;
}

static VigTranscript *
builder_end (Builder *self)
{
  g_clear_pointer (&self->open, vig_reply_unref);
  g_hash_table_unref (self->answered);

  return self->transcript;
}

static guint
find_message (JsonArray *messages, const char *id)
{
  guint length = messages != NULL ? json_array_get_length (messages) : 0;

  for (guint i = 0; i < length; i++)
    if (g_strcmp0 (vig_json_get_string (json_array_get_object_element (messages, i), "id", NULL), id) == 0)
      return i;

  return length;
}

JsonObject *
vig_history_find_summary (JsonArray *summaries, const char *operator_name, JsonArray *history, JsonArray *messages)
{
  for (guint i = 0; summaries != NULL && i < json_array_get_length (summaries); i++)
    {
      JsonObject *summary = json_array_get_object_element (summaries, i);
      const char *id = vig_json_get_string (summary, "message_id", "");

      if (g_strcmp0 (vig_json_get_string (summary, "operator_name", NULL), operator_name) == 0
          && (find_message (history, id) < json_array_get_length (history) || find_message (messages, id) < json_array_get_length (messages)))
        return summary;
    }

  return NULL;
}

gboolean
vig_history_is_own (const VigConversation *conversation, JsonObject *message)
{
  guint n_messages = conversation->messages != NULL ? json_array_get_length (conversation->messages) : 0;
  JsonObject *last = n_messages > 0 ? json_array_get_object_element (conversation->messages, n_messages - 1) : NULL;
  const char *run_id = vig_json_get_string (message, "run_id", NULL);

  return g_strcmp0 (vig_json_get_string (message, "operator_name", NULL), conversation->operator_name) == 0
         || (last != NULL && run_id != NULL && g_str_equal (run_id, vig_json_get_string (last, "run_id", "")));
}

JsonArray *
vig_history_list_shown (const VigConversation *conversation)
{
  JsonArray *arrays[] = { conversation->history, conversation->messages };
  const char *last = conversation->summary != NULL ? vig_json_get_string (conversation->summary, "message_id", "") : NULL;
  JsonArray *shown = json_array_new ();
  gboolean has_begun = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    for (guint j = 0; arrays[i] != NULL && j < json_array_get_length (arrays[i]); j++)
      {
        JsonObject *message = json_array_get_object_element (arrays[i], j);

        has_begun = has_begun || (last == NULL && g_str_equal (get_kind (message), "user"));
        if (has_begun)
          json_array_add_object_element (shown, json_object_ref (message));
        has_begun = has_begun || g_strcmp0 (vig_json_get_string (message, "id", NULL), last) == 0;
      }

  return shown;
}

VigTranscript *
vig_history_build (const VigConversation *conversation, JsonArray *approvals)
{
  g_autoptr (JsonArray) shown = vig_history_list_shown (conversation);
  Builder self;

  builder_init (&self, conversation->redactor, conversation->result_limit);
  if (conversation->summary != NULL)
    {
      g_autofree char *text = vig_compaction_present (conversation->summary, approvals);
      g_autofree char *clean = vig_redactor_apply (conversation->redactor, text);

      vig_transcript_add_user (self.transcript, clean);
    }
  for (guint i = 0; i < json_array_get_length (shown); i++)
    {
      JsonObject *message = json_array_get_object_element (shown, i);

      self.with_images = i + json_array_get_length (conversation->messages) >= json_array_get_length (shown) || was_answered (shown, i);
      add_message (&self, message, vig_history_is_own (conversation, message));
    }

  return builder_end (&self);
}

/* With the texts that are attached. */
static gsize
measure_said (JsonArray *messages)
{
  g_autoptr (GString) said = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (messages); i++)
    {
      JsonObject *message = json_array_get_object_element (messages, i);
      JsonObject *content = vig_json_get_object (message, "content");

      g_string_append (said, content != NULL ? vig_json_get_string (content, "text", "") : "");
      vig_attachments_append_text (said, message);
    }

  return said->len;
}

VigTranscript *
vig_history_build_to_route (JsonArray *history, JsonArray *messages, VigRedactor *redactor, gsize most)
{
  gsize asked = MIN (measure_said (messages), MIN (most, ROUTE_QUESTION));
  Builder self;

  builder_init (&self, redactor, 0);
  for (guint i = find_newest (history, MIN (most - asked, ROUTE_HISTORY)); i < json_array_get_length (history); i++)
    {
      self.with_images = was_answered (history, i);
      add_message (&self, json_array_get_object_element (history, i), FALSE);
    }
  self.with_images = TRUE;
  self.text_limit = MAX (MIN (most, ROUTE_QUESTION), LEAST_QUESTION);
  for (guint i = 0; i < json_array_get_length (messages); i++)
    add_message (&self, json_array_get_object_element (messages, i), FALSE);

  return builder_end (&self);
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
