/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-chat.h"

#include <string.h>

/* One output item: the streamed pieces, and the complete item that ends it and has the last word. */
typedef struct
{
  gint64      index;
  JsonObject *object;    /* complete, or as it was announced */
  gboolean    complete;
  GString    *text;      /* that was handed on */
  GString    *reasoning; /* likewise */
  GString    *refusal;
  GString    *arguments;
  gboolean    summarised;
} Item;

static void
item_free (gpointer data)
{
  Item *item = data;

  g_clear_pointer (&item->object, json_object_unref);
  g_string_free (item->text, TRUE);
  g_string_free (item->reasoning, TRUE);
  g_string_free (item->refusal, TRUE);
  g_string_free (item->arguments, TRUE);
  g_free (item);
}

gpointer
vig_responses_items_new (void)
{
  return g_ptr_array_new_with_free_func (item_free);
}

void
vig_responses_items_free (gpointer state)
{
  g_ptr_array_unref (state);
}

/* Items are known by their place: proxies change ids. The list is sorted by it. */
static Item *
ensure_item (GPtrArray *items, gint64 index)
{
  Item *item;
  guint at = 0;

  for (; at < items->len; at++)
    {
      item = g_ptr_array_index (items, at);
      if (item->index == index)
        return item;
      if (item->index > index)
        break;
    }

  item = g_new0 (Item, 1);
  item->index = index;
  item->text = g_string_new (NULL);
  item->reasoning = g_string_new (NULL);
  item->refusal = g_string_new (NULL);
  item->arguments = g_string_new (NULL);
  g_ptr_array_insert (items, at, item);

  return item;
}

