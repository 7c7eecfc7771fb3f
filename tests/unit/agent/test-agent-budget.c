/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"
#include "vig-price.h"

#define MINUTE (250 * G_TIME_SPAN_MILLISECOND) /* of these tests */

/* A model that goes on and on, under @settings: how often it is asked, and what the person is told. */
static char *
run_until_limit (const char *settings, guint n_asked, gint64 *cost)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = NULL;
  g_autofree char *notice = NULL;

  agent_test_set (test, settings);
  agent_test_use (3000, 200, 2000);
  for (guint i = 0; i < 9; i++)
    agent_test_say ("Again.", "[{\"id\":\"c1\",\"name\":\"test.read\",\"arguments\":{}}]");
  agent_test_say ("Enough.", NULL);
  run = agent_test_ask (test, "loop");
  agent_test_wait_end (test, run);
  g_assert_cmpuint (agent_test_n_asked (), ==, n_asked);
  notice = agent_test_query (test, "SELECT coalesce (json_extract (error, '$.message'), '') FROM runs");
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'notice'"), ==, *notice != '\0' ? 1 : 0);
  if (cost != NULL)
    *cost = agent_test_count (test, "SELECT cost_micros FROM runs");

  return g_steal_pointer (&notice);
}

/* 3200 tokens a turn: those from the cache are among what went in. */
static void
test_tokens (void)
{
  g_autofree char *limited = run_until_limit ("{\"run_max_tokens\":6400}", 2, NULL);
  g_autofree char *above = run_until_limit ("{\"run_max_tokens\":6401}", 3, NULL);
  g_autofree char *unlimited = run_until_limit ("{\"run_max_tokens\":0}", 10, NULL);

  g_assert_cmpstr (limited, ==, "This run used 6400 tokens, and the limit under Settings is 6400. Say \"go on\" to go on");
  g_assert_nonnull (strstr (above, "9600 tokens"));
  g_assert_cmpstr (unlimited, ==, "");
}

/* 3000 in at 3 and 200 out at 15 a million: 1.2 cents a turn. */
static void
test_money (void)
{
  gint64 cost = 0;
  g_autofree char *limited = run_until_limit ("{\"run_max_cents\":3,\"model_prices\":\"other* 9 9\\n# ours\\nscript-* 3 15\"}", 3, &cost);
  g_autofree char *unpriced = NULL;
  g_autofree char *unlimited = NULL;

  g_assert_cmpstr (limited, ==, "This run cost 0.04, and the limit under Settings is 0.03. Say \"go on\" to go on");
  g_assert_cmpint (cost, ==, 36000);
  unpriced = run_until_limit ("{\"run_max_cents\":1,\"model_prices\":\"other* 9 9\"}", 10, &cost);
  g_assert_cmpstr (unpriced, ==, "");
  g_assert_cmpint (cost, ==, 0);
  unlimited = run_until_limit ("{\"model_prices\":\"script-1 3 15\"}", 10, &cost);
  g_assert_cmpstr (unlimited, ==, "");
  g_assert_cmpint (cost, ==, 120000);
}

/* What was used before a restart counts after it. */
static void
test_restart (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autofree char *error = NULL;
  g_autoptr (JsonObject) decided = NULL;

  agent_test_set (test, "{\"run_max_tokens\":15}");
  agent_test_say ("I write.", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"a\"}}]");
  run = agent_test_ask (test, "write");
  approval = agent_test_wait_approval (test);
  agent_test_close (test);
  agent_test_open (test);
  agent_test_resume (test);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"once\"}", NULL);
  agent_test_wait_end (test, run);
  error = agent_test_query (test, "SELECT error FROM runs");
  g_assert_nonnull (strstr (error, "used 15 tokens"));
  g_assert_cmpuint (agent_test_n_asked (), ==, 1);
}

static AgentTest *
new_with_short_minutes (void)
{
  AgentTest *test = agent_test_new ();

  agent_test_close (test);
  test->context.minute = MINUTE;
  agent_test_open (test);
  agent_test_set (test, "{\"run_max_minutes\":1}");

  return test;
}

static void
assert_timed_out (AgentTest *test, const char *run)
{
  g_autofree char *state = NULL;
  g_autofree char *error = NULL;

  agent_test_wait_end (test, run);
  state = agent_test_run_state (test, run);
  error = agent_test_query (test, "SELECT error FROM runs ORDER BY id DESC");
  g_assert_cmpstr (state, ==, "failed");
  g_assert_nonnull (strstr (error, "timed_out"));
  g_assert_nonnull (strstr (error, "This run took longer than the limit under Settings, so it was ended. Say \\\"go on\\\" to go on."));
}

/* A model that does not come to an end, and a tool that does not. */
static void
test_time (void)
{
  g_autoptr (AgentTest) test = new_with_short_minutes ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  agent_test_say ("wait", NULL);
  first = agent_test_ask (test, "think");
  assert_timed_out (test, first);

  agent_test_say ("So.", "[{\"id\":\"c1\",\"name\":\"test.slowread\",\"arguments\":{}}]");
  second = agent_test_ask (test, "look");
  assert_timed_out (test, second);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'done' AND outcome = 'interrupted'"), ==, 1);
}

/* While a person is waited for, the clock stands. */
static void
test_waiting (void)
{
  g_autoptr (AgentTest) test = new_with_short_minutes ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autofree char *state = NULL;
  g_autoptr (JsonObject) decided = NULL;
  gint64 until;

  agent_test_say ("I write.", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"a\"}}]");
  agent_test_say ("Done.", NULL);
  run = agent_test_ask (test, "write");
  approval = agent_test_wait_approval (test);
  until = g_get_monotonic_time () + 2 * MINUTE;
  vig_test_wait_for (g_get_monotonic_time () > until);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"once\"}", NULL);
  agent_test_wait_end (test, run);
  state = agent_test_run_state (test, run);
  g_assert_cmpstr (state, ==, "done");
}

static void
test_prices (void)
{
  static const char *const wrong[] = { "model", "model 1", "model 1 2 3", "model -1 2", "model 1 2e9", "model 1,5 2", "a 1 2\nb" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (vig_price_check (wrong[i], &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
    }
  g_assert_true (vig_price_check ("", NULL));
  g_assert_true (vig_price_check ("\n# a comment of many words\r\n  a*\t0.25   1.5 \n", NULL));
  g_assert_cmpint (vig_price_count ("a* 0.25 1.5\n* 2 2", "abc", 1000, 100), ==, 400);
  g_assert_cmpint (vig_price_count ("a* 0.25 1.5\n* 2 2", "b", 1000, 100), ==, 2200);
  g_assert_cmpint (vig_price_count (NULL, "b", 1000, 100), ==, 0);
  g_assert_cmpint (vig_price_count ("b 1 1", NULL, 1000, 100), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/budget/tokens", test_tokens);
  g_test_add_func ("/agent/budget/money", test_money);
  g_test_add_func ("/agent/budget/restart", test_restart);
  g_test_add_func ("/agent/budget/time", test_time);
  g_test_add_func ("/agent/budget/waiting", test_waiting);
  g_test_add_func ("/agent/budget/prices", test_prices);

  return g_test_run ();
}
