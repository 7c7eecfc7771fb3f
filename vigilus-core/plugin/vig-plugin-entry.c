/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-plugin-entry.h"

#include "vig-sandbox.h"

#include <dlfcn.h>

#define MAX_LIBRARY (64 * 1024 * 1024)

static const char * const state_names[] = { "loaded", "refused", "crashed", "quarantined" };

static void
remove_tools (VigPluginEntry *plugin)
{
  g_autoptr (GPtrArray) names = plugin->tools;

  plugin->tools = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < names->len; i++)
    vig_registry_remove_tool (plugin->loader->registry, g_ptr_array_index (names, i));
}

void
vig_plugin_entry_drop_remote (VigPluginEntry *plugin)
{
  g_autoptr (VigRemote) remote = g_steal_pointer (&plugin->remote);

  if (remote == NULL)
    return;

  g_signal_handlers_disconnect_by_data (remote, plugin);
  vig_remote_stop (remote);
}

void
vig_plugin_entry_free (gpointer data)
{
  VigPluginEntry *plugin = data;

  vig_plugin_entry_drop_remote (plugin);
  remove_tools (plugin);
  g_clear_object (&plugin->activation);
  g_clear_pointer (&plugin->manifest, vig_manifest_free);
  g_clear_pointer (&plugin->tools, g_ptr_array_unref);
  g_free (plugin->path);
  g_free (plugin->fallback_id);
  g_free (plugin->sha256);
  g_free (plugin->reason);
  g_free (plugin);
}

static const char *
get_id (VigPluginEntry *plugin)
{
  return plugin->manifest != NULL ? plugin->manifest->id : plugin->fallback_id;
}

void
vig_plugin_entry_set_state (VigPluginEntry *plugin, VigPluginState state, const char *reason)
{
  g_autofree char *old = plugin->reason;
  gboolean same = plugin->state == state && g_strcmp0 (old, reason) == 0;

  plugin->state = state;
  plugin->reason = g_strdup (reason);
  if (same)
    return;

  if (reason != NULL)
    g_message ("plugin %s is %s: %s", get_id (plugin), state_names[state], reason);

  g_signal_emit_by_name (plugin->loader->registry, "changed");
}

static gboolean
add_tools (VigPluginEntry *plugin, GPtrArray *tools, GError **error)
{
  for (guint i = 0; i < tools->len; i++)
    {
      VigTool *tool = g_ptr_array_index (tools, i);

      if (!vig_registry_add_tool (plugin->loader->registry, get_id (plugin), tool, error))
        {
          remove_tools (plugin);
          return FALSE;
        }
      g_ptr_array_add (plugin->tools, g_strdup (vig_tool_get_info (tool)->name));
    }

  return TRUE;
}

/* What cannot be taken out of the registry again is added last, and only if none of it will fail. */
static gboolean
check_names (VigPluginEntry *plugin, GError **error)
{
  VigRegistry *registry = plugin->loader->registry;
  GPtrArray *providers = vig_activation_get_providers (plugin->activation);
  GPtrArray *authenticators = vig_activation_get_authenticators (plugin->activation);

  for (guint i = 0; i < providers->len; i++)
    {
      const VigAddedProvider *added = g_ptr_array_index (providers, i);

      if (added->info == NULL || added->info->type == NULL || vig_registry_find_provider_type (registry, added->info->type) == NULL)
        continue;
      g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "provider type %s exists already", added->info->type);
      return FALSE;
    }

  for (guint i = 0; i < authenticators->len; i++)
    {
      const VigAddedAuthenticator *added = g_ptr_array_index (authenticators, i);

      if (vig_registry_find_authenticator (registry, added->name) == NULL)
        continue;
      g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "authenticator %s exists already", added->name);
      return FALSE;
    }

  return TRUE;
}

