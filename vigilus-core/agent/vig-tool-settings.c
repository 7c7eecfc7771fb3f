/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-tool-settings.h"

#include "vig-store-tool-settings.h"

#include <string.h>

VigConfigurable *
vig_tool_settings_find (VigRegistry *registry, const char *id)
{
  g_autoptr (GPtrArray) tools = vig_registry_list_tools (registry);

  for (guint i = 0; i < tools->len; i++)
    {
      VigTool *tool = g_ptr_array_index (tools, i);

      if (VIG_IS_CONFIGURABLE (tool) && g_str_equal (vig_configurable_get_settings_info (VIG_CONFIGURABLE (tool))->id, id))
        return VIG_CONFIGURABLE (tool);
    }

  return NULL;
}

static JsonObject *
dup_properties (VigConfigurable *tool)
{
  g_autoptr (JsonObject) schema = vig_json_parse_object (vig_configurable_get_settings_info (tool)->schema, -1, 0, NULL);
  JsonObject *properties = vig_json_get_object (schema, "properties");

  return properties != NULL ? json_object_ref (properties) : json_object_new ();
}

static GPtrArray *
list_secrets (VigConfigurable *tool)
{
  g_autoptr (JsonObject) properties = dup_properties (tool);
  g_autoptr (GList) names = json_object_get_members (properties);
  GPtrArray *secrets = g_ptr_array_new_with_free_func (g_free);

  for (GList *name = names; name != NULL; name = name->next)
    if (vig_json_get_boolean (json_object_get_object_member (properties, name->data), "writeOnly", FALSE))
      g_ptr_array_add (secrets, g_strdup (name->data));

  return secrets;
}

static void
copy_members (JsonObject *target, JsonObject *source)
{
  g_autoptr (GList) names = json_object_get_members (source);

  for (GList *name = names; name != NULL; name = name->next)
    json_object_set_member (target, name->data, json_node_ref (json_object_get_member (source, name->data)));
}

static JsonObject *
read_stored (VigDbConnection *db, const VigAgentContext *context, const char *id, GError **error)
{
  g_autofree char *sealed = NULL;
  g_autoptr (JsonObject) stored = vig_store_tool_settings_get (db, id, &sealed, error);
  g_autofree char *text = stored != NULL && sealed != NULL ? vig_vault_open (context->vault, sealed, error) : NULL;
  g_autoptr (JsonObject) secrets = text != NULL ? vig_json_parse_object (text, -1, 0, error) : NULL;
  JsonObject *settings;

  if (text != NULL)
    explicit_bzero (text, strlen (text));
  if (stored == NULL || (sealed != NULL && secrets == NULL))
    return NULL;

  settings = vig_json_get_object (stored, "settings");
  if (secrets != NULL)
    copy_members (settings, secrets);

  return json_object_ref (settings);
}

typedef struct
{
  const VigAgentContext *context;
  const char            *id;
} Read;

static gpointer
read_settings (VigDbConnection *db, gpointer data, GError **error)
{
  Read *self = data;

  return read_stored (db, self->context, self->id, error);
}

JsonObject *
vig_tool_settings_open (const VigAgentContext *context, const char *id, GError **error)
{
  Read self = { context, id };

  return vig_db_read (context->db, read_settings, &self, error);
}

/* Secrets that can't be opened any more are lost: what is stored in clear is still good, and they can be entered again. */
static JsonObject *
read_for_change (VigDbConnection *db, const VigAgentContext *context, const char *id, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  JsonObject *settings = read_stored (db, context, id, &local_error);
  g_autoptr (JsonObject) stored = NULL;

  if (settings != NULL)
    return settings;
  if (!vig_error_is_denied (local_error))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }

  stored = vig_store_tool_settings_get (db, id, NULL, error);

  return stored != NULL ? json_object_ref (vig_json_get_object (stored, "settings")) : NULL;
}

static char *
dup_member_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? vig_json_to_string (node) : NULL;
}

