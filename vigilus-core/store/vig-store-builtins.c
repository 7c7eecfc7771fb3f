/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-store-builtins.h"

#include <string.h>

#include <vigilus/vigilus.h>

#include "vig-store-operators.h"
#include "vig-store-row.h"
#include "vig-store-settings.h"
#include "vig-store-versions.h"

#define SEEN "builtins.seen" /* keys, blanks round each: one that was deleted stays away */
#define WHO  "Vigilus"

static JsonObject *
make_base (const VigBuiltin *builtin)
{
  JsonArray *tools = json_array_new ();

  for (guint i = 0; builtin->tools[i] != NULL; i++)
    json_array_add_string_element (tools, builtin->tools[i]);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:A}", "name", builtin->name, "description", builtin->description,
                               "system_prompt", builtin->system_prompt, "permission_level", builtin->permission_level, "tools", tools);
}

static gboolean
is_same (JsonObject *a, JsonObject *b, const char *member)
{
  JsonNode *first = json_object_get_member (a, member);
  JsonNode *second = json_object_get_member (b, member);

  return first != NULL && second != NULL && json_node_equal (first, second);
}

JsonArray *
vig_store_builtins_edited (JsonObject *operator, JsonObject *base)
{
  JsonArray *edited = json_array_new ();
  JsonObjectIter iter;
  const char *member;
  JsonNode *node;

  if (base == NULL)
    return edited;

  json_object_iter_init_ordered (&iter, base);
  while (json_object_iter_next_ordered (&iter, &member, &node))
    if (!is_same (operator, base, member))
      json_array_add_string_element (edited, member);

  return edited;
}

static gboolean
mark (VigDbConnection *db, const char *operator_id, const VigBuiltin *builtin, JsonObject *base, GError **error)
{
  return vig_db_exec (db, error, "UPDATE operators SET builtin = ?2, builtin_version = ?3, builtin_base = ?4 WHERE id = ?1", "ssio", operator_id,
                      builtin->key, (gint64) builtin->version, base);
}

static gboolean
create (VigDbConnection *db, const VigBuiltin *builtin, const char *workspace_dir, GError **error)
{
  g_autoptr (JsonObject) base = make_base (builtin);
  g_autoptr (JsonObject) values = make_base (builtin);
  g_autoptr (JsonObject) created = NULL;

  if (builtin->has_workspace)
    json_object_set_string_member (values, "working_directory", workspace_dir);
  created = vig_store_operators_create (db, values, error);

  return created != NULL && mark (db, vig_json_get_string (created, "id", ""), builtin, base, error)
         && vig_store_versions_keep (db, created, WHO, "Came with Vigilus", error);
}

static VigLevel
read_level (JsonObject *object)
{
  VigLevel level = VIG_LEVEL_ELEVATE;

  vig_level_from_string (vig_json_get_string (object, "permission_level", ""), &level);

  return level;
}

/* What of the new version an edited Operator takes: the members that are still as they came. */
static JsonObject *
pick_changes (JsonObject *operator, JsonObject *old_base, JsonObject *new_base)
{
  JsonObject *changes = json_object_new ();
  JsonObjectIter iter;
  const char *member;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, new_base);
  while (json_object_iter_next_ordered (&iter, &member, &node))
    {
      if (!is_same (operator, old_base, member) || is_same (operator, new_base, member))
        continue;
      if (g_str_equal (member, "permission_level") && read_level (new_base) > read_level (operator))
        continue;
      json_object_set_member (changes, member, json_node_copy (node));
    }

  return changes;
}

static gboolean
upgrade (VigDbConnection *db, const VigBuiltin *builtin, JsonObject *operator, JsonObject *old_base, GError **error)
{
  const char *id = vig_json_get_string (operator, "id", "");
  g_autoptr (JsonObject) base = make_base (builtin);
  g_autoptr (JsonObject) changes = pick_changes (operator, old_base, base);
  g_autoptr (JsonObject) other = NULL;
  g_autoptr (JsonObject) updated = NULL;

  other = vig_store_operators_find (db, builtin->name, NULL);
  if (other != NULL && !is_same (other, operator, "id"))
    json_object_remove_member (changes, "name");
  if (!vig_store_versions_keep (db, operator, WHO, "", error) || !mark (db, id, builtin, base, error))
    return FALSE;
  if (json_object_get_size (changes) == 0)
    return TRUE;
  updated = vig_store_operators_update (db, id, changes, error);

  return updated != NULL && vig_store_versions_keep (db, updated, WHO, "A newer Vigilus brought it; what was edited is as it was", error);
}

