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

void     nmap_run_clear (NmapRun *run);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NmapRun, nmap_run_clear)

/* Runs @argv and reads what it prints; blocks. At @deadline (monotonic) and when @cancellable fires nmap is killed; the run is told as not
 * whole then. FALSE: it could not be started. run->xml is made by the caller. */
gboolean nmap_run       (NmapRun *run, GPtrArray *argv, gint64 deadline, GCancellable *cancellable, GError **error);

G_END_DECLS
