/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test-plugin.h"
#include "vig-test.h"

#include <string.h>

#define KEY "sk-test-0123456789abcdef"
#define MODEL "m1"

static const VigToolInfo exec_tool = {
  .name = "ssh.exec",
  .title = "Run",
  .description = "Runs a command",
  .level = VIG_LEVEL_EXEC,
  .input_schema = "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\"}},\"required\":[\"command\"]}",
};
static const VigToolInfo * const tools[] = { &exec_tool, NULL };

typedef struct
{
  const char  *module;
  const char  *path;      /* behind the server's URL */
  const char  *key_error; /* what the real server says to a wrong key */
  const char  *name;
  const char  *options;   /* JSON, or NULL */
  const char  *sealed;    /* what came with the reasoning, and must go back with it */
  gboolean     no_raw;    /* arguments are an object by the format: none can be invalid */
  VigError     overloaded; /* an error that only says "Overloaded" */
} Format;

static const Format formats[] = {
  { "plugins/providers/anthropic/anthropic.so", "", "invalid x-api-key", "anthropic", NULL, "\"signature\":\"c2lnbmVk\"", FALSE, VIG_ERROR_UNAVAILABLE },
  { "plugins/providers/openai-compatible/openai-compatible.so", "/v1", "Incorrect API key provided",
    "compatible", NULL, "\"reasoning_content\":\"hm\"", FALSE, VIG_ERROR_UNAVAILABLE },
  { "plugins/providers/openai/openai.so", "/v1", "Incorrect API key provided", "responses", "{\"reasoning\": \"low\"}",
    "\"encrypted_content\":\"c2VhbGVk\"", FALSE, VIG_ERROR_UNAVAILABLE },
  { "plugins/providers/google/google.so", "", "API key not valid", "google", "{\"reasoning\": \"high\"}",
    "\"thoughtSignature\":\"c2lnbmVk\"", TRUE, VIG_ERROR_UNAVAILABLE },
  { "plugins/providers/ollama/ollama.so", "", "Incorrect API key provided", "ollama", "{\"context_length\": 8192, \"reasoning\": \"low\"}",
    "\"thinking\":\"hm\"", TRUE, VIG_ERROR_REMOTE },
};

typedef struct
{
  const Format  *format;
  GSubprocess   *server;
  char          *url;
  VigProvider   *provider;
  VigTranscript *transcript;
  GCancellable  *cancellable;
  GString       *text;
  gboolean       cancel_at_chunk;
  gboolean       inside;     /* of complete_async () */
  gboolean       finished;
  VigReply      *reply;
  GPtrArray     *models;
  GError        *error;
} Fixture;

/* Answers the server's control member for member; @json NULL: asks. */
static JsonObject *
control (Fixture *f, const char *json)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *uri = g_strconcat (f->url, "/__control", NULL);
  g_autoptr (SoupMessage) message = soup_message_new (json != NULL ? "POST" : "GET", uri);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer = NULL;
  JsonObject *object;

  if (json != NULL)
    {
      g_autoptr (GBytes) body = g_bytes_new (json, strlen (json));

      soup_message_set_request_body_from_bytes (message, "application/json", body);
    }
  answer = soup_session_send_and_read (session, message, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (soup_message_get_status (message), ==, 200);
  object = vig_json_parse_object (g_bytes_get_data (answer, NULL), g_bytes_get_size (answer), 0, &error);
  g_assert_no_error (error);

  return object;
}

static void
set_control (Fixture *f, const char *json)
{
  json_object_unref (control (f, json));
}

