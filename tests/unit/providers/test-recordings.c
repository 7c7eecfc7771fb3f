/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "recording.h"
#include "vig-test.h"

#include <string.h>

#define SEED 20261123

typedef struct
{
  GRand      *rand;
  GHashTable *providers;
  guint       n_run;
} Run;

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
run_file (Run *run, const char *path)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonObject) root = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  root = vig_json_parse_object (text, -1, 0, &error);
  g_assert_no_error (error);
  recording_check (root, run->providers, run->rand, look_for_known);
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
  Run run = { g_rand_new_with_seed (SEED), recording_new_providers (), 0 };

  run_dir (&run, other != NULL ? other : own);
  g_test_message ("%u recordings", run.n_run);
  g_assert_cmpuint (run.n_run, >, 0);
  if (other == NULL)
    g_assert_cmpuint (run.n_run, ==, 242);
  g_rand_free (run.rand);
  g_hash_table_unref (run.providers);
  for (guint k = 0; other == NULL && k < G_N_ELEMENTS (known_models); k++)
    {
      g_test_message ("%s", known_models[k].id);
      g_assert_true (known_models[k].seen);
    }
}

/* Some servers send each event in a line of its own, with no empty line after it. */
static void
test_no_empty_lines (void)
{
  static const char body[] =
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Good \"},\"finish_reason\":null}]}\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"day\"}}]}\n"
    "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10}}\n"
    "data: [DONE]\n";
  g_autoptr (VigProvider) provider = vig_test_load_provider ("plugins/providers/openai-compatible/openai-compatible.so");
  const char *const broken = "data: {\"choices\":[]}\ndata: {not JSON\n\n";

  for (gsize cut = 1; cut < sizeof body; cut++)
    {
      g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (VIG_HTTP_PROVIDER (provider), NULL, NULL);
      g_autoptr (GError) error = NULL;

      vig_http_answer_begin (answer, 200, NULL);
      g_assert_true (recording_feed (answer, body, sizeof body - 1, &cut, 1, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (vig_reply_get_text (vig_http_answer_get_reply (answer)), ==, "Good day");
      g_assert_cmpstr (vig_reply_get_stop_reason (vig_http_answer_get_reply (answer)), ==, "stop");
      g_assert_cmpint (vig_reply_get_usage (vig_http_answer_get_reply (answer))->input_tokens, ==, 100);
    }

  /* Not only at its end: what has come is shown, and the answer is done where it says so. */
  {
    g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (VIG_HTTP_PROVIDER (provider), NULL, NULL);
    gsize third = (gsize) (strstr (body, "data: {\"choices\":[{\"index\":0,\"finish") - body);

    vig_http_answer_begin (answer, 200, NULL);
    g_assert_true (vig_http_answer_feed (answer, body, third, NULL));
    g_assert_cmpstr (vig_reply_get_text (vig_http_answer_get_reply (answer)), ==, "Good ");
    g_assert_false (vig_http_answer_is_done (answer));
    g_assert_true (vig_http_answer_feed (answer, body + third, sizeof body - 1 - third, NULL));
    g_assert_cmpstr (vig_reply_get_text (vig_http_answer_get_reply (answer)), ==, "Good day");
    g_assert_true (vig_http_answer_is_done (answer));
  }

  {
    g_autoptr (VigHttpAnswer) answer = vig_http_answer_new (VIG_HTTP_PROVIDER (provider), NULL, NULL);
    g_autoptr (GError) error = NULL;

    vig_http_answer_begin (answer, 200, NULL);
    g_assert_false (recording_feed (answer, broken, strlen (broken), NULL, 0, &error));
    g_assert_error (error, VIG_ERROR, VIG_ERROR_REMOTE);
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
  g_assert_false (recording_feed (answer, body, strlen (body), NULL, 0, &error));

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
  g_test_add_func ("/providers/no-empty-lines", test_no_empty_lines);

  return g_test_run ();
}