static JsonObject *
get_object_at (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* The @member of all parts of @type (NULL: any) in @list, put together. */
static char *
join_parts (JsonObject *object, const char *list, const char *type, const char *member)
{
  JsonArray *parts = vig_json_get_array (object, list);
  GString *text = g_string_new (NULL);

  for (guint i = 0; parts != NULL && i < json_array_get_length (parts); i++)
    {
      JsonObject *part = get_object_at (parts, i);

      if (part != NULL && (type == NULL || g_str_equal (vig_json_get_string (part, "type", ""), type)))
        g_string_append (text, vig_json_get_string (part, member, ""));
    }

  return g_string_free (text, FALSE);
}

static void
add_text (VigHttpAnswer *answer, Item *item, const char *text)
{
  g_string_append (item->text, text);
  vig_http_answer_add_text (answer, text);
}

static void
add_reasoning (VigHttpAnswer *answer, Item *item, const char *text)
{
  g_string_append (item->reasoning, text);
  vig_http_answer_add_reasoning (answer, text);
}

/* What the complete text has more than its pieces; NULL where they differ. */
static const char *
find_rest (const char *whole, GString *had)
{
  return g_str_has_prefix (whole, had->str) ? whole + had->len : NULL;
}

/* Servers exist that send no pieces, or not of everything. */
static void
complete_item (VigHttpAnswer *answer, Item *item, JsonObject *object)
{
  const char *type = vig_json_get_string (object, "type", "");
  g_autofree char *whole = NULL;
  const char *rest;

  g_clear_pointer (&item->object, json_object_unref);
  item->object = json_object_ref (object);
  item->complete = TRUE;
  if (g_str_equal (type, "message"))
    {
      g_autofree char *refusal = join_parts (object, "content", "refusal", "refusal");

      whole = join_parts (object, "content", "output_text", "text");
      rest = find_rest (whole, item->text);
      if (rest != NULL)
        add_text (answer, item, rest);
      rest = find_rest (refusal, item->refusal);
      if (rest != NULL && *rest != '\0')
        vig_reply_append_refusal (vig_http_answer_get_reply (answer), rest, -1);
    }
  else if (g_str_equal (type, "reasoning"))
    {
      whole = join_parts (object, "summary", NULL, "text");
      if (*whole == '\0')
        {
          g_free (whole);
          whole = join_parts (object, "content", NULL, "text");
        }
      rest = find_rest (whole, item->reasoning);
      if (rest != NULL)
        add_reasoning (answer, item, rest);
    }
}

static void
take_usage (VigHttpAnswer *answer, JsonObject *report)
{
  VigUsage *usage = vig_reply_get_usage (vig_http_answer_get_reply (answer));

  if (report == NULL)
    return;
  vig_http_provider_read_count (report, "input_tokens", &usage->input_tokens);
  vig_http_provider_read_count (report, "output_tokens", &usage->output_tokens);
  vig_http_provider_read_count (vig_json_get_object (report, "input_tokens_details"), "cached_tokens", &usage->cache_read_tokens);
  vig_http_provider_read_count (vig_json_get_object (report, "input_tokens_details"), "cache_write_tokens", &usage->cache_write_tokens);
  vig_http_provider_read_count (vig_json_get_object (report, "output_tokens_details"), "reasoning_tokens", &usage->reasoning_tokens);
  vig_http_provider_read_cost (report, usage);
}

/* The response as it is at its end. Its output counts where its items did not come one by one. */
static void
take_response (VigHttpAnswer *answer, GPtrArray *items, JsonObject *response)
{
  VigReply *reply = vig_http_answer_get_reply (answer);
  JsonObject *incomplete = vig_json_get_object (response, "incomplete_details");
  const char *reason = incomplete != NULL ? vig_json_get_string (incomplete, "reason", NULL) : NULL;
  JsonArray *output = vig_json_get_array (response, "output");
  gboolean any = FALSE;

  for (guint i = 0; i < items->len; i++)
    any = any || ((Item *) g_ptr_array_index (items, i))->complete;
  for (guint i = 0; output != NULL && !any && i < json_array_get_length (output); i++)
    if (get_object_at (output, i) != NULL)
      complete_item (answer, ensure_item (items, i), get_object_at (output, i));

  take_usage (answer, vig_json_get_object (response, "usage"));
  if (reason == NULL)
    reason = vig_json_get_string (response, "status", NULL);
  vig_reply_set_stop_reason (reply, reason, g_strcmp0 (reason, "max_output_tokens") == 0);
  if (vig_json_get_object (response, "error") != NULL)
    vig_http_answer_set_fault (answer, response);
}

static void
take_piece (VigHttpAnswer *answer, Item *item, const char *type, const char *piece)
{
  if (g_str_equal (type, "output_text.delta"))
    add_text (answer, item, piece);
  else if (g_str_equal (type, "reasoning_summary_text.delta"))
    {
      item->summarised = TRUE;
      add_reasoning (answer, item, piece);
    }
  else if (g_str_equal (type, "reasoning_text.delta") && !item->summarised)
    add_reasoning (answer, item, piece);
  else if (g_str_equal (type, "refusal.delta"))
    {
      g_string_append (item->refusal, piece);
      vig_reply_append_refusal (vig_http_answer_get_reply (answer), piece, -1);
    }
  else if (g_str_equal (type, "function_call_arguments.delta"))
    g_string_append (item->arguments, piece);
}

static void
take_item (VigHttpAnswer *answer, GPtrArray *items, JsonObject *event, gboolean complete)
{
  Item *last = items->len > 0 ? g_ptr_array_index (items, items->len - 1) : NULL;
  gint64 next = last != NULL ? last->index + (last->complete ? 1 : 0) : 0;
  Item *item = ensure_item (items, vig_json_get_int (event, "output_index", next));
  JsonObject *object = vig_json_get_object (event, "item");

  if (object == NULL)
    return;
  if (complete)
    complete_item (answer, item, object);
  else if (item->object == NULL)
    item->object = json_object_ref (object);
}

void
vig_responses_parse_event (VigHttpAnswer *answer, gpointer state, JsonObject *event)
{
  GPtrArray *items = state;
  const char *type = vig_json_get_string (event, "type", "");
  JsonObject *response = vig_json_get_object (event, "response");

  if (!g_str_has_prefix (type, "response."))
    return;
  type += strlen ("response.");
  if (g_str_equal (type, "output_item.added") || g_str_equal (type, "output_item.done"))
    take_item (answer, items, event, g_str_equal (type, "output_item.done"));
  else if (g_str_has_suffix (type, ".delta"))
    take_piece (answer, ensure_item (items, vig_json_get_int (event, "output_index", 0)), type, vig_json_get_string (event, "delta", ""));
  else if (response != NULL && (g_str_equal (type, "completed") || g_str_equal (type, "incomplete") || g_str_equal (type, "failed")))
    {
      take_response (answer, items, response);
      vig_http_answer_set_done (answer);
    }
}

void
vig_responses_parse_body (VigHttpAnswer *answer, gpointer state, JsonObject *body)
{
  take_response (answer, state, body);
}

/* What goes back: without what the server would look up by id, which it cannot. */
static JsonNode *
clean_item (JsonObject *object)
{
  static const char *kept[] = { "type", "role", "content", "phase", "summary", "encrypted_content", "call_id", "name", "arguments" };
  JsonObject *copy = json_object_new ();
  gboolean is_reasoning = g_str_equal (vig_json_get_string (object, "type", ""), "reasoning");
  JsonNode *node;

  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    if (json_object_has_member (object, kept[i]) && !json_object_get_null_member (object, kept[i]))
      json_object_set_member (copy, kept[i], json_node_copy (json_object_get_member (object, kept[i])));
  /* Reasoning that comes encrypted is not shown twice. */
  if (is_reasoning)
    json_object_remove_member (copy, "content");
  if (is_reasoning && vig_json_get_string (object, "id", NULL) != NULL)
    json_object_set_string_member (copy, "id", vig_json_get_string (object, "id", NULL));
  node = json_node_init_object (json_node_alloc (), copy);
  json_object_unref (copy);

  return node;
}

static void
keep_items (VigHttpAnswer *answer, GPtrArray *items)
{
  JsonArray *kept = json_array_new ();
  gboolean worth = FALSE;

  for (guint i = 0; i < items->len; i++)
    {
      Item *item = g_ptr_array_index (items, i);
      const char *type = item->complete ? vig_json_get_string (item->object, "type", "") : "";
      gboolean is_sealed = item->complete && vig_json_get_string (item->object, "encrypted_content", NULL) != NULL;

      worth = worth || is_sealed || (item->complete && json_object_has_member (item->object, "phase"));
      if (is_sealed || g_str_equal (type, "message") || g_str_equal (type, "function_call"))
        json_array_add_element (kept, clean_item (item->object));
    }
  if (worth)
    vig_reply_set_opaque (vig_http_answer_get_reply (answer),
                          vig_json_pack ("{s:s, s:A}", "format", VIG_RESPONSES_FORMAT, "items", kept));
  else
    json_array_unref (kept);
}

/* A text, but for servers that send the object itself. */
static char *
dup_arguments (Item *item)
{
  JsonObject *arguments = vig_json_get_object (item->object, "arguments");

  return arguments != NULL ? vig_json_object_to_string (arguments) : g_strdup (vig_json_get_string (item->object, "arguments", item->arguments->str));
}

void
vig_responses_parse_end (VigHttpAnswer *answer, gpointer state)
{
  GPtrArray *items = state;

  for (guint i = 0; i < items->len; i++)
    {
      Item *item = g_ptr_array_index (items, i);
      const char *type = item->object != NULL ? vig_json_get_string (item->object, "type", "") : "";
      const char *name = item->object != NULL ? vig_json_get_string (item->object, "name", NULL) : NULL;
      const char *id = item->object != NULL ? vig_json_get_string (item->object, "call_id", NULL) : NULL;

      if (g_str_equal (type, "function_call"))
        {
          g_autofree char *arguments = dup_arguments (item);

          vig_http_answer_add_call (answer, id, name, arguments);
        }
      else if (g_str_equal (type, "custom_tool_call"))
        vig_http_answer_add_call (answer, id, name, vig_json_get_string (item->object, "input", ""));
    }
  keep_items (answer, items);
}