static void
configure (Fixture *f, const char *key)
{
  g_autofree char *base = g_strconcat (f->url, f->format->path, NULL);
  g_autoptr (JsonObject) options = f->format->options != NULL ? vig_json_parse_object (f->format->options, -1, 0, NULL) : NULL;
  VigProviderSettings settings = { base, key, options };
  g_autoptr (GError) error = NULL;

  g_assert_true (vig_provider_configure (f->provider, &settings, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *script = g_build_filename (g_getenv ("VIG_TEST_SOURCE"), "tests", "lib", "replay_server.py", NULL);
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GError) error = NULL;

  f->format = data;
  f->server = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/usr/bin/python3", "-B", script, NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (f->server));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines), FALSE);
  f->url = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_nonnull (f->url);
  f->provider = vig_test_load_provider (f->format->module);
  f->transcript = vig_transcript_new ();
  vig_transcript_add_user (f->transcript, "hello");
  f->text = g_string_new (NULL);
  set_control (f, "{\"key\": \"" KEY "\", \"models\": [\"" MODEL "\", \"m2\"], \"script\": [{\"text\": [\"Good \", \"day\"]}]}");
  configure (f, KEY);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_subprocess_force_exit (f->server);
  g_subprocess_wait (f->server, NULL, NULL);
  g_object_unref (f->server);
  g_assert_finalize_object (f->provider);
  vig_transcript_unref (f->transcript);
  g_clear_object (&f->cancellable);
  g_string_free (f->text, TRUE);
  g_clear_pointer (&f->reply, vig_reply_unref);
  g_clear_pointer (&f->models, g_ptr_array_unref);
  g_clear_error (&f->error);
  g_free (f->url);
}

static void
on_chunk (VigChunkKind kind, const char *text, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_false (f->inside);
  g_assert_false (f->finished);
  if (kind == VIG_CHUNK_TEXT)
    g_string_append (f->text, text);
  if (f->cancel_at_chunk)
    g_cancellable_cancel (f->cancellable);
}

static void
on_completed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_false (f->inside);
  f->reply = vig_provider_complete_finish (VIG_PROVIDER (source), result, &f->error);
  g_assert_true ((f->reply == NULL) == (f->error != NULL));
  f->finished = TRUE;
}

static void
start (Fixture *f, const char *model)
{
  VigCompletionRequest request = { model, "You are terse.", f->transcript, tools, 0 };

  g_clear_pointer (&f->reply, vig_reply_unref);
  g_clear_error (&f->error);
  g_string_truncate (f->text, 0);
  f->finished = FALSE;
  f->inside = TRUE;
  vig_provider_complete_async (f->provider, &request, on_chunk, f, f->cancellable, on_completed, f);
  f->inside = FALSE;
}

static void
complete (Fixture *f)
{
  start (f, MODEL);
  vig_test_wait_for (f->finished);
}

static void
assert_failed (Fixture *f, VigError code, const char *part)
{
  g_assert_error (f->error, VIG_ERROR, (int) code);
  g_test_message ("%s", f->error->message);
  g_assert_nonnull (strstr (f->error->message, part));
  g_assert_null (strstr (f->error->message, KEY));
}

static guint
count_requests (Fixture *f)
{
  g_autoptr (JsonObject) state = control (f, NULL);

  return json_array_get_length (json_object_get_array_member (state, "requests"));
}

static void
test_round (Fixture *f, gconstpointer data)
{
  const VigReplyCall *call;
  g_autoptr (JsonObject) state = NULL;
  g_autofree char *sent = NULL;
  g_autofree char *json = g_strdup_printf ("{\"script\": [{\"when\": {\"results\": true}, \"text\": \"All is well.\"},"
                                           "{\"text\": \"Let me look.\", \"reasoning\": \"hm\", \"calls\": [{\"name\": \"ssh.exec\", "
                                           "\"arguments\": {\"command\": \"uptime\"}}, {\"name\": \"ssh.exec\", \"arguments\": %s}]}]}",
                                           f->format->no_raw ? "{}" : "\"{\\\"command\"");

  set_control (f, json);
  complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (vig_reply_get_text (f->reply), ==, "Let me look.");
  g_assert_cmpstr (vig_reply_get_reasoning (f->reply), ==, "hm");
  g_assert_cmpuint (vig_reply_get_n_calls (f->reply), ==, 2);
  call = vig_reply_get_call (f->reply, 0);
  g_assert_cmpstr (call->name, ==, "ssh.exec");
  g_assert_cmpstr (vig_json_get_string (call->arguments, "command", ""), ==, "uptime");
  if (!f->format->no_raw)
    g_assert_null (vig_reply_get_call (f->reply, 1)->arguments);

  vig_transcript_add_reply (f->transcript, f->reply);
  vig_transcript_add_result (f->transcript, call->id, call->name, "up 3 days", FALSE);
  complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (vig_reply_get_text (f->reply), ==, "All is well.");
  g_assert_cmpint (vig_reply_get_usage (f->reply)->input_tokens, ==, 25);
  g_assert_cmpint (vig_reply_get_usage (f->reply)->output_tokens, ==, 15);
  state = control (f, NULL);
  sent = vig_json_object_to_string (state);
  g_assert_nonnull (strstr (sent, f->format->sealed));
}

