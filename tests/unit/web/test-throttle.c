/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"
#include "vig-throttle.h"

static gint64 now = G_USEC_PER_SEC;

static gint64
fake_clock (void)
{
  return now;
}

static void
pass (guint seconds)
{
  now += (gint64) seconds * G_USEC_PER_SEC;
}

static void
test_address (void)
{
  g_autoptr (VigThrottle) throttle = vig_throttle_new (fake_clock);
  guint wait = 0;

  for (guint i = 0; i < VIG_THROTTLE_ADDRESS_FREE; i++)
    {
      g_autofree char *account = g_strdup_printf ("user%u", i);
      VigThrottleKey key = { "1.2.3.4", account, NULL, FALSE };

      g_assert_cmpuint (vig_throttle_begin (throttle, &key), ==, 0);
    }

  for (guint i = 0; i < 12; i++)
    {
      VigThrottleKey key = { "1.2.3.4", "another", NULL, FALSE };
      guint next = vig_throttle_begin (throttle, &key);

      g_assert_cmpuint (next, >=, wait);
      g_assert_cmpuint (next, <=, VIG_THROTTLE_ADDRESS_DELAY);
      wait = next;
      pass (wait);
      g_assert_cmpuint (vig_throttle_begin (throttle, &key), ==, 0);
    }
  g_assert_cmpuint (wait, ==, VIG_THROTTLE_ADDRESS_DELAY);
  pass (VIG_THROTTLE_MEMORY + 1);
  g_assert_cmpuint (vig_throttle_begin (throttle, &(VigThrottleKey){ "1.2.3.4", "another", NULL, FALSE }), ==, 0);
}

/* Guesses from many addresses slow the account down, and hold up neither this machine nor a browser that has signed in before. */
static void
test_spraying_does_not_lock_out (void)
{
  g_autoptr (VigThrottle) throttle = vig_throttle_new (fake_clock);
  VigThrottleKey stranger = { "9.9.9.9", "owner", NULL, FALSE };
  VigThrottleKey local = { "127.0.0.1", "owner", NULL, TRUE };
  VigThrottleKey known = { "1.1.1.1", "owner", "device", FALSE };

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *address = g_strdup_printf ("10.0.%u.%u", i / 250, i % 250);
      VigThrottleKey key = { address, "owner", NULL, FALSE };

      while (vig_throttle_begin (throttle, &key) > 0)
        pass (1);
    }

  g_assert_cmpuint (vig_throttle_begin (throttle, &stranger), >, 0);
  g_assert_cmpuint (vig_throttle_begin (throttle, &stranger), <=, VIG_THROTTLE_ACCOUNT_DELAY);
  g_assert_cmpuint (vig_throttle_begin (throttle, &local), ==, 0);
  g_assert_cmpuint (vig_throttle_begin (throttle, &known), ==, 0);
}

static void
test_device_has_its_own (void)
{
  g_autoptr (VigThrottle) throttle = vig_throttle_new (fake_clock);
  VigThrottleKey known = { "1.1.1.1", "owner", "device", FALSE };

  for (guint i = 0; i < VIG_THROTTLE_DEVICE_FREE; i++)
    g_assert_cmpuint (vig_throttle_begin (throttle, &known), ==, 0);
  g_assert_cmpuint (vig_throttle_begin (throttle, &known), >, 0);
}

static void
test_success_forgets_itself_only (void)
{
  g_autoptr (VigThrottle) throttle = vig_throttle_new (fake_clock);
  VigThrottleKey wrong = { "1.2.3.4", "victim", NULL, FALSE };
  VigThrottleKey own = { "1.2.3.4", "own", NULL, FALSE };
  guint begun = 0;

  /* Signing in to an account of one's own between guesses buys none. */
  while (begun < 100 && vig_throttle_begin (throttle, &wrong) == 0)
    {
      begun++;
      if (vig_throttle_begin (throttle, &own) == 0)
        vig_throttle_succeed (throttle, &own);
    }
  g_assert_cmpuint (begun, ==, VIG_THROTTLE_ADDRESS_FREE);
}

static void
test_bounded (void)
{
  g_autoptr (VigThrottle) throttle = vig_throttle_new (fake_clock);

  for (guint i = 0; i < 3 * VIG_THROTTLE_MAX_ENTRIES; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      VigThrottleKey key = { text, text, NULL, FALSE };

      now++;
      g_assert_cmpuint (vig_throttle_begin (throttle, &key), ==, 0);
    }
  g_assert_cmpuint (vig_throttle_count (throttle), <=, VIG_THROTTLE_MAX_ENTRIES);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/throttle/address", test_address);
  g_test_add_func ("/throttle/spraying-does-not-lock-out", test_spraying_does_not_lock_out);
  g_test_add_func ("/throttle/device-has-its-own", test_device_has_its_own);
  g_test_add_func ("/throttle/success-forgets-itself-only", test_success_forgets_itself_only);
  g_test_add_func ("/throttle/bounded", test_bounded);

  return g_test_run ();
}
