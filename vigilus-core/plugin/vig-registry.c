/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-registry.h"

#include "vig-tool-runner.h"

struct _VigRegistry
{
  GObject        parent_instance;

  VigToolRunner *runner;
  GHashTable    *tools;          /* name to Entry */
  GHashTable    *sources;        /* plugin id to VigToolSource */
  GHashTable    *provider_types; /* type to Entry */
  GPtrArray     *policies;       /* of Entry, in the order of adding */
  GHashTable    *authenticators; /* name to Entry */
};

G_DEFINE_FINAL_TYPE (VigRegistry, vig_registry, G_TYPE_OBJECT)

enum
{
  CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/* One thing that a plugin added. */
typedef struct
{
  char                  *plugin_id;
  GObject               *object;        /* the tool, policy or authenticator */
  const VigProviderInfo *provider_info; /* of a provider type */
  GType                  provider_type;
  gboolean               available;
} Entry;

static Entry *
entry_new (const char *plugin_id, gpointer object)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->plugin_id = g_strdup (plugin_id);
  entry->object = object != NULL ? g_object_ref (object) : NULL;
  entry->available = TRUE;

  return entry;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->plugin_id);
  g_clear_object (&entry->object);
  g_free (entry);
}

static void
changed (VigRegistry *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

static gboolean
add_entry (VigRegistry *self, GHashTable *table, const char *kind, const char *name, Entry *entry, GError **error)
{
  Entry *old = g_hash_table_lookup (table, name);

  if (old != NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "%s %s exists already: plugin %s has it", kind, name, old->plugin_id);
      entry_free (entry);
      return FALSE;
    }

  g_hash_table_insert (table, g_strdup (name), entry);
  changed (self);

  return TRUE;
}

static gboolean
check_tool (VigTool *tool, GError **error)
{
  VigToolInterface *iface = VIG_TOOL_GET_IFACE (tool);
  const VigToolInfo *info = vig_tool_get_info (tool);

  if (info == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "a tool of type %s does not say what it is", G_OBJECT_TYPE_NAME (tool));
      return FALSE;
    }

  if (!vig_tool_info_check (info, error))
    return FALSE;

  if (iface->run == NULL && (iface->run_async == NULL || iface->run_finish == NULL))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "tool %s has no function to run", info->name);
      return FALSE;
    }

  return TRUE;
}

gboolean
vig_registry_add_tool (VigRegistry *self, const char *plugin_id, VigTool *tool, GError **error)
{
  g_return_val_if_fail (VIG_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (VIG_IS_TOOL (tool), FALSE);

  if (!check_tool (tool, error))
    return FALSE;
  if ((vig_tool_get_info (tool)->flags & VIG_TOOL_BUILT_IN) != 0 && !g_str_equal (plugin_id, "core"))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "tool %s of plugin %s says that it is built in: only the core's own are",
                   vig_tool_get_info (tool)->name, plugin_id);
      return FALSE;
    }

  return add_entry (self, self->tools, "tool", vig_tool_get_info (tool)->name, entry_new (plugin_id, tool), error);
}

void
vig_registry_remove_tool (VigRegistry *self, const char *name)
{
  if (g_hash_table_remove (self->tools, name))
    changed (self);
}

void
vig_registry_set_tool_source (VigRegistry *self, const char *plugin_id, VigToolSource *source)
{
  if (source != NULL)
    g_hash_table_insert (self->sources, g_strdup (plugin_id), g_object_ref (source));
  else
    g_hash_table_remove (self->sources, plugin_id);
  changed (self);
}

VigToolSource *
vig_registry_find_tool_source (VigRegistry *self, const char *plugin_id)
{
  return g_hash_table_lookup (self->sources, plugin_id);
}

VigTool *
vig_registry_find_tool (VigRegistry *self, const char *name)
{
  Entry *entry = g_hash_table_lookup (self->tools, name);

  return entry != NULL ? VIG_TOOL (entry->object) : NULL;
}

