/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <string.h>

#include "agent-test.h"
#include "vig-price.h"

#define MINUTE (250 * G_TIME_SPAN_MILLISECOND) /* of these tests: a machine that is too busy for it gets longer ones, up to the longest */
#define LONGEST_MINUTE (256 * MINUTE)

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
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE kind = 'notice' AND json_extract (content, '$.code') <> 'unpriced'"), ==,
                   *notice != '\0' ? 1 : 0);
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

/* The run that asks to write, and waits for its approval, also after a restart. */
static char *
ask_and_restart (AgentTest *test, char **approval)
{
  char *run;

  agent_test_say ("I write.", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"a\"}}]");
  run = agent_test_ask (test, "write");
  *approval = agent_test_wait_approval (test);
  agent_test_close (test);
  agent_test_open (test);
  agent_test_resume (test);

  return run;
}

#define KINDS "SELECT group_concat (kind || coalesce (':' || json_extract (content, '$.code'), ''), ' ') FROM (SELECT * FROM messages ORDER BY seq)"

/* A limit in money doesn't hold a model without a price: the person is told once, before the answer that it was found with; also after a restart. */
static void
test_unpriced (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autofree char *kinds = NULL;
  g_autofree char *text = NULL;
  g_autoptr (JsonObject) decided = NULL;

  agent_test_set (test, "{\"run_max_cents\":125}");
  run = ask_and_restart (test, &approval);
  agent_test_say ("Once more.", "[{\"id\":\"c2\",\"name\":\"test.read\",\"arguments\":{}}]");
  agent_test_say ("Done.", NULL);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"once\"}", NULL);
  agent_test_wait_end (test, run);
  kinds = agent_test_query (test, KINDS);
  text = agent_test_query (test, "SELECT json_extract (content, '$.text') FROM messages WHERE kind = 'notice'");
  g_assert_cmpstr (kinds, ==, "user notice:unpriced assistant tools assistant tools assistant");
  g_assert_cmpstr (text, ==, "The limit of 1.25 on the cost of a run can't hold: no price is known for script-1. "
                             "Set one under Settings → Trust & limits → Prices of models; 0 0 where it costs nothing.");
  g_assert_cmpint (agent_test_count (test, "SELECT unpriced FROM runs"), ==, 3);
  g_assert_cmpint (agent_test_count (test, "SELECT sum (unpriced) FROM usage WHERE purpose = 'answer'"), ==, 3);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE json_extract (content, '$.unpriced')"), ==, 3);
}

