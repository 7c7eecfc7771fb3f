/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

#define VIG_SAMPLES_POINTS 288 /* of one chart */

/* What checks of servers found, over time. @facts: what the server told (VigServerAccess.test), or NULL. */
gboolean    vig_store_samples_add   (VigDbConnection *db, const char *server_id, gboolean is_up, JsonObject *facts, GError **error);
/* {"points": [{at, is_up, load|null, memory|null, disk|null}]} of the last @hours, oldest first; several samples are put together where there
 * are more than VIG_SAMPLES_POINTS. Thousandths: of a load of 1, of all memory, of the fullest disk. */
JsonObject *vig_store_samples_chart (VigDbConnection *db, const char *server_id, gint64 hours, GError **error);
/* Removes those of before @time, a part at a time. */
gboolean    vig_store_samples_prune (VigDbConnection *db, gint64 time, GError **error);

/* The servers that were not checked since @time, those that wait longest first; at most @limit. */
JsonArray  *vig_store_servers_due   (VigDbConnection *db, gint64 time, gint64 limit, GError **error); /* of {id} */

G_END_DECLS
