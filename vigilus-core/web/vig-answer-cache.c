/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-answer-cache.h"

#define CLEAN_INTERVAL 5 /* seconds, after which nothing old is left in memory */

struct _VigAnswerCache
{
  VigDb      *db;
  GHashTable *entries;
  guint       clean_id;
};

typedef struct
{
  GBytes *answer;
  gint64  made;
  guint   commits;
} Entry;

static void
free_entry (gpointer data)
{
  Entry *entry = data;

  g_bytes_unref (entry->answer);
  g_free (entry);
}

GBytes *
vig_answer_cache_find (VigAnswerCache *self, const char *key)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry == NULL || entry->commits != vig_db_count_commits (self->db) || g_get_monotonic_time () - entry->made > VIG_ANSWER_CACHE_AGE)
    return NULL;

  return entry->answer;
}

static gboolean
clean (gpointer user_data)
{
  VigAnswerCache *self = user_data;

  g_hash_table_remove_all (self->entries);
  self->clean_id = 0;

  return G_SOURCE_REMOVE;
}

void
vig_answer_cache_store (VigAnswerCache *self, const char *key, guint commits, GBytes *answer)
{
  Entry *entry;

  if (g_bytes_get_size (answer) > VIG_ANSWER_CACHE_SIZE || commits != vig_db_count_commits (self->db))
    return;

  if (g_hash_table_size (self->entries) >= VIG_ANSWER_CACHE_MAX)
    g_hash_table_remove_all (self->entries);
  entry = g_new0 (Entry, 1);
  entry->answer = g_bytes_ref (answer);
  entry->made = g_get_monotonic_time ();
  entry->commits = commits;
  g_hash_table_replace (self->entries, g_strdup (key), entry);
  if (self->clean_id == 0)
    self->clean_id = g_timeout_add_seconds (CLEAN_INTERVAL, clean, self);
}

void
vig_answer_cache_free (VigAnswerCache *self)
{
  g_clear_handle_id (&self->clean_id, g_source_remove);
  g_hash_table_unref (self->entries);
  g_object_unref (self->db);
  g_free (self);
}

VigAnswerCache *
vig_answer_cache_new (VigDb *db)
{
  VigAnswerCache *self = g_new0 (VigAnswerCache, 1);

  self->db = g_object_ref (db);
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_entry);

  return self;
}
