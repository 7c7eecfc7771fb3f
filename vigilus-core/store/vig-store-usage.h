/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What models took (schema UsageEntry: at, operator_name|null: the orchestrator, purpose answer|route|title|summary, provider_name|null, model|null,
 * session_id|null, run_id|null, message_id|null, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost_micros, unpriced: no price of it
 * is known, and cost_micros is 0 for want of one, estimated: the server tells no tokens). */
gboolean    vig_store_usage_add  (VigDbConnection *db, JsonObject *entry, GError **error); /* with user_id; at is now */

/* Which entries. Times are UTC microseconds, from (inclusive) and to (exclusive). */
typedef struct
{
  const char *user_id;       /* NULL: everybody's */
  gint64      from;
  gint64      to;
  gint64      offset;        /* minutes east of UTC in which days begin */
  const char *operator_name; /* NULL: all; "": the orchestrator */
} VigUsageFilter;

/* Newest first. */
JsonObject *vig_store_usage_list (VigDbConnection *db, const VigUsageFilter *filter, const VigPage *page, GError **error);
/* Totals (schema UsageTotal; unpriced and estimated count answers), @by "day", "operator" or "model"; days newest first, the others by name. */
JsonObject *vig_store_usage_sum  (VigDbConnection *db, const VigUsageFilter *filter, const char *by, const VigPage *page, GError **error);

G_END_DECLS
