/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-refusals.h"

struct _VigRefusals
{
  VigThrottleClock clock;
  GHashTable      *seen;  /* "user operation" of this stretch of time, as many as are on record */
  gint64           begin;
  guint            left_out;
};

gboolean
vig_refusals_count (VigRefusals *self, const char *user_id, const char *operation, guint *left_out)
{
  gint64 now = self->clock ();
  g_autofree char *key = g_strconcat (user_id, " ", operation, NULL);

  if (now - self->begin >= VIG_REFUSALS_SECONDS * G_USEC_PER_SEC)
    {
      g_hash_table_remove_all (self->seen);
      self->begin = now;
    }
  if (g_hash_table_size (self->seen) >= VIG_REFUSALS_MAX || g_hash_table_contains (self->seen, key))
    {
      self->left_out++;
      return FALSE;
    }

  g_hash_table_add (self->seen, g_steal_pointer (&key));
  *left_out = self->left_out;
  self->left_out = 0;

  return TRUE;
}

VigRefusals *
vig_refusals_new (VigThrottleClock clock)
{
  VigRefusals *self = g_new0 (VigRefusals, 1);

  self->clock = clock != NULL ? clock : g_get_monotonic_time;
  self->begin = self->clock ();
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
vig_refusals_free (VigRefusals *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->seen);
  g_free (self);
}
