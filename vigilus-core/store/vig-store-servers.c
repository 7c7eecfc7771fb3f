/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-servers.h"

#include "vig-id.h"
#include "vig-store-row.h"
#include "vig-store-samples.h"
#include "vig-store-server-check.h"

#define COLUMNS \
  "s.id, s.name, iif (s.host = '-', '', s.host) AS host, s.port, iif (s.user_name = '-', '', s.user_name) AS user_name," \
  " s.credential_id, c.name AS credential_name, s.tags, s.notes, s.host_key, s.status," \
  " s.status_message, s.system, s.checked_at, s.last_seen_at, s.created_at, s.updated_at, s.docker_endpoint, s.docker_ca, s.docker_certificate," \
  " s.docker_credential_id, s.compose_folders, s.jump_id, j.name AS jump_name, s.file_paths, s.facts, s.os, s.docker_status, s.docker_message"
#define SERVER "SELECT " COLUMNS " FROM servers s LEFT JOIN credentials c ON c.id = s.credential_id LEFT JOIN servers j ON j.id = s.jump_id "
#define SERVER_TYPES "sssisssjsssssttttssssjssjjsss"
#define NAME_COLUMN 1
#define MAX_LISTED 200

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, 64 },
  { "host", 's', FALSE, 0, 255 },
  { "port", 'i', FALSE, 1, 65535 },
  { "user_name", 's', FALSE, 0, 64 },
  { "credential_id", 's', TRUE, 1, 64 },
  { "jump_id", 's', TRUE, 1, 64 },
  { "file_paths", 'a', FALSE, 0, 20 },
  { "tags", 'a', FALSE, 0, 20 },
  { "notes", 's', FALSE, 0, 4000 },
  { "operators", 'a', FALSE, 0, 200 },
  { "os", 's', TRUE, 1, 128 },
  { "docker_endpoint", 's', TRUE, 1, 255 },
  { "docker_ca", 's', TRUE, 1, 65536 },
  { "docker_certificate", 's', TRUE, 1, 65536 },
  { "docker_credential_id", 's', TRUE, 1, 64 },
  { "compose_folders", 'a', FALSE, 0, 20 },
  { NULL },
};

static gboolean
add_operators (VigDbConnection *db, JsonObject *server, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT operator_id FROM server_operators WHERE server_id = ?1 ORDER BY operator_id", "s",
                                             vig_json_get_string (server, "id", ""));
  g_autoptr (GError) local_error = NULL;
  JsonArray *operators = json_array_new ();

  json_object_set_array_member (server, "operators", operators);
  while (rows != NULL && vig_db_rows_next (rows, &local_error))
    json_array_add_string_element (operators, vig_db_rows_string (rows, 0));
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return rows != NULL && (error == NULL || *error == NULL);
}

static gboolean
add_all_operators (VigDbConnection *db, JsonArray *servers, GError **error)
{
  for (guint i = 0; i < json_array_get_length (servers); i++)
    if (!add_operators (db, json_array_get_object_element (servers, i), error))
      return FALSE;

  return TRUE;
}

JsonObject *
vig_store_servers_list (VigDbConnection *db, const VigPage *page, GError **error)
{
  g_autofree char *after = NULL;
  g_autoptr (JsonObject) list = NULL;

  if (!vig_store_cursor_text (page, "servers", &after, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, SERVER "WHERE s.name > ?1 COLLATE NOCASE ORDER BY s.name COLLATE NOCASE LIMIT ?2",
                                               "si", after != NULL ? after : "", vig_store_page_limit (page) + 1),
                                 SERVER_TYPES, page, "servers", NAME_COLUMN, error);

  return list != NULL && add_all_operators (db, vig_json_get_array (list, "items"), error) ? g_steal_pointer (&list) : NULL;
}

JsonObject *
vig_store_servers_get (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (JsonObject) server = vig_store_row_required (vig_db_query (db, error, SERVER "WHERE s.id = ?1", "s", id), SERVER_TYPES, "server", id, error);

  return server != NULL && add_operators (db, server, error) ? g_steal_pointer (&server) : NULL;
}

/* The orchestrator, which is who splits a request up, uses no server and lends none. An Operator that was deleted since may use those that all may. */
#define USERS \
  "WITH RECURSIVE askers (parent_run_id, operator_id, is_operator) AS (" \
  "SELECT p.parent_run_id, p.operator_id, p.plan IS NULL FROM runs r JOIN runs p ON p.id = r.parent_run_id WHERE r.id = ?2 " \
  "UNION ALL SELECT p.parent_run_id, p.operator_id, p.plan IS NULL FROM askers a JOIN runs p ON p.id = a.parent_run_id), " \
  "users (operator_id) AS (SELECT coalesce (?1, '') UNION SELECT coalesce (operator_id, '') FROM askers WHERE is_operator) "

