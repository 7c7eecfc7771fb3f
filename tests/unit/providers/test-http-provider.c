/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "provider-fixture.h"

#include <vigilus/vig-http-models.h>

#include <string.h>

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

  fixture_set_control (f, json);
  fixture_complete (f);
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
  fixture_complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (vig_reply_get_text (f->reply), ==, "All is well.");
  g_assert_cmpint (vig_reply_get_usage (f->reply)->input_tokens, ==, 25);
  g_assert_cmpint (vig_reply_get_usage (f->reply)->output_tokens, ==, 15);
  state = fixture_control (f, NULL);
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
      fixture_complete (f);
      g_assert_no_error (f->error);
    }
  state = fixture_control (f, NULL);
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
  g_autofree char *asked = NULL;

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
  fixture_complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (f->text->str, ==, "Good day");

  /* Each in its own form: the model knows which result is a failure, and sees the picture. */
  asked = fixture_dup_asked (f);
  g_assert_nonnull (strstr (asked, f->format->failed));
  g_assert_nonnull (strstr (asked, "iVBORw0KGgo="));
}

static void
test_no_stream (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"no_stream\"}]}");
  fixture_complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (f->text->str, ==, "Good day");
}

static void
test_refusals (Fixture *f, gconstpointer data)
{
  fixture_configure (f, "sk-wrong");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_UNAUTHENTICATED, f->format->key_error);
  fixture_configure (f, KEY);
  fixture_start (f, "no-such-model");
  vig_test_wait_for (f->finished);
  fixture_assert_failed (f, VIG_ERROR_NOT_FOUND, "no-such-model");
  g_assert_cmpuint (fixture_count_requests (f), ==, 2);

  fixture_start (f, "");
  vig_test_wait_for (f->finished);
  fixture_assert_failed (f, VIG_ERROR_INVALID, "no model");
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 400, \"message\": \"prompt is too long: 9 tokens > 8 maximum\"}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_TOO_LARGE, "shorten");
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 400, \"message\": \"you sent " KEY "\"}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_INVALID, "you sent [key]");
}

static void
test_retries (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"headers\": {\"retry-after-ms\": 40}},"
                  "{\"kind\": \"status\", \"status\": 529, \"headers\": {\"retry-after-ms\": 40}}]}");
  fixture_complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (f->text->str, ==, "Good day");
  g_assert_cmpuint (fixture_count_requests (f), ==, 3);

  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 500, \"times\": 9, \"headers\": {\"retry-after-ms\": 20}}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_REMOTE, "scripted error 500");
  g_assert_cmpuint (fixture_count_requests (f), ==, 6);

  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"headers\": {\"retry-after\": 3600}}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_RATE_LIMITED, "3600 s");
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"headers\": {\"x-ratelimit-remaining-tokens\": 0, \"x-ratelimit-reset-tokens\": \"2h\"}}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_RATE_LIMITED, "7200 s");
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"headers\": {\"x-ratelimit-reset-requests\": \"30ms\"}}]}");
  fixture_complete (f);
  g_assert_no_error (f->error);
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 500, \"headers\": {\"x-should-retry\": \"false\"}}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_REMOTE, "scripted error 500");
  g_assert_cmpuint (fixture_count_requests (f), ==, 11);

  fixture_set_control (f, "{\"faults\": [{\"kind\": \"reset\"}]}");
  fixture_complete (f);
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
  fixture_set_control (f, "{\"script\": [{\"text\": [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"]}]}");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"faults\": [{\"kind\": \"%s\"}]}", rows[i].kind);

      fixture_set_control (f, json);
      fixture_complete (f);
      fixture_assert_failed (f, g_str_equal (rows[i].kind, "error_in_stream") ? f->format->overloaded : rows[i].code, "");
      g_assert_true (g_str_has_prefix (f->text->str, "a"));
      g_assert_cmpuint (f->text->len, <, 8);
      g_assert_cmpuint (fixture_count_requests (f), ==, i + 1);
    }
}

