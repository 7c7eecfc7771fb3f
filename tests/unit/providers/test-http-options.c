/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "provider-fixture.h"

#include <string.h>

#define ANTHROPIC 0
#define CHAT      1
#define RESPONSES 2
#define GOOGLE    3
#define OLLAMA    4

/* Asks @model, in @n requests; the last of them holds @part. */
static void
ask (Fixture *f, const char *model, guint n, const char *part)
{
  guint before = fixture_count_requests (f);
  g_autofree char *asked = NULL;

  fixture_start (f, model);
  vig_test_wait_for (f->finished);
  g_assert_no_error (f->error);
  g_assert_cmpuint (fixture_count_requests (f) - before, ==, n);
  asked = fixture_dup_asked (f);
  g_test_message ("%s", asked);
  g_assert_nonnull (strstr (asked, part));
}

static void
assert_not_asked (Fixture *f, const char *part)
{
  g_autofree char *asked = fixture_dup_asked (f);

  g_assert_null (strstr (asked, part));
}

/* The model calls a tool, and gets its result. */
static void
call_tool (Fixture *f, const char *model)
{
  fixture_set_control (f, "{\"script\": [{\"when\": {\"results\": true}, \"text\": \"All is well.\"}, {\"reasoning\": \"hm\", \"text\": \"Let me look.\","
                          "\"calls\": [{\"name\": \"ssh.exec\", \"arguments\": {\"command\": \"uptime\"}}]}]}");
  fixture_start (f, model);
  vig_test_wait_for (f->finished);
  g_assert_no_error (f->error);
  vig_transcript_add_reply (f->transcript, f->reply);
  vig_transcript_add_result (f->transcript, vig_reply_get_call (f->reply, 0)->id, "ssh.exec", "up 3 days", FALSE);
}

/* Which models think in which way, the server says; what it said is remembered for each. */
static void
test_thinking (Fixture *f, gconstpointer data)
{
  ask (f, "m1", 1, "\"max_tokens\":16384");
  assert_not_asked (f, "\"thinking\"");
  fixture_set_options (f, "{\"reasoning\":\"high\"}");
  ask (f, "m1", 1, "\"thinking\":{\"type\":\"adaptive\",\"display\":\"summarized\"},\"output_config\":{\"effort\":\"high\"}");

  fixture_set_control (f, "{\"refuses\": [\"adaptive\", \"effort\"]}");
  ask (f, "m1", 2, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8192}");
  assert_not_asked (f, "output_config");
  ask (f, "m1", 1, "\"budget_tokens\":8192");
  fixture_set_control (f, "{\"refuses\": [\"display\", \"effort\"]}");
  ask (f, "m2", 3, "\"thinking\":{\"type\":\"adaptive\"}");

  fixture_set_options (f, "{\"reasoning\":\"off\"}");
  ask (f, "m2", 1, "\"thinking\":{\"type\":\"disabled\"}");
  fixture_set_control (f, "{\"refuses\": [\"thinking\"]}");
  ask (f, "m2", 2, "\"max_tokens\"");
  assert_not_asked (f, "\"thinking\"");
  fixture_set_options (f, "{\"reasoning\":\"low\"}");
  f->max_output_tokens = 64;
  fixture_set_control (f, "{\"refuses\": []}");
  ask (f, "m1", 1, "\"max_tokens\":64");
  assert_not_asked (f, "\"thinking\"");
}

