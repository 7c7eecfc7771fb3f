/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-approvals.h"
#include "vig-audit-keeper.h"
#include "vig-config.h"
#include "vig-http-tools.h"
#include "vig-panic.h"
#include "vig-plugin-loader.h"
#include "vig-runner.h"
#include "vig-server-checks.h"

G_BEGIN_DECLS

/* How the dashboard sets the installation's secret. The daemon knows where secrets are kept; the web front asks. Main thread. */
typedef struct
{
  /* @keep: "keyring", "file" or "nowhere". Derives the key on a worker, checks it against what is stored, keeps it, opens the vault.
   * Errors: CONFLICT one is set already, DENIED the stored credentials were sealed with another one, INVALID too weak, UNAVAILABLE it
   * cannot be kept there. */
  void     (*set_async)     (const char *secret, const char *keep, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data, gpointer data);
  gboolean (*set_finish)    (GAsyncResult *result, GError **error, gpointer data);
  gboolean (*has_keyring)   (gpointer data);
  const char *(*get_state)  (gpointer data); /* "loading" at start, "missing", "ok", "changed": another than credentials were sealed with */
  gpointer   data;
} VigWebSecretFuncs;

/* What the web front works with; made by the daemon, outlives it. */
typedef struct
{
  const VigAgentContext   *agent;
  VigConfig               *config;
  VigRunner               *runner;
  VigApprovals            *approvals;
  VigAuditKeeper          *audit;
  VigPluginLoader         *plugins;
  VigPanic                *panic;
  VigHttpTools            *http_tools;
  VigServerChecks         *checks;
  const VigWebSecretFuncs *secret;
  JsonObject              *confinement; /* what vig_sandbox_describe () found at start */
  const char              *setup_token; /* printed at start; NULL: set-up is done */
  const char              *data_dir;    /* has api/openapi.json and api-docs/; NULL: where it is installed */
} VigWebContext;

/* HTTP, the live socket and the dashboard's files. Main thread. */
#define VIG_TYPE_WEB_SERVER (vig_web_server_get_type ())
G_DECLARE_FINAL_TYPE (VigWebServer, vig_web_server, VIG, WEB_SERVER, GObject)

/* @context: copied. Errors: the API description is missing or does not fit the program, TLS files that cannot be read, bad proxy ranges. */
VigWebServer *vig_web_server_new     (const VigWebContext *context, GError **error);
/* Errors name the port and the way out. */
gboolean      vig_web_server_listen  (VigWebServer *self, GError **error);
char         *vig_web_server_dup_url (VigWebServer *self); /* "http://127.0.0.1:3000": where a browser on this machine finds it */
/* Ends the live sockets and accepts no more; requests under way are still answered. */
void          vig_web_server_stop    (VigWebServer *self);

G_END_DECLS
