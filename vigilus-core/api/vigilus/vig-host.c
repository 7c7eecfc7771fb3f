/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-host.h"

G_DEFINE_INTERFACE (VigHost, vig_host, G_TYPE_OBJECT)

static void
vig_host_default_init (VigHostInterface *iface)
{
}

void
vig_host_add_tool (VigHost *self, VigTool *tool)
{
  g_return_if_fail (VIG_IS_HOST (self));
  g_return_if_fail (VIG_IS_TOOL (tool));

  VIG_HOST_GET_IFACE (self)->add_tool (self, tool);
}

void
vig_host_add_tool_source (VigHost *self, VigToolSource *source)
{
  g_return_if_fail (VIG_IS_HOST (self));
  g_return_if_fail (VIG_IS_TOOL_SOURCE (source));

  if (VIG_HOST_GET_IFACE (self)->add_tool_source != NULL)
    VIG_HOST_GET_IFACE (self)->add_tool_source (self, source);
  else
    g_object_unref (source);
}

void
vig_host_add_provider_type (VigHost *self, const VigProviderInfo *info, GType type)
{
  g_return_if_fail (VIG_IS_HOST (self));
  g_return_if_fail (info != NULL && info->type != NULL);
  g_return_if_fail (g_type_is_a (type, VIG_TYPE_PROVIDER));

  VIG_HOST_GET_IFACE (self)->add_provider_type (self, info, type);
}

void
vig_host_add_policy (VigHost *self, VigPolicy *policy)
{
  g_return_if_fail (VIG_IS_HOST (self));
  g_return_if_fail (VIG_IS_POLICY (policy));

  VIG_HOST_GET_IFACE (self)->add_policy (self, policy);
}

void
vig_host_add_authenticator (VigHost *self, const char *name, VigAuthenticator *authenticator)
{
  g_return_if_fail (VIG_IS_HOST (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (VIG_IS_AUTHENTICATOR (authenticator));

  VIG_HOST_GET_IFACE (self)->add_authenticator (self, name, authenticator);
}