/* A secret is for the place it was entered for, whatever the form says now. */
static gboolean
check_secret (JsonObject *properties, const char *name, JsonObject *stored, JsonObject *changes, GError **error)
{
  const char *places = vig_json_get_string (vig_json_get_object (properties, name), "x-for", "");
  g_auto (GStrv) members = g_strsplit (places, " ", -1);

  if (json_object_has_member (changes, name) || !json_object_has_member (stored, name))
    return TRUE;

  for (guint i = 0; members[i] != NULL; i++)
    {
      g_autofree char *old = dup_member_text (stored, members[i]);
      g_autofree char *new = json_object_has_member (changes, members[i]) ? dup_member_text (changes, members[i]) : g_strdup (old);

      if (g_strcmp0 (old, new) != 0)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "/%s: enter it again: the stored one belongs to the %s that was there before", name, members[i]);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
check_schema (VigConfigurable *tool, JsonObject *settings, GError **error)
{
  g_autoptr (JsonNode) document = vig_json_parse (vig_configurable_get_settings_info (tool)->schema, -1, 0, error);
  g_autoptr (VigSchema) schema = document != NULL ? vig_schema_new (document, NULL, error) : NULL;
  g_autoptr (JsonNode) value = json_node_init_object (json_node_alloc (), settings);

  return schema != NULL && vig_schema_validate (schema, value, error) && vig_configurable_check_settings (tool, settings, error);
}

JsonObject *
vig_tool_settings_merge (VigDbConnection *db, const VigAgentContext *context, VigConfigurable *tool, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) settings = read_for_change (db, context, vig_configurable_get_settings_info (tool)->id, error);
  g_autoptr (JsonObject) properties = dup_properties (tool);
  g_autoptr (GPtrArray) secrets = list_secrets (tool);
  g_autoptr (GList) names = json_object_get_members (changes);

  if (settings == NULL)
    return NULL;
  for (guint i = 0; i < secrets->len; i++)
    if (!check_secret (properties, g_ptr_array_index (secrets, i), settings, changes, error))
      return NULL;

  copy_members (settings, changes);
  for (GList *name = names; name != NULL; name = name->next)
    if (JSON_NODE_HOLDS_NULL (json_object_get_member (settings, name->data)))
      json_object_remove_member (settings, name->data);

  return check_schema (tool, settings, error) ? g_steal_pointer (&settings) : NULL;
}

/* The secrets go out of @settings into what is sealed. */
static JsonObject *
take_secrets (VigConfigurable *tool, JsonObject *settings, JsonArray *names)
{
  g_autoptr (GPtrArray) secrets = list_secrets (tool);
  JsonObject *taken = json_object_new ();

  for (guint i = 0; i < secrets->len; i++)
    {
      const char *name = g_ptr_array_index (secrets, i);

      if (!json_object_has_member (settings, name))
        continue;
      json_object_set_member (taken, name, json_node_ref (json_object_get_member (settings, name)));
      json_object_remove_member (settings, name);
      json_array_add_string_element (names, name);
    }

  return taken;
}

gboolean
vig_tool_settings_change (VigDbConnection *db, const VigAgentContext *context, VigConfigurable *tool, JsonObject *changes, GError **error)
{
  g_autoptr (JsonObject) settings = vig_tool_settings_merge (db, context, tool, changes, error);
  g_autoptr (JsonArray) names = json_array_new ();
  g_autoptr (JsonObject) secrets = settings != NULL ? take_secrets (tool, settings, names) : NULL;
  g_autofree char *text = NULL;
  g_autofree char *sealed = NULL;

  if (settings == NULL)
    return FALSE;
  if (json_array_get_length (names) > 0)
    {
      text = vig_json_object_to_string (secrets);
      sealed = vig_vault_seal (context->vault, text, error);
      explicit_bzero (text, strlen (text));
      if (sealed == NULL)
        return FALSE;
    }

  return vig_store_tool_settings_set (db, vig_configurable_get_settings_info (tool)->id, settings, names, sealed, error);
}
