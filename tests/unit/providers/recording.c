/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "recording.h"

#include "vig-test-host.h"
#include "vig-test.h"

#include <string.h>
#include <vigilus/vig-http-fault.h>

#define BYTE_BY_BYTE 6000 /* bodies up to this size are cut everywhere */
#define CUTS 12

typedef struct
{
  GString *text;
  GString *reasoning;
} Chunks;

typedef struct
{
  VigProvider *provider;
  const char  *api;
  const char  *vendor;
  const char  *body;
  gsize        length;
  guint        status;
  JsonObject  *response;
  JsonObject  *expect;
  JsonObject  *then;  /* what follows from it, or NULL */
  JsonArray   *known; /* of some models of a list, or NULL */
} Row;

static void
on_chunk (VigChunkKind kind, const char *text, gpointer user_data)
{
  Chunks *chunks = user_data;

  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_string_append (kind == VIG_CHUNK_TEXT ? chunks->text : chunks->reasoning, text);
}

/* As the server reported it; -1: not. */
static gint64
get_count (Row *row, const char *name)
{
  JsonNode *node = json_object_get_member (row->expect, name);

  return node == NULL || JSON_NODE_HOLDS_NULL (node) ? -1 : json_node_get_int (node);
}

/* What a format counts beside the input or the output, and we among it. */
static gint64
get_apart (Row *row, const char *name)
{
  gboolean is_output = g_str_equal (name, "output_tokens");
  gint64 tool_use = 0;
  const char *at = row->body;

  if (g_str_equal (row->api, "anthropic-messages"))
    return is_output ? 0 : MAX (get_count (row, "cache_read_tokens"), 0) + MAX (get_count (row, "cache_write_tokens"), 0);
  if (g_str_equal (row->api, "openai-chat") && g_str_equal (row->vendor, "xai"))
    return is_output ? MAX (get_count (row, "reasoning_tokens"), 0) : 0;
  if (!g_str_equal (row->api, "gemini-generatecontent"))
    return 0;
  while (!is_output && (at = strstr (at, "\"toolUsePromptTokenCount\":")) != NULL)
    {
      at += strlen ("\"toolUsePromptTokenCount\":");
      tool_use = g_ascii_strtoll (at, NULL, 10);
    }

  return is_output ? MAX (get_count (row, "reasoning_tokens"), 0) : tool_use;
}

static void
check_sum (Row *row, const char *name, gint64 got)
{
  gint64 apart = get_apart (row, name);

  g_assert_cmpint (got, ==, apart > 0 ? MAX (get_count (row, name), 0) + apart : get_count (row, name));
}

/* In millionths of a dollar, of the last report; -1: none. No recording is of a key of one's own behind a gateway. */
static gint64
find_cost (const char *body)
{
  g_autoptr (GRegex) regex = g_regex_new ("\"(cost|cost_in_usd_ticks)\" ?: ?([0-9.e-]+)", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  gint64 cost = -1;

  for (g_regex_match (regex, body, 0, &match); g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 1);
      g_autofree char *number = g_match_info_fetch (match, 2);

      cost = (gint64) (g_ascii_strtod (number, NULL) * (g_str_equal (name, "cost") ? 1e6 : 1e-4) + 0.5);
    }

  return cost;
}

static void
check_usage (Row *row, const VigUsage *usage)
{
  check_sum (row, "input_tokens", usage->input_tokens);
  check_sum (row, "output_tokens", usage->output_tokens);
  g_assert_cmpint (usage->cache_read_tokens, ==, get_count (row, "cache_read_tokens"));
  g_assert_cmpint (usage->cache_write_tokens, ==, get_count (row, "cache_write_tokens"));
  g_assert_cmpint (usage->reasoning_tokens, ==, get_count (row, "reasoning_tokens"));
  g_assert_cmpint (usage->cost_micros, ==, find_cost (row->body));
  if (usage->input_tokens >= 0)
    g_assert_cmpint (usage->cache_read_tokens, <=, usage->input_tokens);
  if (usage->output_tokens >= 0)
    g_assert_cmpint (usage->reasoning_tokens, <=, usage->output_tokens);
}

