/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* Keeps the tools that people have described (vig-store-http-tools.h) in the registry: the plugin "http" makes them. Main thread. */
#define VIG_TYPE_HTTP_TOOLS (vig_http_tools_get_type ())
G_DECLARE_FINAL_TYPE (VigHttpTools, vig_http_tools, VIG, HTTP_TOOLS, GObject)

#define VIG_HTTP_TOOLS_PLUGIN "http"

VigHttpTools *vig_http_tools_new         (const VigAgentContext *context);
/* At start, before anything runs: blocks. Descriptions that the plugin refuses are left out, and said in the log. */
gboolean      vig_http_tools_load        (VigHttpTools *self, GError **error);
/* After a change in the store. */
void          vig_http_tools_reload      (VigHttpTools *self);

/* UNAVAILABLE: the plugin is not loaded. INVALID begins with the member that is wrong. */
VigTool      *vig_http_tools_make        (VigRegistry *registry, JsonObject *definition, GError **error); /* (transfer full) */

/* Sends one request as @definition says, signed with its credential, for a person who wants to see what comes back. The answer is
 * {"ok": boolean, "message": text or null, "request": text, "result": JSON or null, "milliseconds": integer}. Errors: the definition or the arguments are wrong. */
void          vig_http_tools_try_async   (const VigAgentContext *context, JsonObject *definition, JsonObject *arguments, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
JsonNode     *vig_http_tools_try_finish  (GAsyncResult *result, GError **error);

/* What the tool of that name ("http.x") signs in with, opened; NULL without error: nothing. Blocks; to be wiped. */
char         *vig_http_tools_open_secret (const VigAgentContext *context, const char *tool_name, GError **error);

G_END_DECLS
