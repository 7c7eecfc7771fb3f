/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-plugin.h"
#include "vig-test.h"

#include <string.h>

#define SEED 20261123
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
} Row;

typedef struct
{
  GRand      *rand;
  GHashTable *providers; /* name → VigProvider */
  guint       n_run;
} Run;

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

static void
check_usage (Row *row, const VigUsage *usage)
{
  check_sum (row, "input_tokens", usage->input_tokens);
  check_sum (row, "output_tokens", usage->output_tokens);
  g_assert_cmpint (usage->cache_read_tokens, ==, get_count (row, "cache_read_tokens"));
  g_assert_cmpint (usage->cache_write_tokens, ==, get_count (row, "cache_write_tokens"));
  g_assert_cmpint (usage->reasoning_tokens, ==, get_count (row, "reasoning_tokens"));
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

static void
check_reply (Row *row, VigReply *reply)
{
  JsonArray *calls = json_object_get_array_member (row->expect, "tool_calls");
  const char *refusal = vig_json_get_string (row->expect, "refusal", NULL);

  g_assert_cmpstr (vig_reply_get_text (reply), ==, json_object_get_string_member (row->expect, "text"));
  g_assert_cmpstr (vig_reply_get_reasoning (reply), ==, json_object_get_string_member (row->expect, "reasoning"));
  g_assert_cmpstr (vig_reply_get_stop_reason (reply), ==, vig_json_get_string (row->expect, "stop_reason", NULL));
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

static void
begin (Row *row, VigHttpAnswer *answer)
{
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  JsonObject *recorded = json_object_get_object_member (row->response, "headers");
  g_autoptr (GList) names = json_object_get_members (recorded);

  for (GList *l = names; l != NULL; l = l->next)
    if (vig_json_get_string (recorded, l->data, NULL) != NULL)
      soup_message_headers_append (headers, l->data, vig_json_get_string (recorded, l->data, ""));
  vig_http_answer_begin (answer, row->status, headers);
}

/* Feeds copies, so that a read behind a piece is seen by the sanitizers. */
static gboolean
feed_pieces (VigHttpAnswer *answer, const char *body, gsize length, const gsize *cuts, guint n_cuts, GError **error)
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

static void
run_cut (Row *row, const gsize *cuts, guint n_cuts)
{
  Chunks chunks = { g_string_new (NULL), g_string_new (NULL) };
  g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (VIG_HTTP_PROVIDER (row->provider), on_chunk, &chunks);
  JsonObject *fault = vig_json_get_object (row->expect, "error");
  g_autoptr (GError) error = NULL;
  gboolean ok;

  begin (row, answer);
  ok = feed_pieces (answer, row->body, row->length, cuts, n_cuts, &error);
  if (fault != NULL)
    check_fault (fault, vig_http_answer_get_fault (answer), error);
  else
    g_assert_no_error (error);
  g_assert_true (ok == (fault == NULL));

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
  g_assert_false (feed_pieces (answer, row->body, row->length / 3, NULL, 0, &error));
  g_assert_nonnull (error);
  g_assert_true (g_str_has_prefix (text, vig_reply_get_text (vig_http_answer_get_reply (answer))));
}

/* What the lists of four vendors say of a model, read by a person: tokens, and US dollars for a million of them. */
static struct
{
  const char *id;
  gint64      context_length;
  double      input_price;
  double      output_price;
  gboolean    seen;
} known_models[] = {
  { "openai/gpt-5-nano", 400000, 0.05, 0.4 },
  { "models/gemini-2.5-flash", 1048576, -1, -1 },
  { "qwen2.5-7b-instruct", 4096, -1, -1 },
  { "openai/gpt-oss-20b", 131072, -1, -1 },
};

static void
look_for_known (const VigModel *model)
{
  for (guint i = 0; i < G_N_ELEMENTS (known_models); i++)
    if (g_str_equal (model->id, known_models[i].id) && model->context_length == known_models[i].context_length
        && ABS (model->input_price - known_models[i].input_price) < 1e-9 && ABS (model->output_price - known_models[i].output_price) < 1e-9)
      known_models[i].seen = TRUE;
}

static void
run_models (Row *row)
{
  g_autoptr (VigHttpAnswer) answer = vig_http_answer_new_raw (VIG_HTTP_PROVIDER (row->provider));
  g_autoptr (GPtrArray) models = g_ptr_array_new_with_free_func ((GDestroyNotify) vig_model_free);
  JsonObject *fault = vig_json_get_object (row->expect, "error");
  JsonArray *want = json_object_get_array_member (row->expect, "models");
  g_autoptr (GError) error = NULL;
  g_autofree char *next = NULL;

  begin (row, answer);
  if (!feed_pieces (answer, row->body, row->length, NULL, 0, &error))
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
      look_for_known (model);
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

static VigProvider *
ensure_provider (Run *run, const char *name)
{
  VigProvider *provider = g_hash_table_lookup (run->providers, name);
  g_autofree char *path = g_strdup_printf ("plugins/providers/%s/%s.so", name, name);

  if (provider != NULL)
    return provider;

  provider = vig_test_load_provider (path);
  g_hash_table_insert (run->providers, g_strdup (name), provider);

  return provider;
}

static void
run_file (Run *run, const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonObject) root = NULL;
  g_autoptr (GError) error = NULL;
  const char *api, *vendor, *request_path;
  Row row = { 0 };

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  root = vig_json_parse_object (text, -1, 0, &error);
  g_assert_no_error (error);
  g_test_message ("%s", vig_json_get_string (root, "id", path));

  api = vig_json_get_string (root, "api", "");
  vendor = vig_json_get_string (root, "provider", "");
  request_path = vig_json_get_string (json_object_get_object_member (root, "request"), "path", "");
  row.api = api;
  row.vendor = vendor;
  row.provider = ensure_provider (run, choose_plugin (api, vendor, request_path));
  row.response = json_object_get_object_member (root, "response");
  row.expect = json_object_get_object_member (root, "expect");
  row.status = json_object_get_int_member (row.response, "status");
  row.body = vig_json_get_string (row.response, "body", "");
  row.length = strlen (row.body);
  if (g_str_equal (api, "models"))
    run_models (&row);
  else
    run_completion (&row, run->rand);
  if (!g_str_equal (api, "models") && is_stream (&row) && row.length > 900)
    run_truncated (&row);
  run->n_run++;
}

static void
run_dir (Run *run, const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        run_dir (run, child);
      else if (g_str_has_suffix (name, ".json"))
        run_file (run, child);
    }
}

static void
test_recordings (void)
{
  g_autofree char *own = g_build_filename (g_getenv ("VIG_TEST_DATA"), "recordings", NULL);
  const char *other = g_getenv ("VIG_RECORDINGS_DIR");
  Run run = { g_rand_new_with_seed (SEED), g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref), 0 };

  run_dir (&run, other != NULL ? other : own);
  g_test_message ("%u recordings", run.n_run);
  g_assert_cmpuint (run.n_run, >, 0);
  if (other == NULL)
    g_assert_cmpuint (run.n_run, ==, 242);
  g_rand_free (run.rand);
  g_hash_table_unref (run.providers);
  for (guint k = 0; k < G_N_ELEMENTS (known_models); k++)
    {
      g_test_message ("%s", known_models[k].id);
      g_assert_true (known_models[k].seen);
    }
}

