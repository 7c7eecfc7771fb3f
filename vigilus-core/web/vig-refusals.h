/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-throttle.h"

G_BEGIN_DECLS

/* Which refused requests go on record: who asks for what they may not is worth knowing, and must not be able to fill the record with it.
 * Each person's first of a minute for each operation, and so many in all. Main thread. */
typedef struct _VigRefusals VigRefusals;

#define VIG_REFUSALS_SECONDS 60
#define VIG_REFUSALS_MAX     30 /* records in that time */

VigRefusals *vig_refusals_new   (VigThrottleClock clock); /* NULL: g_get_monotonic_time () */
void         vig_refusals_free  (VigRefusals *self);
/* TRUE: record it. *left_out: how many were not, since the last that was. */
gboolean     vig_refusals_count (VigRefusals *self, const char *user_id, const char *operation, guint *left_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigRefusals, vig_refusals_free)

G_END_DECLS
