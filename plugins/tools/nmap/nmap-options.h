/* SPDX-License-Identifier: MIT */
#pragma once

#include "nmap-target.h"

G_BEGIN_DECLS

/* How to scan; strings are borrowed from the arguments. */
typedef struct
{
  const char *profile;  /* discovery, ports, services, os */
  const char *protocol; /* tcp, udp */
  const char *ports;    /* or NULL: nmap's most common 1,000 */
  gboolean    assume_up;
  gboolean    with_names;
  gboolean    privileged;
} NmapOptions;

/* INVALID says what is wrong in "ports"; DENIED: this profile needs raw packets, which this daemon may not send. */
gboolean   nmap_options_read  (JsonObject *arguments, NmapOptions *options, GError **error);
/* May this process send raw packets (CAP_NET_RAW)? */
gboolean   nmap_is_privileged (void);
/* Without a shell; @program first. */
GPtrArray *nmap_options_argv  (const NmapOptions *options, const NmapTargets *targets, const char *program);

G_END_DECLS