JsonArray *
vig_store_servers_for (VigDbConnection *db, const char *operator_id, const char *run_id, const char *name, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          USERS SERVER "WHERE (?4 IS NULL OR s.name = ?4 COLLATE NOCASE)"
                                          " AND (NOT EXISTS (SELECT 1 FROM server_operators o WHERE o.server_id = s.id)"
                                          " OR NOT EXISTS (SELECT 1 FROM users u WHERE NOT EXISTS"
                                          " (SELECT 1 FROM server_operators o WHERE o.server_id = s.id AND o.operator_id = u.operator_id)))"
                                          " ORDER BY s.name COLLATE NOCASE LIMIT ?3",
                                          "ssis", operator_id, run_id, (gint64) MAX_LISTED, name),
                            SERVER_TYPES, error);
}

static gboolean
write_operators (VigDbConnection *db, JsonObject *server, GError **error)
{
  const char *id = vig_json_get_string (server, "id", "");
  JsonArray *operators = vig_json_get_array (server, "operators");

  if (!vig_db_exec (db, error, "DELETE FROM server_operators WHERE server_id = ?1", "s", id))
    return FALSE;

  for (guint i = 0; operators != NULL && i < json_array_get_length (operators); i++)
    {
      const char *operator_id = json_array_get_string_element (operators, i);
      g_autoptr (GError) local_error = NULL;

      if (vig_db_exec (db, &local_error, "INSERT OR IGNORE INTO server_operators (server_id, operator_id) VALUES (?1, ?2)", "ss", id, operator_id))
        continue;
      if (g_error_matches (local_error, VIG_ERROR, VIG_ERROR_CONFLICT))
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/operators/%u: there is no Operator %s", i, operator_id);
      else
        g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return TRUE;
}

/* The row's form of "none". */
static const char *
get_or_dash (JsonObject *server, const char *member)
{
  const char *text = vig_json_get_string (server, member, "");

  return *text != '\0' ? text : "-";
}

static gboolean
write_row (VigDbConnection *db, const char *sql, JsonObject *server, gint64 created_at, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  const char *name = vig_json_get_string (server, "name", NULL);
  g_autofree char *tags = vig_store_dup_json (server, "tags");
  g_autofree char *folders = vig_store_dup_json (server, "compose_folders");
  g_autofree char *file_paths = vig_store_dup_json (server, "file_paths");

  if (vig_db_exec (db, &local_error, sql, "sssisssssiissssssss",
                   vig_json_get_string (server, "id", NULL),
                   name,
                   get_or_dash (server, "host"),
                   vig_json_get_int (server, "port", 22),
                   get_or_dash (server, "user_name"),
                   vig_json_get_string (server, "credential_id", NULL),
                   tags != NULL ? tags : "[]",
                   vig_json_get_string (server, "notes", ""),
                   vig_json_get_string (server, "host_key", NULL),
                   created_at,
                   vig_time_now (),
                   vig_json_get_string (server, "docker_endpoint", NULL),
                   vig_json_get_string (server, "docker_ca", NULL),
                   vig_json_get_string (server, "docker_certificate", NULL),
                   vig_json_get_string (server, "docker_credential_id", NULL),
                   folders != NULL ? folders : "[]",
                   vig_json_get_string (server, "jump_id", NULL),
                   file_paths != NULL ? file_paths : "[]",
                   vig_json_get_string (server, "os", NULL)))
    return write_operators (db, server, error);

  vig_store_name_taken ("a server", name, &local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

JsonObject *
vig_store_servers_create (VigDbConnection *db, JsonObject *values, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autoptr (JsonObject) server = vig_json_pack_object ("{s:s, s:i}", "id", id, "port", 22);

  if (!vig_store_check_fields ("a server", fields, values, error))
    return NULL;

  vig_store_merge (server, values);
  if (!vig_store_server_check (db, server, error) ||
      !write_row (db,
                  "INSERT INTO servers (id, name, host, port, user_name, credential_id, tags, notes, host_key, status, created_at, updated_at,"
                  " docker_endpoint, docker_ca, docker_certificate, docker_credential_id, compose_folders, jump_id, file_paths, os)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'unknown', ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
                  server, vig_time_now (), error))
    return NULL;

  return vig_store_servers_get (db, id, error);
}

static gboolean
is_elsewhere (JsonObject *server, JsonObject *changes)
{
  const char *host = vig_json_get_string (changes, "host", NULL);
  gint64 port = vig_json_get_int (server, "port", 22);

  return (host != NULL && g_ascii_strcasecmp (host, vig_json_get_string (server, "host", "")) != 0) || vig_json_get_int (changes, "port", port) != port;
}

JsonObject *
vig_store_servers_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) server = NULL;
  gint64 created_at;

  if (!vig_store_check_fields ("a server", fields, changes, error))
    return NULL;

  server = vig_store_servers_get (db, id, error);
  if (server == NULL || !vig_store_get_time (server, "created_at", &created_at, error))
    return NULL;

  if (is_elsewhere (server, changes))
    json_object_set_null_member (server, "host_key");
  vig_store_merge (server, changes);
  if (!vig_store_server_check (db, server, error) ||
      !write_row (db,
                  "UPDATE servers SET name = ?2, host = ?3, port = ?4, user_name = ?5, credential_id = ?6,"
                  " tags = ?7, notes = ?8, host_key = ?9, created_at = ?10, updated_at = ?11,"
                  " docker_endpoint = ?12, docker_ca = ?13, docker_certificate = ?14, docker_credential_id = ?15, compose_folders = ?16,"
                  " jump_id = ?17, file_paths = ?18, os = ?19,"
                  " docker_status = iif(docker_endpoint IS ?12, docker_status, NULL), docker_message = iif(docker_endpoint IS ?12, docker_message, NULL) WHERE id = ?1",
                  server, created_at, error))
    return NULL;

  return vig_store_servers_get (db, id, error);
}

gboolean
vig_store_servers_delete (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT name FROM servers WHERE jump_id = ?1 ORDER BY name LIMIT 1", "s", id);
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return FALSE;
  if (vig_db_rows_next (rows, &local_error))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%s is reached through this server: give it another jump host, or none, first",
                   vig_db_rows_string (rows, 0));
      return FALSE;
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  if (!vig_db_exec (db, error, "DELETE FROM servers WHERE id = ?1", "s", id))
    return FALSE;

  return vig_db_get_changes (db) > 0 || vig_store_not_found ("server", id, error);
}

