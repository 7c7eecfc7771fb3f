/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "rank.h"

#include <math.h>

#define BM25_K 1.2
#define BM25_B 0.5
#define BACKGROUND 4 /* documents imagined beside the real ones, so that a term tells something where there is only one */

typedef struct
{
  GHashTable *weights; /* term -> double */
  double      length;
} Document;

struct _Ranking
{
  GPtrArray *documents;
  double     total_length;
};

static void
document_free (Document *self)
{
  g_hash_table_unref (self->weights);
  g_free (self);
}

Ranking *
ranking_new (void)
{
  Ranking *self = g_new0 (Ranking, 1);

  self->documents = g_ptr_array_new_with_free_func ((GDestroyNotify) document_free);

  return self;
}

void
ranking_free (Ranking *self)
{
  g_ptr_array_unref (self->documents);
  g_free (self);
}

void
ranking_begin (Ranking *self)
{
  Document *document = g_new0 (Document, 1);

  document->weights = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_ptr_array_add (self->documents, document);
}

void
ranking_add (Ranking *self, const char *text, double weight)
{
  Document *document = g_ptr_array_index (self->documents, self->documents->len - 1);
  g_autoptr (GPtrArray) terms = words_to_terms (text);

  for (guint i = 0; i < terms->len; i++)
    {
      double *known = g_hash_table_lookup (document->weights, terms->pdata[i]);

      if (known == NULL)
        {
          known = g_new0 (double, 1);
          g_hash_table_insert (document->weights, g_strdup (terms->pdata[i]), known);
        }
      *known += weight;
      document->length += weight;
      self->total_length += weight;
    }
}

/* How much a term tells: rare ones tell more. */
static double
term_value (Ranking *self, const char *term)
{
  guint holders = 0;

  for (guint i = 0; i < self->documents->len; i++)
    holders += g_hash_table_contains (((Document *) self->documents->pdata[i])->weights, term);

  return log (1.0 + (self->documents->len + BACKGROUND - holders + 0.5) / (holders + 0.5));
}

double
ranking_score (Ranking *self, guint document, GPtrArray *terms)
{
  Document *candidate = g_ptr_array_index (self->documents, document);
  double mean = self->total_length / MAX (1, self->documents->len);
  double norm = BM25_K * (1 - BM25_B + BM25_B * candidate->length / MAX (1.0, mean));
  double score = 0;

  for (guint i = 0; i < terms->len; i++)
    {
      double *weight = g_hash_table_lookup (candidate->weights, terms->pdata[i]);

      if (weight != NULL)
        score += term_value (self, terms->pdata[i]) * *weight * (BM25_K + 1) / (*weight + norm);
    }

  return score;
}

int
ranking_find (Ranking *self, const char *query, double *score)
{
  g_autoptr (GPtrArray) terms = words_to_term_set (query);
  double best_score = 0;
  int best = -1;

  for (guint i = 0; i < self->documents->len; i++)
    {
      double this_score = ranking_score (self, i, terms);

      if (this_score > best_score)
        {
          best = i;
          best_score = this_score;
        }
    }
  if (score != NULL)
    *score = best_score;

  return best;
}
