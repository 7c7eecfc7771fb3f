/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-chat.h"

typedef struct
{
  gint64      index;     /* -1: the server does not number its calls */
  char       *id;
  char       *name;
  GString    *arguments;
  JsonNode   *extra;     /* "extra_content": wanted back */
} Call;

typedef struct
{
  GPtrArray  *calls;           /* of Call */
  JsonArray  *details;         /* "reasoning_details", their pieces put together */
  const char *reasoning_field; /* the name under which reasoning came */
  GString    *reasoning;
  gint64      total_tokens;    /* 0: not reported */
} Pieces;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_free (call->id);
  g_free (call->name);
  g_string_free (call->arguments, TRUE);
  g_clear_pointer (&call->extra, json_node_unref);
  g_free (call);
}

gpointer
vig_chat_pieces_new (void)
{
  Pieces *pieces = g_new0 (Pieces, 1);

  pieces->calls = g_ptr_array_new_with_free_func (call_free);
  pieces->details = json_array_new ();
  pieces->reasoning = g_string_new (NULL);

  return pieces;
}

void
vig_chat_pieces_free (gpointer state)
{
  Pieces *pieces = state;

  g_ptr_array_unref (pieces->calls);
  json_array_unref (pieces->details);
  g_string_free (pieces->reasoning, TRUE);
  g_free (pieces);
}

static JsonObject *
get_object_at (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static Call *
find_call (Pieces *pieces, gint64 index, const char *id)
{
  for (guint i = pieces->calls->len; i > 0; i--)
    {
      Call *call = g_ptr_array_index (pieces->calls, i - 1);

      if (index >= 0 ? call->index == index : g_strcmp0 (call->id, id) == 0)
        return call;
    }

  return NULL;
}

/* Which call a fragment continues; NULL: a new one. Not every server numbers its calls, and some number them all alike. */
static Call *
choose_call (Pieces *pieces, gint64 index, const char *id, const char *name)
{
  Call *call;

  if (index < 0 && id == NULL)
    return pieces->calls->len > 0 && name == NULL ? g_ptr_array_index (pieces->calls, pieces->calls->len - 1) : NULL;

  call = find_call (pieces, index, id);
  /* An index that nothing began: DeepSeek's gateways number the head of a second call 0, and its tail 1. */
  if (call == NULL && id == NULL && name == NULL && pieces->calls->len > 0)
    return g_ptr_array_index (pieces->calls, pieces->calls->len - 1);
  if (call != NULL && index >= 0 && id != NULL && call->id != NULL && name != NULL && !g_str_equal (call->id, id))
    return NULL;

  return call;
}

static Call *
add_call (Pieces *pieces, gint64 index)
{
  Call *call = g_new0 (Call, 1);

  call->index = index;
  call->arguments = g_string_new (NULL);
  g_ptr_array_add (pieces->calls, call);

  return call;
}

/* NULL for what is missing and for what is empty. */
static const char *
get_filled (JsonObject *object, const char *name)
{
  const char *text = object != NULL ? vig_json_get_string (object, name, NULL) : NULL;

  return text != NULL && *text != '\0' ? text : NULL;
}

static void
append_arguments (Call *call, JsonNode *arguments)
{
  g_autofree char *text = NULL;

  if (arguments == NULL || JSON_NODE_HOLDS_NULL (arguments))
    return;
  if (JSON_NODE_HOLDS_VALUE (arguments) && json_node_get_value_type (arguments) == G_TYPE_STRING)
    text = json_node_dup_string (arguments);
  else
    text = vig_json_to_string (arguments);
  g_string_append (call->arguments, text);
}

static void
take_call (Pieces *pieces, JsonObject *fragment, gboolean whole)
{
  JsonObject *function = vig_json_get_object (fragment, "function");
  gint64 index = whole ? -1 : vig_json_get_int (fragment, "index", -1);
  const char *id = get_filled (fragment, "id");
  const char *name = get_filled (function, "name");
  JsonNode *extra = json_object_get_member (fragment, "extra_content");
  Call *call = whole ? NULL : choose_call (pieces, index, id, name);

  if (call == NULL)
    call = add_call (pieces, index);
  if (call->id == NULL)
    call->id = g_strdup (id);
  if (call->name == NULL)
    call->name = g_strdup (name);
  if (function != NULL)
    append_arguments (call, json_object_get_member (function, "arguments"));
  if (extra != NULL && call->extra == NULL)
    call->extra = json_node_copy (extra);
}

static void
take_calls (Pieces *pieces, JsonObject *message, gboolean whole)
{
  JsonArray *calls = vig_json_get_array (message, "tool_calls");

  for (guint i = 0; calls != NULL && i < json_array_get_length (calls); i++)
    {
      JsonObject *fragment = get_object_at (calls, i);

      if (fragment != NULL)
        take_call (pieces, fragment, whole);
    }
}

static void
merge_detail (JsonObject *into, JsonObject *piece)
{
  g_autoptr (GList) names = json_object_get_members (piece);

  for (GList *l = names; l != NULL; l = l->next)
    {
      const char *name = l->data;
      const char *more = vig_json_get_string (piece, name, NULL);
      const char *had = vig_json_get_string (into, name, NULL);
      gboolean grows = g_str_equal (name, "text") || g_str_equal (name, "summary") || g_str_equal (name, "data");
      g_autofree char *both = grows && had != NULL && more != NULL ? g_strconcat (had, more, NULL) : NULL;

      if (both != NULL)
        json_object_set_string_member (into, name, both);
      else if (!json_object_get_null_member (piece, name) || !json_object_has_member (into, name))
        json_object_set_member (into, name, json_node_copy (json_object_get_member (piece, name)));
    }
}

/* Pieces of one index and type become one; the order stays. */
static void
take_details (Pieces *pieces, JsonObject *message)
{
  JsonArray *details = vig_json_get_array (message, "reasoning_details");

  for (guint i = 0; details != NULL && i < json_array_get_length (details); i++)
    {
      JsonObject *piece = get_object_at (details, i);
      guint n = json_array_get_length (pieces->details);
      JsonObject *last = n > 0 ? json_array_get_object_element (pieces->details, n - 1) : NULL;

      if (piece == NULL)
        continue;
      if (last != NULL && json_object_has_member (piece, "index")
          && vig_json_get_int (last, "index", -1) == vig_json_get_int (piece, "index", -2)
          && g_str_equal (vig_json_get_string (last, "type", ""), vig_json_get_string (piece, "type", "")))
        merge_detail (last, piece);
      else
        {
          JsonObject *copy = json_object_new ();

          merge_detail (copy, piece);
          json_array_add_object_element (pieces->details, copy);
        }
    }
}

static gboolean
take_reasoning (VigHttpAnswer *answer, Pieces *pieces, JsonObject *message)
{
  static const char *fields[] = { "reasoning_content", "reasoning" };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      const char *text = get_filled (message, fields[i]);

      if (text == NULL)
        continue;
      pieces->reasoning_field = fields[i];
      g_string_append (pieces->reasoning, text);
      vig_http_answer_add_reasoning (answer, text);
      return TRUE;
    }

  return FALSE;
}

