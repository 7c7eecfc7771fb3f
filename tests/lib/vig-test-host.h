/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Stands for the daemon where a plugin is activated: keeps what it is given. */
#define VIG_TYPE_TEST_HOST (vig_test_host_get_type ())
G_DECLARE_FINAL_TYPE (VigTestHost, vig_test_host, VIG, TEST_HOST, GObject)

struct _VigTestHost
{
  GObject           parent_instance;
  GHashTable       *tools;         /* name to VigTool */
  VigToolSource    *source;        /* the last of each, or NULL and G_TYPE_INVALID */
  VigAuthenticator *authenticator;
  GType             provider_type;
};

VigTestHost *vig_test_host_new      (void);
void         vig_test_host_activate (VigTestHost *self, const VigPlugin *plugin);
/* The module at @path (below the build directory), as the daemon loads it; it stays. */
void         vig_test_host_load     (VigTestHost *self, const char *path);
/* An unconfigured provider of the type that the module at @path adds. */
VigProvider *vig_test_load_provider (const char *path);

G_END_DECLS
