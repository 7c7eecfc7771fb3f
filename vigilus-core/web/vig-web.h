/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-answer-cache.h"
#include "vig-host-rules.h"
#include "vig-id.h"
#include "vig-listener.h"
#include "vig-live.h"
#include "vig-refusals.h"
#include "vig-request.h"
#include "vig-security-headers.h"
#include "vig-static.h"
#include "vig-throttle.h"
#include "vig-web-server.h"

G_BEGIN_DECLS

/* What the routes share. */
struct _VigWeb
{
  GObject       *owner;          /* requests under way keep it alive */
  VigWebContext  context;
  VigRouter     *router;
  VigSessions   *sessions;
  VigThrottle   *throttle;
  VigRefusals   *refusals;
  VigAnswerCache *answers;
  VigLive       *live;
  VigStatic     *files;
  VigHostRules  *rules;
  VigProxies    *proxies;
  VigListener   *listener;
  VigWorker     *keys;           /* password checks: slow on purpose, and few at once */
  VigWorker     *files_worker;
  guint          n_key_checks;   /* running or queued */
  GBytes        *openapi;
  gint64         started_at;     /* vig_time_now () */
  gint64         started_clock;  /* monotonic */
};

#define VIG_COOKIE        "vigilus_session"
#define VIG_DEVICE_COOKIE "vigilus_device"

/* A function for an operationId: exactly one of the three. Those on the store run on its threads, in one transaction. */
typedef JsonNode *(*VigStoreHandler) (VigDbConnection *db, VigRequest *request, GError **error);

typedef struct
{
  const char      *operation;
  VigStoreHandler  read;
  VigStoreHandler  write;
  VigHandler       handle;
} VigRoute;

extern const VigRoute VIG_ROUTES_APPROVALS[];
extern const VigRoute VIG_ROUTES_ATTACHMENTS[];
extern const VigRoute VIG_ROUTES_AUDIT[];
extern const VigRoute VIG_ROUTES_BRANCHES[];
extern const VigRoute VIG_ROUTES_CHANGES[];
extern const VigRoute VIG_ROUTES_CHAT[];
extern const VigRoute VIG_ROUTES_DELEGATION[];
extern const VigRoute VIG_ROUTES_OPERATOR_FILES[];
extern const VigRoute VIG_ROUTES_ORCHESTRATOR[];
extern const VigRoute VIG_ROUTES_COMMANDS[];
extern const VigRoute VIG_ROUTES_CREDENTIALS[];
extern const VigRoute VIG_ROUTES_HTTP_TOOLS[];
extern const VigRoute VIG_ROUTES_EXPORT[];
extern const VigRoute VIG_ROUTES_IMPORT[];
extern const VigRoute VIG_ROUTES_INVITATIONS[];
extern const VigRoute VIG_ROUTES_MEMORIES[];
extern const VigRoute VIG_ROUTES_OPERATORS[];
extern const VigRoute VIG_ROUTES_PANIC[];
extern const VigRoute VIG_ROUTES_PEOPLE[];
extern const VigRoute VIG_ROUTES_PLUGINS[];
extern const VigRoute VIG_ROUTES_POLICY[];
extern const VigRoute VIG_ROUTES_PROOF[];
extern const VigRoute VIG_ROUTES_PROVIDERS[];
extern const VigRoute VIG_ROUTES_RUNS[];
extern const VigRoute VIG_ROUTES_SEARCH[];
extern const VigRoute VIG_ROUTES_SCOPE[];
extern const VigRoute VIG_ROUTES_SCOPE_IMPORT[];
extern const VigRoute VIG_ROUTES_SECOND_FACTORS[];
extern const VigRoute VIG_ROUTES_SERVERS[];
extern const VigRoute VIG_ROUTES_SETTINGS[];
extern const VigRoute VIG_ROUTES_SETUP[];
extern const VigRoute VIG_ROUTES_SYSTEM[];
extern const VigRoute VIG_ROUTES_TOOLS[];
extern const VigRoute VIG_ROUTES_USAGE[];
extern const VigRoute VIG_ROUTES_TOOL_SETTINGS[];
extern const VigRoute VIG_ROUTES_USERS[];

/* Operation ids to const VigRoute. */
GHashTable *vig_web_collect_routes (void);

void        vig_web_handle         (VigWeb *self, SoupServerMessage *message); /* a whole request is there */
void        vig_web_prepare_answer (VigWeb *self, SoupServerMessage *message, gsize size);
VigPeer    *vig_web_get_peer       (VigWeb *self, SoupServerMessage *message); /* borrowed */

/* For open operations: goes on with @next once somebody of that role has shown to be there; else answers the error. */
void        vig_web_require        (VigRequest *request, VigRole role, VigHandler next);

/* Runs a store handler for @request and answers it with what comes back. */
void        vig_web_run_read       (VigRequest *request, VigStoreHandler handler);
/* The same, by way of the cache: for handlers that answer from the store alone. */
void        vig_web_run_cached     (VigRequest *request, VigStoreHandler handler);
void        vig_web_run_write      (VigRequest *request, VigStoreHandler handler);

/* One piece of a long answer, made on the store's threads. *done: it was the last. */
typedef gboolean (*VigPieceFunc) (VigDbConnection *db, gpointer data, GString *piece, gboolean *done, GError **error);

/* Answers with a download that is made piece by piece, as fast as it is taken. Owns @data. */
void        vig_web_download       (VigRequest *request, const char *content_type, const char *file_name, VigPieceFunc func, gpointer data,
                                    GDestroyNotify free_data);

/* For store handlers: appends to the audit log under the caller's name; @detail (transfer full) may be NULL. */
gboolean    vig_web_audit          (VigDbConnection *db, VigRequest *request, const char *event, JsonObject *detail, GError **error);
/* Publishes after the commit. (transfer full) data */
void        vig_web_publish        (VigDbConnection *db, VigRequest *request, const char *topic, const char *event, JsonNode *data);
/* A run of whoever asks; NOT_FOUND else. */
JsonObject *vig_web_find_run       (VigDbConnection *db, VigRequest *request, const char *id, GError **error);
void        vig_web_run_started    (GObject *runner, GAsyncResult *result, gpointer request); /* answers @request with the run */
void        vig_web_act            (VigRequest *request); /* calls the function of an operation that acts; vig-act-gate.c */
JsonNode   *vig_web_describe_frozen (VigWeb *self); /* schema Frozen, or null */
JsonObject *vig_web_shape_server   (JsonObject *server); /* a row as schema Server has it; returns @server */
JsonNode   *vig_node_take_object   (JsonObject *object); /* (transfer full); NULL: NULL */

G_END_DECLS