/* One question after the other: the connection of the one before may still be read to its end, so there are two at most. */
static void
test_reuse (Fixture *f, gconstpointer data)
{
  g_autoptr (GHashTable) clients = g_hash_table_new (NULL, NULL);
  g_autoptr (JsonObject) state = NULL;
  JsonArray *requests;

  for (guint i = 0; i < 6; i++)
    {
      complete (f);
      g_assert_no_error (f->error);
    }
  state = control (f, NULL);
  requests = json_object_get_array_member (state, "requests");
  g_assert_cmpuint (json_array_get_length (requests), ==, 6);
  for (guint i = 0; i < 6; i++)
    g_hash_table_add (clients, GINT_TO_POINTER ((int) vig_json_get_int (json_array_get_object_element (requests, i), "client", 0)));
  g_assert_cmpuint (g_hash_table_size (clients), <=, 2);
}

/* A conversation with everything that servers refuse: the stand-in refuses it as they do. */
static void
test_hard_transcript (Fixture *f, gconstpointer data)
{
  g_autoptr (VigReply) empty = vig_reply_new ();
  g_autoptr (VigReply) calls = vig_reply_new ();

  vig_reply_add_call (calls, "functions.x:0/with spaces and more than forty characters", "ssh.exec", "{\"command\":\"ls\"}");
  vig_reply_add_call (calls, "same", "no such tool!", "not JSON");
  vig_reply_add_call (calls, "same", "", "{}");
  vig_reply_add_call (calls, "never-answered", "ssh.exec", "{\"command\":\"ls\"}");
  vig_transcript_add_reply (f->transcript, empty);
  vig_transcript_add_user (f->transcript, "still there?");
  vig_transcript_add_reply (f->transcript, calls);
  vig_transcript_add_result (f->transcript, "same", "x", "first", FALSE);
  vig_transcript_add_result (f->transcript, "same", "x", "second", TRUE);
  vig_transcript_add_result (f->transcript, "nobody-asked", "x", "orphan", FALSE);
  vig_transcript_add_user (f->transcript, "and now?");
  vig_transcript_add_image (f->transcript, "image/png", "iVBORw0KGgo=");
  complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (f->text->str, ==, "Good day");
}

static void
test_no_stream (Fixture *f, gconstpointer data)
{
  set_control (f, "{\"faults\": [{\"kind\": \"no_stream\"}]}");
  complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (f->text->str, ==, "Good day");
}

static void
test_refusals (Fixture *f, gconstpointer data)
{
  configure (f, "sk-wrong");
  complete (f);
  assert_failed (f, VIG_ERROR_UNAUTHENTICATED, f->format->key_error);
  configure (f, KEY);
  start (f, "no-such-model");
  vig_test_wait_for (f->finished);
  assert_failed (f, VIG_ERROR_NOT_FOUND, "no-such-model");
  g_assert_cmpuint (count_requests (f), ==, 2);

  start (f, "");
  vig_test_wait_for (f->finished);
  assert_failed (f, VIG_ERROR_INVALID, "no model");
  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 400, \"message\": \"prompt is too long: 9 tokens > 8 maximum\"}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_TOO_LARGE, "shorten");
  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 400, \"message\": \"you sent " KEY "\"}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_INVALID, "you sent [key]");
}

static void
test_retries (Fixture *f, gconstpointer data)
{
  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"headers\": {\"retry-after-ms\": 40}},"
                  "{\"kind\": \"status\", \"status\": 529, \"headers\": {\"retry-after-ms\": 40}}]}");
  complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (f->text->str, ==, "Good day");
  g_assert_cmpuint (count_requests (f), ==, 3);

  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 500, \"times\": 9, \"headers\": {\"retry-after-ms\": 20}}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_REMOTE, "scripted error 500");
  g_assert_cmpuint (count_requests (f), ==, 6);

  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"headers\": {\"retry-after\": 3600}}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_RATE_LIMITED, "3600 s");
  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"headers\": {\"x-ratelimit-remaining-tokens\": 0, \"x-ratelimit-reset-tokens\": \"2h\"}}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_RATE_LIMITED, "7200 s");
  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"headers\": {\"x-ratelimit-reset-requests\": \"30ms\"}}]}");
  complete (f);
  g_assert_no_error (f->error);
  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 500, \"headers\": {\"x-should-retry\": \"false\"}}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_REMOTE, "scripted error 500");
  g_assert_cmpuint (count_requests (f), ==, 11);

  set_control (f, "{\"faults\": [{\"kind\": \"reset\"}]}");
  complete (f);
  g_assert_no_error (f->error);
}

