/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-scope-private.h"

#include "vig-id.h"

#include <string.h>

/* What is checked of a record before anything of it is stored. */
#define TEXT(n) "{\"type\": [\"string\", \"null\"], \"maxLength\": " #n "}"
#define RECORD_SCHEMA \
  "{\"type\": \"object\", \"required\": [\"profile\", \"protocol\", \"targets\", \"ranges\", \"complete\", \"n_addresses\", \"hosts\"], \"properties\": {" \
  "\"profile\": {\"enum\": [\"discovery\", \"ports\", \"services\", \"os\"]}, \"protocol\": {\"enum\": [\"tcp\", \"udp\"]}, \"ports\": " TEXT (70000) "," \
  "\"targets\": {\"type\": \"array\", \"items\": {\"type\": \"string\", \"maxLength\": 300}}, \"complete\": {\"type\": \"boolean\"}, \"problem\": " TEXT (2000) "," \
  "\"ranges\": {\"type\": \"array\", \"items\": {\"type\": \"array\", \"minItems\": 2, \"maxItems\": 2, \"items\": {\"type\": \"string\"}}}," \
  "\"n_addresses\": {\"type\": \"integer\", \"minimum\": 0}, \"at\": {\"type\": \"integer\"}," \
  "\"hosts\": {\"type\": \"array\", \"maxItems\": 65536, \"items\": {\"type\": \"object\"," \
  "\"required\": [\"address\", \"names\", \"ports\"], \"properties\": {\"address\": {\"type\": \"string\", \"maxLength\": 45}, \"mac\": " TEXT (40) "," \
  "\"vendor\": " TEXT (600) ", \"names\": {\"type\": \"array\", \"items\": {\"type\": \"string\", \"maxLength\": 600}}, \"ports\": {\"type\": \"array\", \"items\": {" \
  "\"type\": \"object\", \"required\": [\"protocol\", \"port\", \"state\"], \"properties\": {\"protocol\": {\"type\": \"string\"}, \"port\": {\"type\": \"integer\"," \
  "\"minimum\": 0, \"maximum\": 65535}, \"state\": {\"type\": \"string\"}, \"name\": " TEXT (600) ", \"product\": " TEXT (600) ", \"version\": " TEXT (600) "," \
  "\"extra\": " TEXT (600) ", \"tunnel\": " TEXT (40) "}}}}}}}}"

typedef struct
{
  VigDbConnection *db;
  JsonObject      *record;
  const char      *protocol;
  char            *id;
  gint64           now;
  guint8          *asked;     /* 65536 flags: the ports that were asked */
  gboolean         detected;  /* versions were looked for */
  gint64           n_hosts;
  gint64           n_open;
  gint64           n_changes;
} Merge;

static gboolean
check_record (JsonObject *record, GError **error)
{
  g_autoptr (JsonNode) document = vig_json_parse (RECORD_SCHEMA, -1, 0, error);
  g_autoptr (VigSchema) schema = document != NULL ? vig_schema_new (document, NULL, error) : NULL;
  g_autoptr (JsonNode) value = json_node_init_object (json_node_alloc (), record);

  return schema != NULL && vig_schema_validate (schema, value, error);
}

static void
mark_ports (Merge *self)
{
  g_auto (GStrv) pieces = g_strsplit (vig_json_get_string (self->record, "ports", ""), ",", -1);

  self->asked = g_new0 (guint8, 65536);
  for (guint i = 0; pieces[i] != NULL; i++)
    {
      char *end;
      guint64 first = g_ascii_strtoull (pieces[i], &end, 10);
      guint64 last = *end == '-' ? g_ascii_strtoull (end + 1, &end, 10) : first;

      if (end == pieces[i] || *end != '\0')
        continue;
      for (guint64 port = first; port <= last && port < 65536; port++)
        self->asked[port] = 1;
    }
}

