/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "provider-fixture.h"

#include <glib/gstdio.h>

#include <string.h>

/* What distinguishes the kinds that speak a format of others. */
static const Format vllm = { "plugins/providers/vllm/vllm.so", "/v1" };
static const Format openrouter = { "plugins/providers/openrouter/openrouter.so", "/v1" };
static const Format anthropic = { "plugins/providers/anthropic/anthropic.so", "" };
static const Format lmstudio = { "plugins/providers/lmstudio/lmstudio.so", "/v1" };
static const Format ollama = { "plugins/providers/ollama/ollama.so", "" };
static const Format compatible = { "plugins/providers/openai-compatible/openai-compatible.so", "/v1" };
static const Format xai = { "plugins/providers/xai/xai.so", "/v1" };

static void
assert_asked (Fixture *f, const char *options, const char *part, const char *not_part)
{
  g_autofree char *asked = NULL;

  fixture_set_options (f, options);
  fixture_complete (f);
  g_assert_no_error (f->error);
  asked = fixture_dup_asked (f);
  g_test_message ("%s: %s", options, asked);
  g_assert_nonnull (strstr (asked, part));
  if (not_part != NULL)
    g_assert_null (strstr (asked, not_part));
}

/* A fault with a body of its own, once. */
static void
set_fault (Fixture *f, guint status, const char *body)
{
  g_autofree char *json = g_strdup_printf ("{\"faults\": [{\"kind\": \"status\", \"status\": %u, \"body\": %s}]}", status, body);

  fixture_set_control (f, json);
}

static void
assert_refused (Fixture *f, guint status, const char *body, VigError code, const char *part)
{
  set_fault (f, status, body);
  fixture_complete (f);
  fixture_assert_failed (f, code, part);
}

/* Whether a model thinks is for its template to say, and how much for the server. */
static void
test_vllm (Fixture *f, gconstpointer data)
{
  assert_asked (f, NULL, "\"messages\"", "enable_thinking");
  assert_asked (f, "{\"reasoning\":\"off\"}", "\"chat_template_kwargs\":{\"enable_thinking\":false}", "reasoning_effort");
  assert_asked (f, "{\"reasoning\":\"high\"}", "\"chat_template_kwargs\":{\"enable_thinking\":true}", NULL);
  assert_asked (f, "{\"reasoning\":\"high\"}", "\"reasoning_effort\":\"high\"", NULL);
  assert_asked (f, "{\"reasoning\":\"off\",\"api\":\"responses\"}", "\"reasoning\":{\"effort\":\"none\"}", "chat_template_kwargs");

  assert_refused (f, 401, "{\"error\":\"Unauthorized\"}", VIG_ERROR_UNAUTHENTICATED, "enter a valid key");
  assert_refused (f, 400, "{\"object\":\"error\",\"message\":\"This model's maximum context length is 4096 tokens. However, you requested 5000 tokens\","
                          "\"type\":\"BadRequestError\",\"param\":null,\"code\":400}", VIG_ERROR_TOO_LARGE, "shorten");
  assert_refused (f, 404, "{\"error\":{\"message\":\"The model `m9` does not exist.\",\"type\":\"NotFoundError\",\"param\":null,\"code\":404}}",
                  VIG_ERROR_NOT_FOUND, "check the name of the model");
}

static char *
make_limit (gint64 from_now)
{
  return g_strdup_printf ("{\"error\":{\"code\":429,\"message\":\"Rate limit exceeded: free-models-per-min. \",\"metadata\":{\"headers\":{"
                          "\"X-RateLimit-Limit\":\"20\",\"X-RateLimit-Remaining\":\"0\",\"X-RateLimit-Reset\":\"%" G_GINT64_FORMAT "\"},"
                          "\"provider_name\":null}},\"user_id\":\"u\"}", g_get_real_time () / 1000 + from_now);
}

