/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-activation.h"

#include <gmodule.h>

struct _VigActivation
{
  GObject          parent_instance;

  const VigPlugin *plugin;         /* NULL once deactivated */
  gboolean         open;           /* activate () is running: later additions are refused */
  GPtrArray       *tools;
  VigToolSource   *source;         /* or NULL */
  GPtrArray       *providers;
  GPtrArray       *policies;
  GPtrArray       *authenticators;
};

static void host_iface_init (VigHostInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (VigActivation, vig_activation, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (VIG_TYPE_HOST, host_iface_init))

static void
added_authenticator_free (gpointer data)
{
  VigAddedAuthenticator *added = data;

  g_free (added->name);
  g_object_unref (added->authenticator);
  g_free (added);
}

static gboolean
check_open (VigActivation *self)
{
  if (!self->open)
    g_warning ("a plugin added something after its activate () had ended; it is dropped");

  return self->open;
}

static void
vig_activation_add_tool (VigHost *host, VigTool *tool)
{
  VigActivation *self = VIG_ACTIVATION (host);

  if (check_open (self))
    g_ptr_array_add (self->tools, tool);
  else
    g_object_unref (tool);
}

static void
vig_activation_add_tool_source (VigHost *host, VigToolSource *source)
{
  VigActivation *self = VIG_ACTIVATION (host);

  if (check_open (self) && self->source == NULL)
    self->source = source;
  else
    g_object_unref (source);
}

static void
vig_activation_add_provider_type (VigHost *host, const VigProviderInfo *info, GType type)
{
  VigActivation *self = VIG_ACTIVATION (host);
  VigAddedProvider *added = NULL;

  if (!check_open (self))
    return;

  added = g_new0 (VigAddedProvider, 1);
  added->info = info;
  added->type = type;
  g_ptr_array_add (self->providers, added);
}

static void
vig_activation_add_policy (VigHost *host, VigPolicy *policy)
{
  VigActivation *self = VIG_ACTIVATION (host);

  if (check_open (self))
    g_ptr_array_add (self->policies, policy);
  else
    g_object_unref (policy);
}

static void
vig_activation_add_authenticator (VigHost *host, const char *name, VigAuthenticator *authenticator)
{
  VigActivation *self = VIG_ACTIVATION (host);
  VigAddedAuthenticator *added = NULL;

  if (!check_open (self))
    {
      g_object_unref (authenticator);
      return;
    }

  added = g_new0 (VigAddedAuthenticator, 1);
  added->name = g_strdup (name);
  added->authenticator = authenticator;
  g_ptr_array_add (self->authenticators, added);
}

static const VigPlugin *
open_library (VigManifest *manifest, GError **error)
{
  GModule *module = g_module_open (manifest->library, G_MODULE_BIND_LOCAL | G_MODULE_BIND_LAZY);
  gpointer symbol = NULL;

  if (module == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_FAILED, "failed to load the library: %s", g_module_error ());
      return NULL;
    }

  g_module_make_resident (module);

  if (!g_module_symbol (module, VIG_PLUGIN_SYMBOL, &symbol) || symbol == NULL)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the library does not export %s", VIG_PLUGIN_SYMBOL);
      return NULL;
    }

  return symbol;
}

static gboolean
check_descriptor (const VigPlugin *plugin, VigManifest *manifest, GError **error)
{
  if (plugin->abi_minor > VIG_ABI_MINOR)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_NOT_SUPPORTED, "it needs plugin interface %d.%u, which is newer than this Vigilus's %d.%d",
                   VIG_ABI, plugin->abi_minor, VIG_ABI, VIG_ABI_MINOR);
      return FALSE;
    }

  if (g_strcmp0 (plugin->id, manifest->id) != 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_INVALID, "the library says that it is plugin %s, the manifest says %s",
                   plugin->id != NULL ? plugin->id : "(none)", manifest->id);
      return FALSE;
    }

  if (plugin->activate == NULL)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "the library has no activate function");
      return FALSE;
    }

  return TRUE;
}

static gboolean
activate (VigActivation *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean activated = FALSE;

  self->open = TRUE;
  activated = self->plugin->activate (VIG_HOST (self), &local_error);
  self->open = FALSE;

  if (activated && local_error == NULL)
    return TRUE;

  if (local_error == NULL)
    g_set_error_literal (&local_error, VIG_ERROR, VIG_ERROR_FAILED, "activate () failed without setting an error");
  g_propagate_prefixed_error (error, g_steal_pointer (&local_error), "it could not be activated: ");

  return FALSE;
}

