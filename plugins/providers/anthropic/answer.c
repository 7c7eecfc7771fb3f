/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "anthropic.h"

/* A content block while it streams: what it began with, and what was added to it. */
typedef struct
{
  gint64      index;
  JsonObject *object;
  GString    *text;      /* of text and thinking */
  GString    *signature;
  GString    *input;     /* JSON text of a call's arguments */
} Block;

static void
block_free (gpointer data)
{
  Block *block = data;

  json_object_unref (block->object);
  g_string_free (block->text, TRUE);
  g_string_free (block->signature, TRUE);
  g_string_free (block->input, TRUE);
  g_free (block);
}

gpointer
anthropic_blocks_new (void)
{
  return g_ptr_array_new_with_free_func (block_free);
}

void
anthropic_blocks_free (gpointer state)
{
  g_ptr_array_unref (state);
}

static const char *
get_type (Block *block)
{
  return vig_json_get_string (block->object, "type", "");
}

/* The latest of that number: an index that comes again begins anew. */
static Block *
find_block (GPtrArray *blocks, gint64 index)
{
  for (guint i = blocks->len; i > 0; i--)
    {
      Block *block = g_ptr_array_index (blocks, i - 1);

      if (block->index == index)
        return block;
    }

  return NULL;
}

static void
add_piece (VigHttpAnswer *answer, Block *block, const char *text)
{
  g_string_append (block->text, text);
  if (g_str_equal (get_type (block), "thinking"))
    vig_http_answer_add_reasoning (answer, text);
  else
    vig_http_answer_add_text (answer, text);
}

static void
start_block (VigHttpAnswer *answer, gint64 index, JsonObject *object)
{
  Block *block = g_new0 (Block, 1);

  block->index = index;
  block->object = json_object_ref (object);
  block->text = g_string_new (NULL);
  block->signature = g_string_new (vig_json_get_string (object, "signature", ""));
  block->input = g_string_new (NULL);
  g_ptr_array_add (vig_http_answer_get_state (answer), block);

  if (g_str_equal (get_type (block), "text"))
    add_piece (answer, block, vig_json_get_string (object, "text", ""));
  else if (g_str_equal (get_type (block), "thinking"))
    add_piece (answer, block, vig_json_get_string (object, "thinking", ""));
}

static void
take_delta (VigHttpAnswer *answer, Block *block, JsonObject *delta)
{
  const char *type = vig_json_get_string (delta, "type", "");

  if (g_str_equal (type, "text_delta"))
    add_piece (answer, block, vig_json_get_string (delta, "text", ""));
  else if (g_str_equal (type, "thinking_delta"))
    add_piece (answer, block, vig_json_get_string (delta, "thinking", ""));
  else if (g_str_equal (type, "signature_delta"))
    g_string_append (block->signature, vig_json_get_string (delta, "signature", ""));
  else if (g_str_equal (type, "input_json_delta"))
    g_string_append (block->input, vig_json_get_string (delta, "partial_json", ""));
}

/* Each report replaces the one before it. */
static void
take_usage (VigHttpAnswer *answer, JsonObject *object)
{
  VigUsage *usage = vig_reply_get_usage (vig_http_answer_get_reply (answer));
  JsonObject *report = object != NULL ? vig_json_get_object (object, "usage") : NULL;

  if (report == NULL)
    return;
  vig_http_provider_read_count (report, "input_tokens", &usage->input_tokens);
  vig_http_provider_read_count (report, "output_tokens", &usage->output_tokens);
  vig_http_provider_read_count (report, "cache_read_input_tokens", &usage->cache_read_tokens);
  vig_http_provider_read_count (report, "cache_creation_input_tokens", &usage->cache_write_tokens);
  vig_http_provider_read_count (vig_json_get_object (report, "output_tokens_details"), "thinking_tokens", &usage->reasoning_tokens);
}

static void
take_stop (VigHttpAnswer *answer, JsonObject *object)
{
  VigReply *reply = vig_http_answer_get_reply (answer);
  const char *reason = object != NULL ? vig_json_get_string (object, "stop_reason", NULL) : NULL;
  JsonObject *details = object != NULL ? vig_json_get_object (object, "stop_details") : NULL;
  const char *explanation = details != NULL ? vig_json_get_string (details, "explanation", NULL) : NULL;

  if (reason == NULL)
    return;
  vig_reply_set_stop_reason (reply, reason,
                             g_str_equal (reason, "max_tokens") || g_str_equal (reason, "model_context_window_exceeded"));
  if (g_str_equal (reason, "refusal") && vig_reply_get_refusal (reply) == NULL)
    vig_reply_append_refusal (reply, explanation != NULL ? explanation : "The model declined to answer.", -1);
}