static gboolean
note_change (Merge *self, const char *host_id, const char *kind, gint64 port, const char *before, const char *after, GError **error)
{
  self->n_changes++;

  return vig_db_exec (self->db, error,
                      "INSERT INTO scope_changes (scan_id, host_id, kind, protocol, port, before, after, created_at)"
                      " VALUES (?1, ?2, ?3, iif(?4 < 0, NULL, ?8), iif(?4 < 0, NULL, ?4), ?5, ?6, ?7)",
                      "sssissis", self->id, host_id, kind, port, before, after, self->now, self->protocol);
}

static char *
describe_service (JsonObject *service)
{
  static const char *const members[] = { "name", "product", "version", "extra" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      const char *word = vig_json_get_string (service, members[i], NULL);

      if (word != NULL && *word != '\0')
        g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", word);
    }

  return g_string_free (text, FALSE);
}

static gboolean
is_open_state (JsonObject *port)
{
  const char *state = vig_json_get_string (port, "state", "");

  return g_str_equal (state, "open") || g_str_equal (state, "open|filtered");
}

/* A scan that did not ask for versions knows only what usually listens there: what was found out before stays. */
static void
keep_detected (Merge *self, JsonObject *old, JsonObject *port)
{
  static const char *const members[] = { "name", "product", "version", "extra", "tunnel", "cpe" };

  if (old == NULL || self->detected || g_str_equal (vig_json_get_string (old, "state", ""), "gone"))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    if (json_object_has_member (old, members[i]) && !json_object_get_null_member (old, members[i]))
      json_object_set_member (port, members[i], json_node_ref (json_object_get_member (old, members[i])));
}

static gboolean
note_service (Merge *self, const char *host_id, JsonObject *old, JsonObject *port, GError **error)
{
  gint64 number = vig_json_get_int (port, "port", 0);
  g_autofree char *after = describe_service (port);
  g_autofree char *before = old != NULL ? describe_service (old) : NULL;

  if (old == NULL || g_str_equal (vig_json_get_string (old, "state", ""), "gone"))
    return note_change (self, host_id, "port_opened", number, NULL, after, error);
  /* The first time that versions are looked for is no change. */
  if (!self->detected || vig_json_get_string (old, "product", NULL) == NULL || g_str_equal (before, after))
    return TRUE;

  return note_change (self, host_id, "service_changed", number, before, after, error);
}

static gboolean
write_service (Merge *self, const char *host_id, JsonObject *port, GError **error)
{
  g_autofree char *cpe = vig_store_dup_json (port, "cpe");

  return vig_db_exec (self->db, error,
                      "INSERT INTO scope_services (host_id, protocol, port, state, name, product, version, extra, tunnel, cpe, first_seen_at, last_seen_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11) ON CONFLICT (host_id, protocol, port) DO UPDATE SET state = excluded.state,"
                      " name = excluded.name, product = excluded.product, version = excluded.version, extra = excluded.extra, tunnel = excluded.tunnel,"
                      " cpe = excluded.cpe, last_seen_at = excluded.last_seen_at",
                      "ssisssssssi", host_id, self->protocol,
                      vig_json_get_int (port, "port", 0),
                      vig_json_get_string (port, "state", NULL),
                      vig_json_get_string (port, "name", NULL),
                      vig_json_get_string (port, "product", NULL),
                      vig_json_get_string (port, "version", NULL),
                      vig_json_get_string (port, "extra", NULL),
                      vig_json_get_string (port, "tunnel", NULL),
                      cpe != NULL ? cpe : "[]", self->now);
}

