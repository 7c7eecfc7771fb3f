/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <vigilus/vig-http-fault.h>
#include <vigilus/vig-http-wait.h>

#define NOW G_GINT64_CONSTANT (1767225600000) /* 2026-01-01T00:00:00Z */

typedef struct
{
  guint       status;
  const char *headers; /* name: value, a line each */
  guint       wait;
} Row;

static const Row rows[] = {
  { 429, "", 0 },
  { 503, "retry-after-ms: 250", 250 },
  { 503, "retry-after-ms: 0.4\nretry-after: 9", 1 },
  { 503, "retry-after-ms: soon\nretry-after: 2", 2000 },
  { 429, "retry-after: 1.5", 1500 },
  { 429, "Retry-After: Thu, 01 Jan 2026 00:00:20 GMT", 20000 },
  { 429, "retry-after: Wed, 31 Dec 2025 23:59:00 GMT", 0 },
  { 429, "retry-after: -3", 0 },
  { 429, "retry-after: 0", 0 },
  { 429, "retry-after: 1e300", G_MAXINT32 },
  /* Anthropic's limits: only the one that is used up, and of several the latest. */
  { 429, "anthropic-ratelimit-requests-remaining: 0\nanthropic-ratelimit-requests-reset: 2026-01-01T00:00:07Z", 7000 },
  { 429, "anthropic-ratelimit-requests-remaining: 3\nanthropic-ratelimit-requests-reset: 2026-01-01T00:00:07Z", 0 },
  { 429, "anthropic-ratelimit-requests-remaining: 0\nanthropic-ratelimit-requests-reset: 2026-01-01T00:00:07Z\n"
         "anthropic-ratelimit-input-tokens-remaining: 0\nanthropic-ratelimit-input-tokens-reset: 2026-01-01T00:00:31.250Z\n"
         "anthropic-ratelimit-output-tokens-remaining: 8000\nanthropic-ratelimit-output-tokens-reset: 2026-01-01T00:05:00Z", 31250 },
  { 429, "anthropic-ratelimit-tokens-reset: 2026-01-01T01:00:05+01:00", 5000 },
  { 429, "anthropic-ratelimit-tokens-reset: 2025-12-31T23:59:59Z", 0 },
  { 429, "anthropic-ratelimit-tokens-reset: yesterday", 0 },
  { 500, "anthropic-ratelimit-tokens-remaining: 0\nanthropic-ratelimit-tokens-reset: 2026-01-01T00:00:07Z", 0 },
  { 429, "retry-after: 2\nanthropic-ratelimit-tokens-remaining: 0\nanthropic-ratelimit-tokens-reset: 2026-01-01T00:00:07Z", 2000 },
  /* OpenAI's durations, Groq's with fractions, OpenRouter's Unix time in milliseconds, others' in seconds. */
  { 429, "x-ratelimit-remaining-requests: 0\nx-ratelimit-reset-requests: 120ms", 120 },
  { 429, "x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 6m0s\nx-ratelimit-remaining-requests: 9\nx-ratelimit-reset-requests: 9h", 360000 },
  { 429, "x-ratelimit-reset-tokens: 1h2m3.5s", 3723500 },
  { 429, "x-ratelimit-reset-tokens: 2m59.56s", 179560 },
  { 429, "x-ratelimit-reset-tokens: 12", 12000 },
  { 429, "x-ratelimit-reset-tokens: 12x", 0 },
  { 429, "x-ratelimit-reset-tokens: s", 0 },
  { 429, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1767225604000", 4000 },
  { 429, "X-RateLimit-Remaining: 0\nX-RateLimit-Reset: 1767225604", 4000 },
  { 429, "X-RateLimit-Remaining: 1\nX-RateLimit-Reset: 1767225604000", 0 },
  { 429, "X-RateLimit-Reset: 30", 30000 },
};

static SoupMessageHeaders *
make_headers (const char *text)
{
  SoupMessageHeaders *headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (lines[i], ": ", 2);

      soup_message_headers_append (headers, parts[0], parts[1]);
    }

  return headers;
}

