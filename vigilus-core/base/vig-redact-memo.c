/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-redact-memo.h"

#include <gcrypt.h>
#include <string.h>

#include "vig-crypto.h"

#define MAX_SPANS 4096 /* of one text that are kept */

VigRedactKey
vig_redact_memo_make_key (VigRedactMemo *self, const char *text, gsize length)
{
  VigRedactKey key = { .length = length };

  vig_crypto_ensure ();
  gcry_md_hash_buffer (GCRY_MD_SHA256, key.hash, text, length);
  g_mutex_lock (&self->mutex);
  key.age = self->age;
  g_mutex_unlock (&self->mutex);

  return key;
}

static gboolean
is_same (const VigRedactKey *a, const VigRedactKey *b)
{
  return a->length == b->length && a->age == b->age && memcmp (a->hash, b->hash, sizeof a->hash) == 0;
}

GArray *
vig_redact_memo_find (VigRedactMemo *self, const VigRedactKey *key)
{
  GArray *found = NULL;

  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < VIG_REDACT_MEMOS && found == NULL; i++)
    if (self->spans[i] != NULL && is_same (&self->keys[i], key))
      found = g_array_copy (self->spans[i]);
  g_mutex_unlock (&self->mutex);

  return found;
}

void
vig_redact_memo_add (VigRedactMemo *self, const VigRedactKey *key, GArray *spans)
{
  if (spans->len > MAX_SPANS)
    return;

  g_mutex_lock (&self->mutex);
  g_clear_pointer (&self->spans[self->next], g_array_unref);
  self->spans[self->next] = g_array_copy (spans);
  self->keys[self->next] = *key;
  self->next = (self->next + 1) % VIG_REDACT_MEMOS;
  g_mutex_unlock (&self->mutex);
}

void
vig_redact_memo_forget (VigRedactMemo *self)
{
  g_mutex_lock (&self->mutex);
  self->age++;
  for (guint i = 0; i < VIG_REDACT_MEMOS; i++)
    g_clear_pointer (&self->spans[i], g_array_unref);
  g_mutex_unlock (&self->mutex);
}

void
vig_redact_memo_init (VigRedactMemo *self)
{
  g_mutex_init (&self->mutex);
}

void
vig_redact_memo_clear (VigRedactMemo *self)
{
  vig_redact_memo_forget (self);
  g_mutex_clear (&self->mutex);
}
