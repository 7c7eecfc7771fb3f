/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "provider-fixture.h"

#include <string.h>

static const VigToolInfo exec_tool = {
  .name = "ssh.exec",
  .title = "Run",
  .description = "Runs a command",
  .level = VIG_LEVEL_EXEC,
  .input_schema = "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\"}},\"required\":[\"command\"]}",
};
static const VigToolInfo * const tools[] = { &exec_tool, NULL };

const Format formats[N_FORMATS] = {
  { "plugins/providers/anthropic/anthropic.so", "", "invalid x-api-key", "anthropic", NULL, "\"signature\":\"c2lnbmVk\"", FALSE, "\"is_error\":true", VIG_ERROR_UNAVAILABLE },
  { "plugins/providers/openai-compatible/openai-compatible.so", "/v1", "Incorrect API key provided",
    "compatible", NULL, "\"reasoning_content\":\"hm\"", FALSE, "Error: second", VIG_ERROR_UNAVAILABLE },
  { "plugins/providers/openai/openai.so", "/v1", "Incorrect API key provided", "responses", "{\"reasoning\": \"low\"}",
    "\"encrypted_content\":\"c2VhbGVk\"", FALSE, "Error: second", VIG_ERROR_UNAVAILABLE },
  { "plugins/providers/google/google.so", "", "API key not valid", "google", "{\"reasoning\": \"high\"}",
    "\"thoughtSignature\":\"c2lnbmVk\"", TRUE, "\"error\":\"second\"", VIG_ERROR_UNAVAILABLE },
  { "plugins/providers/ollama/ollama.so", "", "Incorrect API key provided", "ollama", "{\"context_length\": 8192, \"reasoning\": \"low\"}",
    "\"thinking\":\"hm\"", TRUE, "Error: second", VIG_ERROR_REMOTE },
};

JsonObject *
fixture_control (Fixture *f, const char *json)
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

void
fixture_set_control (Fixture *f, const char *json)
{
  json_object_unref (fixture_control (f, json));
}

static void
configure (Fixture *f, const char *key, const char *json)
{
  g_autofree char *base = g_strconcat (f->url, f->format->path, NULL);
  g_autoptr (JsonObject) options = json != NULL ? vig_json_parse_object (json, -1, 0, NULL) : NULL;
  VigProviderSettings settings = { base, key, options };
  g_autoptr (GError) error = NULL;

  g_assert_true (vig_provider_configure (f->provider, &settings, &error));
  g_assert_no_error (error);
}

void
fixture_configure (Fixture *f, const char *key)
{
  configure (f, key, f->format->options);
}

void
fixture_set_options (Fixture *f, const char *options)
{
  configure (f, KEY, options);
}

void
fixture_set_up (Fixture *f, gconstpointer data)
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
  fixture_set_control (f, "{\"key\": \"" KEY "\", \"models\": [\"" MODEL "\", \"m2\"], \"script\": [{\"text\": [\"Good \", \"day\"]}]}");
  fixture_configure (f, KEY);
}

void
fixture_tear_down (Fixture *f, gconstpointer data)
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
  if (kind == VIG_CHUNK_RECLASSIFY)
    g_string_truncate (f->text, 0);
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

void
fixture_start (Fixture *f, const char *model)
{
  f->request = (VigCompletionRequest) { model, "You are terse.", f->transcript, tools, f->max_output_tokens };
  g_clear_pointer (&f->reply, vig_reply_unref);
  g_clear_error (&f->error);
  g_string_truncate (f->text, 0);
  f->finished = FALSE;
  f->inside = TRUE;
  vig_provider_complete_async (f->provider, &f->request, on_chunk, f, f->cancellable, on_completed, f);
  f->inside = FALSE;
}

void
fixture_complete (Fixture *f)
{
  fixture_start (f, MODEL);
  vig_test_wait_for (f->finished);
}

void
fixture_assert_failed (Fixture *f, VigError code, const char *part)
{
  g_assert_error (f->error, VIG_ERROR, (int) code);
  g_test_message ("%s", f->error->message);
  g_assert_nonnull (strstr (f->error->message, part));
  g_assert_null (strstr (f->error->message, KEY));
}

guint
fixture_count_requests (Fixture *f)
{
  g_autoptr (JsonObject) state = fixture_control (f, NULL);

  return json_array_get_length (json_object_get_array_member (state, "requests"));
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  f->models = vig_provider_list_models_finish (VIG_PROVIDER (source), result, &f->error);
  f->finished = TRUE;
}

void
fixture_list (Fixture *f)
{
  f->finished = FALSE;
  g_clear_pointer (&f->models, g_ptr_array_unref);
  vig_provider_list_models_async (f->provider, NULL, on_listed, f);
  vig_test_wait_for (f->finished);
}

char *
fixture_dup_asked (Fixture *f)
{
  g_autoptr (JsonObject) state = fixture_control (f, NULL);
  JsonArray *requests = json_object_get_array_member (state, "requests");

  for (guint i = json_array_get_length (requests); i > 0; i--)
    {
      JsonObject *request = json_array_get_object_element (requests, i - 1);

      if (vig_json_get_object (request, "body") != NULL)
        return vig_json_to_string (json_object_get_member (request, "body"));
    }

  return NULL;
}
