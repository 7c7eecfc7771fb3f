/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-servers.h"

#include "vig-id.h"
#include "vig-store-docker.h"
#include "vig-store-row.h"

#include <string.h>

#define COLUMNS \
  "s.id, s.name, s.host, s.port, s.user_name, s.credential_id, c.name AS credential_name, s.tags, s.notes, s.host_key, s.status," \
  " s.status_message, s.system, s.checked_at, s.last_seen_at, s.created_at, s.updated_at, s.docker_endpoint, s.docker_ca, s.docker_certificate," \
  " s.docker_credential_id, s.compose_folders"
#define SERVER "SELECT " COLUMNS " FROM servers s LEFT JOIN credentials c ON c.id = s.credential_id "
#define SERVER_TYPES "sssisssjsssssttttssssj"
#define NAME_COLUMN 1
#define MAX_LISTED 200

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, 64 },
  { "host", 's', FALSE, 1, 255 },
  { "port", 'i', FALSE, 1, 65535 },
  { "user_name", 's', FALSE, 1, 64 },
  { "credential_id", 's', TRUE, 1, 64 },
  { "tags", 'a', FALSE, 0, 20 },
  { "notes", 's', FALSE, 0, 4000 },
  { "operators", 'a', FALSE, 0, 200 },
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

JsonArray *
vig_store_servers_for_operator (VigDbConnection *db, const char *operator_id, GError **error)
{
  return vig_store_row_all (vig_db_query (db, error,
                                          SERVER "WHERE NOT EXISTS (SELECT 1 FROM server_operators o WHERE o.server_id = s.id)"
                                          " OR EXISTS (SELECT 1 FROM server_operators o WHERE o.server_id = s.id AND o.operator_id = ?1)"
                                          " ORDER BY s.name COLLATE NOCASE LIMIT ?2",
                                          "si", operator_id, (gint64) MAX_LISTED),
                            SERVER_TYPES, error);
}

/* Names of hosts and users end up in messages and in libssh's options, never in a shell; a space or a leading dash is a mistake all the same. */
static gboolean
check_word (const char *member, const char *text, GError **error)
{
  if (*text != '-' && strpbrk (text, " \t\r\n@/\\'\"`$") == NULL)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: must not begin with -, nor have spaces, quotes, @, / or $ in it", member);

  return FALSE;
}

static gboolean
check_credential (VigDbConnection *db, JsonObject *server, const char *member, GError **error)
{
  const char *credential_id = vig_json_get_string (server, member, NULL);
  gint64 found;

  if (credential_id == NULL)
    return TRUE;

  found = vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM credentials WHERE id = ?1", "s", credential_id), error);
  if (found == 0)
    g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: there is no credential %s", member, credential_id);

  return found > 0;
}

static gboolean
check_together (VigDbConnection *db, JsonObject *server, GError **error)
{
  return vig_store_check_name (vig_json_get_string (server, "name", ""), error) &&
         check_word ("host", vig_json_get_string (server, "host", ""), error) &&
         check_word ("user_name", vig_json_get_string (server, "user_name", ""), error) &&
         check_credential (db, server, "credential_id", error) &&
         check_credential (db, server, "docker_credential_id", error) &&
         vig_store_check_docker (server, error);
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

static gboolean
write_row (VigDbConnection *db, const char *sql, JsonObject *server, gint64 created_at, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  const char *name = vig_json_get_string (server, "name", NULL);
  g_autofree char *tags = vig_store_dup_json (server, "tags");
  g_autofree char *folders = vig_store_dup_json (server, "compose_folders");

  if (vig_db_exec (db, &local_error, sql, "sssisssssiisssss",
                   vig_json_get_string (server, "id", NULL),
                   name,
                   vig_json_get_string (server, "host", NULL),
                   vig_json_get_int (server, "port", 22),
                   vig_json_get_string (server, "user_name", NULL),
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
                   folders != NULL ? folders : "[]"))
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
  if (!check_together (db, server, error) ||
      !write_row (db,
                  "INSERT INTO servers (id, name, host, port, user_name, credential_id, tags, notes, host_key, status, created_at, updated_at,"
                  " docker_endpoint, docker_ca, docker_certificate, docker_credential_id, compose_folders)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'unknown', ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
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
  if (!check_together (db, server, error) ||
      !write_row (db,
                  "UPDATE servers SET name = ?2, host = ?3, port = ?4, user_name = ?5, credential_id = ?6,"
                  " tags = ?7, notes = ?8, host_key = ?9, created_at = ?10, updated_at = ?11,"
                  " docker_endpoint = ?12, docker_ca = ?13, docker_certificate = ?14, docker_credential_id = ?15, compose_folders = ?16 WHERE id = ?1",
                  server, created_at, error))
    return NULL;

  return vig_store_servers_get (db, id, error);
}

gboolean
vig_store_servers_delete (VigDbConnection *db, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM servers WHERE id = ?1", "s", id))
    return FALSE;

  return vig_db_get_changes (db) > 0 || vig_store_not_found ("server", id, error);
}

gboolean
vig_store_servers_pin (VigDbConnection *db, const char *id, const char *host_key, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE servers SET host_key = ?2 WHERE id = ?1 AND (host_key IS NULL OR host_key = ?2)", "ss", id, host_key))
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
vig_store_servers_set_status (VigDbConnection *db, const char *id, gboolean is_up, const char *message, const char *system, GError **error)
{
  if (!vig_db_exec (db, error,
                    "UPDATE servers SET status = ?2, status_message = ?3, system = coalesce(?4, system), checked_at = ?5,"
                    " last_seen_at = iif(?2 = 'up', ?5, last_seen_at) WHERE id = ?1",
                    "ssssi", id, is_up ? "up" : "failed", message, system, vig_time_now ()))
    return NULL;

  return vig_store_servers_get (db, id, error);
}