/* What is known of the host's ports of this protocol, by number. */
static GHashTable *
read_services (Merge *self, const char *host_id, GError **error)
{
  g_autoptr (JsonArray) rows = vig_store_row_all (vig_db_query (self->db, error,
                                                                "SELECT port, state, name, product, version, extra, tunnel, cpe FROM scope_services"
                                                                " WHERE host_id = ?1 AND protocol = ?2",
                                                                "ss", host_id, self->protocol),
                                                  "issssssj", error);
  GHashTable *known;

  if (rows == NULL)
    return NULL;

  known = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) json_object_unref);
  for (guint i = 0; i < json_array_get_length (rows); i++)
    {
      JsonObject *row = json_array_get_object_element (rows, i);

      g_hash_table_insert (known, GINT_TO_POINTER ((int) vig_json_get_int (row, "port", 0)), json_object_ref (row));
    }

  return known;
}

static gboolean
close_service (Merge *self, const char *host_id, JsonObject *old, GError **error)
{
  g_autofree char *before = describe_service (old);
  gint64 port = vig_json_get_int (old, "port", 0);

  if (g_str_equal (vig_json_get_string (old, "state", ""), "gone") || !self->asked[port])
    return TRUE;

  return vig_db_exec (self->db, error, "UPDATE scope_services SET state = 'gone' WHERE host_id = ?1 AND protocol = ?2 AND port = ?3", "ssi", host_id,
                      self->protocol, port)
         && note_change (self, host_id, "port_closed", port, before, NULL, error);
}

static gboolean
merge_services (Merge *self, const char *host_id, JsonObject *host, GError **error)
{
  g_autoptr (GHashTable) known = read_services (self, host_id, error);
  JsonArray *ports = vig_json_get_array (host, "ports");
  GHashTableIter iter;
  gpointer old;

  if (known == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (ports); i++)
    {
      JsonObject *port = json_array_get_object_element (ports, i);
      gpointer number = GINT_TO_POINTER ((int) vig_json_get_int (port, "port", 0));

      if (!is_open_state (port) || g_strcmp0 (vig_json_get_string (port, "protocol", NULL), self->protocol) != 0)
        continue;
      self->n_open++;
      old = g_hash_table_lookup (known, number);
      keep_detected (self, old, port);
      if (!note_service (self, host_id, old, port, error) || !write_service (self, host_id, port, error))
        return FALSE;
      g_hash_table_remove (known, number);
    }
  if (vig_json_get_boolean (host, "timed_out", FALSE))
    return TRUE;

  g_hash_table_iter_init (&iter, known);
  while (g_hash_table_iter_next (&iter, NULL, &old))
    if (!close_service (self, host_id, old, error))
      return FALSE;

  return TRUE;
}

static gboolean
open_finding (Merge *self, const char *host_id, JsonObject *service, const VigExposure *exposure, GError **error)
{
  g_autofree char *id = vig_id_new ();

  return vig_db_exec (self->db, error,
                      "INSERT INTO scope_findings (id, host_id, rule, protocol, port, severity, state, first_seen_at, last_seen_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', ?7, ?7) ON CONFLICT (host_id, rule, protocol, port) DO UPDATE SET"
                      " severity = excluded.severity, last_seen_at = excluded.last_seen_at, resolved_at = NULL,"
                      " state = iif(state = 'resolved', 'open', state)",
                      "ssssiii", id, host_id, exposure->id, vig_json_get_string (service, "protocol", NULL), vig_json_get_int (service, "port", 0),
                      exposure->severity, self->now);
}

/* Made anew of all that is open: so a second look changes nothing, and what is gone is resolved. */
static gboolean
merge_findings (Merge *self, const char *host_id, GError **error)
{
  g_autoptr (JsonArray) services = vig_store_row_all (vig_db_query (self->db, error,
                                                                    "SELECT protocol, port, name, product, tunnel FROM scope_services WHERE host_id = ?1 AND state = 'open'",
                                                                    "s", host_id),
                                                      "sisss", error);

  if (services == NULL)
    return FALSE;

  for (guint i = 0; i < json_array_get_length (services); i++)
    {
      JsonObject *service = json_array_get_object_element (services, i);
      const VigExposure *exposure = vig_exposure_match (vig_json_get_string (service, "name", NULL), vig_json_get_string (service, "product", NULL),
                                                        vig_json_get_string (service, "tunnel", NULL));

      if (exposure != NULL && !open_finding (self, host_id, service, exposure, error))
        return FALSE;
    }

  return vig_db_exec (self->db, error,
                      "UPDATE scope_findings SET state = 'resolved', resolved_at = ?2 WHERE host_id = ?1 AND state <> 'resolved' AND last_seen_at < ?2", "si",
                      host_id, self->now);
}

