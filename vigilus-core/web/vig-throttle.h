/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Slows down guessing of passwords: a growing delay per client address and per account. What keeps the owner from being locked out:
 * an account's delay stays short and never becomes a lock; the loopback address, and a browser that has signed in to this
 * account before (device cookie), are not held up by what others did to the account; a device has a counter of its own instead. Main thread.
 * Attempts count from their start, so that many at once are no way round. */
typedef struct _VigThrottle VigThrottle;

typedef gint64 (*VigThrottleClock) (void); /* microseconds, monotonic */

typedef struct
{
  const char *address;
  const char *account;  /* in lower case */
  const char *device;   /* the id in a valid device cookie of this account, or NULL */
  gboolean    loopback; /* this very host, no proxy between */
} VigThrottleKey;

#define VIG_THROTTLE_ADDRESS_FREE  10   /* attempts before the first delay */
#define VIG_THROTTLE_ADDRESS_DELAY 300  /* seconds, the longest */
#define VIG_THROTTLE_ACCOUNT_FREE  10
#define VIG_THROTTLE_ACCOUNT_DELAY 30
#define VIG_THROTTLE_DEVICE_FREE   5
#define VIG_THROTTLE_DEVICE_DELAY  60
#define VIG_THROTTLE_MEMORY        1800 /* seconds without an attempt until all is forgotten */
#define VIG_THROTTLE_MAX_ENTRIES   20000

VigThrottle *vig_throttle_new     (VigThrottleClock clock); /* NULL: g_get_monotonic_time () */
void         vig_throttle_free    (VigThrottle *self);
/* Seconds to wait; 0: go on, and the attempt has been counted. */
guint        vig_throttle_begin   (VigThrottle *self, const VigThrottleKey *key);
/* The attempt was right: what it was counted as is forgotten. */
void         vig_throttle_succeed (VigThrottle *self, const VigThrottleKey *key);
/* The attempt never reached the check (a full queue, say): it is not held against anybody. */
void         vig_throttle_give_back (VigThrottle *self, const VigThrottleKey *key);
guint        vig_throttle_count   (VigThrottle *self); /* entries in memory */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigThrottle, vig_throttle_free)

G_END_DECLS
