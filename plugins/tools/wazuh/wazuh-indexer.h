/* SPDX-License-Identifier: MIT */
#pragma once

#include "wazuh-http.h"

G_BEGIN_DECLS

/* The indexer (OpenSearch, port 9200). */
typedef struct
{
  const char        *index;      /* "wazuh-alerts-*" */
  const char        *missing;    /* what it means that there is no such index, and what to do */
  const char *const *fields;     /* that are told; NULL-terminated */
  const char *const *sort;       /* the first one descending, as a time; NULL-terminated */
  JsonArray         *filters;    /* all of which hold */
  const char        *after;      /* the cursor of the page before, or NULL */
  gint64             limit;
} WazuhSearch;

typedef struct
{
  JsonArray *items;
  JsonArray *cursors; /* of each item, a text: where a page goes on behind it */
  char      *total;   /* "42", or "10000+" */
  char      *warning; /* NULL, or why there may be more */
} WazuhHits;

void       wazuh_hits_free      (WazuhHits *hits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WazuhHits, wazuh_hits_free)

WazuhHits *wazuh_indexer_search (const WazuhPlace *place, const WazuhSearch *search, GCancellable *cancellable, GError **error);
/* Its version, such as "7.10.2". */
char      *wazuh_indexer_get_version (const WazuhPlace *place, GCancellable *cancellable, GError **error);

/* Filters, added to @filters where the value is there. */
void       wazuh_filter_term    (JsonArray *filters, const char *field, const char *value);
void       wazuh_filter_at_least (JsonArray *filters, const char *field, gint64 value);
/* Times as people write them: ISO 8601, or "24h" for so long ago, in UTC. INVALID names @name and says so. */
GDateTime *wazuh_read_time      (const char *name, const char *text, GError **error);
gboolean   wazuh_filter_time    (JsonArray *filters, const char *field, const char *since, const char *until, GError **error);
void       wazuh_filter_text    (JsonArray *filters, const char *const *fields, const char *text);

G_END_DECLS