/* Nothing is said where there is no such limit, or a price, be it 0. */
static void
test_no_notice (void)
{
  static const struct { const char *settings; gint64 n_unpriced; } rows[] = {
    { "{\"run_max_tokens\":100000}", 1 }, { "{\"run_max_cents\":125,\"model_prices\":\"script-* 3 15\"}", 0 },
    { "{\"run_max_cents\":125,\"model_prices\":\"script-* 0 0\"}", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (AgentTest) test = agent_test_new ();
      g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
      g_autofree char *run = NULL;
      g_autofree char *kinds = NULL;

      agent_test_set (test, rows[i].settings);
      agent_test_say ("Done.", NULL);
      run = agent_test_ask (test, "hello");
      agent_test_wait_end (test, run);
      kinds = agent_test_query (test, KINDS);
      g_assert_cmpstr (kinds, ==, "user assistant");
      g_assert_cmpint (agent_test_count (test, "SELECT unpriced FROM runs"), ==, rows[i].n_unpriced);
    }
}

/* A server that tells no tokens: they are estimated by the length of the text, so that the limits hold there, too, and everybody is told so. */
static void
test_estimated (void)
{
  static const struct { const char *settings; const char *says; } rows[] = {
    { "{\"run_max_tokens\":1}", "This run used * tokens (estimated: the server tells no tokens), and the limit under Settings is 1. *" },
    { "{\"run_max_cents\":1,\"model_prices\":\"script-* 90000 90000\"}", "This run cost *.* (estimated: the server tells no tokens), and the limit *" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (AgentTest) test = agent_test_new ();
      g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
      g_autofree char *run = NULL;
      g_autofree char *approval = NULL;
      g_autofree char *message = NULL;
      g_autoptr (JsonObject) decided = NULL;

      agent_test_set (test, rows[i].settings);
      agent_test_use (-1, -1, -1);
      run = ask_and_restart (test, &approval);
      decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"once\"}", NULL);
      agent_test_wait_end (test, run);
      message = agent_test_query (test, "SELECT json_extract (error, '$.message') FROM runs");
      g_test_message ("%s", message);
      g_assert_true (g_pattern_match_simple (rows[i].says, message));
      g_assert_cmpint (agent_test_count (test, "SELECT estimated FROM runs"), ==, 1);
      g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM usage WHERE estimated = 1 AND input_tokens > 10 AND output_tokens > 5"), ==, 1);
      g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM messages WHERE json_extract (content, '$.usage.estimated')"), ==, 1);
    }
}

/* A server that tells what an answer costs, and of no tokens: that counts, and 0 is 0. Our own price goes before it where there are tokens to count. */
static void
test_told_cost (void)
{
  static const struct { gint64 tokens; gint64 told; gint64 cost; } rows[] = {
    { -1, 25000, 25000 }, { 0, 25000, 25000 }, { 0, 0, 0 }, { 1000, 25000, 9000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (AgentTest) test = agent_test_new ();
      g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
      g_autofree char *run = NULL;

      agent_test_set (test, "{\"model_prices\":\"script-* 9 9\"}");
      agent_test_use (rows[i].tokens, 0, -1);
      agent_test_cost (rows[i].told);
      agent_test_say ("Enough.", NULL);
      run = agent_test_ask (test, "hello");
      agent_test_wait_end (test, run);
      g_test_message ("%u", i);
      g_assert_cmpint (agent_test_count (test, "SELECT cost_micros FROM runs"), ==, rows[i].cost);
      g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM usage WHERE purpose != 'title'"), ==, 1);
    }
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
  run = ask_and_restart (test, &approval);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"once\"}", NULL);
  agent_test_wait_end (test, run);
  error = agent_test_query (test, "SELECT error FROM runs");
  g_assert_nonnull (strstr (error, "used 15 tokens"));
  g_assert_cmpuint (agent_test_n_asked (), ==, 1);
}

static AgentTest *
new_with_minutes_of (gint64 minute)
{
  AgentTest *test = agent_test_new ();

  agent_test_close (test);
  test->context.minute = minute;
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

static void
test_time_of_model (void)
{
  g_autoptr (AgentTest) test = new_with_minutes_of (MINUTE);
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = NULL;

  agent_test_say ("wait", NULL);
  run = agent_test_ask (test, "think");
  assert_timed_out (test, run);
}

/* FALSE: the time was over before the tool had begun. */
static gboolean
end_tool (gint64 minute)
{
  g_autoptr (AgentTest) test = new_with_minutes_of (minute);
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "read", "strict");
  g_autofree char *run = NULL;

  agent_test_say ("So.", "[{\"id\":\"c1\",\"name\":\"test.slowread\",\"arguments\":{}}]");
  run = agent_test_ask (test, "look");
  assert_timed_out (test, run);
  if (agent_test_n_runs == 0)
    return FALSE;
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM calls WHERE state = 'done' AND outcome = 'interrupted'"), ==, 1);

  return TRUE;
}

static void
test_time_of_tool (void)
{
  gint64 minute = MINUTE;

  while (!end_tool (minute) && minute < LONGEST_MINUTE)
    minute *= 4;
  g_assert_cmpint (minute, <, LONGEST_MINUTE);
}

static gboolean
is_asked_or_over (AgentTest *test)
{
  return vig_runner_get_n_running (test->runner) == 0 || agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending'") > 0;
}

/* TRUE: the run came to its end, though a person took twice the time that it has. */
static gboolean
wait_for_person (gint64 minute)
{
  g_autoptr (AgentTest) test = new_with_minutes_of (minute);
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autofree char *state = NULL;
  g_autoptr (JsonObject) decided = NULL;
  gint64 until;

  agent_test_say ("I write.", "[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"a\"}}]");
  agent_test_say ("Done.", NULL);
  run = agent_test_ask (test, "write");
  vig_test_wait_for (is_asked_or_over (test));
  if (vig_runner_get_n_running (test->runner) == 0)
    return FALSE;
  approval = agent_test_wait_approval (test);
  until = g_get_monotonic_time () + 2 * minute;
  vig_test_wait_for (g_get_monotonic_time () > until);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"once\"}", NULL);
  agent_test_wait_end (test, run);
  state = agent_test_run_state (test, run);

  return g_str_equal (state, "done");
}

/* While a person is waited for, the clock stands. */
static void
test_waiting (void)
{
  gint64 minute = MINUTE;

  while (!wait_for_person (minute) && minute < LONGEST_MINUTE)
    minute *= 4;
  g_assert_cmpint (minute, <, LONGEST_MINUTE);
}