/* What was shown must not be shown again: such an end is an error, and nothing is asked twice. */
static void
test_broken_streams (Fixture *f, gconstpointer data)
{
  const struct { const char *kind; VigError code; } rows[] = {
    { "cut", VIG_ERROR_REMOTE }, { "reset_in_stream", VIG_ERROR_REMOTE }, { "error_in_stream", VIG_ERROR_UNAVAILABLE }, { "stall", VIG_ERROR_TIMED_OUT },
  };

  vig_http_provider_set_time_limits (VIG_HTTP_PROVIDER (f->provider), 0, 0, 300);
  set_control (f, "{\"script\": [{\"text\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"]}]}");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"faults\": [{\"kind\": \"%s\"}]}", rows[i].kind);

      set_control (f, json);
      complete (f);
      assert_failed (f, g_str_equal (rows[i].kind, "error_in_stream") ? f->format->overloaded : rows[i].code, "");
      g_assert_true (g_str_has_prefix (f->text->str, "a"));
      g_assert_cmpuint (f->text->len, <, 8);
      g_assert_cmpuint (count_requests (f), ==, i + 1);
    }
}

static void
test_strange_answers (Fixture *f, gconstpointer data)
{
  set_control (f, "{\"faults\": [{\"kind\": \"html\", \"times\": 3}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_REMOTE, "Router login");
  g_assert_cmpuint (count_requests (f), ==, 1);
  set_control (f, "{\"faults\": [{\"kind\": \"redirect\", \"location\": \"http://elsewhere.example/v1?token=x\"}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_REMOTE, "a redirect to elsewhere.example;");
  set_control (f, "{\"faults\": [{\"kind\": \"error_in_body\", \"times\": 3}]}");
  complete (f);
  assert_failed (f, f->format->overloaded, "Overloaded");
}

static void
test_time (Fixture *f, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();

  vig_http_provider_set_time_limits (VIG_HTTP_PROVIDER (f->provider), 0, 200, 0);
  set_control (f, "{\"faults\": [{\"kind\": \"hang\"}]}");
  complete (f);
  assert_failed (f, VIG_ERROR_TIMED_OUT, "did not begin to answer within 0.2 s");
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 3 * G_USEC_PER_SEC);
}

static gboolean
cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

static void
assert_cancelled (Fixture *f)
{
  gint64 begin = g_get_monotonic_time ();

  f->cancellable = g_cancellable_new ();
  if (!f->cancel_at_chunk)
    g_timeout_add (100, cancel, f->cancellable);
  complete (f);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, G_USEC_PER_SEC);
  g_clear_object (&f->cancellable);
}

/* While the server hangs, while we wait to ask again, in the middle of a stream, and before the beginning. */
static void
test_cancel (Fixture *f, gconstpointer data)
{
  set_control (f, "{\"faults\": [{\"kind\": \"hang\"}]}");
  assert_cancelled (f);
  set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 503, \"headers\": {\"retry-after\": 20}}]}");
  assert_cancelled (f);
  set_control (f, "{\"faults\": [{\"kind\": \"stall\"}]}");
  assert_cancelled (f);
  set_control (f, "{\"faults\": []}");
  f->cancel_at_chunk = TRUE;
  assert_cancelled (f);
  g_assert_cmpuint (f->text->len, <, strlen ("Good day"));

  f->cancellable = g_cancellable_new ();
  g_cancellable_cancel (f->cancellable);
  complete (f);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->models = vig_provider_list_models_finish (VIG_PROVIDER (source), result, &f->error);
  f->finished = TRUE;
}

static void
test_models (Fixture *f, gconstpointer data)
{
  vig_provider_list_models_async (f->provider, NULL, on_listed, f);
  vig_test_wait_for (f->finished);
  g_assert_no_error (f->error);
  g_assert_cmpuint (f->models->len, ==, 2);
  g_assert_true (g_str_has_suffix (((VigModel *) g_ptr_array_index (f->models, 1))->id, "m2"));

  configure (f, "sk-wrong");
  f->finished = FALSE;
  vig_provider_list_models_async (f->provider, NULL, on_listed, f);
  vig_test_wait_for (f->finished);
  assert_failed (f, VIG_ERROR_UNAUTHENTICATED, f->format->key_error);
}