static void
take_thinking (VigHttpAnswer *answer, JsonObject *part)
{
  JsonArray *inner = vig_json_get_array (part, "thinking");

  vig_http_answer_add_reasoning (answer, vig_json_get_string (part, "thinking", NULL));
  for (guint i = 0; inner != NULL && i < json_array_get_length (inner); i++)
    if (get_object_at (inner, i) != NULL)
      vig_http_answer_add_reasoning (answer, vig_json_get_string (get_object_at (inner, i), "text", NULL));
}

/* Content is a text, or a list of parts of which some may be thinking. */
static void
take_content (VigHttpAnswer *answer, JsonObject *message, gboolean has_reasoning)
{
  JsonArray *parts = vig_json_get_array (message, "content");

  vig_http_answer_add_text (answer, vig_json_get_string (message, "content", NULL));
  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    {
      JsonObject *part = get_object_at (parts, i);
      const char *type = part != NULL ? vig_json_get_string (part, "type", "") : "";

      if (g_str_equal (type, "text"))
        vig_http_answer_add_text (answer, vig_json_get_string (part, "text", NULL));
      else if (g_str_equal (type, "thinking") && !has_reasoning)
        take_thinking (answer, part);
    }
}

static void
take_usage (VigHttpAnswer *answer, Pieces *pieces, JsonObject *report)
{
  VigUsage *usage = vig_reply_get_usage (vig_http_answer_get_reply (answer));
  JsonObject *input = report != NULL ? vig_json_get_object (report, "prompt_tokens_details") : NULL;
  JsonObject *output = report != NULL ? vig_json_get_object (report, "completion_tokens_details") : NULL;

  if (report == NULL)
    return;
  vig_http_provider_read_count (report, "prompt_tokens", &usage->input_tokens);
  vig_http_provider_read_count (report, "completion_tokens", &usage->output_tokens);
  vig_http_provider_read_count (report, "total_tokens", &pieces->total_tokens);
  vig_http_provider_read_count (report, "prompt_cache_hit_tokens", &usage->cache_read_tokens);
  vig_http_provider_read_count (input, "cached_tokens", &usage->cache_read_tokens);
  vig_http_provider_read_count (input, "cache_write_tokens", &usage->cache_write_tokens);
  vig_http_provider_read_count (output, "reasoning_tokens", &usage->reasoning_tokens);
  vig_http_provider_read_cost (report, usage);
}

