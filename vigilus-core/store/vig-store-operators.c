/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-operators.h"

#include "vig-id.h"
#include "vig-store-builtins.h"
#include "vig-store-providers.h"
#include "vig-store-row.h"

#define OPERATOR \
  "SELECT id, name, description, system_prompt, soul, provider_id, model, permission_level, trust_mode," \
  " working_directory, enabled, created_at, updated_at, fallback_provider_id, fallback_model, builtin, builtin_version, builtin_base FROM operators "
#define OPERATOR_TYPES "ssssssssssbttsssij"
#define NAME_COLUMN 1

#define MAX_TEXT 65536
#define MAX_ROUTED 200
#define RESERVED_NAME "Vigilus"

static const VigStoreField fields[] = {
  { "name", 's', FALSE, 1, 100 },
  { "description", 's', FALSE, 0, 2000 },
  { "system_prompt", 's', FALSE, 0, MAX_TEXT },
  { "soul", 's', FALSE, 0, MAX_TEXT },
  { "provider_id", 's', TRUE, 1, 64 },
  { "model", 's', TRUE, 1, 200 },
  { "permission_level", 's', FALSE, 1, 0, "read|write|exec|elevate" },
  { "trust_mode", 's', FALSE, 1, 0, "inherit|strict|lenient" },
  { "fallback_provider_id", 's', TRUE, 1, 64 },
  { "fallback_model", 's', TRUE, 1, 200 },
  { "working_directory", 's', TRUE, 1, 4096 },
  { "enabled", 'b' },
  { "tools", 'a', FALSE, 0, 500 },
  { NULL },
};

static JsonArray *
read_tools (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT tool FROM operator_tools WHERE operator_id = ?1 ORDER BY position", "s", id);
  g_autoptr (JsonArray) tools = json_array_new ();
  g_autoptr (GError) local_error = NULL;

  if (rows == NULL)
    return NULL;

  while (vig_db_rows_next (rows, &local_error))
    json_array_add_string_element (tools, vig_db_rows_string (rows, 0));

  if (local_error == NULL)
    return g_steal_pointer (&tools);

  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

/* The shape of the API: {key, version, edited: [member]}, or null. */
static void
shape_builtin (JsonObject *operator)
{
  const char *key = vig_json_get_string (operator, "builtin", NULL);
  JsonObject *base = vig_json_get_object (operator, "builtin_base");

  if (key != NULL)
    {
      g_autofree char *copy = g_strdup (key);

      json_object_set_object_member (operator, "builtin",
                                     vig_json_pack_object ("{s:s, s:I, s:A}", "key", copy, "version", vig_json_get_int (operator, "builtin_version", 0),
                                                           "edited", vig_store_builtins_edited (operator, base)));
    }
  json_object_remove_member (operator, "builtin_version");
  json_object_remove_member (operator, "builtin_base");
}

static gboolean
add_tools (VigDbConnection *db, JsonObject *operator, GError **error)
{
  JsonArray *tools = read_tools (db, json_object_get_string_member (operator, "id"), error);

  if (tools == NULL)
    return FALSE;

  json_object_set_array_member (operator, "tools", tools);
  shape_builtin (operator);

  return TRUE;
}

/* (transfer full) @operators, also when it fails. */
static JsonArray *
add_all_tools (VigDbConnection *db, JsonArray *operators, GError **error)
{
  for (guint i = 0; operators != NULL && i < json_array_get_length (operators); i++)
    if (!add_tools (db, json_array_get_object_element (operators, i), error))
      g_clear_pointer (&operators, json_array_unref);

  return operators;
}

static gboolean
write_tools (VigDbConnection *db, JsonObject *operator, GError **error)
{
  const char *id = json_object_get_string_member (operator, "id");
  JsonArray *tools = vig_json_get_array (operator, "tools");

  if (!vig_db_exec (db, error, "DELETE FROM operator_tools WHERE operator_id = ?1", "s", id))
    return FALSE;

  for (guint i = 0; i < json_array_get_length (tools); i++)
    if (!vig_db_exec (db, error, "INSERT INTO operator_tools (operator_id, position, tool) VALUES (?1, ?2, ?3)", "sis",
                      id, (gint64) i, json_array_get_string_element (tools, i)))
      return FALSE;

  return TRUE;
}

static gboolean
check_together (VigDbConnection *db, JsonObject *operator, GError **error)
{
  const char *name = vig_json_get_string (operator, "name", "");
  const char *directory = vig_json_get_string (operator, "working_directory", NULL);

  if (!vig_store_check_name (name, error))
    return FALSE;
  if (g_ascii_strcasecmp (name, RESERVED_NAME) == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "name: " RESERVED_NAME " is the orchestrator's; choose another");
      return FALSE;
    }

  if (directory != NULL && !g_path_is_absolute (directory))
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "working_directory must be an absolute path");
      return FALSE;
    }

  return vig_store_providers_check (db, operator, "provider_id", error) && vig_store_providers_check (db, operator, "fallback_provider_id", error);
}