/* Signed and sealed thoughts go back as they came, in place; those of another server are left out when this one says so. */
static void
test_thoughts_go_back (Fixture *f, gconstpointer data)
{
  g_autoptr (VigReply) foreign = vig_reply_new ();

  fixture_set_options (f, "{\"reasoning\":\"low\"}");
  fixture_set_control (f, "{\"refuses\": [\"adaptive\"]}");
  call_tool (f, "m1");
  ask (f, "m1", 1, "\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"c2lnbmVk\"},"
                   "{\"type\":\"redacted_thinking\",\"data\":\"aGlkZGVu\"},{\"type\":\"text\"");
  g_assert_cmpstr (vig_reply_get_text (f->reply), ==, "All is well.");

  fixture_set_control (f, "{\"refuses\": [\"adaptive\", \"signature\"]}");
  ask (f, "m1", 2, "\"content\":[{\"type\":\"text\",\"text\":\"Let me look.\"}");
  assert_not_asked (f, "hm");

  vig_reply_add_call (foreign, "c9", "ssh.exec", "{}");
  vig_transcript_add_user (f->transcript, "and now?");
  vig_transcript_add_reply (f->transcript, foreign);
  vig_transcript_add_result (f->transcript, "c9", "ssh.exec", "up 3 days", FALSE);
  fixture_set_control (f, "{\"refuses\": [\"adaptive\"]}");
  ask (f, "m1", 1, "\"c9\"");
  assert_not_asked (f, "\"budget_tokens\"");
}

static void
test_responses (Fixture *f, gconstpointer data)
{
  fixture_set_options (f, "{}");
  ask (f, "m1", 1, "\"reasoning\":{\"summary\":\"auto\"}");
  fixture_set_options (f, "{\"reasoning\":\"medium\"}");
  call_tool (f, "m1");
  ask (f, "m1", 1, "\"reasoning\":{\"effort\":\"medium\",\"summary\":\"auto\"}");
  ask (f, "m1", 1, "{\"type\":\"reasoning\",\"summary\":[{\"type\":\"summary_text\",\"text\":\"hm\"}],\"encrypted_content\":\"c2VhbGVk\"");

  /* Of another account: left out, while what comes from now on is still wanted. */
  fixture_set_control (f, "{\"refuses\": [\"sealed\"]}");
  ask (f, "m1", 2, "\"include\":[\"reasoning.encrypted_content\"]");
  assert_not_asked (f, "c2VhbGVk");

  fixture_set_control (f, "{\"refuses\": []}");
  fixture_set_options (f, "{\"api\":\"chat\",\"reasoning\":\"off\"}");
  ask (f, "m1", 1, "\"reasoning_effort\":\"none\"");
  assert_not_asked (f, "\"input\"");
}

static void
test_google (Fixture *f, gconstpointer data)
{
  fixture_set_control (f, "{\"models\": null}");
  ask (f, "gemini-3.5-flash", 1, "\"thinkingConfig\":{\"includeThoughts\":true,\"thinkingLevel\":\"high\"}");
  fixture_set_options (f, "{\"reasoning\":\"off\"}");
  ask (f, "gemini-2.5-flash", 1, "\"thinkingConfig\":{\"includeThoughts\":false,\"thinkingBudget\":0}");
  fixture_set_options (f, "{}");
  ask (f, "gemini-2.0-flash", 1, "\"generationConfig\":{}");
}

/* What Ollama tells of a model: how much it can look at, and whether it sees; asked once. */
static void
test_ollama (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonObject) state = NULL;

  fixture_set_options (f, "{\"reasoning\":\"low\"}");
  ask (f, "m1", 1, "\"options\":{\"num_ctx\":16384},");
  ask (f, "m1", 1, "\"think\":\"low\"");
  state = fixture_control (f, NULL);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (state, "inquiries")), ==, 1);
  fixture_set_control (f, "{\"context\": 4096}");
  fixture_set_options (f, "{\"context_length\": 8192}");
  ask (f, "m1", 1, "\"num_ctx\":4096");
  fixture_list (f);
  g_assert_no_error (f->error);
  g_assert_cmpint (((VigModel *) g_ptr_array_index (f->models, 1))->context_length, ==, 4096);

  /* The list says what the model has, not what it is asked for. */
  fixture_set_control (f, "{\"context\": 131072}");
  fixture_list (f);
  g_assert_no_error (f->error);
  g_assert_cmpint (((VigModel *) g_ptr_array_index (f->models, 1))->context_length, ==, 131072);
  g_assert_cmpint (vig_model_get_window (g_ptr_array_index (f->models, 1)), ==, 8192);
  g_assert_cmpint (((VigModel *) g_ptr_array_index (f->models, 1))->sees_images, ==, 1);
}