static gboolean
note_host (Merge *self, const char *host_id, JsonObject *old, JsonObject *host, GError **error)
{
  const char *mac = vig_json_get_string (host, "mac", NULL);
  const char *old_mac = vig_json_get_string (old, "mac", NULL);
  const char *os = vig_json_get_string (vig_json_get_object (host, "os"), "name", NULL);
  const char *old_os = vig_json_get_string (old, "os", NULL);

  if (old == NULL)
    return note_change (self, host_id, "host_new", -1, NULL, vig_json_get_string (host, "address", NULL), error);
  if (g_str_equal (vig_json_get_string (old, "status", ""), "gone") && !note_change (self, host_id, "host_back", -1, NULL, NULL, error))
    return FALSE;
  if (mac != NULL && old_mac != NULL && g_ascii_strcasecmp (mac, old_mac) != 0 && !note_change (self, host_id, "mac_changed", -1, old_mac, mac, error))
    return FALSE;

  return os == NULL || old_os == NULL || g_str_equal (os, old_os) || note_change (self, host_id, "os_changed", -1, old_os, os, error);
}

static gboolean
write_host (Merge *self, const char *host_id, const VigScopeKeys *keys, JsonObject *host, GError **error)
{
  g_autofree char *names = vig_store_dup_json (host, "names");
  JsonObject *os = vig_json_get_object (host, "os");
  const char *os_name = vig_json_get_string (os, "name", NULL);

  return vig_db_exec (self->db, error,
                      "INSERT INTO scope_hosts (id, address, address_key, subnet, subnet_key, mac, vendor, names, os, os_accuracy, notes, status, n_open, n_findings,"
                      " severity, last_scan_id, first_seen_at, last_seen_at, ports_scanned_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, iif(?9 IS NULL, NULL, ?10), '', 'up', 0, 0, 0, ?11, ?12, ?12, iif(?13, ?12, NULL))"
                      " ON CONFLICT (address) DO UPDATE SET mac = coalesce(excluded.mac, mac), vendor = coalesce(excluded.vendor, vendor),"
                      " names = iif(excluded.names = '[]', names, excluded.names), os = coalesce(excluded.os, os),"
                      " os_accuracy = coalesce(excluded.os_accuracy, os_accuracy), status = 'up', last_scan_id = excluded.last_scan_id,"
                      " last_seen_at = excluded.last_seen_at, ports_scanned_at = coalesce(excluded.ports_scanned_at, ports_scanned_at)",
                      "sssssssssisib", host_id,
                      vig_json_get_string (host, "address", NULL), keys->address_key, keys->subnet, keys->subnet_key,
                      vig_json_get_string (host, "mac", NULL),
                      vig_json_get_string (host, "vendor", NULL),
                      names, os_name, vig_json_get_int (os, "accuracy", 0), self->id, self->now,
                      g_strcmp0 (vig_json_get_string (self->record, "profile", NULL), "discovery") != 0);
}

/* A server of the inventory that is this host, by its address or one of its names. */
static gboolean
link_server (Merge *self, const char *host_id, GError **error)
{
  return vig_db_exec (self->db, error,
                      "UPDATE scope_hosts SET server_id = (SELECT s.id FROM servers s WHERE lower(s.host) = scope_hosts.address"
                      " OR lower(s.host) IN (SELECT lower(value) FROM json_each(scope_hosts.names)) ORDER BY s.name LIMIT 1) WHERE id = ?1 AND server_id IS NULL",
                      "s", host_id);
}

