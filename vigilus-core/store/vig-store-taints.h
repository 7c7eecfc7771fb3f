/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Where the text came from that a conversation has read and that nobody vouches for: outputs of tools, web pages, MCP servers. Each
 * source is kept once for each conversation, for as long as that is kept. */
gboolean    vig_store_taints_add    (VigDbConnection *db, const char *call_id, const char *plugin, GError **error); /* a call that has ended */
gint64      vig_store_taints_count_before (VigDbConnection *db, const char *call_id, GError **error); /* sources, as below; -1: it failed */
/* What had been read before the reply that made @call_id: {"n": sources, "sources": [{tool, plugin, resource|null, call_id, at}, ...]}, the
 * newest VIG_STORE_TAINTS_SHOWN of them. NULL without error: nothing. */
JsonObject *vig_store_taints_before (VigDbConnection *db, const char *call_id, GError **error);

#define VIG_STORE_TAINTS_SHOWN 5

G_END_DECLS
