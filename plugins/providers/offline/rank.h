/* SPDX-License-Identifier: MIT */
#pragma once

#include "words.h"

G_BEGIN_DECLS

/* Texts that are ranked against what a person asks: Okapi BM25 (Robertson and Zaragoza 2009) over the terms of words.h, with
 * weighted fields. */
typedef struct _Ranking Ranking;

Ranking *ranking_new     (void);
void     ranking_free    (Ranking *self);
/* A new document, to which texts are added. */
void     ranking_begin   (Ranking *self);
void     ranking_add     (Ranking *self, const char *text, double weight);
/* The document that fits best, or -1 where none shares a term; *score says how well. */
int      ranking_find    (Ranking *self, const char *query, double *score);
double   ranking_score   (Ranking *self, guint document, GPtrArray *terms);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ranking, ranking_free)

G_END_DECLS
