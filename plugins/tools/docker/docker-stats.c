/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "docker-shape.h"

#include "docker-json.h"

#include <string.h>

static gint64
sum_members (JsonObject *networks, const char *member)
{
  g_autoptr (GList) names = networks != NULL ? json_object_get_members (networks) : NULL;
  gint64 sum = 0;

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonObject *network = vig_json_get_object (networks, l->data);

      sum += network != NULL ? vig_json_get_int (network, member, 0) : 0;
    }

  return sum;
}

static gint64
sum_blocks (JsonObject *stats, const char *operation)
{
  JsonObject *blocks = vig_json_get_object (stats, "blkio_stats");
  JsonArray *entries = vig_json_get_array (blocks, "io_service_bytes_recursive");
  gint64 sum = 0;

  for (guint i = 0; i < docker_length (entries); i++)
    {
      JsonObject *entry = docker_object_at (entries, i);

      if (g_ascii_strcasecmp (vig_json_get_string (entry, "op", ""), operation) == 0)
        sum += vig_json_get_int (entry, "value", 0);
    }

  return sum;
}

static double
get_total (JsonObject *cpu)
{
  JsonObject *usage = vig_json_get_object (cpu, "cpu_usage");

  return usage != NULL ? (double) vig_json_get_int (usage, "total_usage", 0) : 0;
}

/* As `docker stats` counts: 100 is one processor. */
static double
get_cpu_percent (JsonObject *stats)
{
  JsonObject *now = vig_json_get_object (stats, "cpu_stats");
  JsonObject *before = vig_json_get_object (stats, "precpu_stats");
  JsonObject *usage = vig_json_get_object (now, "cpu_usage");
  JsonArray *each = vig_json_get_array (usage, "percpu_usage");
  double used = get_total (now) - get_total (before);
  double system;
  gint64 n;

  if (now == NULL || before == NULL)
    return 0;

  system = (double) (vig_json_get_int (now, "system_cpu_usage", 0) - vig_json_get_int (before, "system_cpu_usage", 0));
  n = vig_json_get_int (now, "online_cpus", each != NULL ? json_array_get_length (each) : 1);

  return used > 0 && system > 0 ? used / system * (double) n * 100 : 0;
}

/* What can be given back at once does not count: "inactive_file" of cgroups 2, "total_inactive_file" of 1. */
static gint64
get_memory (JsonObject *memory)
{
  JsonObject *details = vig_json_get_object (memory, "stats");
  gint64 usage = vig_json_get_int (memory, "usage", 0);
  gint64 cache = details != NULL ? vig_json_get_int (details, "total_inactive_file", vig_json_get_int (details, "inactive_file", 0)) : 0;

  return cache < usage ? usage - cache : usage;
}

static double
round_percent (double percent)
{
  return (double) (gint64) (percent * 100 + 0.5) / 100;
}

JsonObject *
docker_shape_stats (JsonObject *stats)
{
  JsonObject *memory = vig_json_get_object (stats, "memory_stats");
  JsonObject *networks = vig_json_get_object (stats, "networks");
  JsonObject *pids = vig_json_get_object (stats, "pids_stats");
  const char *name = vig_json_get_string (stats, "name", "");
  gint64 used = memory != NULL ? get_memory (memory) : 0;
  gint64 limit = vig_json_get_int (memory, "limit", 0);

  return vig_json_pack_object ("{s:s, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
                               "name", *name == '/' ? name + 1 : name,
                               "cpu_percent", round_percent (get_cpu_percent (stats)),
                               "memory_percent", limit > 0 ? round_percent ((double) used * 100 / (double) limit) : 0.0,
                               "memory_bytes", used,
                               "memory_limit_bytes", limit,
                               "received_bytes", sum_members (networks, "rx_bytes"),
                               "sent_bytes", sum_members (networks, "tx_bytes"),
                               "read_bytes", sum_blocks (stats, "Read"),
                               "written_bytes", sum_blocks (stats, "Write"),
                               "processes", vig_json_get_int (pids, "current", 0));
}