/* The time that a run has used is stored with each step: after a restart it has the rest, and not all of it again. */
static void
test_time_restart (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "exec", "lenient");
  g_autofree char *run = NULL;
  g_autofree char *approval = NULL;
  g_autoptr (JsonObject) decided = NULL;
  gint64 until;

  agent_test_set (test, "{\"run_max_minutes\":1}");
  agent_test_say ("I look.", "[{\"id\":\"c1\",\"name\":\"test.look\",\"arguments\":{\"path\":\"a\"}}]");
  agent_test_say ("I write.", "[{\"id\":\"c2\",\"name\":\"test.exec\",\"arguments\":{}}]");
  agent_test_hold_runs (TRUE);
  run = agent_test_ask (test, "write");
  vig_test_wait_for (agent_test_n_runs == 1);
  until = g_get_monotonic_time () + MINUTE;
  vig_test_wait_for (g_get_monotonic_time () > until);
  agent_test_hold_runs (FALSE);
  approval = agent_test_wait_approval (test);
  g_assert_cmpint (agent_test_count (test, "SELECT busy_ms FROM runs"), >=, MINUTE / 1000 - 1);
  agent_test_close (test);
  agent_test_open (test);
  agent_test_exec (test, "UPDATE runs SET busy_ms = 60000");
  agent_test_resume (test);
  agent_test_say ("wait", NULL);
  decided = agent_test_decide (test, approval, "{\"decision\":\"approve\",\"mode\":\"once\"}", NULL);
  assert_timed_out (test, run);
  g_assert_cmpint (agent_test_count (test, "SELECT busy_ms FROM runs"), >=, 60000);
}

/* 1000 in and 100 out; -1: no price. */
static gint64
count (const char *prices, const char *model)
{
  VigUsage usage = { 1000, 100, 600, 300, 50, -1 };
  VigPrice price;

  return vig_price_find (prices, model, &price) ? vig_price_count (&price, &usage) : -1;
}

/* What a server says of its counts may be nonsense: it never costs less than nothing, nor more than all of it. */
static void
test_odd_counts (void)
{
  static const VigUsage odd[] = { { -1, -1, 50, 50, 50, -1 }, { 100, 0, 1000, 1000, 0, -1 }, { 100, 0, -5, -5, 0, -1 }, { 100, 0, 60, 1000, 0, -1 } };
  static const gint64 costs[] = { 0, 100, 1000, 60 + 40 * 12 };
  VigPrice price = { 10, 20, 1, 12 };

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    g_assert_cmpint (vig_price_count (&price, &odd[i]), ==, costs[i]);
}

static void
test_prices (void)
{
  static const char *const wrong[] = { "model", "model 1", "model 1 2 x", "model 1 2 3 4 5", "model -1 2", "model 1 2e9", "model 1,5 2", "a 1 2\nb" };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (vig_price_check (wrong[i], &error));
      g_assert_error (error, VIG_ERROR, VIG_ERROR_INVALID);
    }
  g_assert_true (vig_price_check ("", NULL));
  g_assert_true (vig_price_check ("\n# a comment of many words\r\n  a*\t0.25   1.5 \n", NULL));
  g_assert_cmpint (count ("a* 0.25 1.5\n* 2 2", "abc"), ==, 400);
  g_assert_cmpint (count ("a* 0.25 1.5\n* 2 2", "b"), ==, 2200);
  g_assert_cmpint (count (NULL, "b"), ==, -1);
  g_assert_cmpint (count ("b 1 1", NULL), ==, -1);
  /* 600 of the input read from a cache, 300 written to one. */
  g_assert_cmpint (count ("b 10 0 1", "b"), ==, 400 * 10 + 600 * 1);
  g_assert_cmpint (count ("b 10 1 1 12.5", "b"), ==, 100 * 10 + 600 * 1 + 3750 + 100);
  g_assert_cmpint (count ("b 0 0 0 0", "b"), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/budget/tokens", test_tokens);
  g_test_add_func ("/agent/budget/money", test_money);
  g_test_add_func ("/agent/budget/unpriced", test_unpriced);
  g_test_add_func ("/agent/budget/estimated", test_estimated);
  g_test_add_func ("/agent/budget/no-notice", test_no_notice);
  g_test_add_func ("/agent/budget/told-cost", test_told_cost);
  g_test_add_func ("/agent/budget/restart", test_restart);
  g_test_add_func ("/agent/budget/time/model", test_time_of_model);
  g_test_add_func ("/agent/budget/time/tool", test_time_of_tool);
  g_test_add_func ("/agent/budget/time-restart", test_time_restart);
  g_test_add_func ("/agent/budget/waiting", test_waiting);
  g_test_add_func ("/agent/budget/prices", test_prices);
  g_test_add_func ("/agent/budget/odd-counts", test_odd_counts);

  return g_test_run ();
}
