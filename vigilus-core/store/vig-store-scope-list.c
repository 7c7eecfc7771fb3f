/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-scope-private.h"

#include <string.h>

#define HOST_COLUMNS \
  "h.id, h.address, h.subnet, h.mac, h.vendor, h.names, h.os, h.os_accuracy, h.label, h.notes, h.status, h.n_open, h.n_findings, " \
  SCOPE_SEVERITY ("h.severity") " AS severity, h.server_id, v.name AS server_name, h.last_scan_id, h.first_seen_at, h.last_seen_at, h.ports_scanned_at, h.address_key"
#define HOST "SELECT " HOST_COLUMNS " FROM scope_hosts h LEFT JOIN servers v ON v.id = h.server_id "
#define HOST_TYPES "sssssjsisssiissssttt-"
#define HOST_KEY 20

#define SERVICE \
  "SELECT s.host_id, h.address, h.names, h.label, h.status AS host_status, s.protocol, s.port, s.state, s.name, s.product, s.version, s.extra, s.tunnel, s.cpe," \
  " s.first_seen_at, s.last_seen_at, h.address_key || '/' || s.protocol || '/' || printf('%05d', s.port) AS key FROM scope_hosts h JOIN scope_services s ON s.host_id = h.id "
#define SERVICE_TYPES "ssjsssissssssjtt-"
#define SERVICE_KEY 16

#define CHANGE \
  "SELECT c.seq, c.scan_id, c.host_id, h.address, h.names, h.label, c.kind, c.protocol, c.port, c.before, c.after, c.created_at FROM scope_changes c" \
  " JOIN scope_hosts h ON h.id = c.host_id "
#define CHANGE_TYPES "isssjsssisst"

#define FINDING \
  "SELECT f.seq, f.id, f.host_id, h.address, h.names, h.label, f.rule, f.protocol, f.port, " SCOPE_SEVERITY ("f.severity") " AS severity, f.state, f.note, f.decided_by," \
  " f.first_seen_at, f.last_seen_at, f.resolved_at FROM scope_findings f JOIN scope_hosts h ON h.id = f.host_id "
#define FINDING_TYPES "isssjsssissssttt"

#define SCAN \
  "SELECT seq, id, call_id, run_id, session_id, operator_name, user_name, profile, protocol, targets, ports, complete, problem, n_addresses, n_hosts, n_open," \
  " n_changes, CAST(seconds * 1000 AS INTEGER) AS duration_ms, scanner_version, created_at FROM scope_scans "
#define SCAN_TYPES "issssssssjsbsiiiiist"

#define SUBNET \
  "SELECT h.subnet, count(*) AS n_hosts, sum(h.status = 'up') AS n_up, sum(h.n_open) AS n_open, sum(h.n_findings) AS n_findings, h.subnet_key FROM scope_hosts h "
#define SUBNET_TYPES "siiii-"
#define SUBNET_KEY 5
#define SEQ_COLUMN 0

/* "%text%" for LIKE with ESCAPE '\'; NULL stays. */
static char *
dup_pattern (const char *text)
{
  g_autoptr (GString) pattern = text != NULL ? g_string_new ("%") : NULL;

  if (text == NULL)
    return NULL;

  for (const char *p = text; *p != '\0'; p++)
    {
      if (strchr ("%_\\", *p) != NULL)
        g_string_append_c (pattern, '\\');
      g_string_append_c (pattern, *p);
    }
  g_string_append_c (pattern, '%');

  return g_string_free (g_steal_pointer (&pattern), FALSE);
}

JsonObject *
vig_store_scope_list_hosts (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error)
{
  g_autofree char *pattern = dup_pattern (vig_json_get_string (filters, "text", NULL));
  g_autofree char *after = NULL;

  if (!vig_store_cursor_text (page, "scope-hosts", &after, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error,
                                               HOST "WHERE h.address_key > ?1 AND (?2 IS NULL OR h.subnet = ?2) AND (?3 IS NULL OR h.status = ?3)"
                                               " AND (?4 IS NULL OR h.address LIKE ?4 ESCAPE '\\' OR h.names LIKE ?4 ESCAPE '\\' OR h.label LIKE ?4 ESCAPE '\\'"
                                               " OR h.vendor LIKE ?4 ESCAPE '\\' OR h.os LIKE ?4 ESCAPE '\\' OR h.mac LIKE ?4 ESCAPE '\\')"
                                               " AND (?5 IS NULL OR EXISTS (SELECT 1 FROM scope_services s WHERE s.host_id = h.id AND s.state <> 'gone' AND s.name = ?5))"
                                               " ORDER BY h.address_key LIMIT ?6",
                                               "sssssi", after != NULL ? after : "", vig_json_get_string (filters, "subnet", NULL),
                                               vig_json_get_string (filters, "status", NULL), pattern, vig_json_get_string (filters, "service", NULL),
                                               vig_store_page_limit (page) + 1),
                                 HOST_TYPES, page, "scope-hosts", HOST_KEY, error);
}

