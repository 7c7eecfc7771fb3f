/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define NMAP_MAX_TARGETS   64
#define NMAP_MAX_ADDRESSES 65536 /* of all targets of a scan together: an IPv4 /16 */
#define NMAP_MAX_RANGES    4096

/* Addresses one after another, both ends among them. IPv4 is in the last four bytes. */
typedef struct
{
  gboolean is_ipv6;
  guint8   first[16];
  guint8   last[16];
} NmapRange;

/* What is to be scanned, as it is given to nmap: no name is left in it that somebody else resolves. */
typedef struct
{
  GPtrArray *texts;     /* canonical: "192.168.1.0/24", "10.0.0.1-20", "2001:db8::1", "nas.lan" */
  GPtrArray *arguments; /* the same with addresses for names */
  GArray    *ranges;    /* NmapRange */
  GPtrArray *names;     /* "192.168.1.5=nas.lan" */
  guint64    n_addresses;
  gboolean   is_ipv6;
} NmapTargets;

void         nmap_targets_free     (NmapTargets *targets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NmapTargets, nmap_targets_free)

/* Pure: grammar and sizes; names stay unresolved (their arguments are NULL). INVALID says which target is wrong and why. */
NmapTargets *nmap_targets_parse    (JsonArray *targets, GError **error);
/* Blocks: every name becomes an address, its first one. NOT_FOUND names the name. All its addresses are added to the ranges, so that all are checked. */
gboolean     nmap_targets_resolve  (NmapTargets *targets, GCancellable *cancellable, GError **error);

/* The owner's networks, each "192.168.1.0/24" or a single address. INVALID says which one is wrong. */
GArray      *nmap_networks_parse   (JsonArray *networks, GError **error);
/* DENIED names an address that is in none of them. */
gboolean     nmap_networks_check   (GArray *networks, const NmapTargets *targets, GError **error);

char        *nmap_address_to_text  (gboolean is_ipv6, const guint8 *bytes);

G_END_DECLS