void
vig_registry_set_available (VigRegistry *self, const char *name, gboolean available)
{
  Entry *entry = g_hash_table_lookup (self->tools, name);

  if (entry == NULL || entry->available == available)
    return;

  entry->available = available;
  changed (self);
}

gboolean
vig_registry_is_available (VigRegistry *self, const char *name)
{
  Entry *entry = g_hash_table_lookup (self->tools, name);

  return entry != NULL && entry->available;
}

const char *
vig_registry_get_tool_plugin (VigRegistry *self, const char *name)
{
  Entry *entry = g_hash_table_lookup (self->tools, name);

  return entry != NULL ? entry->plugin_id : NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

static GList *
sorted_names (GHashTable *table)
{
  return g_list_sort (g_hash_table_get_keys (table), compare_names);
}

GPtrArray *
vig_registry_list_tools (VigRegistry *self)
{
  g_autoptr (GList) names = sorted_names (self->tools);
  GPtrArray *tools = g_ptr_array_new_with_free_func (g_object_unref);

  for (GList *l = names; l != NULL; l = l->next)
    g_ptr_array_add (tools, g_object_ref (vig_registry_find_tool (self, l->data)));

  return tools;
}

gpointer
vig_registry_find_tool_of_type (VigRegistry *self, GType type)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->tools);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Entry *entry = value;

      if (G_TYPE_CHECK_INSTANCE_TYPE (entry->object, type))
        return entry->object;
    }

  return NULL;
}

static JsonObject *
describe_tool (Entry *entry)
{
  const VigToolInfo *info = vig_tool_get_info (VIG_TOOL (entry->object));
  g_autoptr (JsonObject) schema = vig_json_parse_object (info->input_schema, -1, 0, NULL);

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:J, s:i, s:b, s:s, s:b}",
                               "name", info->name,
                               "title", info->title != NULL ? info->title : info->name,
                               "description", info->description,
                               "level", vig_level_to_string (info->level),
                               "input_schema", schema,
                               "timeout", (int) (info->timeout > 0 ? info->timeout : 60),
                               "host", (info->flags & VIG_TOOL_HOST) != 0,
                               "plugin", entry->plugin_id,
                               "available", entry->available);
}

JsonArray *
vig_registry_describe_tools (VigRegistry *self)
{
  g_autoptr (GList) names = sorted_names (self->tools);
  JsonArray *array = json_array_new ();

  for (GList *l = names; l != NULL; l = l->next)
    json_array_add_object_element (array, describe_tool (g_hash_table_lookup (self->tools, l->data)));

  return array;
}

gboolean
vig_registry_add_provider_type (VigRegistry *self, const char *plugin_id, const VigProviderInfo *info, GType type, GError **error)
{
  Entry *entry = NULL;

  g_return_val_if_fail (VIG_IS_REGISTRY (self), FALSE);

  if (info == NULL || info->type == NULL || info->title == NULL || info->description == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "a provider type needs a type, a title and a description");
      return FALSE;
    }

  if (!g_type_is_a (type, VIG_TYPE_PROVIDER) || !G_TYPE_IS_INSTANTIATABLE (type) || G_TYPE_IS_ABSTRACT (type))
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "provider type %s does not implement the provider interface", info->type);
      return FALSE;
    }

  entry = entry_new (plugin_id, NULL);
  entry->provider_info = info;
  entry->provider_type = type;

  return add_entry (self, self->provider_types, "provider type", info->type, entry, error);
}

const VigProviderInfo *
vig_registry_find_provider_type (VigRegistry *self, const char *type)
{
  Entry *entry = g_hash_table_lookup (self->provider_types, type);

  return entry != NULL ? entry->provider_info : NULL;
}

gboolean
vig_registry_check_options (JsonNode *schema, JsonObject *options, GError **error)
{
  g_autoptr (JsonNode) none = vig_json_pack ("{s:b, s:{}}", "additionalProperties", FALSE, "properties");
  g_autoptr (JsonNode) value = json_node_init_object (json_node_alloc (), options);
  g_autoptr (VigSchema) compiled = vig_schema_new (schema != NULL && !JSON_NODE_HOLDS_NULL (schema) ? schema : none, NULL, error);

  return compiled != NULL && vig_schema_validate (compiled, value, error);
}