/* Mistral has a word of its own for a full context; gateways hand on those of others. */
static gboolean
is_length (const char *finish)
{
  static const char *const words[] = { "length", "model_length", "max_tokens", "MAX_TOKENS", "model_context_window_exceeded", NULL };

  return g_strv_contains (words, finish);
}

/* The first choice: no other is asked for. @name: "delta" or "message". */
static void
take_choice (VigHttpAnswer *answer, Pieces *pieces, JsonObject *choice, const char *name)
{
  VigReply *reply = vig_http_answer_get_reply (answer);
  JsonObject *message = vig_json_get_object (choice, name);
  const char *finish = get_filled (choice, "finish_reason");

  if (message != NULL)
    {
      const char *refusal = get_filled (message, "refusal");

      take_content (answer, message, take_reasoning (answer, pieces, message));
      if (refusal != NULL)
        vig_reply_append_refusal (reply, refusal, -1);
      take_calls (pieces, message, g_str_equal (name, "message"));
      take_details (pieces, message);
    }
  if (finish != NULL)
    vig_reply_set_stop_reason (reply, finish, is_length (finish));
  if (vig_json_get_object (choice, "error") != NULL)
    vig_http_answer_set_fault (answer, choice);
}

static void
take_choices (VigHttpAnswer *answer, Pieces *pieces, JsonObject *object, const char *name)
{
  JsonArray *choices = vig_json_get_array (object, "choices");

  for (guint i = 0; choices != NULL && i < json_array_get_length (choices); i++)
    {
      JsonObject *choice = get_object_at (choices, i);

      if (choice != NULL && vig_json_get_int (choice, "index", 0) == 0)
        take_choice (answer, pieces, choice, name);
    }
}

void
vig_chat_parse_event (VigHttpAnswer *answer, gpointer state, JsonObject *event)
{
  JsonObject *groq = vig_json_get_object (event, "x_groq");

  take_usage (answer, state, vig_json_get_object (event, "usage"));
  if (groq != NULL)
    take_usage (answer, state, vig_json_get_object (groq, "usage"));
  take_choices (answer, state, event, "delta");
}

void
vig_chat_parse_body (VigHttpAnswer *answer, gpointer state, JsonObject *body)
{
  take_usage (answer, state, vig_json_get_object (body, "usage"));
  take_choices (answer, state, body, "message");
}

static JsonArray *
collect_extras (Pieces *pieces)
{
  JsonArray *extras = json_array_new ();
  gboolean any = FALSE;

  for (guint i = 0; i < pieces->calls->len; i++)
    {
      Call *call = g_ptr_array_index (pieces->calls, i);

      any = any || call->extra != NULL;
      json_array_add_element (extras, call->extra != NULL ? json_node_copy (call->extra) : json_node_new (JSON_NODE_NULL));
    }
  if (any)
    return extras;
  json_array_unref (extras);

  return NULL;
}

/* What servers want back with the calls it led to, under the name it came by. */
static void
keep_opaque (VigHttpAnswer *answer, Pieces *pieces)
{
  JsonArray *extras = collect_extras (pieces);
  JsonObject *opaque = vig_json_pack_object ("{s:s}", "format", VIG_CHAT_FORMAT);

  if (json_array_get_length (pieces->details) > 0)
    json_object_set_array_member (opaque, "reasoning_details", json_array_ref (pieces->details));
  else if (pieces->reasoning_field != NULL)
    json_object_set_string_member (opaque, pieces->reasoning_field, pieces->reasoning->str);
  if (extras != NULL)
    json_object_set_array_member (opaque, "call_extras", extras);

  if (pieces->calls->len > 0 && json_object_get_size (opaque) > 1)
    vig_reply_set_opaque (vig_http_answer_get_reply (answer), json_node_init_object (json_node_alloc (), opaque));
  json_object_unref (opaque);
}

/* Nearly all servers count reasoning among the completion. Where it stands beside (xAI), the total tells. */
static void
count_reasoning (VigUsage *usage, gint64 total)
{
  if (usage->reasoning_tokens > 0 && total == usage->input_tokens + usage->output_tokens + usage->reasoning_tokens)
    vig_http_provider_add_count (&usage->output_tokens, usage->reasoning_tokens);
}

void
vig_chat_parse_end (VigHttpAnswer *answer, gpointer state)
{
  Pieces *pieces = state;

  for (guint i = 0; i < pieces->calls->len; i++)
    {
      Call *call = g_ptr_array_index (pieces->calls, i);

      vig_http_answer_add_call (answer, call->id, call->name, call->arguments->str);
    }
  keep_opaque (answer, pieces);
  count_reasoning (vig_reply_get_usage (vig_http_answer_get_reply (answer)), pieces->total_tokens);
}
