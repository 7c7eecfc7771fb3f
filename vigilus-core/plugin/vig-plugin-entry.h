/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-activation.h"
#include "vig-plugin-loader.h"
#include "vig-remote.h"

G_BEGIN_DECLS

/* Private to the loader: one manifest that it found, from the look at its files to its tools in the registry. */
struct _VigPluginLoader
{
  GObject      parent_instance;

  VigRegistry *registry;
  GStrv        dirs;
  guint        n_own_dirs;
  char        *host_program;
  JsonObject  *allowed;
  GPtrArray   *plugins; /* of VigPluginEntry, in search order */
  gboolean     frozen;  /* no process may run */
};

typedef enum
{
  VIG_PLUGIN_LOADED,
  VIG_PLUGIN_REFUSED,
  VIG_PLUGIN_CRASHED,
  VIG_PLUGIN_QUARANTINED,
} VigPluginState;

/* What became of one manifest. */
typedef struct
{
  VigPluginLoader *loader;
  char            *path;
  char            *fallback_id; /* from the file name, where the manifest says none */
  VigManifest     *manifest;    /* NULL: it could not be read */
  char            *sha256;      /* of the library; "" where it could not be read */
  gboolean         own;
  gboolean         isolated;
  gboolean         seen;        /* in this scan */
  VigPluginState            state;
  char            *reason;
  VigActivation   *activation;  /* in process */
  VigRemote       *remote;      /* in a process of its own */
  GPtrArray       *tools;       /* names that it has in the registry */
} VigPluginEntry;

void vig_plugin_entry_drop_remote (VigPluginEntry *plugin);
void vig_plugin_entry_free (gpointer data);
void vig_plugin_entry_set_state (VigPluginEntry *plugin, VigPluginState state, const char *reason);
void vig_plugin_entry_set_available (VigPluginEntry *plugin, gboolean available);
void vig_plugin_entry_load (VigPluginEntry *plugin);
gboolean vig_plugin_entry_examine (VigPluginEntry *plugin, GError **error);
void vig_plugin_entry_look_again (VigPluginEntry *plugin);
JsonObject *vig_plugin_entry_describe (VigPluginEntry *plugin);
VigPluginEntry *vig_plugin_entry_find (VigPluginLoader *self, const char *id);

G_END_DECLS
