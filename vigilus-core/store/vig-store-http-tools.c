/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-http-tools.h"

#include "vig-id.h"
#include "vig-store-credentials.h"
#include "vig-store-row.h"

#define HTTP_TOOL "SELECT id, name, title, description, level, enabled, request, credential_id, created_at, updated_at FROM http_tools "
#define HTTP_TOOL_TYPES "sssssbjstt"
#define NAME_COLUMN 1

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, 59 },
  { "title", 's', FALSE, 0, 100 },
  { "description", 's', FALSE, 1, 2000 },
  { "level", 's', FALSE, 1, 0, "read|write|exec|elevate" },
  { "enabled", 'b' },
  { "credential_id", 's', TRUE, 1, 64 },
  { "method", 's', FALSE, 1, 0, "GET|HEAD|POST|PUT|PATCH|DELETE" },
  { "url", 's', FALSE, 1, 2048 },
  { "body_type", 's', FALSE, 1, 0, "none|json|form|text" },
  { "body", 's', TRUE, 0, 65536 },
  { "auth", 's', FALSE, 1, 0, "none|bearer|basic|header|query" },
  { "auth_name", 's', TRUE, 1, 100 },
  { "auth_user", 's', TRUE, 1, 100 },
  { "ca", 's', TRUE, 1, 65536 },
  { "timeout", 'i', FALSE, 1, 300 },
  { NULL },
};

/* What is kept in the column "request". */
static const char *const request_members[] = {
  "method", "url", "headers", "parameters", "body_type", "body", "auth", "auth_name", "auth_user", "ca", "timeout", NULL,
};

/* Lists of objects, whose members the API's schema has checked. */
static const char *const lists[] = { "headers", "parameters", NULL };

static JsonObject *
make_defaults (void)
{
  return vig_json_pack_object ("{s:s, s:s, s:b, s:n, s:s, s:[], s:[], s:s, s:n, s:s, s:n, s:n, s:n, s:i}",
                               "title", "", "level", "exec", "enabled", TRUE, "credential_id", "method", "GET", "headers", "parameters",
                               "body_type", "none", "body", "auth", "none", "auth_name", "auth_user", "ca", "timeout", 30);
}

/* The request's members stand beside the others. */
static JsonObject *
shape (JsonObject *row)
{
  g_autoptr (JsonObject) owned = row;
  JsonObject *request = vig_json_get_object (row, "request");
  JsonObject *tool = make_defaults ();
  g_autofree char *full_name = g_strconcat ("http.", vig_json_get_string (row, "name", ""), NULL);

  for (guint i = 0; request != NULL && request_members[i] != NULL; i++)
    if (json_object_has_member (request, request_members[i]))
      json_object_set_member (tool, request_members[i], json_node_copy (json_object_get_member (request, request_members[i])));
  json_object_remove_member (row, "request");
  vig_store_merge (tool, row);
  json_object_set_string_member (tool, "tool", full_name);

  return tool;
}

static JsonArray *
shape_all (JsonArray *rows)
{
  g_autoptr (JsonArray) owned = rows;
  JsonArray *tools = json_array_new ();

  for (guint i = 0; i < json_array_get_length (rows); i++)
    json_array_add_object_element (tools, shape (json_object_ref (json_array_get_object_element (rows, i))));

  return tools;
}

JsonObject *
vig_store_http_tools_list (VigDbConnection *db, const VigPage *page, GError **error)
{
  g_autofree char *after = NULL;
  JsonObject *list;

  if (!vig_store_cursor_text (page, "http-tools", &after, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, HTTP_TOOL "WHERE name > ?1 ORDER BY name LIMIT ?2", "si", after != NULL ? after : "",
                                               vig_store_page_limit (page) + 1),
                                 HTTP_TOOL_TYPES, page, "http-tools", NAME_COLUMN, error);
  if (list != NULL)
    json_object_set_array_member (list, "items", shape_all (json_array_ref (vig_json_get_array (list, "items"))));

  return list;
}

JsonObject *
vig_store_http_tools_get (VigDbConnection *db, const char *id, GError **error)
{
  JsonObject *row = vig_store_row_required (vig_db_query (db, error, HTTP_TOOL "WHERE id = ?1", "s", id), HTTP_TOOL_TYPES, "HTTP tool", id, error);

  return row != NULL ? shape (row) : NULL;
}

JsonArray *
vig_store_http_tools_all (VigDbConnection *db, GError **error)
{
  JsonArray *rows = vig_store_row_all (vig_db_query (db, error, HTTP_TOOL "WHERE enabled = 1 ORDER BY name LIMIT ?1", "i", (gint64) VIG_STORE_MAX_HTTP_TOOLS),
                                       HTTP_TOOL_TYPES, error);

  return rows != NULL ? shape_all (rows) : NULL;
}

static gboolean
is_name (const char *name)
{
  gboolean open = FALSE; /* within a word */

  for (; *name != '\0'; name++)
    {
      if (*name == '.' && !open)
        return FALSE;
      if (*name != '.' && !g_ascii_islower (*name) && !g_ascii_isdigit (*name) && *name != '_')
        return FALSE;
      open = *name != '.';
    }

  return open;
}