static void
check_call (JsonObject *want, const VigReplyCall *got)
{
  const char *id = vig_json_get_string (want, "id", NULL);
  JsonObject *arguments = json_object_get_object_member (want, "arguments");
  const char *raw = vig_json_get_string (arguments, "_raw", NULL);
  g_autofree char *name = vig_http_provider_name_from_wire (json_object_get_string_member (want, "name"));

  if (id != NULL && *id != '\0')
    g_assert_cmpstr (got->id, ==, id);
  else
    g_assert_cmpuint (strlen (got->id), >=, 9);
  g_assert_cmpstr (got->name, ==, name);
  if (raw != NULL)
    {
      g_assert_null (got->arguments);
      g_assert_cmpstr (got->raw_arguments, ==, raw);
    }
  else
    {
      g_autoptr (JsonNode) a = json_node_init_object (json_node_alloc (), arguments);
      g_autoptr (JsonNode) b = NULL;

      g_assert_nonnull (got->arguments);
      b = json_node_init_object (json_node_alloc (), got->arguments);
      g_assert_true (json_node_equal (a, b));
    }
}

/* In all formats' words. */
static gboolean
is_length (const char *reason)
{
  static const char *const words[] = { "length", "model_length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_context_window_exceeded", NULL };

  return reason != NULL && g_strv_contains (words, reason);
}

static void
check_reply (Row *row, VigReply *reply)
{
  JsonArray *calls = json_object_get_array_member (row->expect, "tool_calls");
  const char *refusal = vig_json_get_string (row->expect, "refusal", NULL);

  g_assert_cmpstr (vig_reply_get_text (reply), ==, json_object_get_string_member (row->expect, "text"));
  g_assert_cmpstr (vig_reply_get_reasoning (reply), ==, json_object_get_string_member (row->expect, "reasoning"));
  g_assert_cmpstr (vig_reply_get_stop_reason (reply), ==, vig_json_get_string (row->expect, "stop_reason", NULL));
  g_assert_true (vig_reply_is_cut_short (reply) == is_length (vig_reply_get_stop_reason (reply)));
  if (refusal != NULL)
    g_assert_cmpstr (vig_reply_get_refusal (reply), ==, refusal);
  check_usage (row, vig_reply_get_usage (reply));

  g_assert_cmpuint (vig_reply_get_n_calls (reply), ==, json_array_get_length (calls));
  for (guint i = 0; i < json_array_get_length (calls); i++)
    check_call (json_array_get_object_element (calls, i), vig_reply_get_call (reply, i));
}

static void
check_fault (JsonObject *want, const VigHttpFault *got, const GError *error)
{
  JsonNode *code = json_object_get_member (want, "code");
  const char *message = vig_json_get_string (want, "message", NULL);

  g_assert_nonnull (got);
  g_assert_nonnull (error);
  g_assert_true (error->domain == VIG_ERROR);
  g_assert_cmpuint (got->status, ==, json_object_get_int_member (want, "status"));
  g_assert_cmpstr (got->type, ==, vig_json_get_string (want, "type", NULL));
  if (message != NULL)
    {
      g_assert_cmpstr (got->message, ==, message);
      g_assert_true (strlen (message) > 1500 || strstr (error->message, message) != NULL);
    }
  if (code != NULL && !JSON_NODE_HOLDS_NULL (code) && json_node_get_value_type (code) == G_TYPE_STRING)
    g_assert_cmpstr (got->code, ==, json_node_get_string (code));
  else if (code != NULL && !JSON_NODE_HOLDS_NULL (code))
    g_assert_cmpint (g_ascii_strtoll (got->code, NULL, 10), ==, json_node_get_int (code));
}

static SoupMessageHeaders *
make_headers (Row *row)
{
  SoupMessageHeaders *headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  JsonObject *recorded = json_object_get_object_member (row->response, "headers");
  g_autoptr (GList) names = json_object_get_members (recorded);

  for (GList *l = names; l != NULL; l = l->next)
    if (vig_json_get_string (recorded, l->data, NULL) != NULL)
      soup_message_headers_append (headers, l->data, vig_json_get_string (recorded, l->data, ""));
  return headers;
}

static void
begin (Row *row, VigHttpAnswer *answer)
{
  g_autoptr (SoupMessageHeaders) headers = make_headers (row);

  vig_http_answer_begin (answer, row->status, headers);
}

/* Feeds copies, so that a read behind a piece is seen by the sanitizers. */
gboolean
recording_feed (VigHttpAnswer *answer, const char *body, gsize length, const gsize *cuts, guint n_cuts, GError **error)
{
  gsize at = 0;

  for (guint i = 0; at < length; i++)
    {
      gsize end = i < n_cuts ? cuts[i] : length;
      g_autofree char *piece = g_memdup2 (body + at, end - at);

      if (end > at && !vig_http_answer_feed (answer, piece, end - at, error))
        return FALSE;
      at = end;
    }

  return vig_http_answer_end (answer, error);
}