static void
test_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      SoupMessageHeaders *headers = make_headers (rows[i].headers);

      g_test_message ("%u %s", rows[i].status, rows[i].headers);
      g_assert_cmpuint (vig_http_retry_after_ms (rows[i].status, headers, NOW), ==, rows[i].wait);
      soup_message_headers_unref (headers);
    }
  g_assert_cmpuint (vig_http_retry_after_ms (429, NULL, NOW), ==, 0);
}

static void
assert_decision (const char *text, gboolean retries, guint least, guint most)
{
  g_autoptr (VigHttpFault) fault = vig_http_fault_new_text (429, NULL, "slow down");
  SoupMessageHeaders *headers = make_headers (text);
  guint wait = 0;

  g_assert_cmpint (vig_http_fault_may_retry (fault, headers, 0, 0, &wait), ==, retries);
  if (retries)
    {
      g_assert_cmpuint (wait, >=, least);
      g_assert_cmpuint (wait, <=, most);
    }
  soup_message_headers_unref (headers);
}

/* The wait that is taken, with the real clock: a reset soon is waited for, one that is far away is told to the person. */
static void
test_decision (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) soon = g_date_time_add_seconds (now, 20);
  g_autoptr (GDateTime) late = g_date_time_add_seconds (now, 600);
  g_autofree char *soon_text = g_date_time_format_iso8601 (soon);
  g_autofree char *late_text = g_date_time_format_iso8601 (late);
  g_autofree char *first = g_strconcat ("anthropic-ratelimit-requests-remaining: 0\nanthropic-ratelimit-requests-reset: ", soon_text, NULL);
  g_autofree char *second = g_strconcat ("anthropic-ratelimit-requests-remaining: 0\nanthropic-ratelimit-requests-reset: ", late_text, NULL);

  assert_decision (first, TRUE, 10000, 20000);
  assert_decision (second, FALSE, 0, 0);
  assert_decision ("x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 3s", TRUE, 3000, 3000);
  assert_decision ("x-ratelimit-remaining-tokens: 0\nx-ratelimit-reset-tokens: 3m", FALSE, 0, 0);
  assert_decision ("x-ratelimit-remaining-tokens: 7\nx-ratelimit-reset-tokens: 3m", TRUE, 1, 1000);
}

/* Twice as long each time up to a bound, up to a quarter less by chance, twice all that where the server is overloaded. */
static void
test_backoff (void)
{
  const guint waits[] = { 500, 1000, 2000, 4000, 8000, 8000, 8000 };

  for (guint i = 0; i < G_N_ELEMENTS (waits); i++)
    {
      g_assert_cmpuint (vig_http_backoff_ms (i, FALSE, 0), ==, waits[i]);
      g_assert_cmpuint (vig_http_backoff_ms (i, FALSE, 0.999), <=, waits[i] * 3 / 4 + 10);
      g_assert_cmpuint (vig_http_backoff_ms (i, FALSE, 0.999), >=, waits[i] * 3 / 4);
      g_assert_cmpuint (vig_http_backoff_ms (i, TRUE, 0), ==, MIN (2 * waits[i], 8000));
    }
  g_assert_cmpuint (vig_http_backoff_ms (1000, FALSE, 0), ==, 8000);
}

