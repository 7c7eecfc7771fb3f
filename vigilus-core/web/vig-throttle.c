/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-throttle.h"

typedef struct
{
  guint  attempts;
  gint64 last; /* when the newest began */
} Entry;

typedef struct
{
  guint free;
  guint longest; /* seconds */
} Limit;

struct _VigThrottle
{
  VigThrottleClock  clock;
  GHashTable       *entries; /* "a:address", "n:account", "d:device" */
};

static const Limit ADDRESS = { VIG_THROTTLE_ADDRESS_FREE, VIG_THROTTLE_ADDRESS_DELAY };
static const Limit ACCOUNT = { VIG_THROTTLE_ACCOUNT_FREE, VIG_THROTTLE_ACCOUNT_DELAY };
static const Limit DEVICE = { VIG_THROTTLE_DEVICE_FREE, VIG_THROTTLE_DEVICE_DELAY };

static guint
get_delay (Entry *entry, const Limit *limit)
{
  guint over;

  if (entry == NULL || entry->attempts < limit->free)
    return 0;

  over = entry->attempts - limit->free;

  return over > 10 ? limit->longest : MIN (limit->longest, 1u << over);
}

static guint
get_wait (VigThrottle *self, const char *key, const Limit *limit)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);
  gint64 since = entry != NULL ? self->clock () - entry->last : 0;
  gint64 left;

  if (entry != NULL && since > (gint64) VIG_THROTTLE_MEMORY * G_USEC_PER_SEC)
    {
      g_hash_table_remove (self->entries, key);
      return 0;
    }

  left = (gint64) get_delay (entry, limit) * G_USEC_PER_SEC - since;

  return left > 0 ? (guint) ((left + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC) : 0;
}

static gboolean
is_old (gpointer key, gpointer value, gpointer user_data)
{
  const gint64 *before = user_data;

  return ((Entry *) value)->last < *before;
}

/* A flood from many addresses may fill the table: then the older half of an ever shorter time goes. */
static void
make_room (VigThrottle *self)
{
  gint64 age = (gint64) VIG_THROTTLE_MEMORY * G_USEC_PER_SEC;

  while (g_hash_table_size (self->entries) >= VIG_THROTTLE_MAX_ENTRIES)
    {
      gint64 before = self->clock () - age + 1;

      g_hash_table_foreach_remove (self->entries, is_old, &before);
      age /= 2;
    }
}

static void
count (VigThrottle *self, const char *key)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry == NULL)
    {
      make_room (self);
      entry = g_new0 (Entry, 1);
      g_hash_table_insert (self->entries, g_strdup (key), entry);
    }
  entry->attempts++;
  entry->last = self->clock ();
}

static void
take_back (VigThrottle *self, const char *key)
{
  Entry *entry = g_hash_table_lookup (self->entries, key);

  if (entry != NULL && --entry->attempts == 0)
    g_hash_table_remove (self->entries, key);
}

guint
vig_throttle_begin (VigThrottle *self, const VigThrottleKey *key)
{
  g_autofree char *address = g_strconcat ("a:", key->address, NULL);
  g_autofree char *account = g_strconcat ("n:", key->account, NULL);
  g_autofree char *device = g_strconcat ("d:", key->device, NULL);
  guint wait;

  if (key->device != NULL)
    wait = get_wait (self, device, &DEVICE);
  else if (key->loopback)
    wait = get_wait (self, address, &ACCOUNT);
  else
    wait = MAX (get_wait (self, address, &ADDRESS), get_wait (self, account, &ACCOUNT));
  if (wait > 0)
    return wait;

  if (key->device != NULL)
    count (self, device);
  else
    count (self, address);
  if (key->device == NULL && !key->loopback)
    count (self, account);

  return 0;
}

void
vig_throttle_give_back (VigThrottle *self, const VigThrottleKey *key)
{
  g_autofree char *address = g_strconcat ("a:", key->address, NULL);
  g_autofree char *account = g_strconcat ("n:", key->account, NULL);
  g_autofree char *device = g_strconcat ("d:", key->device, NULL);

  take_back (self, key->device != NULL ? device : address);
  if (key->device == NULL && !key->loopback)
    take_back (self, account);
}

/* The address's other attempts stay: one right password must not buy guesses at the others. */
void
vig_throttle_succeed (VigThrottle *self, const VigThrottleKey *key)
{
  g_autofree char *device = g_strconcat ("d:", key->device, NULL);

  vig_throttle_give_back (self, key);
  if (key->device != NULL)
    g_hash_table_remove (self->entries, device);
}

guint
vig_throttle_count (VigThrottle *self)
{
  return g_hash_table_size (self->entries);
}

void
vig_throttle_free (VigThrottle *self)
{
  g_hash_table_unref (self->entries);
  g_free (self);
}

VigThrottle *
vig_throttle_new (VigThrottleClock clock)
{
  VigThrottle *self = g_new0 (VigThrottle, 1);

  self->clock = clock != NULL ? clock : g_get_monotonic_time;
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}
