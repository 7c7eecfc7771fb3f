/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What a server tells of itself, for its card. The command has no part that comes from outside; each part may be missing. */
#define SSH_FACTS_COMMAND \
  "sh -c 'LC_ALL=C; export LC_ALL; echo @os; cat /etc/os-release 2>/dev/null; echo @kernel; uname -sr; echo @uptime; cat /proc/uptime 2>/dev/null; " \
  "echo @load; cat /proc/loadavg 2>/dev/null; echo @cpus; getconf _NPROCESSORS_ONLN 2>/dev/null; echo @memory; cat /proc/meminfo 2>/dev/null; " \
  "echo @disks; df -Pkl 2>/dev/null || df -Pk 2>/dev/null'"
#define SSH_FACTS_MARK  "@kernel" /* is there where a shell has run it */
#define SSH_FACTS_LIMIT (64 * 1024) /* bytes of its output that are read */
#define SSH_FACTS_DISKS 20

/* {"system": text|null, "kernel": text|null, "uptime": seconds|null, "load": [1, 5, 15 minutes; thousandths]|null, "cpus": n|null,
 * "memory": {"total", "used" bytes}|null, "disks": [{"mount", "total", "used" bytes}]}. Never fails: what can't be read is null. */
JsonObject *vig_ssh_facts_parse (const char *text);

G_END_DECLS