/* The wait stands in what it says, whatever becomes of the headers themselves. */
static void
test_openrouter_waits (Fixture *f, gconstpointer data)
{
  g_autofree char *soon = make_limit (1500);
  g_autofree char *late = make_limit (3600 * 1000);
  gint64 begin = g_get_real_time ();
  guint before;

  fixture_list (f);
  before = fixture_count_requests (f);
  set_fault (f, 429, soon);
  fixture_complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpint (g_get_real_time () - begin, >=, 1400 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (fixture_count_requests (f) - before, ==, 2);

  assert_refused (f, 429, late, VIG_ERROR_RATE_LIMITED, "it asks to wait 3");
  g_assert_cmpuint (fixture_count_requests (f) - before, ==, 3);
}

static void
test_openrouter (Fixture *f, gconstpointer data)
{
  assert_asked (f, NULL, "\"messages\"", "\"reasoning\"");
  assert_asked (f, "{\"reasoning\":\"off\"}", "\"reasoning\":{\"enabled\":false}", "reasoning_effort");
  assert_asked (f, "{\"reasoning\":\"medium\"}", "\"reasoning\":{\"effort\":\"medium\"}", "reasoning_effort");
  assert_refused (f, 402, "{\"error\":{\"code\":402,\"message\":\"Insufficient credits\"}}", VIG_ERROR_REMOTE, "check the credit");
  assert_refused (f, 404, "{\"error\":{\"code\":404,\"message\":\"No endpoints found for m9.\"}}", VIG_ERROR_NOT_FOUND, "check the name of the model");
}

/* The server answers with this stream from here on; the file that says so is to be removed. */
static char *
set_stream (Fixture *f, const char *body)
{
  g_autoptr (JsonObject) recording = vig_json_pack_object ("{s:{s:i, s:{s:s}, s:s}}", "response", "status", 200, "headers", "content-type",
                                                           "text/event-stream", "body", body);
  g_autofree char *text = vig_json_object_to_string (recording);
  g_autofree char *json = NULL;
  char *name = NULL;
  int file = g_file_open_tmp ("vigilus-recording-XXXXXX", &name, NULL);

  g_assert_cmpint (file, >=, 0);
  g_close (file, NULL);
  g_assert_true (g_file_set_contents (name, text, -1, NULL));
  json = g_strdup_printf ("{\"recording\": \"%s\", \"pieces\": 7}", name);
  fixture_set_control (f, json);

  return name;
}

/* What it sends while it waits for a vendor, and what it says when that one fails before, and in the middle of, an answer. */
static void
test_openrouter_streams (Fixture *f, gconstpointer data)
{
  static const char begun[] = "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Half of\"},\"finish_reason\":null}]}\n\n";
  static const char wait[] = ": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n";
  static const char failed[] = "data: {\"id\":\"gen-1\",\"error\":{\"code\":502,\"message\":\"Provider disconnected\",\"metadata\":{\"provider_name\":\"Novita\"}},"
                               "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\ndata: [DONE]\n\n";
  const char *texts[] = { "", begun };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *body = g_strconcat (wait, texts[i], failed, NULL);
      g_autofree char *name = set_stream (f, body);
      guint before;

      fixture_list (f);
      before = fixture_count_requests (f);
      fixture_complete (f);
      fixture_assert_failed (f, VIG_ERROR_UNAVAILABLE, "Provider disconnected (Novita)");
      g_assert_cmpstr (f->text->str, ==, i == 0 ? "" : "Half of");
      g_assert_cmpuint (fixture_count_requests (f) - before, ==, i == 0 ? 3 : 1);
      g_unlink (name);
    }
}

/* Answers with @body, gives each of its @n_calls a result, and returns the reply as it goes back with the next request, with what is around it. */
static char *
dup_sent_back (Fixture *f, const char *body, guint n_calls)
{
  g_autofree char *name = set_stream (f, body);
  g_autofree char *asked = NULL;

  fixture_complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpuint (vig_reply_get_n_calls (f->reply), ==, n_calls);
  vig_transcript_add_reply (f->transcript, f->reply);
  for (guint i = 0; i < n_calls; i++)
    vig_transcript_add_result (f->transcript, vig_reply_get_call (f->reply, i)->id, vig_reply_get_call (f->reply, i)->name, "up", FALSE);
  fixture_set_control (f, "{\"recording\": null}");
  fixture_complete (f);
  g_assert_no_error (f->error);
  g_unlink (name);

  return fixture_dup_asked (f);
}

