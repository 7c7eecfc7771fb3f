/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

G_BEGIN_DECLS

/* Which run, and where the content of what was attached is; NULL: it is not shown. */
typedef struct
{
  char           *run_id;
  VigAttachments *attachments;
} VigRunLoad;

VigRunLoad *vig_run_load_new  (const char *run_id, VigAttachments *attachments);
void        vig_run_load_free (gpointer load);

/* A run as it was left: VigDbFunc over a VigRunLoad. {"run": Run, "user_name", "history": [Message of earlier runs], "messages":
 * [Message of this run], "calls": [Call of its last reply], "summaries": the newest of each Operator, "approvals": that are open in this
 * session, "asked_before": [Message of the runs in which steps of its plan were asked before]}. User texts are redacted by the caller. */
gpointer   vig_run_store_load         (VigDbConnection *db, gpointer load, GError **error);
JsonArray *vig_run_store_asked_before (VigDbConnection *db, JsonObject *run, GError **error);

/* What has to be known to ask a model, either for an Operator or to route. */
typedef struct
{
  JsonObject *operator;  /* NULL: it is gone, or to route */
  JsonArray  *operators; /* to route, or where the Operator may ask others: those that are enabled */
  JsonObject *settings;
  JsonArray  *memories;  /* what the Operator is told */
  JsonArray  *servers;   /* that it may use */
  JsonObject *provider;  /* NULL: there is none */
  char       *sealed_key;
  char       *model;     /* NULL: the Operator's, or what settings say for routing */
  JsonObject *fallback;  /* provider; NULL: none */
  char       *fallback_key;
  char       *fallback_model;
} VigRunFacts;

void         vig_run_facts_free       (gpointer facts);
/* Both at once. @facts: of the run's Operator, or to route. */
typedef struct
{
  JsonObject  *record; /* as vig_run_store_load () answers */
  VigRunFacts *facts;
} VigRunLoaded;

gpointer     vig_run_loaded_read      (VigDbConnection *db, gpointer load, GError **error); /* VigDbFunc over a VigRunLoad */
void         vig_run_loaded_free      (gpointer loaded);

/* @operator_id NULL: to route. @run: schema Run; NULL: nobody asks. Ended by vig_db_finish (): VigRunFacts. */
void         vig_run_facts_read_async (VigDb *db, const char *operator_id, JsonObject *run, GAsyncReadyCallback callback, gpointer user_data);

/* One step of a run, as one transaction: messages, the calls of the last one, then the run itself. All that is set is owned. */
typedef struct
{
  char       *run_id;
  char       *session_id;
  char       *operator_name; /* of the messages; NULL: none */
  JsonArray  *messages;      /* of {kind, content} */
  JsonArray  *calls;         /* of {provider_call_id, tool, arguments} */
  JsonArray  *ended_calls;   /* ids whose results these messages carry */
  JsonArray  *usage;         /* what the models took: vig-store-usage.h */
  JsonObject *summary;       /* NULL: none */
  JsonObject *changes;
  VigRedactor *redactor;     /* set: looks through the arguments of the calls, which the main loop then need not */
} VigRunWrite;

VigRunWrite *vig_run_write_new         (const char *run_id, const char *session_id, const char *operator_name);
void         vig_run_write_free        (gpointer write);
void         vig_run_write_add_message (VigRunWrite *write, const char *kind, JsonObject *content); /* (transfer full) content */
/* VigDbFunc: {"run": Run, "messages": [Message], "calls": [Call], "others_tokens", "others_cost": of the other runs of
 * the tree}: those that are new, and those that have ended. May be
 * called again. */
gpointer     vig_run_write_run         (VigDbConnection *db, gpointer write, GError **error);

G_END_DECLS