static void
test_strange_answers (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"html\", \"times\": 3}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_REMOTE, "Router login");
  g_assert_cmpuint (fixture_count_requests (f), ==, 1);
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"redirect\", \"location\": \"http://elsewhere.example/v1?token=x\"}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_REMOTE, "a redirect to elsewhere.example;");
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"error_in_body\", \"times\": 3}]}");
  fixture_complete (f);
  fixture_assert_failed (f, f->format->overloaded, "Overloaded");
}

static void
test_time (Fixture *f, gconstpointer data)
{
  vig_http_provider_set_time_limits (VIG_HTTP_PROVIDER (f->provider), 0, 200, 0);
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"hang\"}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_TIMED_OUT, "did not begin to answer within 0.2 s");

  /* Headers are sent before the prompt was read: that is not the middle of an answer. */
  vig_http_provider_set_time_limits (VIG_HTTP_PROVIDER (f->provider), 0, 400, 50);
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"hang_after_headers\"}]}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_TIMED_OUT, "did not begin to answer within 0.4 s");
}

/* A service that hangs is given up sooner than a server at home, which may have to load its model. What it is shows where its name leads. */
static void
test_place (void)
{
  static const struct { const char *module, *url, *address; gboolean is_home; } rows[] = {
    { "openai-compatible", "http://llm.example.org/v1", NULL, FALSE }, { "openai-compatible", "http://llm.example.org/v1", "8.8.8.8", FALSE },
    { "openai-compatible", "http://llm.example.org/v1", "10.1.2.3", TRUE }, { "openai-compatible", "http://nas.lan/v1", "127.0.0.1", TRUE },
    { "openai-compatible", "http://nas.lan/v1", "192.168.7.9", TRUE }, { "openai-compatible", "http://nas/v1", "100.64.0.9", TRUE },
    { "openai-compatible", "http://nas/v1", "::1", TRUE }, { "openai-compatible", "http://nas/v1", "fd12::9", TRUE },
    { "openai-compatible", "http://nas/v1", "fe80::9", TRUE }, { "openai-compatible", "http://nas/v1", "2606:4700::1111", FALSE },
    { "openai-compatible", "http://nas/v1", "::ffff:8.8.8.8", FALSE }, { "anthropic", NULL, "8.8.8.8", FALSE },
    { "anthropic", "http://gateway.lan:4000", "10.1.2.3", TRUE }, { "anthropic", "https://gateway.example", "8.8.8.8", FALSE },
    { "openai", "https://API.openai.com/v1/", "10.1.2.3", FALSE }, /* a proxy */
    { "ollama", NULL, NULL, TRUE }, { "ollama", "https://gpu.example:11434", "8.8.8.8", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      VigProviderSettings settings = { rows[i].url, KEY };
      g_autofree char *path = g_strdup_printf ("plugins/providers/%s/%s.so", rows[i].module, rows[i].module);
      g_autoptr (VigProvider) provider = vig_test_load_provider (path);
      g_autoptr (GError) error = NULL;

      vig_provider_configure (provider, &settings, &error);
      g_assert_no_error (error);
      if (rows[i].address != NULL)
        {
          g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (rows[i].address, 443);

          vig_http_provider_note_address (VIG_HTTP_PROVIDER (provider), address);
        }
      g_test_message ("%s at %s is %s", rows[i].module, rows[i].url, rows[i].address);
      g_assert_true (vig_http_provider_is_at_home (VIG_HTTP_PROVIDER (provider)) == rows[i].is_home);
    }
}

static void
test_first_byte_limits (void)
{
  g_autoptr (VigProvider) provider = vig_test_load_provider ("plugins/providers/openai-compatible/openai-compatible.so");
  VigHttpLimits limits = vig_http_provider_get_time_limits (VIG_HTTP_PROVIDER (provider));

  g_assert_cmpuint (limits.first_byte, ==, 600000);
  g_assert_cmpuint (limits.cloud_first_byte, ==, 180000);
}

static gboolean
cancel (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

/* Long before anything that it waits for would be over by itself. */
static void
assert_cancelled (Fixture *f)
{
  gint64 begin = g_get_monotonic_time ();

  f->cancellable = g_cancellable_new ();
  if (!f->cancel_at_chunk)
    g_timeout_add (100, cancel, f->cancellable);
  fixture_complete (f);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 60 * G_USEC_PER_SEC);
  g_clear_object (&f->cancellable);
}

/* While the server hangs, while we wait to ask again, in the middle of a stream, and before the beginning. */
static void
test_cancel (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"hang\"}]}");
  assert_cancelled (f);
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 503, \"headers\": {\"retry-after\": 60}}]}");
  assert_cancelled (f);
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"stall\"}]}");
  assert_cancelled (f);
  fixture_set_control (f, "{\"faults\": []}");
  f->cancel_at_chunk = TRUE;
  assert_cancelled (f);
  g_assert_cmpuint (f->text->len, <, strlen ("Good day"));

  f->cancellable = g_cancellable_new ();
  g_cancellable_cancel (f->cancellable);
  fixture_complete (f);
  g_assert_error (f->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_models (Fixture *f, gconstpointer data)
{
  fixture_list (f);
  g_assert_no_error (f->error);
  g_assert_cmpuint (f->models->len, ==, 2);
  g_assert_true (g_str_has_suffix (((VigModel *) g_ptr_array_index (f->models, 1))->id, "m2"));

  fixture_configure (f, "sk-wrong");
  fixture_list (f);
  fixture_assert_failed (f, VIG_ERROR_UNAUTHENTICATED, f->format->key_error);
}

static void
test_unreachable (Fixture *f, gconstpointer data)
{
  VigProviderSettings settings = { "http://127.0.0.1:1/v1", KEY };

  g_assert_true (vig_provider_configure (f->provider, &settings, NULL));
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_UNAVAILABLE, "check the base URL");
}