/* Where hosts were taken to be up without asking, only an answer of some port says that one is there. */
static gboolean
is_there (JsonObject *host)
{
  JsonArray *ports = vig_json_get_array (host, "ports");
  JsonArray *extra = vig_json_get_array (host, "extra_ports");

  if (g_strcmp0 (vig_json_get_string (host, "reason", NULL), "user-set") != 0)
    return TRUE;
  for (guint i = 0; i < json_array_get_length (ports); i++)
    {
      const char *state = vig_json_get_string (json_array_get_object_element (ports, i), "state", "");

      if (g_str_equal (state, "open") || g_str_equal (state, "closed") || g_str_equal (state, "unfiltered"))
        return TRUE;
    }
  for (guint i = 0; extra != NULL && i < json_array_get_length (extra); i++)
    if (g_str_equal (vig_json_get_string (json_array_get_object_element (extra, i), "state", ""), "closed"))
      return TRUE;

  return FALSE;
}

static gboolean
merge_host (Merge *self, JsonObject *host, GError **error)
{
  const char *address = vig_json_get_string (host, "address", "");
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) old = NULL;
  g_autofree char *id = NULL;
  VigScopeKeys keys;

  if (!vig_scope_keys_init (&keys, address))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/hosts: %s is no address", address);
      return FALSE;
    }

  old = vig_store_row_one (vig_db_query (self->db, &local_error, "SELECT id, mac, os, status FROM scope_hosts WHERE address_key = ?1", "s", keys.address_key), "ssss",
                           &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  self->n_hosts++;
  id = old != NULL ? g_strdup (vig_json_get_string (old, "id", "")) : vig_id_new ();

  return write_host (self, id, &keys, host, error) && note_host (self, id, old, host, error) && merge_services (self, id, host, error)
         && merge_findings (self, id, error) && vig_scope_count (self->db, id, error) && link_server (self, id, error);
}

static gboolean
merge_silent_range (Merge *self, const char *first, const char *last, GError **error)
{
  VigScopeKeys from, to;
  g_autoptr (JsonArray) silent = NULL;

  if (!vig_scope_keys_init (&from, first) || !vig_scope_keys_init (&to, last))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/ranges: %s to %s is no range of addresses", first, last);
      return FALSE;
    }

  silent = vig_store_row_all (vig_db_query (self->db, error,
                                            "SELECT id FROM scope_hosts WHERE address_key BETWEEN ?1 AND ?2 AND status = 'up' AND last_scan_id <> ?3", "sss",
                                            from.address_key, to.address_key, self->id),
                              "s", error);
  for (guint i = 0; silent != NULL && i < json_array_get_length (silent); i++)
    {
      const char *id = vig_json_get_string (json_array_get_object_element (silent, i), "id", "");

      if (!vig_db_exec (self->db, error, "UPDATE scope_hosts SET status = 'gone' WHERE id = ?1", "s", id)
          || !note_change (self, id, "host_gone", -1, NULL, NULL, error))
        return FALSE;
    }

  return silent != NULL;
}

