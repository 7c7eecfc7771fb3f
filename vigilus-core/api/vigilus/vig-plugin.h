/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-host.h"

G_BEGIN_DECLS

/* The one symbol of a plugin:
 *   VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, "uptime", activate, NULL };
 * Modules stay resident: deactivate () is called once, at the end. */
typedef struct
{
  guint       abi_minor;
  const char *id;                                  /* as in the manifest */
  gboolean  (*activate)   (VigHost *host, GError **error);
  void      (*deactivate) (VigHost *host);         /* may be NULL */
} VigPlugin;

#define VIG_PLUGIN_EXPORT __attribute__ ((visibility ("default")))
#define VIG_PLUGIN_SYMBOL "vig_plugin_1"

G_END_DECLS
