/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-test.h"

#include <ftw.h>
#include <stdio.h>
#include <time.h>

static gboolean
tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

gint64
vig_test_deadline (void)
{
  return g_get_monotonic_time () + VIG_TEST_SECONDS * G_USEC_PER_SEC;
}

void
vig_test_iterate (void)
{
  guint id = g_timeout_add (10, tick, NULL);

  g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

static gint64
measure (VigTestWork work, guint n, gpointer user_data)
{
  struct timespec begin, end;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &begin);
  work (n, user_data);
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &end);

  return (end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec;
}

void
vig_test_assert_linear (VigTestWork work, guint n, gpointer user_data)
{
  gint64 small = G_MAXINT64;
  gint64 large = G_MAXINT64;

  /* The first makes what is made once. */
  work (n, user_data);
  for (guint i = 0; i < 3 || (i < 20 && large >= 24 * small); i++)
    {
      small = MIN (small, measure (work, n, user_data));
      large = MIN (large, measure (work, 8 * n, user_data));
    }
  g_test_message ("%u: %" G_GINT64_FORMAT " ns; %u: %" G_GINT64_FORMAT " ns", n, small, 8 * n, large);
  g_assert_cmpint (large, <, 24 * small);
}

JsonNode *
vig_test_load_json (const char *data_path)
{
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_DATA"), data_path, NULL);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) error = NULL;

  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);

  return json_parser_steal_root (parser);
}

GPtrArray *
vig_test_load_secrets (const char *name)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_DATA"), "secrets", name, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      gsize length;
      g_autofree char *json = (char *) g_base64_decode (lines[i], &length);
      JsonObject *row = vig_json_parse_object (json, (gssize) length, 0, NULL);

      g_assert_nonnull (row);
      g_ptr_array_add (rows, row);
    }

  return rows;
}

char *
vig_test_make_dir (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("vigilus-test-XXXXXX", &error);

  g_assert_no_error (error);

  return path;
}

static int
remove_one (const char *path, const struct stat *info, int type, struct FTW *walk)
{
  return remove (path);
}

void
vig_test_remove_dir (const char *path)
{
  nftw (path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