JsonObject *
vig_store_scope_get_host (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, HOST "WHERE h.id = ?1", "s", id), HOST_TYPES, "host", id, error);
}

JsonObject *
vig_store_scope_list_services (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error)
{
  g_autofree char *after = NULL;
  g_auto (GStrv) key = NULL;

  if (!vig_store_cursor_text (page, "scope-services", &after, error))
    return NULL;

  /* The key's parts, so that the index is used. */
  key = g_strsplit (after != NULL ? after : "//0", "/", 3);

  return vig_store_page_collect (vig_db_query (db, error,
                                               SERVICE "WHERE (h.address_key, s.protocol, s.port) > (?1, ?2, ?3) AND (?4 IS NULL OR h.id = ?4)"
                                               " AND (?5 IS NULL OR s.name = ?5) AND ((?6 IS NULL AND s.state <> 'gone') OR ?6 = 'all' OR s.state = ?6)"
                                               " ORDER BY h.address_key, s.protocol, s.port LIMIT ?7",
                                               "ssisssi", key[0], key[0] != NULL && key[1] != NULL ? key[1] : "",
                                               key[0] != NULL && key[1] != NULL && key[2] != NULL ? g_ascii_strtoll (key[2], NULL, 10) : (gint64) 0,
                                               vig_json_get_string (filters, "host_id", NULL), vig_json_get_string (filters, "name", NULL),
                                               vig_json_get_string (filters, "state", NULL), vig_store_page_limit (page) + 1),
                                 SERVICE_TYPES, page, "scope-services", SERVICE_KEY, error);
}

JsonObject *
vig_store_scope_list_changes (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error)
{
  gint64 before;

  if (!vig_store_cursor_before (page, "scope-changes", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error,
                                               CHANGE "WHERE c.seq < ?1 AND (?2 IS NULL OR c.host_id = ?2) AND (?3 IS NULL OR c.scan_id = ?3)"
                                               " AND (?4 IS NULL OR c.kind = ?4) ORDER BY c.seq DESC LIMIT ?5",
                                               "isssi", before, vig_json_get_string (filters, "host_id", NULL), vig_json_get_string (filters, "scan_id", NULL),
                                               vig_json_get_string (filters, "kind", NULL), vig_store_page_limit (page) + 1),
                                 CHANGE_TYPES, page, "scope-changes", SEQ_COLUMN, error);
}

/* What the table says of the rule; one that was taken out of it is named by its id. */
static JsonObject *
explain (JsonObject *finding)
{
  const char *rule = vig_json_get_string (finding, "rule", "");
  const VigExposure *exposure = vig_exposure_find (rule);

  json_object_set_string_member (finding, "title", exposure != NULL ? exposure->title : rule);
  json_object_set_string_member (finding, "advice", exposure != NULL ? exposure->advice : "");

  return finding;
}

JsonObject *
vig_store_scope_list_findings (VigDbConnection *db, JsonObject *filters, const VigPage *page, GError **error)
{
  gint64 before;
  JsonObject *list;
  JsonArray *items;

  if (!vig_store_cursor_before (page, "scope-findings", &before, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error,
                                               FINDING "WHERE f.seq < ?1 AND (?2 IS NULL OR f.host_id = ?2) AND (?3 IS NULL OR f.state = ?3)"
                                               " AND (?4 = 0 OR f.severity >= ?4) ORDER BY f.seq DESC LIMIT ?5",
                                               "issii", before, vig_json_get_string (filters, "host_id", NULL), vig_json_get_string (filters, "state", NULL),
                                               vig_exposure_severity_from_text (vig_json_get_string (filters, "severity", NULL)), vig_store_page_limit (page) + 1),
                                 FINDING_TYPES, page, "scope-findings", SEQ_COLUMN, error);
  items = list != NULL ? vig_json_get_array (list, "items") : NULL;
  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    explain (json_array_get_object_element (items, i));

  return list;
}

JsonObject *
vig_store_scope_get_finding (VigDbConnection *db, const char *id, GError **error)
{
  JsonObject *finding = vig_store_row_required (vig_db_query (db, error, FINDING "WHERE f.id = ?1", "s", id), FINDING_TYPES, "finding", id, error);

  return finding != NULL ? explain (finding) : NULL;
}

