/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-sniff.h"
#include "vig-words.h"

static const struct
{
  const char *query;
  const char *fts;
} queries[] = {
  { "disk full", "\"disk\"* \"full\"*" },
  { "  Zähler,  ÉCOLE! ", "\"zahler\"* \"ecole\"*" },
  { "a\"b OR NOT (c* NEAR:d)", "\"a\"* \"b\"* \"or\"* \"not\"* \"c\"* \"near\"* \"d\"*" },
  { "10.0.0.1", "\"10\"* \"0\"* \"0\"* \"1\"*" },
  { "日本 \xff!", "\"日本\"*" },
  { "\"'*-(", "" },
  { "", "" },
};

static void
test_queries (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++)
    {
      g_auto (GStrv) words = vig_words_split (queries[i].query);
      g_autofree char *fts = vig_words_to_fts (words);

      g_assert_cmpstr (fts, ==, queries[i].fts);
    }
}

static void
test_many_words (void)
{
  g_autoptr (GString) query = g_string_new (NULL);
  g_auto (GStrv) words = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (query, "w%u ", i);
  words = vig_words_split (query->str);
  g_assert_cmpuint (g_strv_length (words), ==, VIG_WORDS_MAX);
}

/* Hits stand in brackets. */
static char *
show (const char *text, const char *query, guint length)
{
  g_auto (GStrv) words = vig_words_split (query);
  g_autoptr (JsonArray) parts = vig_words_snippet (text, words, length);
  GString *shown = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (parts); i++)
    {
      JsonObject *part = json_array_get_object_element (parts, i);
      gboolean hit = vig_json_get_boolean (part, "hit", FALSE);

      g_string_append_printf (shown, hit ? "[%s]" : "%s", vig_json_get_string (part, "text", ""));
    }

  return g_string_free (shown, FALSE);
}

static const struct
{
  const char *text;
  const char *query;
  guint       length;
  const char *shown;
} snippets[] = {
  { "The disks are full.", "disk", 100, "The [disks] are full." },
  { "Der Zähler\nläuft", "zahl lauf", 100, "Der [Zähler] [läuft]" },
  { "one two three four five six seven eight nine ten", "six", 18, "…five [six] seven eig…" },
  { "nothing of it", "disk", 7, "nothing…" },
  { "", "disk", 10, "" },
};

static void
test_snippets (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (snippets); i++)
    {
      g_autofree char *shown = show (snippets[i].text, snippets[i].query, snippets[i].length);

      g_assert_true (g_utf8_validate (shown, -1, NULL));
      g_assert_cmpstr (shown, ==, snippets[i].shown);
    }
}

static const struct
{
  const char *data;
  gsize       length;
  const char *media_type;
} files[] = {
  { "\x89PNG\r\n\x1a\n0123456789", 18, "image/png" },
  { "\x89PNG\r\n\x1a\n", 8, NULL },
  { "\xff\xd8\xff\xe0 0123456789ab", 17, "image/jpeg" },
  { "GIF87a0123456789", 16, "image/gif" },
  { "RIFF1234WEBPVP8 ", 16, "image/webp" },
  { "RIFF1234WAVEfmt ", 16, "text/plain" },
  { "plain\ttext\r\n", 12, "text/plain" },
  { "Zähler", 7, "text/plain" },
  { "a\0b", 3, NULL },
  { "\xe4", 1, NULL },
  { "a\x1b[1m", 5, NULL },
  { "", 0, NULL },
};

static void
test_sniffing (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    g_assert_cmpstr (vig_sniff_media_type ((const guint8 *) files[i].data, files[i].length), ==, files[i].media_type);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/words/queries", test_queries);
  g_test_add_func ("/words/many", test_many_words);
  g_test_add_func ("/words/snippets", test_snippets);
  g_test_add_func ("/words/sniffing", test_sniffing);

  return g_test_run ();
}