/* What a person is told, and whether it is asked again and when. */
static void
check_then (Row *row, const VigHttpFault *fault, const GError *error)
{
  const char *code = vig_json_get_string (row->then, "code", NULL);
  const char *says = vig_json_get_string (row->then, "says", NULL);
  const char *hides = vig_json_get_string (row->then, "hide", NULL);
  guint wait_ms = 0;

  g_assert_nonnull (error);
  if (code != NULL)
    g_assert_cmpstr (vig_error_get_code_name (error), ==, code);
  g_assert_true (says == NULL || strstr (error->message, says) != NULL);
  g_assert_true (hides == NULL || strstr (error->message, hides) == NULL);
  g_assert_true (fault != NULL || !json_object_has_member (row->then, "retry"));
  if (json_object_has_member (row->then, "retry"))
    {
      g_autoptr (SoupMessageHeaders) headers = make_headers (row);

      g_assert_cmpint (vig_http_fault_may_retry (fault, headers, 0, 0.0, &wait_ms), ==, json_object_get_boolean_member (row->then, "retry"));
    }
  if (json_object_has_member (row->then, "wait_ms"))
    g_assert_cmpuint (wait_ms, ==, json_object_get_int_member (row->then, "wait_ms"));
}

static void
run_cut (Row *row, const gsize *cuts, guint n_cuts)
{
  Chunks chunks = { g_string_new (NULL), g_string_new (NULL) };
  g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (VIG_HTTP_PROVIDER (row->provider), on_chunk, &chunks);
  JsonObject *fault = vig_json_get_object (row->expect, "error");
  g_autoptr (GError) error = NULL;
  gboolean ok;

  begin (row, answer);
  ok = recording_feed (answer, row->body, row->length, cuts, n_cuts, &error);
  if (fault != NULL)
    check_fault (fault, vig_http_answer_get_fault (answer), error);
  if (row->then != NULL)
    check_then (row, vig_http_answer_get_fault (answer), error);
  if (fault == NULL && row->then == NULL)
    g_assert_no_error (error);
  g_assert_true (ok == (fault == NULL && row->then == NULL));

  check_reply (row, vig_http_answer_get_reply (answer));
  g_assert_cmpstr (chunks.text->str, ==, vig_reply_get_text (vig_http_answer_get_reply (answer)));
  g_assert_cmpstr (chunks.reasoning->str, ==, vig_reply_get_reasoning (vig_http_answer_get_reply (answer)));
  g_string_free (chunks.text, TRUE);
  g_string_free (chunks.reasoning, TRUE);
}

static int
compare_sizes (gconstpointer a, gconstpointer b)
{
  gsize x = *(const gsize *) a;
  gsize y = *(const gsize *) b;

  return x < y ? -1 : x > y;
}

/* Whole; in two at random places; in many pieces; and byte by byte where that is quick. */
static void
run_completion (Row *row, GRand *rand)
{
  gsize n_all = row->length < BYTE_BY_BYTE ? row->length : 0;
  g_autofree gsize *all = g_new0 (gsize, n_all + 1);
  gsize many[CUTS];

  run_cut (row, NULL, 0);
  for (guint i = 0; i < CUTS && row->length > 1; i++)
    {
      many[i] = g_rand_int_range (rand, 1, row->length);
      run_cut (row, &many[i], 1);
    }
  qsort (many, CUTS, sizeof many[0], compare_sizes);
  if (row->length > 1)
    run_cut (row, many, CUTS);
  for (gsize i = 0; i < n_all; i++)
    all[i] = i + 1;
  run_cut (row, all, n_all);
}

/* Every stream that is cut before its last event is an error, and what came before is kept. */
static void
run_truncated (Row *row)
{
  g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (VIG_HTTP_PROVIDER (row->provider), NULL, NULL);
  g_autoptr (GError) error = NULL;
  const char *text = json_object_get_string_member (row->expect, "text");

  begin (row, answer);
  g_assert_false (recording_feed (answer, row->body, row->length / 3, NULL, 0, &error));
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (text, vig_reply_get_text (vig_http_answer_get_reply (answer))));
}

/* Tokens, and US dollars for a million of them. */
static void
check_known (Row *row, const VigModel *model)
{
  for (guint i = 0; row->known != NULL && i < json_array_get_length (row->known); i++)
    {
      JsonObject *known = json_array_get_object_element (row->known, i);

      if (!g_str_equal (json_object_get_string_member (known, "id"), model->id))
        continue;
      g_assert_cmpint (model->context_length, ==, json_object_get_int_member (known, "context_length"));
      g_assert_cmpfloat_with_epsilon (model->input_price, json_object_get_double_member (known, "input_price"), 1e-9);
      g_assert_cmpfloat_with_epsilon (model->output_price, json_object_get_double_member (known, "output_price"), 1e-9);
    }
}