/* What a person is told of an error of @status with @body, from OpenRouter. */
static char *
dup_told (guint status, const char *body)
{
  g_autoptr (VigProvider) provider = vig_test_load_provider ("plugins/providers/openrouter/openrouter.so");
  g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (VIG_HTTP_PROVIDER (provider), NULL, NULL);
  g_autoptr (GError) error = NULL;

  vig_http_answer_begin (answer, status, NULL);
  g_assert_false (feed_pieces (answer, body, strlen (body), NULL, 0, &error));

  return g_strdup_printf ("%d %s", error->code, error->message);
}

#define SAYS(status, body, code, words) \
  { \
    g_autofree char *told = dup_told (status, body); \
    g_autofree char *want = g_strdup_printf ("%d OpenRouter answered with error %s", code, words); \
    g_assert_cmpstr (told, ==, want); \
  }

/* The vendor behind a gateway, in its own words, whatever shape they came in. */
static void
test_upstream (void)
{
  SAYS (502, "{\"error\":{\"code\":502,\"message\":\"Provider returned error\",\"metadata\":{\"provider_name\":\"Novita\",\"raw\":\"{\\\"error\\\":{\\\"message\\\":"
             "\\\"the GPU fell over\\\"}}\"}},\"user_id\":\"u\"}",
        VIG_ERROR_UNAVAILABLE, "502: Provider returned error (Novita: the GPU fell over); the server behind it cannot be reached: try again later");
  SAYS (200, "{\"error\":{\"code\":429,\"message\":\"Provider returned error\",\"metadata\":{\"provider_name\":\"Azure\",\"raw\":\"slow down\"}}}",
        VIG_ERROR_RATE_LIMITED, "429: Provider returned error (Azure: slow down); wait, or raise the limit of the account");
  SAYS (200, ": OPENROUTER PROCESSING\n\ndata: {\"error\":{\"code\":400,\"message\":\"Provider returned error\",\"metadata\":{\"provider_name\":\"Z\",\"raw\":{"
             "\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
        VIG_ERROR_TOO_LARGE, "400: Provider returned error (Z: prompt is too long: 9 tokens > 8 maximum); shorten the conversation or choose a model with more context");
  SAYS (403, "{\"error\":{\"code\":403,\"message\":\"Claude requires moderation on Anthropic. Your input was flagged\"}}",
        VIG_ERROR_INVALID, "403: Claude requires moderation on Anthropic. Your input was flagged; the provider refuses what was asked: say it otherwise, or ask a model elsewhere");
  SAYS (404, "{\"error\":{\"code\":404,\"message\":\"No endpoints found that support image input\"}}",
        VIG_ERROR_INVALID, "404: No endpoints found that support image input; this model cannot see pictures: choose one that can, or send the text alone");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/providers/recordings", test_recordings);
  g_test_add_func ("/providers/upstream", test_upstream);

  return g_test_run ();
}
