/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-samples.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-servers.h"

#define PRUNE_AT_ONCE 10000 /* rows */
#define NONE          (-1)  /* stored as NULL */

static gint64
thousandths (JsonObject *part)
{
  gint64 total = vig_json_get_int (part, "total", 0);

  return total > 0 ? (gint64) ((double) vig_json_get_int (part, "used", 0) / (double) total * 1000) : NONE;
}

static gint64
get_load (JsonObject *facts)
{
  JsonArray *load = vig_json_get_array (facts, "load");

  return load != NULL && json_array_get_length (load) > 0 ? json_array_get_int_element (load, 0) : NONE;
}

static gint64
get_memory (JsonObject *facts)
{
  JsonObject *memory = vig_json_get_object (facts, "memory");

  return memory != NULL ? thousandths (memory) : NONE;
}

static gint64
get_fullest_disk (JsonObject *facts)
{
  JsonArray *disks = vig_json_get_array (facts, "disks");
  gint64 fullest = NONE;

  for (guint i = 0; disks != NULL && i < json_array_get_length (disks); i++)
    fullest = MAX (fullest, thousandths (json_array_get_object_element (disks, i)));

  return fullest;
}

gboolean
vig_store_samples_add (VigDbConnection *db, const char *server_id, gboolean is_up, JsonObject *facts, GError **error)
{
  return vig_db_exec (db, error,
                      "INSERT OR REPLACE INTO server_samples (server_id, taken_at, is_up, load, memory, disk)"
                      " VALUES (?1, ?2, ?3, nullif (?4, -1), nullif (?5, -1), nullif (?6, -1))",
                      "siiiii", server_id, vig_time_now (), (gint64) is_up,
                      facts != NULL ? get_load (facts) : (gint64) NONE,
                      facts != NULL ? get_memory (facts) : (gint64) NONE,
                      facts != NULL ? get_fullest_disk (facts) : (gint64) NONE);
}

JsonObject *
vig_store_samples_chart (VigDbConnection *db, const char *server_id, gint64 hours, GError **error)
{
  gint64 span = hours * G_TIME_SPAN_HOUR;
  g_autoptr (JsonObject) server = vig_store_servers_get (db, server_id, error);
  JsonArray *points;

  if (server == NULL)
    return NULL;

  points = vig_store_row_all (vig_db_query (db, error,
                                            "SELECT max (taken_at) AS at, min (is_up) AS is_up, CAST (avg (load) AS INTEGER) AS load,"
                                            " CAST (avg (memory) AS INTEGER) AS memory, CAST (avg (disk) AS INTEGER) AS disk"
                                            " FROM server_samples WHERE server_id = ?1 AND taken_at >= ?2 GROUP BY taken_at / ?3 ORDER BY 1",
                                            "sii", server_id, vig_time_now () - span, span / VIG_SAMPLES_POINTS),
                              "tbiii", error);

  return points != NULL ? vig_json_pack_object ("{s:A}", "points", points) : NULL;
}

gboolean
vig_store_samples_prune (VigDbConnection *db, gint64 time, GError **error)
{
  return vig_db_exec (db, error,
                      "DELETE FROM server_samples WHERE (server_id, taken_at) IN"
                      " (SELECT server_id, taken_at FROM server_samples WHERE taken_at < ?1 LIMIT ?2)",
                      "ii", time, (gint64) PRUNE_AT_ONCE);
}

JsonArray *
vig_store_servers_due (VigDbConnection *db, gint64 time, gint64 limit, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          "SELECT id FROM servers WHERE coalesce (checked_at, 0) <= ?1 ORDER BY coalesce (checked_at, 0), id LIMIT ?2",
                                          "ii", time, limit),
                            "s", error);
}
