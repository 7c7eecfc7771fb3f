/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-worker.h"
#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* All that plugins have added, by name; and what became of each plugin. Main thread. "changed" is emitted when either changes. */
#define VIG_TYPE_REGISTRY (vig_registry_get_type ())
G_DECLARE_FINAL_TYPE (VigRegistry, vig_registry, VIG, REGISTRY, GObject)

/* @worker: the threads that blocking tools run on. */
VigRegistry           *vig_registry_new                (VigWorker *worker);

/* FALSE with VIG_ERROR_EXISTS: the name is taken. @plugin_id says whose it is ("core" for our own). */
gboolean               vig_registry_add_tool           (VigRegistry *self, const char *plugin_id, VigTool *tool, GError **error); /* (transfer none) */
void                   vig_registry_remove_tool        (VigRegistry *self, const char *name);
/* Who makes tools of descriptions: by the plugin's id. */
void                   vig_registry_set_tool_source    (VigRegistry *self, const char *plugin_id, VigToolSource *source); /* (transfer none), NULL: no more */
VigToolSource         *vig_registry_find_tool_source   (VigRegistry *self, const char *plugin_id); /* borrowed, NULL */
VigTool               *vig_registry_find_tool          (VigRegistry *self, const char *name);      /* borrowed, NULL */
/* A tool whose plugin is down stays known, so that Operators keep it, but is not offered. */
void                   vig_registry_set_available      (VigRegistry *self, const char *name, gboolean available);
gboolean               vig_registry_is_available       (VigRegistry *self, const char *name);
const char            *vig_registry_get_tool_plugin    (VigRegistry *self, const char *name);
GPtrArray             *vig_registry_list_tools         (VigRegistry *self);                        /* (transfer full) of VigTool, by name */
/* The first of them, by name, that is of a type, most often an interface. Borrowed, NULL. */
gpointer               vig_registry_find_tool_of_type  (VigRegistry *self, GType type);
JsonArray             *vig_registry_describe_tools     (VigRegistry *self);                        /* schema Tool, by name */

gboolean               vig_registry_add_provider_type  (VigRegistry *self, const char *plugin_id, const VigProviderInfo *info, GType type, GError **error);
const VigProviderInfo *vig_registry_find_provider_type (VigRegistry *self, const char *type);
VigProvider           *vig_registry_new_provider       (VigRegistry *self, const char *type, const VigProviderSettings *settings, GError **error); /* (transfer full) */
JsonArray             *vig_registry_describe_providers (VigRegistry *self);                        /* schema ProviderType */
/* @schema: of that kind's options; NULL or null: it has none. INVALID says what and where: "/reasoning: ...". */
gboolean               vig_registry_check_options      (JsonNode *schema, JsonObject *options, GError **error);

gboolean               vig_registry_add_policy         (VigRegistry *self, const char *plugin_id, VigPolicy *policy, GError **error);
/* The strictest verdict of all; *rule and *reason (transfer full) name whose it was. */
VigVerdict             vig_registry_check_policies     (VigRegistry *self, const VigRequestInfo *request, char **rule, char **reason);

gboolean               vig_registry_add_authenticator  (VigRegistry *self, const char *plugin_id, const char *name, VigAuthenticator *authenticator, GError **error);
VigAuthenticator      *vig_registry_find_authenticator (VigRegistry *self, const char *name);

/* The one way to run a tool's function: wraps run () on @worker threads or run_async (), catches "failed without an error", ends at the
 * deadline of the invocation plus a grace of 2 s (VIG_ERROR_TIMED_OUT), prefixes errors with the plugin's name. Never calls back from inside. */
void                   vig_registry_run_tool_async     (VigRegistry *self, VigTool *tool, VigInvocation *invocation, GCancellable *cancellable,
                                                        GAsyncReadyCallback callback, gpointer user_data);
JsonNode              *vig_registry_run_tool_finish    (VigRegistry *self, GAsyncResult *result, GError **error);
void                   vig_registry_preview_async      (VigRegistry *self, VigTool *tool, VigInvocation *invocation, GCancellable *cancellable,
                                                        GAsyncReadyCallback callback, gpointer user_data);
VigPreview            *vig_registry_preview_finish     (VigRegistry *self, GAsyncResult *result, GError **error); /* NULL without error: none */

guint                  vig_registry_get_n_stray        (VigRegistry *self); /* threads of tools that do not end */

G_END_DECLS