/* A picture is never sent to a model that cannot see it: the question about it is refused in words, later ones go without it. */
static void
test_blind (Fixture *f, gconstpointer data)
{
  g_autoptr (VigReply) reply = vig_reply_new ();
  g_autofree char *asked = NULL;

  fixture_set_control (f, "{\"blind\": [\"m1\"], \"refuses\": [\"pictures\"]}");
  vig_transcript_add_image (f->transcript, "image/png", "iVBORw0KGgo=");
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_INVALID, "cannot see pictures");
  asked = fixture_dup_asked (f);
  g_assert_null (asked);

  vig_reply_append_text (reply, "Sorry.", -1);
  vig_transcript_add_reply (f->transcript, reply);
  vig_transcript_add_user (f->transcript, "and in words?");
  ask (f, "m1", 1, VIG_HTTP_NO_PICTURE);
  assert_not_asked (f, "iVBORw0KGgo=");
  fixture_set_control (f, "{\"refuses\": []}");
  ask (f, "m2", 1, "iVBORw0KGgo=");
}

/* Where no list tells, the server does; what it says is for the person. */
static void
test_blind_by_word (Fixture *f, gconstpointer data)
{
  g_autoptr (VigReply) reply = vig_reply_new ();
  const char *fault = "{\"faults\": [{\"kind\": \"status\", \"status\": 400, \"message\": \"Image input modality is not enabled for models/gemma-3-1b-it\"}]}";

  fixture_set_control (f, "{\"models\": null}");
  vig_transcript_add_image (f->transcript, "image/png", "iVBORw0KGgo=");
  fixture_set_control (f, fault);
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_INVALID, "choose one that can");

  vig_reply_append_text (reply, "Sorry.", -1);
  vig_transcript_add_reply (f->transcript, reply);
  vig_transcript_add_user (f->transcript, "and in words?");
  fixture_set_control (f, fault);
  ask (f, "m1", 2, VIG_HTTP_NO_PICTURE);
  assert_not_asked (f, "iVBORw0KGgo=");
}

/* The first attempts are refused for a member; the next request knows. */
static void
test_adapt (Fixture *f, gconstpointer data)
{
  f->max_output_tokens = 100;
  fixture_set_control (f, "{\"refuses\": [\"max_completion_tokens\", \"stream_options\"]}");
  ask (f, "m1", 3, "\"max_tokens\":100");
  ask (f, "m1", 1, "\"max_tokens\":100");
}

#define NO_ROOM "{\"faults\": [{\"kind\": \"status\", \"status\": 400, \"times\": %u, \"message\": \"input length and `max_tokens` exceed context " \
                "limit: %u + 16384 > 200000, decrease input length or `max_tokens` and try again\"}]}"

static void
set_no_room (Fixture *f, guint times, guint input)
{
  g_autofree char *json = g_strdup_printf (NO_ROOM, times, input);

  fixture_set_control (f, json);
}

/* Where an answer still fits, it may be shorter; where none does, the conversation is too long, as for any other server. */
static void
test_room (Fixture *f, gconstpointer data)
{
  static const guint full[] = { 199500, 198500, 200000 - 4095 };
  guint before;

  set_no_room (f, 1, 190000);
  ask (f, "m1", 2, "\"max_tokens\":10000");

  for (guint i = 0; i < G_N_ELEMENTS (full); i++)
    {
      set_no_room (f, 1, full[i]);
      before = fixture_count_requests (f);
      fixture_complete (f);
      fixture_assert_failed (f, VIG_ERROR_TOO_LARGE, "shorten the conversation");
      g_assert_cmpuint (fixture_count_requests (f) - before, ==, 1);
    }
  set_no_room (f, 1, 200000 - 4096);
  ask (f, "m1", 2, "\"max_tokens\":4096");

  /* What a model gives at most is all that can be asked for, however little. */
  fixture_set_control (f, "{\"faults\": [{\"kind\": \"status\", \"status\": 400, \"message\": \"max_tokens: 16384 > 512, which is the maximum allowed number of "
                          "output tokens for m1\"}]}");
  ask (f, "m1", 2, "\"max_tokens\":512");

  set_no_room (f, 9, 190000);
  before = fixture_count_requests (f);
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_TOO_LARGE, "shorten the conversation");
  g_assert_cmpuint (fixture_count_requests (f) - before, ==, 2);
}

