/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-configurable.h"

G_DEFINE_INTERFACE (VigConfigurable, vig_configurable, G_TYPE_OBJECT)

static void
vig_configurable_default_init (VigConfigurableInterface *iface)
{
}

const VigSettingsInfo *
vig_configurable_get_settings_info (VigConfigurable *self)
{
  g_return_val_if_fail (VIG_IS_CONFIGURABLE (self), NULL);

  return VIG_CONFIGURABLE_GET_IFACE (self)->get_settings_info (self);
}

gboolean
vig_configurable_check_settings (VigConfigurable *self, JsonObject *settings, GError **error)
{
  VigConfigurableInterface *iface;

  g_return_val_if_fail (VIG_IS_CONFIGURABLE (self), FALSE);

  iface = VIG_CONFIGURABLE_GET_IFACE (self);

  return iface->check_settings == NULL || iface->check_settings (self, settings, error);
}

gboolean
vig_configurable_can_test (VigConfigurable *self)
{
  g_return_val_if_fail (VIG_IS_CONFIGURABLE (self), FALSE);

  return VIG_CONFIGURABLE_GET_IFACE (self)->test_settings != NULL;
}

JsonNode *
vig_configurable_test_settings (VigConfigurable *self, JsonObject *settings, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (VIG_IS_CONFIGURABLE (self), NULL);
  g_return_val_if_fail (vig_configurable_can_test (self), NULL);

  return VIG_CONFIGURABLE_GET_IFACE (self)->test_settings (self, settings, cancellable, error);
}