#define DELTA(delta) "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}]}\n\n"
#define CALL(index, id, more) "\"tool_calls\":[{\"index\":" index ",\"id\":\"" id "\",\"type\":\"function\",\"function\":{\"name\":\"test_read\"," \
                              "\"arguments\":\"{}\"}" more "}]"
#define CALLS_END "data: {\"id\":\"gen-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n"

/* Pieces of one block come back as one, signed and sealed ones as they came, in their order. */
static void
test_reasoning_details (Fixture *f, gconstpointer data)
{
  g_autofree char *asked = dup_sent_back (f,
    DELTA ("\"reasoning\":\"I lo\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"I lo\",\"format\":\"anthropic-claude-v1\",\"index\":0}]")
    DELTA ("\"reasoning\":\"ok.\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"ok.\",\"index\":0}]")
    DELTA ("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"c2lnbmVk\",\"index\":0}]")
    DELTA ("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"c2VhbGVk\",\"id\":\"rs_1\",\"index\":1}]")
    DELTA (CALL ("0", "c1", "")) CALLS_END, 1);

  g_test_message ("%s", asked);
  g_assert_nonnull (strstr (asked, "\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"I look.\",\"format\":\"anthropic-claude-v1\",\"index\":0,"
                                   "\"signature\":\"c2lnbmVk\"},{\"type\":\"reasoning.encrypted\",\"data\":\"c2VhbGVk\",\"id\":\"rs_1\",\"index\":1}]"));
}

/* Gemini's signatures of thoughts: each goes back with the call that it came with, and no other. */
static void
test_extra_content (Fixture *f, gconstpointer data)
{
  static const char sealed[] = ",\"extra_content\":{\"google\":{\"thought_signature\":\"dGhvdWdodA==\"}}";
  g_autofree char *asked = dup_sent_back (f,
    DELTA (CALL ("0", "c1", ",\"extra_content\":{\"google\":{\"thought_signature\":\"dGhvdWdodA==\"}}"))
    DELTA (CALL ("1", "c2", "")) CALLS_END, 2);
  const char *first = strstr (asked, "\"id\":\"c1\"");
  const char *second = strstr (asked, "\"id\":\"c2\"");
  const char *found = strstr (asked, sealed);

  g_test_message ("%s", asked);
  g_assert_true (first != NULL && second != NULL && found != NULL);
  g_assert_true (first < found && found < second);
  g_assert_null (strstr (found + strlen (sealed), "extra_content"));
}

/* The type alone is that of any rate limit; waiting does not help. */
static void
test_spend_limit (Fixture *f, gconstpointer data)
{
  assert_refused (f, 429, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"This request would exceed what your organization has "
                          "set.\",\"details\":{\"error_code\":\"enforced_spend_limit_reached\"}},\"request_id\":\"req_1\"}",
                  VIG_ERROR_RATE_LIMITED, "check the credit and the limits of the account");
  g_assert_cmpuint (fixture_count_requests (f), ==, 1);
}

/* Its list is for anybody: only a question about the key itself tells that it is wrong. */
static void
test_openrouter_key (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"open_list\": true}");
  fixture_list (f);
  g_assert_no_error (f->error);
  g_assert_cmpuint (f->models->len, ==, 2);
  fixture_configure (f, "sk-wrong");
  fixture_list (f);
  fixture_assert_failed (f, VIG_ERROR_UNAUTHENTICATED, "enter a valid key");
}

static void
test_openrouter_sight (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"listing\": {\"architecture\": {\"modality\": \"text->text\", \"input_modalities\": [\"text\", \"file\"]}}}");
  vig_transcript_add_image (f->transcript, "image/png", "iVBORw0KGgo=");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_INVALID, "cannot see pictures");
}

