/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"

G_BEGIN_DECLS

/* Answers of the store to the same question by the same person, for as long as nothing has been written: many tabs, reloads and scripts
 * ask again and again. An entry lives a second at most, so that what other processes write, and what depends on the time, is seen. Main thread. */
typedef struct _VigAnswerCache VigAnswerCache;

#define VIG_ANSWER_CACHE_AGE  G_USEC_PER_SEC
#define VIG_ANSWER_CACHE_MAX  32           /* answers */
#define VIG_ANSWER_CACHE_SIZE (128 * 1024) /* bytes of one */

VigAnswerCache *vig_answer_cache_new   (VigDb *db);
void            vig_answer_cache_free  (VigAnswerCache *self);
GBytes         *vig_answer_cache_find  (VigAnswerCache *self, const char *key); /* borrowed, NULL */
/* @commits: vig_db_count_commits () from before the question was put to the store. */
void            vig_answer_cache_store (VigAnswerCache *self, const char *key, guint commits, GBytes *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigAnswerCache, vig_answer_cache_free)

G_END_DECLS