/* Runs @sql, which takes all columns in the order of OPERATOR. */
static gboolean
write_row (VigDbConnection *db, const char *sql, JsonObject *operator, gint64 created_at, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  const char *name = vig_json_get_string (operator, "name", NULL);

  if (vig_db_exec (db, &local_error, sql, "ssssssssssbiiss",
                   vig_json_get_string (operator, "id", NULL),
                   name,
                   vig_json_get_string (operator, "description", ""),
                   vig_json_get_string (operator, "system_prompt", ""),
                   vig_json_get_string (operator, "soul", ""),
                   vig_json_get_string (operator, "provider_id", NULL),
                   vig_json_get_string (operator, "model", NULL),
                   vig_json_get_string (operator, "permission_level", NULL),
                   vig_json_get_string (operator, "trust_mode", NULL),
                   vig_json_get_string (operator, "working_directory", NULL),
                   vig_json_get_boolean (operator, "enabled", TRUE),
                   created_at,
                   vig_time_now (),
                   vig_json_get_string (operator, "fallback_provider_id", NULL),
                   vig_json_get_string (operator, "fallback_model", NULL)))
    return write_tools (db, operator, error);

  vig_store_name_taken ("an Operator", name, &local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

JsonObject *
vig_store_operators_list (VigDbConnection *db, const VigPage *page, GError **error)
{
  g_autofree char *after = NULL;
  g_autoptr (JsonObject) list = NULL;
  JsonArray *items;

  if (!vig_store_cursor_text (page, "operators", &after, error))
    return NULL;

  list = vig_store_page_collect (vig_db_query (db, error, OPERATOR "WHERE name > ?1 COLLATE NOCASE ORDER BY name COLLATE NOCASE LIMIT ?2",
                                               "si", after != NULL ? after : "", vig_store_page_limit (page) + 1),
                                 OPERATOR_TYPES, page, "operators", NAME_COLUMN, error);
  if (list == NULL)
    return NULL;

  items = vig_json_get_array (list, "items");
  for (guint i = 0; i < json_array_get_length (items); i++)
    if (!add_tools (db, json_array_get_object_element (items, i), error))
      return NULL;

  return g_steal_pointer (&list);
}

JsonArray *
vig_store_operators_enabled (VigDbConnection *db, GError **error)
{
  JsonArray *operators = vig_store_row_all (vig_db_query (db, error, OPERATOR "WHERE enabled = 1 ORDER BY name COLLATE NOCASE LIMIT ?1",
                                                          "i", (gint64) MAX_ROUTED),
                                            OPERATOR_TYPES, error);

  return add_all_tools (db, operators, error);
}

static JsonObject *
read_one (VigDbConnection *db, VigDbRows *rows, GError **error)
{
  g_autoptr (JsonObject) operator = vig_store_row_one (rows, OPERATOR_TYPES, error);

  return operator != NULL && add_tools (db, operator, error) ? g_steal_pointer (&operator) : NULL;
}

JsonObject *
vig_store_operators_get (VigDbConnection *db, const char *id, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonObject *operator = read_one (db, vig_db_query (db, &local_error, OPERATOR "WHERE id = ?1", "s", id), &local_error);

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (operator == NULL)
    vig_store_not_found ("Operator", id, error);

  return operator;
}

JsonObject *
vig_store_operators_find (VigDbConnection *db, const char *name, GError **error)
{
  return read_one (db, vig_db_query (db, error, OPERATOR "WHERE name = ?1 COLLATE NOCASE", "s", name), error);
}

static JsonObject *
make_defaults (void)
{
  g_autofree char *id = vig_id_new ();

  return vig_json_pack_object ("{s:s, s:s, s:s, s:b, s:[]}", "id", id, "permission_level", "read", "trust_mode", "inherit",
                               "enabled", TRUE, "tools");
}

JsonObject *
vig_store_operators_create (VigDbConnection *db, JsonObject *values, GError **error)
{
  g_autoptr (JsonObject) operator = make_defaults ();

  if (!vig_store_check_fields ("an Operator", fields, values, error))
    return NULL;

  vig_store_merge (operator, values);
  if (!check_together (db, operator, error) ||
      !write_row (db,
                  "INSERT INTO operators (id, name, description, system_prompt, soul, provider_id, model, permission_level, trust_mode,"
                  " working_directory, enabled, created_at, updated_at, fallback_provider_id, fallback_model)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                  operator, vig_time_now (), error))
    return NULL;

  return vig_store_operators_get (db, json_object_get_string_member (operator, "id"), error);
}

JsonObject *
vig_store_operators_update (VigDbConnection *db, const char *id, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) operator = NULL;
  gint64 created_at;

  if (!vig_store_check_fields ("an Operator", fields, changes, error))
    return NULL;

  operator = vig_store_operators_get (db, id, error);
  if (operator == NULL || !vig_store_get_time (operator, "created_at", &created_at, error))
    return NULL;

  vig_store_merge (operator, changes);
  if (!check_together (db, operator, error) ||
      !write_row (db,
                  "UPDATE operators SET name = ?2, description = ?3, system_prompt = ?4, soul = ?5, provider_id = ?6, model = ?7,"
                  " permission_level = ?8, trust_mode = ?9, working_directory = ?10, enabled = ?11, created_at = ?12, updated_at = ?13,"
                  " fallback_provider_id = ?14, fallback_model = ?15"
                  " WHERE id = ?1",
                  operator, created_at, error))
    return NULL;

  return vig_store_operators_get (db, id, error);
}

gboolean
vig_store_operators_delete (VigDbConnection *db, const char *id, GError **error)
{
  if (!vig_db_exec (db, error, "UPDATE grants SET revoked_at = ?2, unrecorded = 'the Operator was deleted'"
                               " WHERE operator_id = ?1 AND revoked_at IS NULL AND used_at IS NULL AND expires_at > ?2",
                    "si", id, vig_time_now ()) ||
      !vig_db_exec (db, error, "DELETE FROM operators WHERE id = ?1", "s", id))
    return FALSE;

  return vig_db_get_changes (db) > 0 ? TRUE : vig_store_not_found ("Operator", id, error);
}