gboolean
vig_store_servers_pin (VigDbConnection *db, const char *id, const char *host_key, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE servers SET host_key = ?2 WHERE id = ?1 AND (host_key IS NULL OR host_key = ?2 OR host_key LIKE '%SHA256:%')", "ss", id, host_key))
    return FALSE;
  if (vig_db_get_changes (db) > 0)
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_CONFLICT, "another host key has been pinned for this server meanwhile, or the server was removed");

  return FALSE;
}

JsonObject *
vig_store_servers_forget_key (VigDbConnection *db, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE servers SET host_key = NULL, updated_at = ?2 WHERE id = ?1", "si", id, vig_time_now ()))
    return NULL;

  return vig_store_servers_get (db, id, error);
}

JsonObject *
vig_store_servers_accept_key (VigDbConnection *db, const char *id, const char *fingerprint, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE servers SET host_key = ?2, updated_at = ?3 WHERE id = ?1", "ssi", id, fingerprint, vig_time_now ()))
    return NULL;

  return vig_store_servers_get (db, id, error);
}

JsonObject *
vig_store_servers_set_report (VigDbConnection *db, const char *id, JsonObject *report, GError **error)
{
  gboolean is_up = vig_json_get_boolean (report, "ok", FALSE);
  JsonObject *facts = vig_json_get_object (report, "facts");
  JsonObject *docker = vig_json_get_object (report, "docker");
  g_autofree char *text = facts != NULL ? vig_json_object_to_string (facts) : NULL;

  if (!vig_db_exec (db, error,
                    "UPDATE servers SET status = ?2, status_message = ?3, system = coalesce(?4, system), checked_at = ?5,"
                    " last_seen_at = iif('up' IN (?2, ?7), ?5, last_seen_at), facts = coalesce(?6, facts), docker_status = ?7, docker_message = ?8 WHERE id = ?1",
                    "ssssisss", id, is_up ? "up" : "failed", vig_json_get_string (report, "message", ""), vig_json_get_string (facts, "system", NULL),
                    vig_time_now (), text, docker == NULL ? NULL : vig_json_get_boolean (docker, "ok", FALSE) ? "up" : "failed",
                    vig_json_get_string (docker, "message", NULL)))
    return NULL;

  return vig_store_samples_add (db, id, is_up, facts, error) ? vig_store_servers_get (db, id, error) : NULL;
}