/* Errors are texts, and some have a status of another meaning. */
static void
test_xai (Fixture *f, gconstpointer data)
{
  assert_asked (f, "{\"reasoning\":\"low\"}", "\"reasoning\":{\"effort\":\"low\"", NULL);
  assert_refused (f, 400, "{\"code\":\"invalid-argument\",\"error\":\"Model not found: grok-9\"}", VIG_ERROR_NOT_FOUND, "Model not found: grok-9");
  assert_refused (f, 400, "{\"code\":\"Client specified an invalid argument\",\"error\":\"Incorrect API key provided: sk***ef. You can obtain an API key from "
                          "https://console.x.ai.\"}", VIG_ERROR_UNAUTHENTICATED, "enter a valid key");
  assert_refused (f, 429, "{\"code\":\"Some resource has been exhausted\",\"error\":\"Your team has either used all available credits or reached its monthly "
                          "spending limit.\"}", VIG_ERROR_RATE_LIMITED, "check the credit");

  fixture_set_options (f, "{\"api\":\"chat\",\"reasoning\":\"low\"}");
  set_fault (f, 400, "{\"code\":\"Client specified an invalid argument\",\"error\":\"Model m1 does not support parameter reasoningEffort.\"}");
  fixture_complete (f);
  g_assert_no_error (f->error);
  assert_asked (f, "{\"api\":\"chat\",\"reasoning\":\"low\"}", "\"messages\"", "reasoning_effort");
}

/* What a model thinks stands in its text where the server has no parser for it: only at the beginning, the tags cut anywhere. */
static void
test_think (Fixture *f, gconstpointer data)
{
  static const struct { const char *text; const char *answer; const char *thought; } rows[] = {
    { "\n <think>\nLet me see: a < b </thin\n</think>\n\nGood day", "Good day", "Let me see: a < b </thin\n" },
    { "<think>\n\n</think>\n\nGood day", "Good day", "" },
    { "<think>Never closed </thi", "", "Never closed </thi" },
    { "It says <think>so</think>.", "It says <think>so</think>.", "" },
    { "<thin ice", "<thin ice", "" },
    { " <thin", " <thin", "" },
    /* The template has opened it. */
    { "Let me see: a < b </thin\n</think>\n\nGood day", "Good day", "Let me see: a < b </thin\n" },
    { "\nHm.</think>\r\nGood day </think>\n", "Good day </think>\n", "\nHm." },
    { "```c\na\n```\nSo.\n</think>\n\nGood day", "Good day", "```c\na\n```\nSo.\n" },
    { "Nothing more</think>", "", "Nothing more" },
    { "It ends with </think>, see.", "It ends with </think>, see.", "" },
    { "It ends with `</think>`\n", "It ends with `</think>`\n", "" },
    { "So:\n```\nHm\n</think>\nGood day\n```\n", "So:\n```\nHm\n</think>\nGood day\n```\n", "" },
    { "One <think>two\n</think>\nthree", "One <think>two\n</think>\nthree", "" },
    { "Cut </thin", "Cut </thin", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint width = 1; width < 12; width += 3)
      {
        g_autoptr (JsonArray) pieces = json_array_new ();
        g_autoptr (JsonObject) control = NULL;
        g_autofree char *json = NULL;

        for (gsize at = 0; at < strlen (rows[i].text); at += width)
          {
            g_autofree char *piece = g_strndup (rows[i].text + at, width);

            json_array_add_string_element (pieces, piece);
          }
        control = vig_json_pack_object ("{s:[{s:A}]}", "script", "text", json_array_ref (pieces));
        json = vig_json_object_to_string (control);
        fixture_set_control (f, json);
        fixture_complete (f);
        g_assert_no_error (f->error);
        g_test_message ("%s in pieces of %u", rows[i].text, width);
        g_assert_cmpstr (f->text->str, ==, rows[i].answer);
        g_assert_cmpstr (vig_reply_get_text (f->reply), ==, rows[i].answer);
        g_assert_cmpstr (vig_reply_get_reasoning (f->reply), ==, rows[i].thought);
      }

  /* It does not go back. */
  fixture_set_control (f, "{\"script\": [{\"text\": \"<think>A secret thought</think>Good day\"}]}");
  fixture_complete (f);
  vig_transcript_add_reply (f->transcript, f->reply);
  vig_transcript_add_user (f->transcript, "and now?");
  assert_asked (f, NULL, "\"Good day\"", "A secret thought");
}

static void
read_tags (guint n, gpointer user_data)
{
  Fixture *f = user_data;
  g_autoptr (GString) text = g_string_new ("So");
  g_autoptr (JsonObject) control = NULL;
  g_autofree char *json = NULL;

  for (guint i = 0; i < n; i++)
    g_string_append (text, "</think>");
  g_string_append (text, ".");
  control = vig_json_pack_object ("{s:[{s:s}]}", "script", "text", text->str);
  json = vig_json_object_to_string (control);
  fixture_set_control (f, json);
  fixture_complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (vig_reply_get_text (f->reply), ==, text->str);
}

/* However many of them a page had the model write: the main loop reads them. */
static void
test_many_tags (Fixture *f, gconstpointer data)
{
  vig_test_assert_linear (read_tags, 5000, f);
}

/* Where a vendor tells reasoning apart itself, text is text. */
static void
test_no_think (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"script\": [{\"text\": \"<think>so</think>Good day\"}]}");
  fixture_complete (f);
  g_assert_no_error (f->error);
  g_assert_cmpstr (vig_reply_get_text (f->reply), ==, "<think>so</think>Good day");
}