static gboolean
add_others (VigPluginEntry *plugin, GError **error)
{
  VigRegistry *registry = plugin->loader->registry;
  const char *id = get_id (plugin);
  GPtrArray *providers = vig_activation_get_providers (plugin->activation);
  GPtrArray *policies = vig_activation_get_policies (plugin->activation);
  GPtrArray *authenticators = vig_activation_get_authenticators (plugin->activation);
  gboolean added_all = TRUE;

  for (guint i = 0; added_all && i < providers->len; i++)
    {
      const VigAddedProvider *added = g_ptr_array_index (providers, i);

      added_all = vig_registry_add_provider_type (registry, id, added->info, added->type, error);
    }

  for (guint i = 0; added_all && i < policies->len; i++)
    added_all = vig_registry_add_policy (registry, id, g_ptr_array_index (policies, i), error);

  for (guint i = 0; added_all && i < authenticators->len; i++)
    {
      const VigAddedAuthenticator *added = g_ptr_array_index (authenticators, i);

      added_all = vig_registry_add_authenticator (registry, id, added->name, added->authenticator, error);
    }

  return added_all;
}

static void
load_in_process (VigPluginEntry *plugin)
{
  g_autoptr (GError) error = NULL;

  plugin->isolated = FALSE;
  plugin->activation = vig_activation_new (plugin->manifest, &error);

  if (plugin->activation == NULL)
    {
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_REFUSED, error->message);
      return;
    }

  if (check_names (plugin, &error) && add_tools (plugin, vig_activation_get_tools (plugin->activation), &error) && add_others (plugin, &error))
    {
      if (vig_activation_get_source (plugin->activation) != NULL)
        vig_registry_set_tool_source (plugin->loader->registry, get_id (plugin), vig_activation_get_source (plugin->activation));
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_LOADED, NULL);
      return;
    }

  remove_tools (plugin);
  vig_activation_deactivate (plugin->activation);
  g_clear_object (&plugin->activation);
  vig_plugin_entry_set_state (plugin, VIG_PLUGIN_REFUSED, error->message);
}

void
vig_plugin_entry_set_available (VigPluginEntry *plugin, gboolean available)
{
  for (guint i = 0; i < plugin->tools->len; i++)
    vig_registry_set_available (plugin->loader->registry, g_ptr_array_index (plugin->tools, i), available);
}

static void
remote_ready (VigPluginEntry *plugin)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VigRemote) remote = NULL;

  remove_tools (plugin);
  if (add_tools (plugin, vig_remote_get_tools (plugin->remote), &error))
    {
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_LOADED, NULL);
      return;
    }

  /* Not vig_plugin_entry_drop_remote (): this is called by the remote itself. */
  remote = g_object_ref (plugin->remote);
  vig_plugin_entry_drop_remote (plugin);
  vig_plugin_entry_set_state (plugin, VIG_PLUGIN_REFUSED, error->message);
}

static void
remote_changed (VigRemote *remote, VigPluginEntry *plugin)
{
  const char *reason = vig_remote_get_reason (remote);

  switch (vig_remote_get_state (remote))
    {
    case VIG_REMOTE_READY:
      remote_ready (plugin);
      break;
    case VIG_REMOTE_CRASHED:
      vig_plugin_entry_set_available (plugin, FALSE);
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_CRASHED, reason);
      break;
    case VIG_REMOTE_QUARANTINED:
      vig_plugin_entry_set_available (plugin, FALSE);
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_QUARANTINED, reason);
      break;
    case VIG_REMOTE_REFUSED:
      remove_tools (plugin);
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_REFUSED, reason);
      break;
    case VIG_REMOTE_STARTING:
    case VIG_REMOTE_STOPPED:
    default:
      vig_plugin_entry_set_available (plugin, FALSE);
      break;
    }
}

/* Where the library that plugins link to lies: beside our own, which need not be a system directory. */
static char *
find_api_dir (void)
{
  Dl_info info = { 0 };

  if (dladdr ((gpointer) vig_error_quark, &info) == 0 || info.dli_fname == NULL)
    return NULL;

  return g_path_get_dirname (info.dli_fname);
}

static GStrv
list_read_paths (VigPluginEntry *plugin)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *api_dir = find_api_dir ();

  g_strv_builder_add (builder, plugin->loader->host_program);
  g_strv_builder_add (builder, plugin->manifest->path);
  g_strv_builder_add (builder, plugin->manifest->library);
  if (api_dir != NULL)
    g_strv_builder_add (builder, api_dir);
  g_strv_builder_addv (builder, (const char **) plugin->manifest->read_paths);

  return g_strv_builder_end (builder);
}

