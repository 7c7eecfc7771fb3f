/* SPDX-License-Identifier: MIT */
#pragma once

#include "nmap-options.h"
#include "nmap-run.h"

G_BEGIN_DECLS

/* Machines that answered, as a record has them. */
JsonArray  *nmap_report_hosts  (NmapXml *xml, const NmapTargets *targets);
/* What is told of a scan: to Scope all of it, to the model what fits. @seconds: how long it took. */
JsonObject *nmap_report_record (const NmapOptions *options, const NmapTargets *targets, const NmapRun *run, double seconds);
/* @kept: what became of the record, for people. */
JsonNode   *nmap_report_result (const NmapOptions *options, const NmapTargets *targets, const NmapRun *run, double seconds, const char *kept, gsize limit);

G_END_DECLS
