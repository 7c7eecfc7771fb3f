/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-tool-choice.h"

#include <math.h>
#include <string.h>

#define BM25_K 1.2
#define BM25_B 0.5
#define MIN_WORD 3 /* bytes: shorter ones tell nothing */

typedef struct
{
  VigTool    *tool;
  GHashTable *weights; /* word → double * */
  double      length;
  double      score;
} Document;

static void
document_free (gpointer data)
{
  Document *document = data;

  g_hash_table_unref (document->weights);
  g_free (document);
}

/* Lower case, without the endings that English puts on words. */
static char *
make_word (const char *begin, const char *end)
{
  g_autofree char *piece = g_strndup (begin, end - begin);
  char *word = g_utf8_casefold (piece, -1);
  gsize length = strlen (word);

  if (length > 5 && g_str_has_suffix (word, "ing"))
    word[length - 3] = '\0';
  else if (length > 4 && (g_str_has_suffix (word, "es") || g_str_has_suffix (word, "ed")))
    word[length - 2] = '\0';
  else if (length > 3 && g_str_has_suffix (word, "s") && !g_str_has_suffix (word, "ss"))
    word[length - 1] = '\0';

  return word;
}

static GPtrArray *
cut_words (const char *text)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  const char *p = text;

  while (*p != '\0')
    {
      const char *begin = p;

      while (*p != '\0' && g_unichar_isalnum (g_utf8_get_char (p)))
        p = g_utf8_next_char (p);
      if (p - begin >= MIN_WORD)
        g_ptr_array_add (words, make_word (begin, p));
      if (*p != '\0')
        p = g_utf8_next_char (p);
    }

  return words;
}

static void
add_text (Document *document, const char *text, double weight)
{
  g_autoptr (GPtrArray) words = text != NULL ? cut_words (text) : g_ptr_array_new ();

  for (guint i = 0; i < words->len; i++)
    {
      double *known = g_hash_table_lookup (document->weights, words->pdata[i]);

      if (known == NULL)
        {
          known = g_new0 (double, 1);
          g_hash_table_insert (document->weights, g_strdup (words->pdata[i]), known);
        }
      *known += weight;
      document->length += weight;
    }
}

static GPtrArray *
make_documents (GPtrArray *tools)
{
  GPtrArray *documents = g_ptr_array_new_with_free_func (document_free);

  for (guint i = 0; i < tools->len; i++)
    {
      const VigToolInfo *info = vig_tool_get_info (g_ptr_array_index (tools, i));
      Document *document = g_new0 (Document, 1);

      document->tool = g_ptr_array_index (tools, i);
      document->weights = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      add_text (document, info->name, 3);
      add_text (document, info->title, 2);
      add_text (document, info->description, 1);
      g_ptr_array_add (documents, document);
    }

  return documents;
}

static void
score_word (GPtrArray *documents, const char *word, double mean)
{
  guint holders = 0;
  double value;

  for (guint i = 0; i < documents->len; i++)
    holders += g_hash_table_contains (((Document *) documents->pdata[i])->weights, word);
  value = log (1 + (documents->len - holders + 0.5) / (holders + 0.5));

  for (guint i = 0; i < documents->len; i++)
    {
      Document *document = g_ptr_array_index (documents, i);
      double *weight = g_hash_table_lookup (document->weights, word);

      if (weight != NULL)
        document->score += value * *weight * (BM25_K + 1) / (*weight + BM25_K * (1 - BM25_B + BM25_B * document->length / mean));
    }
}

static int
compare_documents (gconstpointer a, gconstpointer b)
{
  double difference = (*(Document * const *) b)->score - (*(Document * const *) a)->score;

  return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

GPtrArray *
vig_tool_choice_rank (GPtrArray *tools, const char *query)
{
  g_autoptr (GPtrArray) documents = make_documents (tools);
  g_autoptr (GPtrArray) words = cut_words (query);
  GPtrArray *ranked = g_ptr_array_new ();
  double total = 0;

  for (guint i = 0; i < documents->len; i++)
    total += ((Document *) documents->pdata[i])->length;
  for (guint i = 0; i < words->len; i++)
    score_word (documents, words->pdata[i], MAX (total / MAX (documents->len, 1), 1));
  g_ptr_array_sort (documents, compare_documents);
  for (guint i = 0; i < documents->len && ((Document *) documents->pdata[i])->score > 0; i++)
    g_ptr_array_add (ranked, ((Document *) documents->pdata[i])->tool);

  return ranked;
}

/* As a word of its own: "docker.list" is not in "docker.list_all". */
static gboolean
names (const char *text, const char *name)
{
  gsize length = strlen (name);

  for (const char *at = strstr (text, name); at != NULL; at = strstr (at + 1, name))
    {
      char before = at == text ? ' ' : at[-1];
      char behind = at[length];

      if (!g_ascii_isalnum (before) && strchr ("._", before) == NULL && !g_ascii_isalnum (behind) && behind != '_' &&
          !(behind == '.' && g_ascii_isalnum (at[length + 1])))
        return TRUE;
    }

  return FALSE;
}

static gboolean
was_called (VigTranscript *transcript, guint turn, const char *name)
{
  VigReply *reply = vig_transcript_get_reply (transcript, turn);

  for (guint i = 0; i < vig_reply_get_n_calls (reply); i++)
    if (g_str_equal (vig_reply_get_call (reply, i)->name, name))
      return TRUE;

  return FALSE;
}

static gboolean
was_found (VigTranscript *transcript, guint turn, const char *name)
{
  for (guint i = 0; i < vig_transcript_get_n_results (transcript, turn); i++)
    {
      const VigToolResult *result = vig_transcript_get_result (transcript, turn, i);

      if (g_str_equal (result->name, VIG_TOOLS_SEARCH) && !result->is_error && names (result->text, name))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_in_use (VigTranscript *transcript, const char *name)
{
  for (guint turn = 0; turn < vig_transcript_get_n_turns (transcript); turn++)
    {
      VigTurnKind kind = vig_transcript_get_kind (transcript, turn);

      if ((kind == VIG_TURN_ASSISTANT && was_called (transcript, turn, name)) || (kind == VIG_TURN_TOOLS && was_found (transcript, turn, name)))
        return TRUE;
    }

  return FALSE;
}

static const char *
get_last_question (VigTranscript *transcript)
{
  for (guint turn = vig_transcript_get_n_turns (transcript); turn > 0; turn--)
    if (vig_transcript_get_kind (transcript, turn - 1) == VIG_TURN_USER)
      return vig_transcript_get_text (transcript, turn - 1);

  return "";
}

GPtrArray *
vig_tool_choice_make (GPtrArray *tools, VigTool *search, VigTranscript *transcript)
{
  GPtrArray *chosen = g_ptr_array_new ();
  g_autoptr (GPtrArray) ranked = NULL;

  if (tools->len <= VIG_CHOICE_MAX_OFFERED || search == NULL)
    {
      for (guint i = 0; i < tools->len; i++)
        g_ptr_array_add (chosen, tools->pdata[i]);
      return chosen;
    }

  ranked = vig_tool_choice_rank (tools, get_last_question (transcript));
  g_ptr_array_set_size (ranked, MIN (ranked->len, VIG_CHOICE_FIRST));
  g_ptr_array_add (chosen, search);
  for (guint i = 0; i < tools->len && chosen->len < VIG_CHOICE_MAX_OFFERED; i++)
    if (g_ptr_array_find (ranked, tools->pdata[i], NULL) || is_in_use (transcript, vig_tool_get_info (tools->pdata[i])->name))
      g_ptr_array_add (chosen, tools->pdata[i]);

  return chosen;
}