static void
test_unreachable (Fixture *f, gconstpointer data)
{
  VigProviderSettings settings = { "http://127.0.0.1:1/v1", KEY };

  g_assert_true (vig_provider_configure (f->provider, &settings, NULL));
  complete (f);
  assert_failed (f, VIG_ERROR_UNAVAILABLE, "check the base URL");
}

static void
test_settings (Fixture *f, gconstpointer data)
{
  const VigProviderSettings bad[] = {
    { "ftp://host/v1", KEY }, { "host:8000", KEY }, { "http://", KEY }, { "http://me:secret@host/v1", KEY }, { "http://host/v1?key=x", KEY },
    { "file:///etc/passwd", KEY }, { "http://host/v1#x", KEY }, { "http://host/v1", "a b" }, { "http://host/v1", "a\r\nX-Other: b" }, { "http://ho st/", KEY },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (vig_provider_configure (f->provider, &bad[i], &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
      g_assert_null (strstr (error->message, "secret"));
    }
}

static void
test_needs (void)
{
  g_autoptr (VigProvider) anthropic = vig_test_load_provider (formats[0].module);
  g_autoptr (VigProvider) compatible = vig_test_load_provider (formats[1].module);
  VigProviderSettings nothing = { NULL, NULL };
  VigProviderSettings url = { "http://host/v1/", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (vig_provider_configure (anthropic, &nothing, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "API key"));
  g_clear_error (&error);
  g_assert_false (vig_provider_configure (compatible, &nothing, &error));
  g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "base URL"));
  g_assert_true (vig_provider_configure (compatible, &url, NULL));
}

static void
test_names (void)
{
  const char *names[] = { "ssh.exec", "a", "filesystem.read_file", "a_b.c_d.e", "a__b" };
  g_autofree char *longest = g_strnfill (70, 'x');
  g_autofree char *cut = vig_http_provider_name_to_wire (longest);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *wire = vig_http_provider_name_to_wire (names[i]);
      g_autofree char *back = vig_http_provider_name_from_wire (wire);

      g_assert_true (g_regex_match_simple ("^[a-zA-Z0-9_-]{1,64}$", wire, 0, 0));
      g_assert_cmpstr (back, ==, names[i]);
    }
  g_assert_cmpuint (strlen (cut), ==, 64);
}

/* The first attempts are refused for a member; the next request knows. */
static void
test_adapt (Fixture *f, gconstpointer data)
{
  VigCompletionRequest request = { MODEL, NULL, f->transcript, NULL, 100 };

  set_control (f, "{\"refuses\": [\"max_completion_tokens\", \"stream_options\"]}");
  for (guint i = 0; i < 2; i++)
    {
      f->finished = FALSE;
      vig_provider_complete_async (f->provider, &request, on_chunk, f, NULL, on_completed, f);
      vig_test_wait_for (f->finished);
      g_assert_no_error (f->error);
      g_clear_pointer (&f->reply, vig_reply_unref);
      g_assert_cmpuint (count_requests (f), ==, 3 + i);
    }
}

int
main (int argc, char *argv[])
{
  const struct { const char *name; void (*run) (Fixture *f, gconstpointer data); } rows[] = {
    { "round", test_round }, { "reuse", test_reuse }, { "hard-transcript", test_hard_transcript }, { "no-stream", test_no_stream }, { "refusals", test_refusals },
    { "broken-streams", test_broken_streams }, { "models", test_models }, { "retries", test_retries }, { "strange-answers", test_strange_answers },
    { "time", test_time }, { "cancel", test_cancel }, { "unreachable", test_unreachable }, { "settings", test_settings },
  };

  g_test_init (&argc, &argv, NULL);
  /* What depends on no format is tried with two. */
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    for (guint j = 0; j < (i < 2 ? G_N_ELEMENTS (rows) : 7); j++)
      {
        g_autofree char *path = g_strdup_printf ("/http-provider/%s/%s", formats[i].name, rows[j].name);

        g_test_add (path, Fixture, &formats[i], set_up, rows[j].run, tear_down);
      }
  g_test_add ("/http-provider/adapt", Fixture, &formats[1], set_up, test_adapt, tear_down);
  g_test_add_func ("/http-provider/needs", test_needs);
  g_test_add_func ("/http-provider/names", test_names);

  return g_test_run ();
}