/* A server that takes the connection and says nothing: TLS never comes about. */
static void
test_connect_time (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);
  g_autofree char *url = g_strdup_printf ("https://127.0.0.1:%u/v1", port);
  VigProviderSettings settings = { url, KEY };

  g_assert_true (vig_provider_configure (f->provider, &settings, NULL));
  vig_http_provider_set_time_limits (VIG_HTTP_PROVIDER (f->provider), 200, 0, 0);
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_TIMED_OUT, "could not be reached within 0.2 s");
  g_socket_listener_close (listener);
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

int
main (int argc, char *argv[])
{
  const struct { const char *name; void (*run) (Fixture *f, gconstpointer data); } rows[] = {
    { "round", test_round }, { "reuse", test_reuse }, { "hard-transcript", test_hard_transcript }, { "no-stream", test_no_stream }, { "refusals", test_refusals },
    { "broken-streams", test_broken_streams }, { "models", test_models }, { "strange-answers", test_strange_answers }, { "retries", test_retries },
    { "time", test_time }, { "cancel", test_cancel }, { "unreachable", test_unreachable }, { "connect-time", test_connect_time }, { "settings", test_settings },
  };

  g_test_init (&argc, &argv, NULL);
  /* What depends on no format is tried with two. */
  for (guint i = 0; i < N_FORMATS; i++)
    for (guint j = 0; j < (i < 2 ? G_N_ELEMENTS (rows) : 8); j++)
      {
        g_autofree char *path = g_strdup_printf ("/http-provider/%s/%s", formats[i].name, rows[j].name);

        g_test_add (path, Fixture, &formats[i], fixture_set_up, rows[j].run, fixture_tear_down);
      }
  g_test_add_func ("/http-provider/needs", test_needs);
  g_test_add_func ("/http-provider/place", test_place);
  g_test_add_func ("/http-provider/first-byte-limits", test_first_byte_limits);
  g_test_add_func ("/http-provider/names", test_names);

  return g_test_run ();
}
