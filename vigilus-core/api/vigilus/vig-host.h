/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-authenticator.h"
#include "vig-policy.h"
#include "vig-provider.h"
#include "vig-tool-source.h"

G_BEGIN_DECLS

/* Vigilus as a plugin sees it, for the time of activate (): a plugin can only add things. */
#define VIG_TYPE_HOST (vig_host_get_type ())
VIG_API GType vig_host_get_type (void);
G_DECLARE_INTERFACE (VigHost, vig_host, VIG, HOST, GObject)

struct _VigHostInterface
{
  GTypeInterface g_iface;

  void (*add_tool)          (VigHost *self, VigTool *tool);
  void (*add_provider_type) (VigHost *self, const VigProviderInfo *info, GType type);
  void (*add_policy)        (VigHost *self, VigPolicy *policy);
  void (*add_authenticator) (VigHost *self, const char *name, VigAuthenticator *authenticator);
  void (*add_tool_source)   (VigHost *self, VigToolSource *source); /* since minor 1 */
};

VIG_API void vig_host_add_tool          (VigHost *self, VigTool *tool); /* (transfer full) */
VIG_API void vig_host_add_tool_source   (VigHost *self, VigToolSource *source); /* (transfer full); at most one, not from a plugin's process */
VIG_API void vig_host_add_provider_type (VigHost *self, const VigProviderInfo *info, GType type);
VIG_API void vig_host_add_policy        (VigHost *self, VigPolicy *policy); /* (transfer full) */
VIG_API void vig_host_add_authenticator (VigHost *self, const char *name, VigAuthenticator *authenticator); /* (transfer full) */

G_END_DECLS