static gboolean
check_settings (const VigProviderInfo *info, const VigProviderSettings *settings, GError **error)
{
  g_autoptr (JsonNode) schema = NULL;

  if (settings->options == NULL || json_object_get_size (settings->options) == 0)
    return TRUE;

  schema = info->options_schema != NULL ? vig_json_parse (info->options_schema, -1, 0, error) : NULL;
  if ((info->options_schema == NULL || schema != NULL) && vig_registry_check_options (schema, settings->options, error))
    return TRUE;
  g_prefix_error (error, "the options do not suit %s: ", info->title);

  return FALSE;
}

VigProvider *
vig_registry_new_provider (VigRegistry *self, const char *type, const VigProviderSettings *settings, GError **error)
{
  Entry *entry = g_hash_table_lookup (self->provider_types, type);
  g_autoptr (VigProvider) provider = NULL;
  g_autoptr (GError) local_error = NULL;

  if (entry == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_FOUND, "no plugin has provider type %s", type);
      return NULL;
    }

  if (!check_settings (entry->provider_info, settings, error))
    return NULL;

  provider = g_object_new (entry->provider_type, NULL);
  if (vig_provider_configure (provider, settings, &local_error))
    return g_steal_pointer (&provider);

  if (local_error == NULL)
    g_set_error (&local_error, VIG_ERROR, VIG_ERROR_FAILED, "%s failed without setting an error", type);
  g_propagate_error (error, g_steal_pointer (&local_error));

  return NULL;
}

static const char *
key_use_to_string (VigKeyUse key)
{
  switch (key)
    {
    case VIG_KEY_NONE:
      return "none";
    case VIG_KEY_OPTIONAL:
      return "optional";
    case VIG_KEY_REQUIRED:
    default:
      return "required";
    }
}

static JsonObject *
describe_provider (const VigProviderInfo *info)
{
  JsonNode *schema = info->options_schema != NULL ? vig_json_parse (info->options_schema, -1, 0, NULL) : NULL;

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o}",
                               "type", info->type,
                               "title", info->title,
                               "description", info->description,
                               "default_base_url", info->default_base_url,
                               "default_model", info->default_model,
                               "help_url", info->help_url,
                               "key", key_use_to_string (info->key),
                               "needs_base_url", info->default_base_url == NULL && !info->no_base_url,
                               "options_schema", schema != NULL ? schema : json_node_new (JSON_NODE_NULL));
}

JsonArray *
vig_registry_describe_providers (VigRegistry *self)
{
  g_autoptr (GList) names = sorted_names (self->provider_types);
  JsonArray *array = json_array_new ();

  for (GList *l = names; l != NULL; l = l->next)
    json_array_add_object_element (array, describe_provider (vig_registry_find_provider_type (self, l->data)));

  return array;
}

