/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "agent-test.h"

#define CLIENTS 64
#define AT_ONCE 10
#define ROUNDS  "1000" /* VIG_RACE_ROUNDS says otherwise */

static gint64 clock_offset;

static gint64
fake_now (void)
{
  return g_get_real_time () + clock_offset;
}

typedef struct
{
  AgentTest *test;
  char      *approval;
  guint      n_open;    /* clients without an answer */
  guint      n_decided;
} Round;

static void
decided (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) approval = vig_approvals_decide_finish (VIG_APPROVALS (source), result, &error);

  if (approval != NULL)
    round->n_decided++;
  else
    g_assert_error (error, VIG_ERROR, VIG_ERROR_CONFLICT);
  round->n_open--;
}

static void
revoked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) grant = vig_approvals_revoke_finish (VIG_APPROVALS (source), result, &error);

  g_assert_no_error (error);
  round->n_open--;
}

static gpointer
find_grant (VigDbConnection *db, gpointer approval, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT id FROM grants WHERE approval_id = ?1", "s", approval);

  return rows != NULL && vig_db_rows_next (rows, error) ? g_strdup (vig_db_rows_string (rows, 0)) : NULL;
}

static void
grant_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Round *round = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *grant = vig_db_finish (VIG_DB (source), result, &error);

  g_assert_no_error (error);
  if (grant == NULL)
    round->n_open--;
  else
    vig_approvals_revoke_async (round->test->approvals, &round->test->caller, grant, NULL, revoked, round);
}

static void
decide (Round *round, const char *text)
{
  g_autoptr (JsonObject) decision = vig_json_parse_object (text, -1, 0, NULL);

  vig_approvals_decide_async (round->test->approvals, &round->test->caller, round->approval, decision, NULL, decided, round);
}

/* As its time comes while the others press. */
static void
expire (Round *round)
{
  clock_offset = 40 * G_TIME_SPAN_DAY;
  vig_approvals_sweep (round->test->approvals);
  clock_offset = 0;
  round->n_open--;
}

static void
press (Round *round, guint what)
{
  switch (what)
    {
    case 0:
    case 1:
      decide (round, "{\"decision\":\"approve\"}");
      break;
    case 2:
      decide (round, "{\"decision\":\"approve\",\"mode\":\"timed\",\"minutes\":1}");
      break;
    case 3:
    case 4:
      decide (round, "{\"decision\":\"deny\"}");
      break;
    case 5:
    case 6:
      vig_db_read_async (round->test->context.db, find_grant, round->approval, NULL, g_free, NULL, grant_found, round);
      break;
    default:
      expire (round);
      break;
    }
}

static gboolean
is_over (AgentTest *test)
{
  return vig_runner_get_n_running (test->runner) == 0;
}

/* A grant that was revoked before it was used: the call asks again, and is denied then. */
static void
end_run (AgentTest *test)
{
  for (;;)
    {
      g_autofree char *again = NULL;
      g_autoptr (JsonObject) approval = NULL;

      vig_test_wait_for (is_over (test) || agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending'") > 0);
      if (is_over (test))
        return;
      again = agent_test_query (test, "SELECT id FROM approvals WHERE status = 'pending'");
      approval = agent_test_decide (test, again, "{\"decision\":\"deny\"}", NULL);
    }
}

static void
ask_all (AgentTest *test, Round *rounds, guint n)
{
  g_autofree char *ids = NULL;
  g_auto (GStrv) parts = NULL;

  for (guint i = 0; i < AT_ONCE; i++)
    {
      g_autofree char *calls = NULL;

      calls = g_strdup_printf ("[{\"id\":\"c1\",\"name\":\"test.write\",\"arguments\":{\"path\":\"/tmp/vig-race-%u\"}}]", n + i);
      agent_test_say ("Because you asked.", calls);
    }
  for (guint i = 0; i < AT_ONCE; i++)
    g_free (agent_test_ask (test, "do it"));
  vig_test_wait_for (agent_test_count (test, "SELECT count(*) FROM approvals WHERE status = 'pending'") == AT_ONCE);
  for (guint i = 0; i < AT_ONCE; i++)
    agent_test_say ("That is how it went.", NULL);

  ids = agent_test_query (test, "SELECT group_concat (id) FROM approvals WHERE status = 'pending'");
  parts = g_strsplit (ids, ",", -1);
  for (guint i = 0; i < AT_ONCE; i++)
    rounds[i] = (Round) { test, g_strdup (parts[i]), CLIENTS, 0 };
}

static guint
count_open (Round *rounds)
{
  guint n = 0;

  for (guint i = 0; i < AT_ONCE; i++)
    n += rounds[i].n_open;

  return n;
}

/* In a third of the rounds time runs out, too; in another nobody denies, for a denial is quicker than an approval, which makes the preview anew. */
static guint
choose (guint n)
{
  guint kind = n / AT_ONCE % 3;
  guint what = (guint) g_test_rand_int_range (0, kind == 0 ? 8 : 7);

  return kind == 2 && (what == 3 || what == 4) ? 0 : what;
}

/* One round for each of several requests at once: so much more comes between. */
static void
play (AgentTest *test, guint n)
{
  Round rounds[AT_ONCE];
  gint before = agent_test_n_runs;
  gint n_approved = 0;

  ask_all (test, rounds, n);
  for (guint i = 0; i < CLIENTS * AT_ONCE; i++)
    press (&rounds[i % AT_ONCE], choose (n));
  vig_test_wait_for (count_open (rounds) == 0);
  end_run (test);

  for (guint i = 0; i < AT_ONCE; i++)
    {
      g_autofree char *approval = rounds[i].approval;
      g_autofree char *sql = g_strdup_printf ("SELECT status FROM approvals WHERE id = '%s'", approval);
      g_autofree char *status = agent_test_query (test, sql);

      g_assert_cmpuint (rounds[i].n_decided, ==, g_str_equal (status, "expired") ? 0 : 1);
      n_approved += g_str_equal (status, "approved") ? 1 : 0;
    }
  g_assert_cmpint (agent_test_n_runs - before, <=, n_approved);
}

/* However many approve, deny, revoke and expire the same request at once: it has one final state, and nothing runs after a deny. */
static void
test_race (void)
{
  g_autoptr (AgentTest) test = agent_test_new ();
  g_autofree char *operator = agent_test_add_operator (test, "Keeper", "write", "strict");
  const char *wanted = g_getenv ("VIG_RACE_ROUNDS");
  guint64 rounds = g_ascii_strtoull (wanted != NULL ? wanted : ROUNDS, NULL, 10);

  vig_approvals_set_clock (test->approvals, fake_now);
  for (guint i = 0; i < rounds; i += AT_ONCE)
    {
      play (test, i);
      g_ptr_array_set_size (test->events, 0);
    }

  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM (SELECT approval_id FROM audit WHERE event = 'approval.decided'"
                                           " GROUP BY approval_id HAVING count(*) <> 1)"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM (SELECT approval_id FROM grants GROUP BY approval_id HAVING count(*) > 1)"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM grants g JOIN approvals a ON a.id = g.approval_id WHERE a.status <> 'approved'"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit d JOIN audit r ON r.call_id = d.call_id AND r.seq > d.seq"
                                           " WHERE d.event = 'approval.decided' AND d.decision <> 'approve' AND r.event = 'call.declared'"), ==, 0);
  g_assert_cmpint (agent_test_count (test, "SELECT count(*) FROM audit WHERE event = 'call.declared'"), >=, agent_test_n_runs);
  g_assert_cmpint (agent_test_n_runs, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/agent/race/one-final-state", test_race);

  return g_test_run ();
}
