/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

#define NMAP_MAX_XML (64 * 1024 * 1024) /* bytes */

/* Reads `nmap -oX -` while it comes (format: Nmap's nmap.dtd). Nothing outside of the text is loaded, entities of its own are refused,
 * and whatever a scanned machine has put into names and versions is text. */
typedef struct _NmapXml NmapXml;

typedef void (*NmapProgressFunc) (const char *task, double fraction, gint64 seconds_left, gpointer user_data); /* seconds_left: -1, unknown */

NmapXml    *nmap_xml_new        (NmapProgressFunc on_progress, gpointer user_data);
void        nmap_xml_free       (NmapXml *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NmapXml, nmap_xml_free)

/* INVALID: not nmap's XML. TOO_LARGE: over NMAP_MAX_XML. */
gboolean    nmap_xml_feed       (NmapXml *self, const char *text, gsize length, GError **error);
/* After the last piece. INVALID: the text ends before the document does; the hosts that were whole are there all the same. */
gboolean    nmap_xml_end        (NmapXml *self, GError **error);

/* Of every host that was read whole: {"state", "reason", "addresses": [{"address", "type", "vendor"|null}], "names": [..], "timed_out",
 * "ports": [{"protocol", "port", "state", "reason", "name"|null, "product"|null, "version"|null, "extra"|null, "tunnel"|null, "cpe": [..]}],
 * "extra_ports": [{"state", "count"}], "os": {"name", "accuracy"}|null}. */
JsonArray  *nmap_xml_get_hosts  (NmapXml *self);
/* {"version", "arguments", "finished": "success"|"error"|null, "message"|null, "up", "down", "total": -1 where not told, "time": seconds since 1970 of its end, or of its
 * start, or 0, "ports": {protocol: spec}}. */
JsonObject *nmap_xml_get_facts  (NmapXml *self);

G_END_DECLS