static JsonObject *
find_builtin (VigDbConnection *db, const char *key, gint64 *version, JsonObject **base, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT id, builtin_version, builtin_base FROM operators WHERE builtin = ?1", "s", key);
  g_autoptr (JsonNode) node = NULL;

  if (rows == NULL || !vig_db_rows_next (rows, error))
    return NULL;

  *version = vig_db_rows_int (rows, 1);
  node = vig_db_rows_json (rows, 2);
  *base = JSON_NODE_HOLDS_OBJECT (node) ? json_object_ref (json_node_get_object (node)) : json_object_new ();

  return vig_store_operators_get (db, vig_db_rows_string (rows, 0), error);
}

static gboolean
was_seen (const char *seen, const char *key)
{
  g_autofree char *framed = g_strconcat (" ", key, " ", NULL);

  return strstr (seen, framed) != NULL;
}

/* One of that name is a person's: it stays what it is. */
static gboolean
make_unless_taken (VigDbConnection *db, const VigBuiltin *builtin, const char *workspace_dir, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) taken = vig_store_operators_find (db, builtin->name, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return taken != NULL || create (db, builtin, workspace_dir, error);
}

static gboolean
ensure_one (VigDbConnection *db, const VigBuiltin *builtin, GString *seen, const char *workspace_dir, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) base = NULL;
  gint64 version = 0;
  g_autoptr (JsonObject) operator = find_builtin (db, builtin->key, &version, &base, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (operator != NULL)
    return version >= builtin->version || upgrade (db, builtin, operator, base, error);
  if (was_seen (seen->str, builtin->key))
    return TRUE;
  g_string_append_printf (seen, "%s ", builtin->key);

  return make_unless_taken (db, builtin, workspace_dir, error);
}

gboolean
vig_store_builtins_ensure (VigDbConnection *db, const VigBuiltin *builtins, guint n, const char *workspace_dir, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *stored = vig_store_value_dup (db, SEEN, &local_error);
  g_autoptr (GString) seen = g_string_new (stored != NULL ? stored : " ");

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  for (guint i = 0; i < n; i++)
    if (!ensure_one (db, &builtins[i], seen, workspace_dir, error))
      return FALSE;

  return vig_store_value_set (db, SEEN, seen->str, error);
}

static gboolean
adopt (VigDbConnection *db, const VigBuiltin *builtin, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (JsonObject) operator = vig_store_operators_find (db, builtin->name, &local_error);
  g_autoptr (JsonObject) base = make_base (builtin);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  return operator == NULL || mark (db, vig_json_get_string (operator, "id", ""), builtin, base, error);
}

gboolean
vig_store_builtins_adopt (VigDbConnection *db, const VigBuiltin *builtins, guint n, GError **error)
{
  g_autoptr (GString) seen = g_string_new (" ");

  for (guint i = 0; i < n; i++)
    {
      if (!adopt (db, &builtins[i], error))
        return FALSE;
      g_string_append_printf (seen, "%s ", builtins[i].key);
    }

  return vig_store_value_set (db, SEEN, seen->str, error);
}

JsonObject *
vig_store_builtins_reset (VigDbConnection *db, const char *operator_id, GError **error)
{
  g_autoptr (VigDbRows) rows = vig_db_query (db, error, "SELECT builtin_base FROM operators WHERE id = ?1 AND builtin IS NOT NULL", "s", operator_id);
  g_autoptr (JsonNode) base = NULL;

  if (rows == NULL)
    return NULL;
  if (!vig_db_rows_next (rows, error))
    {
      g_autoptr (JsonObject) operator = vig_store_operators_get (db, operator_id, error);

      if (operator != NULL)
        g_set_error (error, VIG_ERROR, VIG_ERROR_CONFLICT, "%s did not come with Vigilus: restore one of its versions instead",
                     vig_json_get_string (operator, "name", ""));
      return NULL;
    }
  base = vig_db_rows_json (rows, 0);
  g_clear_pointer (&rows, vig_db_rows_free);
  if (!JSON_NODE_HOLDS_OBJECT (base))
    return vig_store_operators_get (db, operator_id, error);

  return vig_store_operators_update (db, operator_id, json_node_get_object (base), error);
}