static void
load_isolated (VigPluginEntry *plugin)
{
  VigManifest *manifest = plugin->manifest;
  g_autofree char *owner = g_strdup_printf ("--owner=%u", (guint) vig_sandbox_get_file_owner ());
  const char *last = manifest->connect[0] != NULL ? "--connect" : NULL;
  const char *argv[] = { plugin->loader->host_program, owner, manifest->path, last, NULL };
  g_auto (GStrv) read_paths = list_read_paths (plugin);
  VigRemoteSpec spec = { 0 };

  plugin->isolated = TRUE;
  spec.id = manifest->id;
  spec.argv = argv;
  spec.read_paths = (const char * const *) read_paths;
  spec.write_paths = (const char * const *) manifest->write_paths;
  spec.connect = (const char * const *) manifest->connect;
  spec.least = vig_manifest_get_least_level (manifest);
  spec.most = manifest->effect;

  plugin->remote = vig_remote_new (&spec);
  vig_plugin_entry_set_state (plugin, VIG_PLUGIN_LOADED, NULL);
  g_signal_connect (plugin->remote, "changed", G_CALLBACK (remote_changed), plugin);
  vig_remote_start (plugin->remote);
}

static gboolean
is_allowed (VigPluginEntry *plugin)
{
  JsonObject *allowed = plugin->loader->allowed;
  const char *sha256 = allowed != NULL ? vig_json_get_string (allowed, plugin->manifest->id, NULL) : NULL;

  return sha256 != NULL && *plugin->sha256 != '\0' && g_str_equal (sha256, plugin->sha256);
}

/* Decides where it runs. A stranger's code runs inside the daemon only where an administrator allowed these very bytes. */
void
vig_plugin_entry_load (VigPluginEntry *plugin)
{
  VigManifest *manifest = plugin->manifest;
  gboolean only_tools = manifest->provides == VIG_PROVIDES_TOOL;
  g_autoptr (JsonArray) provided = vig_manifest_describe_provides (manifest->provides & ~VIG_PROVIDES_TOOL);
  g_autofree char *reason = NULL;

  if (plugin->own && manifest->isolation != VIG_ISOLATION_PROCESS)
    load_in_process (plugin);
  else if (only_tools && manifest->isolation != VIG_ISOLATION_IN_PROCESS)
    load_isolated (plugin);
  else if (is_allowed (plugin))
    load_in_process (plugin);
  else
    {
      reason = g_strdup_printf ("%s%s runs inside Vigilus, for which an administrator must allow it (SHA-256 %s)",
                                only_tools ? "it asks for Isolation=in-process, and a plugin that does" : "a third party's ",
                                only_tools ? "" : json_array_get_string_element (provided, 0), plugin->sha256);
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_REFUSED, reason);
    }
}

static char *
hash_library (const char *path, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, error);

  if (file == NULL)
    return NULL;

  if (g_mapped_file_get_length (file) > MAX_LIBRARY)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_TOO_LARGE, "the library is larger than %d bytes", MAX_LIBRARY);
      return NULL;
    }

  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) g_mapped_file_get_contents (file), g_mapped_file_get_length (file));
}

VigPluginEntry *
vig_plugin_entry_find (VigPluginLoader *self, const char *id)
{
  for (guint i = 0; i < self->plugins->len; i++)
    {
      VigPluginEntry *plugin = g_ptr_array_index (self->plugins, i);

      if (g_str_equal (get_id (plugin), id))
        return plugin;
    }

  return NULL;
}

/* The first of an id that the search order shows is meant; others of that id are refused, whatever became of it. */
static gboolean
check_first (VigPluginEntry *plugin, GError **error)
{
  VigPluginEntry *first = vig_plugin_entry_find (plugin->loader, plugin->manifest->id);

  if (first == NULL || first == plugin)
    return TRUE;

  g_set_error (error, VIG_ERROR, VIG_ERROR_EXISTS, "plugin %s is there already, as %s", plugin->manifest->id, first->path);

  return FALSE;
}