/* As Google says it; the parts of a quota of the day come in either order, and with a delay that does not help. */
#define QUOTA(id) "{\"@type\": \"type.googleapis.com/google.rpc.QuotaFailure\", \"violations\": [{\"quotaMetric\": " \
                  "\"generativelanguage.googleapis.com/generate_content_free_tier_requests\", \"quotaId\": \"" id "\", \"quotaValue\": \"20\"}]}"
#define DELAY(text) "{\"@type\": \"type.googleapis.com/google.rpc.RetryInfo\", \"retryDelay\": \"" text "\"}"
#define HELP "{\"@type\": \"type.googleapis.com/google.rpc.Help\", \"links\": [{\"url\": \"https://ai.google.dev/gemini-api/docs/rate-limits\"}]}"
#define DAY "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
#define MINUTE "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"

static void
set_quota (Fixture *f, const char *details)
{
  g_autofree char *json = g_strdup_printf ("{\"faults\": [{\"kind\": \"status\", \"status\": 429, \"body\": {\"error\": {\"code\": 429, \"message\": "
                                           "\"You exceeded your current quota\", \"status\": \"RESOURCE_EXHAUSTED\", \"details\": [%s]}}}]}", details);

  fixture_set_control (f, json);
}

static void
assert_quota (Fixture *f, const char *details, const char *part)
{
  guint before = fixture_count_requests (f);

  set_quota (f, details);
  fixture_complete (f);
  fixture_assert_failed (f, VIG_ERROR_RATE_LIMITED, part);
  g_assert_cmpuint (fixture_count_requests (f) - before, ==, 1);
}

static void
test_quota (Fixture *f, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();

  set_quota (f, HELP "," QUOTA (MINUTE) "," DELAY ("1.2s"));
  ask (f, "m1", 2, "hello");
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 1200 * G_TIME_SPAN_MILLISECOND);

  assert_quota (f, HELP "," QUOTA (MINUTE) "," DELAY ("3600s"), "it asks to wait 3600 s");
  assert_quota (f, QUOTA (DAY) "," DELAY ("0.1s"), "go on tomorrow");
  assert_quota (f, DELAY ("0.1s") "," HELP "," QUOTA (DAY), "go on tomorrow");
  assert_quota (f, QUOTA (MINUTE) "," QUOTA (DAY), "go on tomorrow");
}

int
main (int argc, char *argv[])
{
  const struct { const char *name; guint format; void (*run) (Fixture *f, gconstpointer data); } rows[] = {
    { "thinking", ANTHROPIC, test_thinking }, { "thoughts-go-back", ANTHROPIC, test_thoughts_go_back }, { "responses", RESPONSES, test_responses },
    { "google", GOOGLE, test_google }, { "ollama", OLLAMA, test_ollama }, { "blind-ollama", OLLAMA, test_blind },
    { "blind-chat", CHAT, test_blind }, { "blind-responses", RESPONSES, test_blind },
    { "blind-anthropic", ANTHROPIC, test_blind }, { "blind-by-word", GOOGLE, test_blind_by_word }, { "adapt", CHAT, test_adapt },
    { "room", ANTHROPIC, test_room }, { "quota", GOOGLE, test_quota },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/http-options/%s", rows[i].name);

      g_test_add (path, Fixture, &formats[rows[i].format], fixture_set_up, rows[i].run, fixture_tear_down);
    }

  return g_test_run ();
}
