/* SPDX-License-Identifier: MIT */
#pragma once

#include "wazuh-api.h"

G_BEGIN_DECLS

typedef struct
{
  WazuhApi    *api;
  WazuhPlace   server;
  WazuhPlace   indexer;
  JsonObject  *arguments;
  gsize        limit;       /* bytes of the result */
  GCancellable *cancellable;
} WazuhQuery;

/* Blocks. {"what", "from", "items", "total", "next"|null, "warning"?}: never an empty list in the place of an error. */
JsonNode *wazuh_query_run (const WazuhQuery *query, GError **error);

G_END_DECLS
