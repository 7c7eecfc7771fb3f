/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-id.h"

#include <string.h>

#define N_THREADS 4
#define N_IDS     2000

static gpointer
make_ids (gpointer data)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < N_IDS; i++)
    g_ptr_array_add (ids, vig_id_new ());

  return ids;
}

static void
test_ids_rise (void)
{
  g_autoptr (GPtrArray) ids = make_ids (NULL);

  for (guint i = 0; i < ids->len; i++)
    {
      g_assert_true (vig_id_is_valid (g_ptr_array_index (ids, i)));
      if (i > 0)
        g_assert_cmpstr (g_ptr_array_index (ids, i - 1), <, g_ptr_array_index (ids, i));
    }
}

static void
test_ids_of_threads (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GThread *threads[N_THREADS];

  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("ids", make_ids, NULL);
  for (guint i = 0; i < N_THREADS; i++)
    {
      g_autoptr (GPtrArray) ids = g_thread_join (threads[i]);

      for (guint j = 0; j < ids->len; j++)
        g_hash_table_add (seen, g_strdup (g_ptr_array_index (ids, j)));
    }

  g_assert_cmpuint (g_hash_table_size (seen), ==, N_THREADS * N_IDS);
}

static void
test_id_holds_time (void)
{
  gint64 before = vig_time_now () / 1000;
  g_autofree char *id = vig_id_new ();
  gint64 after = vig_time_now () / 1000;
  g_autofree char *hex = g_strdup_printf ("%.8s%.4s", id, id + 9);
  gint64 stamp = (gint64) g_ascii_strtoull (hex, NULL, 16);

  /* A run of ids made faster than the clock ticks may be ahead of it by a moment. */
  g_assert_cmpint (stamp, >=, before);
  g_assert_cmpint (stamp, <=, after + 5);
}

static void
test_invalid_ids (void)
{
  static const char *wrong[] = {
    "", "x", "0193a5c2-7b1e-7abc-8def-0123456789a", "0193a5c2-7b1e-7abc-8def-0123456789abc",
    "0193a5c2-7b1e-4abc-8def-0123456789ab", "0193a5c2-7b1e-7abc-cdef-0123456789ab",
    "0193A5C2-7b1e-7abc-8def-0123456789ab", "0193a5c2_7b1e-7abc-8def-0123456789ab", "../../../../../../../../../../../etc/",
  };

  g_assert_true (vig_id_is_valid ("0193a5c2-7b1e-7abc-8def-0123456789ab"));
  g_assert_false (vig_id_is_valid (NULL));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (vig_id_is_valid (wrong[i]));
}

static void
test_iso (void)
{
  static const struct { gint64 time; const char *text; } rows[] = {
    { 0, "1970-01-01T00:00:00.000000Z" },
    { 1, "1970-01-01T00:00:00.000001Z" },
    { -1, "1969-12-31T23:59:59.999999Z" },
    { G_GINT64_CONSTANT (1795435200123456), "2026-11-23T12:00:00.123456Z" },
    { G_GINT64_CONSTANT (951782400000000), "2000-02-29T00:00:00.000000Z" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = vig_time_to_iso (rows[i].time);

      g_assert_cmpstr (text, ==, rows[i].text);
    }
}

static void
test_tokens (void)
{
  g_autofree char *one = vig_token_new ("vig_");
  g_autofree char *two = vig_token_new ("vig_");
  g_autofree char *bare = vig_token_new (NULL);

  g_assert_true (g_str_has_prefix (one, "vig_"));
  g_assert_cmpuint (strlen (one), ==, 4 + 43);
  g_assert_cmpuint (strspn (bare, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), ==, 43);
  g_assert_cmpstr (one, !=, two);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/id/rise", test_ids_rise);
  g_test_add_func ("/id/threads", test_ids_of_threads);
  g_test_add_func ("/id/holds-time", test_id_holds_time);
  g_test_add_func ("/id/invalid", test_invalid_ids);
  g_test_add_func ("/time/iso", test_iso);
  g_test_add_func ("/token/form", test_tokens);

  return g_test_run ();
}