void
anthropic_parse_event (VigHttpAnswer *answer, JsonObject *event)
{
  const char *type = vig_json_get_string (event, "type", "");
  gint64 index = vig_json_get_int (event, "index", -1);
  JsonObject *block = vig_json_get_object (event, "content_block");
  JsonObject *delta = vig_json_get_object (event, "delta");
  Block *open = find_block (vig_http_answer_get_state (answer), index);

  if (g_str_equal (type, "message_start"))
    take_usage (answer, vig_json_get_object (event, "message"));
  else if (g_str_equal (type, "content_block_start") && block != NULL)
    start_block (answer, index, block);
  else if (g_str_equal (type, "content_block_delta") && delta != NULL && open != NULL)
    take_delta (answer, open, delta);
  else if (g_str_equal (type, "message_delta"))
    {
      take_stop (answer, delta);
      take_usage (answer, event);
    }
  else if (g_str_equal (type, "message_stop"))
    vig_http_answer_set_done (answer);
}

void
anthropic_parse_body (VigHttpAnswer *answer, JsonObject *body)
{
  JsonArray *content = vig_json_get_array (body, "content");

  for (guint i = 0; content != NULL && i < json_array_get_length (content); i++)
    if (JSON_NODE_HOLDS_OBJECT (json_array_get_element (content, i)))
      start_block (answer, i, json_array_get_object_element (content, i));
  take_stop (answer, body);
  take_usage (answer, body);
}

/* The arguments as text: what streamed, or else what the block began with. */
static char *
dup_input (Block *block)
{
  JsonNode *input = json_object_get_member (block->object, "input");

  if (block->input->len > 0)
    return g_strdup (block->input->str);
  if (input == NULL || JSON_NODE_HOLDS_NULL (input))
    return g_strdup ("");
  if (JSON_NODE_HOLDS_VALUE (input) && json_node_get_value_type (input) == G_TYPE_STRING)
    return json_node_dup_string (input);

  return vig_json_to_string (input);
}

/* The block as the server wants it back: strings as they came, put together. */
static JsonNode *
finish_block (Block *block)
{
  const char *type = get_type (block);
  g_autofree char *input = dup_input (block);
  g_autoptr (JsonObject) parsed = *input != '\0' ? vig_json_parse_object (input, -1, 0, NULL) : json_object_new ();
  JsonNode *node;

  if (g_str_equal (type, "text"))
    return vig_json_pack ("{s:s, s:s}", "type", type, "text", block->text->str);
  if (g_str_equal (type, "thinking"))
    return vig_json_pack ("{s:s, s:s, s:s}", "type", type, "thinking", block->text->str, "signature", block->signature->str);

  node = json_node_init_object (json_node_alloc (), block->object);
  if (g_str_has_suffix (type, "tool_use") && parsed == NULL)
    json_object_set_member (block->object, "input", vig_json_pack ("{s:s}", "invalid_json", input));
  else if (g_str_has_suffix (type, "tool_use"))
    json_object_set_object_member (block->object, "input", g_steal_pointer (&parsed));

  return node;
}

static gboolean
is_plain (Block *block)
{
  return g_str_equal (get_type (block), "text") || g_str_equal (get_type (block), "tool_use");
}

/* Thinking and the like must come back unchanged and in place; text and calls alone can be made again. */
static void
keep_blocks (VigHttpAnswer *answer, GPtrArray *blocks)
{
  JsonArray *content = json_array_new ();
  gboolean plain = TRUE;

  for (guint i = 0; i < blocks->len; i++)
    {
      Block *block = g_ptr_array_index (blocks, i);

      plain = plain && is_plain (block);
      if (block->text->len > 0 || !g_str_equal (get_type (block), "text"))
        json_array_add_element (content, finish_block (block));
    }
  if (plain)
    json_array_unref (content);
  else
    vig_reply_set_opaque (vig_http_answer_get_reply (answer),
                          vig_json_pack ("{s:s, s:A}", "format", ANTHROPIC_FORMAT, "content", content));
}

/* Of the input, the server counts only what has nothing to do with its cache. */
static void
count_cache (VigUsage *usage)
{
  vig_http_provider_add_count (&usage->input_tokens, usage->cache_read_tokens);
  vig_http_provider_add_count (&usage->input_tokens, usage->cache_write_tokens);
}

void
anthropic_parse_end (VigHttpAnswer *answer)
{
  GPtrArray *blocks = vig_http_answer_get_state (answer);

  for (guint i = 0; i < blocks->len; i++)
    {
      Block *block = g_ptr_array_index (blocks, i);
      g_autofree char *input = dup_input (block);

      if (g_str_equal (get_type (block), "tool_use"))
        vig_http_answer_add_call (answer, vig_json_get_string (block->object, "id", NULL),
                                  vig_json_get_string (block->object, "name", NULL), input);
    }
  keep_blocks (answer, blocks);
  count_cache (vig_reply_get_usage (vig_http_answer_get_reply (answer)));
}