static gboolean
check_lists (JsonObject *values, GError **error)
{
  for (guint i = 0; lists[i] != NULL; i++)
    {
      JsonArray *list = vig_json_get_array (values, lists[i]);
      guint limit = i == 0 ? 30 : 50;

      if (json_object_has_member (values, lists[i]) && list == NULL)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s must be a list", lists[i]);
          return FALSE;
        }
      if (list != NULL && json_array_get_length (list) > limit)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s must have at most %u elements", lists[i], limit);
          return FALSE;
        }
      for (guint j = 0; list != NULL && j < json_array_get_length (list); j++)
        if (!JSON_NODE_HOLDS_OBJECT (json_array_get_element (list, j)))
          {
            g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "%s/%u must be an object", lists[i], j);
            return FALSE;
          }
    }

  return TRUE;
}

static gboolean
check (JsonObject *values, GError **error)
{
  g_autoptr (JsonObject) plain = json_object_new ();
  const char *name = vig_json_get_string (values, "name", NULL);

  vig_store_merge (plain, values);
  for (guint i = 0; lists[i] != NULL; i++)
    json_object_remove_member (plain, lists[i]);
  if (!vig_store_check_fields ("an HTTP tool", fields, plain, error) || !check_lists (values, error))
    return FALSE;
  if (name == NULL || is_name (name))
    return TRUE;

  g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "/name: small letters, digits and _, in words joined by dots: as pihole.status");

  return FALSE;
}

JsonObject *
vig_store_http_tools_merge (JsonObject *definition, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) merged = make_defaults ();
  static const char *const needed[] = { "name", "description", "url", NULL };

  if (!check (changes, error))
    return NULL;

  if (definition != NULL)
    vig_store_merge (merged, definition);
  vig_store_merge (merged, changes);
  for (guint i = 0; needed[i] != NULL; i++)
    if (vig_json_get_string (merged, needed[i], NULL) == NULL)
      {
        g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: is missing", needed[i]);
        return NULL;
      }

  return g_steal_pointer (&merged);
}

static char *
dup_request (JsonObject *tool)
{
  g_autoptr (JsonObject) request = json_object_new ();

  for (guint i = 0; request_members[i] != NULL; i++)
    if (json_object_has_member (tool, request_members[i]))
      json_object_set_member (request, request_members[i], json_node_copy (json_object_get_member (tool, request_members[i])));

  return vig_json_object_to_string (request);
}

static gboolean
write_row (VigDbConnection *db, const char *sql, const char *id, JsonObject *tool, gint64 created_at, GError **error)
{
  g_autofree char *request = dup_request (tool);
  g_autoptr (GError) local_error = NULL;
  const char *name = vig_json_get_string (tool, "name", NULL);

  if (!vig_store_credentials_check (db, vig_json_get_string (tool, "credential_id", NULL), "credential_id", "password|api_key|token", error))
    return FALSE;
  if (vig_db_exec (db, &local_error, sql, "sssssissii",
                   id, name,
                   vig_json_get_string (tool, "title", ""),
                   vig_json_get_string (tool, "description", NULL),
                   vig_json_get_string (tool, "level", NULL),
                   (gint64) vig_json_get_boolean (tool, "enabled", TRUE),
                   request,
                   vig_json_get_string (tool, "credential_id", NULL),
                   created_at,
                   vig_time_now ()))
    return TRUE;

  vig_store_name_taken ("an HTTP tool", name, &local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
check_room (VigDbConnection *db, GError **error)
{
  gint64 n = vig_store_row_count (vig_db_query (db, error, "SELECT count(*) FROM http_tools", NULL), error);

  if (n >= VIG_STORE_MAX_HTTP_TOOLS)
    g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "there are %d HTTP tools, which is the most: remove one first", VIG_STORE_MAX_HTTP_TOOLS);

  return n >= 0 && n < VIG_STORE_MAX_HTTP_TOOLS;
}

JsonObject *
vig_store_http_tools_create (VigDbConnection *db, JsonObject *values, GError **error)
{
  g_autofree char *id = vig_id_new ();
  g_autoptr (JsonObject) tool = vig_store_http_tools_merge (NULL, values, error);

  if (tool == NULL || !check_room (db, error)
      || !write_row (db,
                     "INSERT INTO http_tools (id, name, title, description, level, enabled, request, credential_id, created_at, updated_at)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                     id, tool, vig_time_now (), error))
    return NULL;

  return vig_store_http_tools_get (db, id, error);
}

JsonObject *
vig_store_http_tools_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) old = vig_store_http_tools_get (db, id, error);
  g_autoptr (JsonObject) tool = old != NULL ? vig_store_http_tools_merge (old, changes, error) : NULL;
  gint64 created_at;

  if (tool == NULL || !vig_store_get_time (old, "created_at", &created_at, error)
      || !write_row (db,
                     "UPDATE http_tools SET name = ?2, title = ?3, description = ?4, level = ?5, enabled = ?6, request = ?7, credential_id = ?8,"
                     " created_at = ?9, updated_at = ?10 WHERE id = ?1",
                     id, tool, created_at, error))
    return NULL;

  return vig_store_http_tools_get (db, id, error);
}

gboolean
vig_store_http_tools_delete (VigDbConnection *db, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "DELETE FROM http_tools WHERE id = ?1", "s", id))
    return FALSE;

  return vig_db_get_changes (db) > 0 || vig_store_not_found ("HTTP tool", id, error);
}

char *
vig_store_http_tools_sealed (VigDbConnection *db, const char *name, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT c.sealed FROM http_tools t JOIN credentials c ON c.id = t.credential_id WHERE t.name = ?1",
                                             "s", name);

  return rows != NULL && vig_db_rows_next (rows, error) ? g_strdup (vig_db_rows_string (rows, 0)) : NULL;
}
