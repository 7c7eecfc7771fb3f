/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-refusals.h"
#include "vig-test.h"

static gint64 now = G_USEC_PER_SEC;

static gint64
fake_clock (void)
{
  return now;
}

/* Each person's first for each operation; the next that is recorded says how many were not. */
static void
test_first (void)
{
  g_autoptr (VigRefusals) refusals = vig_refusals_new (fake_clock);
  guint left_out = 99;

  g_assert_true (vig_refusals_count (refusals, "a", "listUsers", &left_out));
  g_assert_cmpuint (left_out, ==, 0);
  for (guint i = 0; i < 5; i++)
    g_assert_false (vig_refusals_count (refusals, "a", "listUsers", &left_out));
  g_assert_true (vig_refusals_count (refusals, "a", "exportAudit", &left_out));
  g_assert_cmpuint (left_out, ==, 5);
  g_assert_true (vig_refusals_count (refusals, "b", "listUsers", &left_out));
  g_assert_cmpuint (left_out, ==, 0);
  now += VIG_REFUSALS_SECONDS * G_USEC_PER_SEC;
  g_assert_true (vig_refusals_count (refusals, "a", "listUsers", &left_out));
}

/* However many ask for whatever, the record grows by so much a minute. */
static void
test_flood (void)
{
  g_autoptr (VigRefusals) refusals = vig_refusals_new (fake_clock);
  guint n_recorded = 0;
  guint left_out;

  for (guint i = 0; i < 100000; i++)
    {
      g_autofree char *user = g_strdup_printf ("%u", i);

      n_recorded += vig_refusals_count (refusals, user, "listUsers", &left_out) ? 1 : 0;
    }
  g_assert_cmpuint (n_recorded, ==, VIG_REFUSALS_MAX);
  now += VIG_REFUSALS_SECONDS * G_USEC_PER_SEC;
  g_assert_true (vig_refusals_count (refusals, "a", "listUsers", &left_out));
  g_assert_cmpuint (left_out, ==, 100000 - VIG_REFUSALS_MAX);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/refusals/first", test_first);
  g_test_add_func ("/refusals/flood", test_flood);

  return g_test_run ();
}