static void
run_models (Row *row, RecordingModelFunc on_model)
{
  g_autoptr (VigHttpAnswer) answer = vig_http_answer_new_raw (VIG_HTTP_PROVIDER (row->provider));
  g_autoptr (GPtrArray) models = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_model_free);
  JsonObject *fault = vig_json_get_object (row->expect, "error");
  JsonArray *want = json_object_get_array_member (row->expect, "models");
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;

  begin (row, answer);
  if (!recording_feed (answer, row->body, row->length, NULL, 0, &error))
    {
      g_assert_nonnull (fault);
      check_fault (fault, vig_http_answer_get_fault (answer), error);
      return;
    }

  g_assert_null (fault);
  next = VIG_HTTP_PROVIDER_GET_CLASS (row->provider)->parse_models (VIG_HTTP_PROVIDER (row->provider), vig_http_answer_get_body (answer), models);
  g_assert_cmpuint (models->len, ==, json_array_get_length (want));
  for (guint i = 0; i < models->len; i++)
    {
      const VigModel *model = g_ptr_array_index (models, i);

      g_assert_cmpstr (model->id, ==, json_array_get_string_element (want, i));
      check_known (row, model);
      if (on_model != NULL)
        on_model (model);
    }
}

static gboolean
is_stream (Row *row)
{
  static const char *starts[] = { "data:", "event:", ":" };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    if (g_str_has_prefix (row->body, starts[i]))
      return TRUE;

  return VIG_HTTP_PROVIDER_GET_CLASS (row->provider)->json_lines && strstr (row->body, "}\n{") != NULL;
}

/* The plugin that this recording is for: by its format, and by whose it is where that plugin exists. */
static const char *
choose_plugin (const char *api, const char *vendor, const char *request_path)
{
  static const char *vendors[] = { "anthropic", "lmstudio", "openai", "openrouter", "vllm", "xai" };

  if (g_str_equal (api, "anthropic-messages"))
    return "anthropic";
  if (g_str_equal (api, "gemini-generatecontent") || (g_str_equal (api, "models") && g_str_has_prefix (vendor, "google")))
    return "google";
  if (g_str_equal (api, "ollama-chat") || g_str_has_prefix (request_path, "/api/tags"))
    return "ollama";
  for (guint i = g_str_equal (api, "models") ? 0 : 1; i < G_N_ELEMENTS (vendors); i++)
    if (g_str_equal (vendor, vendors[i]))
      return vendors[i];

  return "openai-compatible";
}

GHashTable *
recording_new_providers (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

static VigProvider *
ensure_provider (GHashTable *providers, const char *name)
{
  VigProvider *provider = g_hash_table_lookup (providers, name);
  g_autofree char *path = g_strdup_printf ("plugins/providers/%s/%s.so", name, name);

  if (provider != NULL)
    return provider;

  provider = vig_test_load_provider (path);
  g_hash_table_insert (providers, g_strdup (name), provider);

  return provider;
}

void
recording_check (JsonObject *root, GHashTable *providers, GRand *rand, RecordingModelFunc on_model)
{
  const char *api = vig_json_get_string (root, "api", "");
  const char *vendor = vig_json_get_string (root, "provider", "");
  const char *request_path = vig_json_get_string (json_object_get_object_member (root, "request"), "path", "");
  g_autofree char *decoded = NULL;
  const char *bytes;
  Row row = { 0 };

  g_test_message ("%s", vig_json_get_string (root, "id", "?"));
  row.api = api;
  row.vendor = vendor;
  row.provider = ensure_provider (providers, choose_plugin (api, vendor, request_path));
  row.response = json_object_get_object_member (root, "response");
  row.expect = json_object_get_object_member (root, "expect");
  row.then = vig_json_get_object (root, "then");
  row.known = vig_json_get_array (root, "known");
  row.status = json_object_get_int_member (row.response, "status");
  bytes = vig_json_get_string (row.response, "body_base64", NULL);
  row.body = bytes != NULL ? decoded = (char *) g_base64_decode (bytes, &row.length) : vig_json_get_string (row.response, "body", "");
  if (bytes == NULL)
    row.length = strlen (row.body);
  if (g_str_equal (api, "models"))
    {
      run_models (&row, on_model);
      return;
    }
  run_completion (&row, rand);
  if (is_stream (&row) && row.length > 900)
    run_truncated (&row);
}