/* What is checked before any of its code runs. */
gboolean
vig_plugin_entry_examine (VigPluginEntry *plugin, GError **error)
{
  g_clear_pointer (&plugin->manifest, vig_manifest_free);
  g_free (plugin->sha256);
  plugin->sha256 = g_strdup ("");

  plugin->manifest = vig_manifest_load (plugin->path, error);
  if (plugin->manifest == NULL)
    return FALSE;

  plugin->isolated = plugin->manifest->isolation != VIG_ISOLATION_IN_PROCESS && plugin->manifest->provides == VIG_PROVIDES_TOOL && !plugin->own;
  if (!vig_manifest_check_files (plugin->manifest, geteuid (), error))
    return FALSE;

  g_free (plugin->sha256);
  plugin->sha256 = hash_library (plugin->manifest->library, error);
  if (plugin->sha256 == NULL)
    {
      plugin->sha256 = g_strdup ("");
      return FALSE;
    }

  return check_first (plugin, error) && vig_manifest_check_abi (plugin->manifest, error);
}

/* What the manifest and the library are now, against what was examined. */
static gboolean
is_unchanged (VigPluginEntry *plugin)
{
  g_autoptr (VigManifest) now = vig_manifest_load (plugin->path, NULL);
  g_autofree char *sha256 = NULL;
  g_autoptr (JsonObject) old_permissions = NULL;
  g_autoptr (JsonObject) permissions = NULL;
  g_autofree char *old_text = NULL;
  g_autofree char *text = NULL;

  if (now == NULL || plugin->manifest == NULL || !vig_manifest_check_files (now, geteuid (), NULL))
    return FALSE;

  sha256 = hash_library (now->library, NULL);
  old_permissions = vig_manifest_describe_permissions (plugin->manifest);
  permissions = vig_manifest_describe_permissions (now);
  old_text = vig_json_object_to_string (old_permissions);
  text = vig_json_object_to_string (permissions);

  return g_strcmp0 (sha256, plugin->sha256) == 0 && g_str_equal (old_text, text) && g_str_equal (now->id, plugin->manifest->id)
         && g_str_equal (now->version, plugin->manifest->version) && now->isolation == plugin->manifest->isolation
         && now->provides == plugin->manifest->provides && now->abi == plugin->manifest->abi;
}

void
vig_plugin_entry_look_again (VigPluginEntry *plugin)
{
  g_autoptr (GError) error = NULL;
  gboolean unchanged = is_unchanged (plugin);

  if (plugin->activation != NULL)
    {
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_LOADED, unchanged ? NULL : "it has changed on disk; a restart of Vigilus loads the new one");
      return;
    }

  if (unchanged && plugin->remote != NULL && (plugin->state == VIG_PLUGIN_LOADED || plugin->state == VIG_PLUGIN_CRASHED))
    return;

  vig_plugin_entry_drop_remote (plugin);
  remove_tools (plugin);
  if (vig_plugin_entry_examine (plugin, &error))
    vig_plugin_entry_load (plugin);
  else
    vig_plugin_entry_set_state (plugin, VIG_PLUGIN_REFUSED, error->message);
}

static JsonArray *
describe_tools (VigPluginEntry *plugin)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < plugin->tools->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (plugin->tools, i));

  return array;
}

JsonObject *
vig_plugin_entry_describe (VigPluginEntry *plugin)
{
  VigManifest *manifest = plugin->manifest;
  g_autoptr (JsonObject) permissions = manifest != NULL ? vig_manifest_describe_permissions (manifest) : json_object_new ();

  return vig_json_pack_object ("{s:s, s:s, s:s, s:s, s:s, s:A, s:s, s:s, s:s, s:J, s:s, s:A}",
                               "id", get_id (plugin),
                               "name", manifest != NULL ? manifest->name : plugin->fallback_id,
                               "version", manifest != NULL ? manifest->version : "",
                               "description", manifest != NULL ? manifest->description : "",
                               "path", plugin->path,
                               "provides", vig_manifest_describe_provides (manifest != NULL ? manifest->provides : 0),
                               "isolation", plugin->isolated ? "process" : "in-process",
                               "state", state_names[plugin->state],
                               "reason", plugin->reason,
                               "permissions", permissions,
                               "sha256", plugin->sha256,
                               "tools", describe_tools (plugin));
}
