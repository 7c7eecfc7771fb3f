/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-words.h"

#include <string.h>

static gboolean
is_word_char (gunichar c)
{
  return g_unichar_isalnum (c) || g_unichar_ismark (c);
}

/* As the tokenizer unicode61 with remove_diacritics folds. */
static char *
fold (const char *text, gsize length)
{
  g_autofree char *lower = g_utf8_strdown (text, (gssize) length);
  g_autofree char *split = g_utf8_normalize (lower, -1, G_NORMALIZE_NFD);
  GString *folded = g_string_new (NULL);

  for (const char *p = split; p != NULL && *p != '\0'; p = g_utf8_next_char (p))
    if (!g_unichar_ismark (g_utf8_get_char (p)))
      g_string_append_unichar (folded, g_utf8_get_char (p));

  return g_string_free (folded, FALSE);
}

/* The next word at or after @text, and in *end where it ends; NULL: there is none. */
static const char *
next_word (const char *text, const char **end)
{
  const char *p = text;

  while (*p != '\0' && !is_word_char (g_utf8_get_char (p)))
    p = g_utf8_next_char (p);
  if (*p == '\0')
    return NULL;

  *end = p;
  while (**end != '\0' && is_word_char (g_utf8_get_char (*end)))
    *end = g_utf8_next_char (*end);

  return p;
}

char **
vig_words_split (const char *query)
{
  g_autofree char *valid = g_utf8_make_valid (query, -1);
  GPtrArray *words = g_ptr_array_new ();
  const char *end = valid;
  const char *word;

  while (words->len < VIG_WORDS_MAX && (word = next_word (end, &end)) != NULL)
    {
      char *folded = fold (word, (gsize) (end - word));

      if (*folded != '\0')
        g_ptr_array_add (words, folded);
      else
        g_free (folded);
    }
  g_ptr_array_add (words, NULL);

  return (char **) g_ptr_array_free (words, FALSE);
}

char *
vig_words_to_fts (char **words)
{
  GString *query = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    g_string_append_printf (query, "%s\"%s\"*", i > 0 ? " " : "", words[i]);

  return g_string_free (query, FALSE);
}

static gboolean
is_hit (const char *word, const char *end, char **words)
{
  g_autofree char *folded = fold (word, (gsize) (end - word));

  for (guint i = 0; words[i] != NULL; i++)
    if (g_str_has_prefix (folded, words[i]))
      return TRUE;

  return FALSE;
}

static const char *
find_hit (const char *text, char **words)
{
  const char *end = text;
  const char *word;

  while ((word = next_word (end, &end)) != NULL)
    if (is_hit (word, end, words))
      return word;

  return NULL;
}

/* @n characters back from @p, but not into a word. */
static const char *
step_back (const char *text, const char *p, guint n)
{
  const char *start = p;

  for (; n > 0 && start > text; n--)
    start = g_utf8_prev_char (start);
  while (start > text && start < p && is_word_char (g_utf8_get_char (g_utf8_prev_char (start))))
    start = g_utf8_next_char (start);

  return start;
}

static void
add_part (JsonArray *parts, GString *part, gboolean is_a_hit)
{
  if (part->len > 0)
    json_array_add_object_element (parts, vig_json_pack_object ("{s:s, s:b}", "text", part->str, "hit", is_a_hit));
  g_string_truncate (part, 0);
}

/* Line ends become spaces: a snippet is one line. */
static void
append (GString *part, const char *from, const char *to)
{
  for (const char *p = from; p < to; p++)
    g_string_append_c (part, g_ascii_isspace (*p) ? ' ' : *p);
}

JsonArray *
vig_words_snippet (const char *text, char **words, guint length)
{
  JsonArray *parts = json_array_new ();
  g_autoptr (GString) part = g_string_new (NULL);
  const char *hit = find_hit (text, words);
  const char *done = step_back (text, hit != NULL ? hit : text, length / 3);
  const char *stop = done;
  const char *end = done;
  const char *word;

  for (guint i = 0; i < length && *stop != '\0'; i++)
    stop = g_utf8_next_char (stop);
  if (done > text)
    g_string_append (part, "…");

  while ((word = next_word (end, &end)) != NULL && end <= stop)
    {
      if (!is_hit (word, end, words))
        continue;
      append (part, done, word);
      add_part (parts, part, FALSE);
      append (part, word, end);
      add_part (parts, part, TRUE);
      done = end;
    }
  append (part, done, stop);
  if (*stop != '\0')
    g_string_append (part, "…");
  add_part (parts, part, FALSE);

  return parts;
}