static gboolean
check_provides (VigActivation *self, VigManifest *manifest, GError **error)
{
  VigProvides added = (self->tools->len > 0 || self->source != NULL ? VIG_PROVIDES_TOOL : 0)
                      | (self->providers->len > 0 ? VIG_PROVIDES_PROVIDER : 0)
                      | (self->policies->len > 0 ? VIG_PROVIDES_POLICY : 0)
                      | (self->authenticators->len > 0 ? VIG_PROVIDES_AUTHENTICATOR : 0);
  g_autoptr (JsonArray) surplus = vig_manifest_describe_provides (added & ~manifest->provides);

  if (json_array_get_length (surplus) > 0)
    {
      g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "it adds a %s, which its manifest does not say under Provides",
                   json_array_get_string_element (surplus, 0));
      return FALSE;
    }

  if (added == 0)
    {
      g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "it adds nothing");
      return FALSE;
    }

  return TRUE;
}

static gboolean
check_tools (VigActivation *self, VigManifest *manifest, GError **error)
{
  for (guint i = 0; i < self->tools->len; i++)
    {
      const VigToolInfo *info = vig_tool_get_info (g_ptr_array_index (self->tools, i));

      if (info == NULL)
        {
          g_set_error_literal (error, VIG_ERROR, VIG_ERROR_INVALID, "one of its tools does not say what it is");
          return FALSE;
        }

      if (!vig_tool_info_check (info, error))
        return FALSE;

      if (info->level > manifest->effect)
        {
          g_set_error (error, VIG_ERROR, VIG_ERROR_DENIED, "tool %s has level %s, above the manifest's Effect=%s", info->name,
                       vig_level_to_string (info->level), vig_level_to_string (manifest->effect));
          return FALSE;
        }
    }

  return TRUE;
}

void
vig_activation_deactivate (VigActivation *self)
{
  const VigPlugin *plugin = g_steal_pointer (&self->plugin);

  if (plugin != NULL && plugin->deactivate != NULL)
    plugin->deactivate (VIG_HOST (self));
}

GPtrArray *
vig_activation_get_tools (VigActivation *self)
{
  return self->tools;
}

VigToolSource *
vig_activation_get_source (VigActivation *self)
{
  return self->source;
}

GPtrArray *
vig_activation_get_providers (VigActivation *self)
{
  return self->providers;
}

GPtrArray *
vig_activation_get_policies (VigActivation *self)
{
  return self->policies;
}

GPtrArray *
vig_activation_get_authenticators (VigActivation *self)
{
  return self->authenticators;
}

static void
vig_activation_finalize (GObject *object)
{
  VigActivation *self = VIG_ACTIVATION (object);

  g_clear_pointer (&self->tools, g_ptr_array_unref);
  g_clear_object (&self->source);
  g_clear_pointer (&self->providers, g_ptr_array_unref);
  g_clear_pointer (&self->policies, g_ptr_array_unref);
  g_clear_pointer (&self->authenticators, g_ptr_array_unref);

  G_OBJECT_CLASS (vig_activation_parent_class)->finalize (object);
}

static void
host_iface_init (VigHostInterface *iface)
{
  iface->add_tool = vig_activation_add_tool;
  iface->add_tool_source = vig_activation_add_tool_source;
  iface->add_provider_type = vig_activation_add_provider_type;
  iface->add_policy = vig_activation_add_policy;
  iface->add_authenticator = vig_activation_add_authenticator;
}

static void
vig_activation_class_init (VigActivationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = vig_activation_finalize;
}

static void
vig_activation_init (VigActivation *self)
{
  self->tools = g_ptr_array_new_with_free_func (g_object_unref);
  self->providers = g_ptr_array_new_with_free_func (g_free);
  self->policies = g_ptr_array_new_with_free_func (g_object_unref);
  self->authenticators = g_ptr_array_new_with_free_func (added_authenticator_free);
}

VigActivation *
vig_activation_new (VigManifest *manifest, GError **error)
{
  g_autoptr (VigActivation) self = g_object_new (VIG_TYPE_ACTIVATION, NULL);
  const VigPlugin *plugin = open_library (manifest, error);

  if (plugin == NULL || !check_descriptor (plugin, manifest, error))
    return NULL;

  self->plugin = plugin;
  if (!activate (self, error))
    {
      self->plugin = NULL;
      return NULL;
    }

  if (!check_provides (self, manifest, error) || !check_tools (self, manifest, error))
    {
      vig_activation_deactivate (self);
      return NULL;
    }

  return g_steal_pointer (&self);
}