gboolean
vig_registry_add_policy (VigRegistry *self, const char *plugin_id, VigPolicy *policy, GError **error)
{
  g_return_val_if_fail (VIG_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (VIG_IS_POLICY (policy), FALSE);

  if (VIG_POLICY_GET_IFACE (policy)->check == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the policy of plugin %s has no check", plugin_id);
      return FALSE;
    }

  g_ptr_array_add (self->policies, entry_new (plugin_id, policy));
  changed (self);

  return TRUE;
}

VigVerdict
vig_registry_check_policies (VigRegistry *self, const VigRequestInfo *request, char **rule, char **reason)
{
  VigVerdict strictest = VIG_VERDICT_ALLOW;
  g_autofree char *its_reason = NULL;
  const char *its_rule = NULL;

  for (guint i = 0; i < self->policies->len; i++)
    {
      Entry *entry = g_ptr_array_index (self->policies, i);
      g_autofree char *why = NULL;
      VigVerdict verdict = vig_policy_check (VIG_POLICY (entry->object), request, &why);

      /* A verdict that nobody knows is no permission. */
      if ((int) verdict < VIG_VERDICT_ALLOW || verdict > VIG_VERDICT_DENY)
        verdict = VIG_VERDICT_DENY;

      if (verdict <= strictest)
        continue;

      strictest = verdict;
      its_rule = entry->plugin_id;
      g_free (its_reason);
      its_reason = why != NULL ? g_steal_pointer (&why) : g_strdup_printf ("policy %s gives no reason", entry->plugin_id);
    }

  if (rule != NULL)
    *rule = g_strdup (its_rule);
  if (reason != NULL)
    *reason = g_steal_pointer (&its_reason);

  return strictest;
}

gboolean
vig_registry_add_authenticator (VigRegistry *self, const char *plugin_id, const char *name, VigAuthenticator *authenticator, GError **error)
{
  VigAuthenticatorInterface *iface = NULL;

  g_return_val_if_fail (VIG_IS_REGISTRY (self), FALSE);
  g_return_val_if_fail (VIG_IS_AUTHENTICATOR (authenticator), FALSE);

  iface = VIG_AUTHENTICATOR_GET_IFACE (authenticator);
  if (iface->verify == NULL || iface->make_record == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "authenticator %s lacks a function", name);
      return FALSE;
    }

  return add_entry (self, self->authenticators, "authenticator", name, entry_new (plugin_id, authenticator), error);
}

VigAuthenticator *
vig_registry_find_authenticator (VigRegistry *self, const char *name)
{
  Entry *entry = g_hash_table_lookup (self->authenticators, name);

  return entry != NULL ? VIG_AUTHENTICATOR (entry->object) : NULL;
}

/* Whose errors these are: NULL for the core's own tools. */
static const char *
get_owner (VigRegistry *self, VigTool *tool)
{
  const char *plugin = vig_registry_get_tool_plugin (self, vig_tool_get_info (tool)->name);

  return g_strcmp0 (plugin, "core") != 0 ? plugin : NULL;
}

void
vig_registry_run_tool_async (VigRegistry *self, VigTool *tool, VigInvocation *invocation, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  vig_tool_runner_run_async (self->runner, self, tool, get_owner (self, tool), invocation, cancellable, callback, user_data);
}

JsonNode *
vig_registry_run_tool_finish (VigRegistry *self, GAsyncResult *result, GError **error)
{
  return vig_tool_runner_run_finish (self->runner, result, error);
}

void
vig_registry_preview_async (VigRegistry *self, VigTool *tool, VigInvocation *invocation, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  vig_tool_runner_preview_async (self->runner, self, tool, get_owner (self, tool), invocation, cancellable, callback, user_data);
}

VigPreview *
vig_registry_preview_finish (VigRegistry *self, GAsyncResult *result, GError **error)
{
  return vig_tool_runner_preview_finish (self->runner, result, error);
}

guint
vig_registry_get_n_stray (VigRegistry *self)
{
  return vig_tool_runner_get_n_stray (self->runner);
}

static void
vig_registry_finalize (GObject *object)
{
  VigRegistry *self = VIG_REGISTRY (object);

  g_clear_pointer (&self->tools, g_hash_table_unref);
  g_clear_pointer (&self->sources, g_hash_table_unref);
  g_clear_pointer (&self->provider_types, g_hash_table_unref);
  g_clear_pointer (&self->policies, g_ptr_array_unref);
  g_clear_pointer (&self->authenticators, g_hash_table_unref);
  g_clear_object (&self->runner);

  G_OBJECT_CLASS (vig_registry_parent_class)->finalize (object);
}

static void
vig_registry_class_init (VigRegistryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_registry_finalize;

  signals[CHANGED] = g_signal_new ("changed", VIG_TYPE_REGISTRY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
vig_registry_init (VigRegistry *self)
{
  self->tools = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->provider_types = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  self->policies = g_ptr_array_new_with_free_func (entry_free);
  self->authenticators = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
}

VigRegistry *
vig_registry_new (VigWorker *worker)
{
  VigRegistry *self = g_object_new (VIG_TYPE_REGISTRY, NULL);

  self->runner = vig_tool_runner_new (worker);

  return self;
}