static void
assert_as_text (Fixture *f, const char *options)
{
  guint before;

  fixture_set_options (f, options);
  fixture_list (f);
  before = fixture_count_requests (f);
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_NOT_SUPPORTED, "does not support tools");
  g_assert_cmpuint (fixture_count_requests (f), ==, before);
}

/* Who asks is told at once that the model can't call tools: by the option, or by what the server says of the model. */
static void
test_tools (Fixture *f, gconstpointer data)
{
  static const char * const lacking[] = { "{\"listing\": {\"capabilities\": [\"chat\"]}, \"abilities\": [\"completion\"]}",
                                          "{\"listing\": {\"capabilities\": {\"vision\": false, \"trained_for_tool_use\": false}}}",
                                          "{\"listing\": {\"supported_parameters\": [\"temperature\"]}}" };
  guint first = f->format == &compatible ? 1 : 0;
  guint n = f->format == &ollama ? 1 : G_N_ELEMENTS (lacking);

  assert_asked (f, NULL, "\"tools\"", NULL);
  assert_as_text (f, "{\"tools\":\"text\"}");
  for (guint i = first; i < n; i++)
    {
      fixture_set_control (f, lacking[i]);
      assert_as_text (f, "{}");
      assert_asked (f, "{\"tools\":\"native\"}", "\"tools\"", NULL);
    }
  fixture_set_control (f, "{\"listing\": {\"capabilities\": [\"tool_use\"]}, \"abilities\": [\"completion\", \"tools\"]}");
  assert_asked (f, "{}", "\"tools\"", NULL);
}

/* The list is read before the first question with tools. */
static void
test_lmstudio (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"listing\": {\"capabilities\": []}}");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_NOT_SUPPORTED, "does not support tools");
}

int
main (int argc, char *argv[])
{
  const struct { const char *name; const Format *format; void (*run) (Fixture *f, gconstpointer data); } rows[] = {
    { "vllm", &vllm, test_vllm }, { "openrouter", &openrouter, test_openrouter }, { "openrouter-waits", &openrouter, test_openrouter_waits },
    { "openrouter-streams", &openrouter, test_openrouter_streams }, { "openrouter-key", &openrouter, test_openrouter_key },
    { "openrouter-sight", &openrouter, test_openrouter_sight }, { "xai", &xai, test_xai },
    { "reasoning-details", &openrouter, test_reasoning_details }, { "extra-content", &compatible, test_extra_content },
    { "spend-limit", &anthropic, test_spend_limit },
    { "think-vllm", &vllm, test_think },
    { "many-tags", &vllm, test_many_tags },
    { "think-lmstudio", &lmstudio, test_think }, { "think-ollama", &ollama, test_think }, { "think-compatible", &compatible, test_think },
    { "no-think", &openrouter, test_no_think }, { "tools-compatible", &compatible, test_tools }, { "tools-lmstudio", &lmstudio, test_tools },
    { "tools-ollama", &ollama, test_tools }, { "lmstudio", &lmstudio, test_lmstudio },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/http-quirks/%s", rows[i].name);

      g_test_add (path, Fixture, rows[i].format, fixture_set_up, rows[i].run, fixture_tear_down);
    }

  return g_test_run ();
}
