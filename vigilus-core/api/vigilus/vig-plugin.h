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

/* All of a plugin @id whose one provider, described by @info, keeps nothing of its own: what is different about it is set in type_name_class_init (). */
#define VIG_DEFINE_PROVIDER_PLUGIN(TypeName, type_name, ParentName, PARENT_TYPE, info, id) \
  typedef struct \
  { \
    ParentName parent_instance; \
  } TypeName; \
  typedef struct \
  { \
    ParentName##Class parent_class; \
  } TypeName##Class; \
  GType type_name##_get_type (void); \
  G_DEFINE_TYPE (TypeName, type_name, PARENT_TYPE) \
  static void \
  type_name##_init (TypeName *self) \
  { \
  } \
  static gboolean \
  type_name##_activate (VigHost *host, GError **error) \
  { \
    vig_host_add_provider_type (host, &info, type_name##_get_type ()); \
    return TRUE; \
  } \
  VIG_PLUGIN_EXPORT const VigPlugin vig_plugin_1 = { VIG_ABI_MINOR, id, type_name##_activate, NULL };

G_END_DECLS
