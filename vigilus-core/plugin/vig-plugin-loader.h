/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-registry.h"

G_BEGIN_DECLS

/* Finds *.plugin manifests, loads what may be loaded (in process or each in a vigilus-plugin-host of its own), and says of the rest
 * why not. A refusal is a state with a reason, never a failed start. */
#define VIG_TYPE_PLUGIN_LOADER (vig_plugin_loader_get_type ())
G_DECLARE_FINAL_TYPE (VigPluginLoader, vig_plugin_loader, VIG, PLUGIN_LOADER, GObject)

/* @dirs: in search order; the first ones (@n_own_dirs) are ours and load in process. @host_program: path of vigilus-plugin-host. */
VigPluginLoader *vig_plugin_loader_new      (VigRegistry *registry, const char * const *dirs, guint n_own_dirs, const char *host_program);
/* What an administrator allowed to run in process: {"<plugin id>": "<SHA-256 of the library>"}. Set before the scan. */
void             vig_plugin_loader_set_allowed (VigPluginLoader *self, JsonObject *allowed);
/* Looks at the directories (again): new ones are loaded, changed isolated ones are restarted, removed isolated ones go. */
void             vig_plugin_loader_scan     (VigPluginLoader *self);
/* Schema Plugin: id, name, version, description, path, provides [...], isolation in-process|process, state loaded|refused|crashed|quarantined,
 * reason|null, permissions {...}, sha256, tools [names]. */
JsonArray       *vig_plugin_loader_describe (VigPluginLoader *self);
/* For the audit log, what was taken, and what not and why: {"loaded": [id], "not_loaded": {id: reason}}. */
JsonObject      *vig_plugin_loader_sum_up   (VigPluginLoader *self);
JsonObject      *vig_plugin_loader_find     (VigPluginLoader *self, const char *id); /* (transfer full), NULL */
/* Ends the processes of isolated plugins, and starts none, until it is FALSE again. */
void             vig_plugin_loader_set_frozen (VigPluginLoader *self, gboolean frozen);
void             vig_plugin_loader_stop     (VigPluginLoader *self); /* deactivates, ends host processes */

G_END_DECLS