/* Of what was asked and did not answer: only a scan that ran to its end can say so. */
static gboolean
merge_silent (Merge *self, GError **error)
{
  JsonArray *ranges = vig_json_get_array (self->record, "ranges");

  if (!vig_json_get_boolean (self->record, "complete", FALSE) || vig_json_get_boolean (self->record, "assumed_up", FALSE))
    return TRUE;

  for (guint i = 0; i < json_array_get_length (ranges); i++)
    {
      JsonArray *range = json_array_get_array_element (ranges, i);

      if (!merge_silent_range (self, json_array_get_string_element (range, 0), json_array_get_string_element (range, 1), error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
write_scan (Merge *self, JsonObject *subject, GError **error)
{
  JsonObject *record = self->record;
  g_autofree char *targets = vig_store_dup_json (record, "targets");

  return vig_db_exec (self->db, error,
                      "INSERT INTO scope_scans (id, call_id, run_id, session_id, operator_name, user_name, profile, protocol, targets, ports, complete, problem,"
                      " n_addresses, n_hosts, n_open, n_changes, seconds, scanner_version, created_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
                      "ssssssssssbsiiiifsi", self->id,
                      vig_json_get_string (subject, "call_id", NULL),
                      vig_json_get_string (subject, "run_id", NULL),
                      vig_json_get_string (subject, "session_id", NULL),
                      vig_json_get_string (subject, "operator_name", NULL),
                      vig_json_get_string (subject, "user_name", NULL),
                      vig_json_get_string (record, "profile", NULL), self->protocol, targets,
                      vig_json_get_string (record, "ports", NULL),
                      vig_json_get_boolean (record, "complete", FALSE),
                      vig_json_get_string (record, "problem", NULL),
                      vig_json_get_int (record, "n_addresses", 0), self->n_hosts, self->n_open, self->n_changes,
                      vig_json_get_double (record, "seconds", 0),
                      vig_json_get_string (record, "scanner_version", NULL), self->now);
}

static gboolean
forget_oldest (VigDbConnection *db, GError **error)
{
  return vig_db_exec (db, error, "DELETE FROM scope_scans WHERE seq <= (SELECT max(seq) FROM scope_scans) - ?1", "i", (gint64) VIG_SCOPE_MAX_SCANS)
         && vig_db_exec (db, error, "DELETE FROM scope_changes WHERE seq <= (SELECT max(seq) FROM scope_changes) - ?1", "i", (gint64) VIG_SCOPE_MAX_CHANGES);
}

static gboolean
merge_all (Merge *self, JsonObject *subject, GError **error)
{
  JsonArray *hosts = vig_json_get_array (self->record, "hosts");

  for (guint i = 0; i < json_array_get_length (hosts); i++)
    {
      JsonObject *host = json_array_get_object_element (hosts, i);

      if (is_there (host) && !merge_host (self, host, error))
        return FALSE;
    }

  return merge_silent (self, error) && write_scan (self, subject, error) && forget_oldest (self->db, error);
}

/* A scan that was made elsewhere has its own time, in whole seconds. An older one than the newest would take back what is known since. */
static gboolean
take_time (Merge *self, GError **error)
{
  gint64 at = vig_json_get_int (self->record, "at", 0);
  gint64 newest;

  if (at <= 0 || at >= self->now / G_USEC_PER_SEC)
    return TRUE;

  newest = vig_store_row_count (vig_db_query (self->db, error, "SELECT coalesce(max(created_at), 0) FROM scope_scans", NULL), error);
  if (newest < 0)
    return FALSE;

  if (newest / G_USEC_PER_SEC > at)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "this scan is older than the newest one in Scope, and would take back what is known since then");
      return FALSE;
    }

  self->now = MAX (at * G_USEC_PER_SEC, newest);

  return TRUE;
}

JsonObject *
vig_store_scope_merge (VigDbConnection *db, JsonObject *subject, JsonObject *record, GError **error)
{
  Merge self = { .db = db, .record = record, .protocol = vig_json_get_string (record, "protocol", "tcp"), .now = vig_time_now () };
  const char *profile = vig_json_get_string (record, "profile", "");
  JsonObject *scan;

  if (!check_record (record, error) || !take_time (&self, error))
    return NULL;

  self.id = vig_id_new ();
  self.detected = g_str_equal (profile, "services") || g_str_equal (profile, "os");
  mark_ports (&self);
  scan = merge_all (&self, subject, error) ? vig_store_scope_get_scan (db, self.id, error) : NULL;
  g_free (self.asked);
  g_free (self.id);

  return scan;
}
