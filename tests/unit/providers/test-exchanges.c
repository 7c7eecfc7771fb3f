/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "recording.h"
#include "vig-test.h"

#define SEED 20261130

/* tests/data/exchanges: what vendors document and users report, that no recording shows. One test a row, so that one can be run alone. */
static GHashTable *providers;

static void
test_row (gconstpointer data)
{
  g_autoptr (GRand) rand = NULL;
  g_autoptr (JsonObject) root = NULL;
  g_autoptr (GError) error = NULL;

  root = vig_json_parse_object (data, -1, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (vig_json_get_string (root, "source", ""), !=, "");
  rand = g_rand_new_with_seed (SEED);
  recording_check (root, providers, rand, NULL);
}

static void
add_rows (const char *api, GPtrArray *rows)
{
  g_autofree char *name = g_strconcat (api, ".jsonl", NULL);
  g_autofree char *path = g_build_filename (g_getenv ("VIG_TEST_DATA"), "exchanges", name, NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++)
    {
      g_autoptr (JsonObject) root = vig_json_parse_object (lines[i], -1, 0, NULL);
      g_autofree char *test = NULL;

      g_assert_nonnull (root);
      test = g_strdup_printf ("/providers/exchanges/%s/%s", api, vig_json_get_string (root, "id", ""));
      g_ptr_array_add (rows, g_strdup (lines[i]));
      g_test_add_data_func (test, g_ptr_array_index (rows, rows->len - 1), test_row);
    }
}

int
main (int argc, char *argv[])
{
  static const char *apis[] = { "anthropic-messages", "openai-chat", "openai-responses", "gemini-generatecontent", "ollama-chat", "models" };
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_free);
  int status;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (apis); i++)
    add_rows (apis[i], rows);
  g_assert_cmpuint (rows->len, >, 400);
  providers = recording_new_providers ();
  status = g_test_run ();
  g_hash_table_unref (providers);

  return status;
}