/* Only what can succeed is asked again, and not for ever. */
static void
test_worth (void)
{
  const struct { guint status; const char *body; gboolean again; } cases[] = {
    { 408, "{\"error\":\"x\"}", TRUE }, { 409, "{\"error\":\"x\"}", TRUE }, { 429, "{\"error\":\"x\"}", TRUE }, { 500, "{\"error\":\"x\"}", TRUE },
    { 503, "{\"error\":\"x\"}", TRUE }, { 529, "{\"error\":\"x\"}", TRUE }, { 200, "{\"error\":{\"type\":\"overloaded_error\"}}", TRUE },
    { 400, "{\"error\":\"x\"}", FALSE }, { 401, "{\"error\":\"x\"}", FALSE }, { 402, "{\"error\":\"x\"}", FALSE }, { 403, "{\"error\":\"x\"}", FALSE },
    { 404, "{\"error\":\"x\"}", FALSE }, { 413, "{\"error\":\"x\"}", FALSE }, { 422, "{\"error\":\"x\"}", FALSE },
    { 429, "{\"error\":{\"code\":\"insufficient_quota\"}}", FALSE }, { 429, "{\"error\":{\"message\":\"reached its spend limit\"}}", FALSE },
    { 429, "{\"error\":{\"message\":\"Provider returned error\",\"metadata\":{\"provider_name\":\"V\",\"raw\":\"insufficient_quota\"}}}", TRUE },
    { 429, "{\"error\":\"too many credits used this minute\"}", TRUE }, { 429, "{\"error\":\"Your team doesn't have any credits yet.\"}", FALSE },
    { 429, "{\"error\":\"Your team has used all available credits or reached its monthly spending limit.\"}", FALSE },
    { 429, "{\"error\":{\"message\":\"You exceeded your current quota, please check your plan and billing details.\",\"status\":\"RESOURCE_EXHAUSTED\"}}", TRUE },
    { 200, "{\"error\":{\"code\":\"content_filter\",\"message\":\"x\"}}", FALSE }, { 500, "{\"error\":{\"code\":\"content_filter\"}}", FALSE },
    { 500, "{\"error\":\"exceeds the context window\"}", FALSE }, { 200, "{\"error\":{\"code\":401}}", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (JsonNode) body = vig_json_parse (cases[i].body, -1, 0, NULL);
      g_autoptr (VigHttpFault) fault = vig_http_fault_new_json (cases[i].status, body);
      guint wait = 0;

      g_test_message ("%u %s", cases[i].status, cases[i].body);
      g_assert_cmpint (vig_http_fault_may_retry (fault, NULL, 0, 0, &wait), ==, cases[i].again);
      g_assert_false (vig_http_fault_may_retry (fault, NULL, VIG_HTTP_MAX_RETRIES, 0, &wait));
    }
}

/* Each server says in its own words that a conversation is too long; all of them mean that it has to be shortened. */
static void
test_too_long (void)
{
  static const char *const all[] = {
    "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "The number of tokens to keep from the initial prompt is greater than the context length",
    "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
    "This model's Maximum Context Length is 8192 tokens",
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      g_autoptr (JsonNode) body = vig_json_pack ("{s:{s:s}}", "error", "message", all[i]);
      g_autoptr (VigHttpFault) fault = vig_http_fault_new_json (400, body);
      g_autoptr (GError) error = vig_http_fault_to_error (fault, "It", NULL, 0);

      g_assert_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE);
    }
}

/* Another provider may help, and the account is what has to be looked at, whatever status says so. */
static void
test_no_money (void)
{
  g_autoptr (JsonNode) body = vig_json_pack ("{s:s, s:{s:s, s:s}}", "type", "error", "error", "type", "invalid_request_error", "message",
                                             "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
                                             "purchase credits.");
  g_autoptr (VigHttpFault) fault = vig_http_fault_new_json (400, body);
  g_autoptr (GError) error = vig_http_fault_to_error (fault, "It", NULL, 0);

  g_assert_error (error, VIG_ERROR, VIG_ERROR_REMOTE);
  g_assert_nonnull (strstr (error->message, "check the credit"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http-wait/table", test_table);
  g_test_add_func ("/http-wait/decision", test_decision);
  g_test_add_func ("/http-wait/backoff", test_backoff);
  g_test_add_func ("/http-wait/worth", test_worth);
  g_test_add_func ("/http-wait/too-long", test_too_long);
  g_test_add_func ("/http-wait/no-money", test_no_money);

  return g_test_run ();
}
