/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-plugin-loader.h"

#include "vig-plugin-entry.h"

G_DEFINE_FINAL_TYPE (VigPluginLoader, vig_plugin_loader, G_TYPE_OBJECT)

static void
add_plugin (VigPluginLoader *self, const char *dir, const char *name, gboolean own)
{
  VigPluginEntry *plugin = g_new0 (VigPluginEntry, 1);
  g_autoptr (GError) error = NULL;

  plugin->loader = self;
  plugin->path = g_build_filename (dir, name, NULL);
  plugin->fallback_id = g_strndup (name, strlen (name) - strlen (".plugin"));
  plugin->tools = g_ptr_array_new_with_free_func (g_free);
  plugin->own = own;
  plugin->seen = TRUE;
  g_ptr_array_add (self->plugins, plugin);

  if (vig_plugin_entry_examine (plugin, &error))
    vig_plugin_entry_load (plugin);
  else
    vig_plugin_entry_set_state (plugin, VIG_PLUGIN_REFUSED, error->message);
}

static VigPluginEntry *
find_by_path (VigPluginLoader *self, const char *path)
{
  for (guint i = 0; i < self->plugins->len; i++)
    {
      VigPluginEntry *plugin = g_ptr_array_index (self->plugins, i);

      if (g_str_equal (plugin->path, path))
        return plugin;
    }

  return NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

static GPtrArray *
list_manifests (const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name = NULL;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".plugin") && name[0] != '.')
      g_ptr_array_add (names, g_strdup (name));

  g_ptr_array_sort (names, compare_names);

  return names;
}

static void
scan_dir (VigPluginLoader *self, const char *dir, gboolean own)
{
  g_autoptr (GPtrArray) names = list_manifests (dir);

  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *path = g_build_filename (dir, name, NULL);
      VigPluginEntry *plugin = find_by_path (self, path);

      if (plugin == NULL)
        {
          add_plugin (self, dir, name, own);
          continue;
        }

      plugin->seen = TRUE;
      vig_plugin_entry_look_again (plugin);
    }
}

static void
stop_processes (VigPluginLoader *self)
{
  for (guint i = 0; i < self->plugins->len; i++)
    {
      VigPluginEntry *plugin = g_ptr_array_index (self->plugins, i);

      if (plugin->remote == NULL)
        continue;
      vig_plugin_entry_drop_remote (plugin);
      vig_plugin_entry_set_available (plugin, FALSE);
      vig_plugin_entry_set_state (plugin, VIG_PLUGIN_CRASHED, "its process was ended: Vigilus is frozen");
    }
}

void
vig_plugin_loader_scan (VigPluginLoader *self)
{
  g_return_if_fail (VIG_IS_PLUGIN_LOADER (self));

  for (guint i = 0; i < self->plugins->len; i++)
    ((VigPluginEntry *) g_ptr_array_index (self->plugins, i))->seen = FALSE;

  for (guint i = 0; self->dirs[i] != NULL; i++)
    scan_dir (self, self->dirs[i], i < self->n_own_dirs);

  for (guint i = self->plugins->len; i > 0; i--)
    {
      VigPluginEntry *plugin = g_ptr_array_index (self->plugins, i - 1);

      if (plugin->seen)
        continue;

      if (plugin->activation != NULL)
        vig_plugin_entry_set_state (plugin, VIG_PLUGIN_LOADED, "its files are gone; it stays until Vigilus restarts");
      else
        g_ptr_array_remove_index (self->plugins, i - 1);
    }

  if (self->frozen)
    stop_processes (self);
  g_signal_emit_by_name (self->registry, "changed");
}

void
vig_plugin_loader_set_frozen (VigPluginLoader *self, gboolean frozen)
{
  gboolean was_frozen = self->frozen;

  self->frozen = frozen;
  if (frozen)
    stop_processes (self);
  else if (was_frozen)
    vig_plugin_loader_scan (self);
}

void
vig_plugin_loader_set_allowed (VigPluginLoader *self, JsonObject *allowed)
{
  g_clear_pointer (&self->allowed, json_object_unref);
  if (allowed != NULL)
    self->allowed = json_object_ref (allowed);
}

JsonArray *
vig_plugin_loader_describe (VigPluginLoader *self)
{
  JsonArray *array = json_array_new ();

  for (guint i = 0; i < self->plugins->len; i++)
    json_array_add_object_element (array, vig_plugin_entry_describe (g_ptr_array_index (self->plugins, i)));

  return array;
}

JsonObject *
vig_plugin_loader_sum_up (VigPluginLoader *self)
{
  JsonObject *sum = vig_json_pack_object ("{s:[], s:{}}", "loaded", "not_loaded");

  for (guint i = 0; i < self->plugins->len; i++)
    {
      g_autoptr (JsonObject) plugin = vig_plugin_entry_describe (g_ptr_array_index (self->plugins, i));
      const char *id = vig_json_get_string (plugin, "id", "");

      if (g_str_equal (vig_json_get_string (plugin, "state", ""), "loaded"))
        json_array_add_string_element (vig_json_get_array (sum, "loaded"), id);
      else
        json_object_set_string_member (vig_json_get_object (sum, "not_loaded"), id, vig_json_get_string (plugin, "reason", "no reason given"));
    }

  return sum;
}

JsonObject *
vig_plugin_loader_find (VigPluginLoader *self, const char *id)
{
  VigPluginEntry *plugin = vig_plugin_entry_find (self, id);

  return plugin != NULL ? vig_plugin_entry_describe (plugin) : NULL;
}

void
vig_plugin_loader_stop (VigPluginLoader *self)
{
  for (guint i = self->plugins->len; i > 0; i--)
    {
      VigPluginEntry *plugin = g_ptr_array_index (self->plugins, i - 1);

      vig_plugin_entry_drop_remote (plugin);
      vig_plugin_entry_set_available (plugin, FALSE);
      if (plugin->activation != NULL)
        vig_activation_deactivate (plugin->activation);
    }
}

static void
vig_plugin_loader_finalize (GObject *object)
{
  VigPluginLoader *self = VIG_PLUGIN_LOADER (object);

  g_clear_pointer (&self->plugins, g_ptr_array_unref);
  g_clear_pointer (&self->allowed, json_object_unref);
  g_clear_pointer (&self->dirs, g_strfreev);
  g_clear_object (&self->registry);
  g_free (self->host_program);

  G_OBJECT_CLASS (vig_plugin_loader_parent_class)->finalize (object);
}

static void
vig_plugin_loader_class_init (VigPluginLoaderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_plugin_loader_finalize;
}

static void
vig_plugin_loader_init (VigPluginLoader *self)
{
  self->plugins = g_ptr_array_new_with_free_func (vig_plugin_entry_free);
}

VigPluginLoader *
vig_plugin_loader_new (VigRegistry *registry, const char * const *dirs, guint n_own_dirs, const char *host_program)
{
  VigPluginLoader *self = g_object_new (VIG_TYPE_PLUGIN_LOADER, NULL);

  g_set_object (&self->registry, registry);
  self->dirs = g_strdupv ((GStrv) dirs);
  self->n_own_dirs = n_own_dirs;
  self->host_program = g_strdup (host_program);

  return self;
}