JsonObject *
vig_store_scope_list_scans (VigDbConnection *db, const VigPage *page, GError **error)
{
  gint64 before;

  if (!vig_store_cursor_before (page, "scope-scans", &before, error))
    return NULL;

  return vig_store_page_collect (vig_db_query (db, error, SCAN "WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2", "ii", before, vig_store_page_limit (page) + 1),
                                 SCAN_TYPES, page, "scope-scans", SEQ_COLUMN, error);
}

JsonObject *
vig_store_scope_get_scan (VigDbConnection *db, const char *id, GError **error)
{
  return vig_store_row_required (vig_db_query (db, error, SCAN "WHERE id = ?1", "s", id), SCAN_TYPES, "scan", id, error);
}

static gboolean
add_hosts (VigDbConnection *db, JsonObject *subnet, guint n_hosts, GError **error)
{
  JsonArray *hosts = vig_store_row_all (vig_db_query (db, error,
                                                      "SELECT id, address, names, label, status, n_open, n_findings, " SCOPE_SEVERITY ("severity") " AS severity,"
                                                      " server_id, ports_scanned_at FROM scope_hosts WHERE subnet = ?1 ORDER BY address_key LIMIT ?2",
                                                      "si", vig_json_get_string (subnet, "subnet", ""), (gint64) n_hosts),
                                        "ssjssiisst", error);

  if (hosts == NULL)
    return FALSE;
  json_object_set_array_member (subnet, "hosts", hosts);

  return TRUE;
}

JsonObject *
vig_store_scope_list_subnets (VigDbConnection *db, guint n_hosts, const VigPage *page, GError **error)
{
  g_autofree char *after = NULL;
  g_autoptr (JsonObject) list = NULL;
  JsonArray *items;

  if (!vig_store_cursor_text (page, "scope-subnets", &after, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, SUBNET "WHERE h.subnet_key > ?1 GROUP BY h.subnet_key, h.subnet ORDER BY h.subnet_key LIMIT ?2", "si",
                                               after != NULL ? after : "", vig_store_page_limit (page) + 1),
                                 SUBNET_TYPES, page, "scope-subnets", SUBNET_KEY, error);
  items = list != NULL ? vig_json_get_array (list, "items") : NULL;
  for (guint i = 0; items != NULL && i < json_array_get_length (items); i++)
    if (!add_hosts (db, json_array_get_object_element (items, i), n_hosts, error))
      return NULL;

  return g_steal_pointer (&list);
}

static gboolean
add_rows (JsonObject *summary, const char *member, VigDbRows *rows, const char *types, GError **error)
{
  JsonArray *array = vig_store_row_all (rows, types, error);

  if (array == NULL)
    return FALSE;
  json_object_set_array_member (summary, member, array);

  return TRUE;
}

JsonObject *
vig_store_scope_summarize (VigDbConnection *db, gint64 since, GError **error)
{
  g_autoptr (JsonObject) summary
    = vig_store_row_one (vig_db_query (db, error,
                                       "SELECT (SELECT count(*) FROM scope_hosts) AS n_hosts, (SELECT count(*) FROM scope_hosts WHERE status = 'up') AS n_up,"
                                       " (SELECT count(*) FROM scope_hosts WHERE server_id IS NOT NULL) AS n_servers,"
                                       " (SELECT count(*) FROM scope_services WHERE state <> 'gone') AS n_open,"
                                       " (SELECT count(*) FROM scope_findings WHERE state = 'open') AS n_findings,"
                                       " (SELECT max(created_at) FROM scope_scans) AS last_scan_at",
                                       NULL),
                         "iiiiit", error);

  if (summary == NULL
      || !add_rows (summary, "services",
                    vig_db_query (db, error,
                                  "SELECT coalesce(name, 'unknown') AS name, count(*) AS count FROM scope_services WHERE state <> 'gone' GROUP BY 1"
                                  " ORDER BY 2 DESC, 1 LIMIT 10",
                                  NULL),
                    "si", error)
      || !add_rows (summary, "severities",
                    vig_db_query (db, error,
                                  "SELECT " SCOPE_SEVERITY ("scope_findings.severity") " AS severity, count(*) AS count FROM scope_findings WHERE state = 'open'"
                                  " GROUP BY scope_findings.severity ORDER BY scope_findings.severity DESC",
                                  NULL),
                    "si", error)
      || !add_rows (summary, "days",
                    vig_db_query (db, error,
                                  "SELECT date(created_at / 1000000, 'unixepoch') AS day, sum(kind = 'port_opened') AS opened, sum(kind = 'port_closed') AS closed,"
                                  " sum(kind IN ('host_new', 'host_back')) AS came, sum(kind = 'host_gone') AS went FROM scope_changes WHERE created_at >= ?1"
                                  " GROUP BY 1 ORDER BY 1",
                                  "i", since),
                    "siiii", error))
    return NULL;

  return g_steal_pointer (&summary);
}
