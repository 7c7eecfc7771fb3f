/* SPDX-License-Identifier: MIT */
#pragma once

#include "nmap-xml.h"

G_BEGIN_DECLS

/* How nmap ended. */
typedef struct
{
  NmapXml *xml;      /* fed with all that came */
  char    *problem;  /* NULL: it ran to its end and said so; else why the scan is not whole */
  gboolean refused;  /* nmap did not scan at all: problem is its reason */
} NmapRun;

typedef struct
{
  GPtrArray *argv;        /* NULL-terminated */
  gboolean   raw_packets;
  gint64     deadline;    /* g_get_monotonic_time () */
} NmapStart;

void     nmap_run_clear (NmapRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NmapRun, nmap_run_clear)

/* Runs nmap, confined and with the network, and reads what it prints; blocks. At its deadline and when @cancellable fires it is killed, and the
 * run is told as not whole. FALSE: it could not be started. run->xml is made by the caller. */
gboolean nmap_run       (NmapRun *run, VigInvocation *invocation, const NmapStart *start, GCancellable *cancellable, GError **error);

G_END_DECLS
