/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-db.h"
#include "vig-operator.h"

G_BEGIN_DECLS

#define VIG_DELEGATION_MAX_DEPTH 2  /* a person's run is at 0; whom it asks may ask once more */
#define VIG_DELEGATION_MAX_WIDTH 4  /* runs that one run has asked for, at once; more wait */
#define VIG_DELEGATION_MAX_ASKS  16 /* of one run, in all */

/* One run has another Operator do something: a run of its own, which belongs to the call that asked for it and is started once, however
 * often that is resumed. Main thread. */
typedef struct _VigDelegation VigDelegation;

/* What runs runs. @begin: also one that is begun already, or waits to be resumed. */
typedef struct
{
  void     (*begin) (JsonObject *run, gpointer data);
  void     (*stop)  (const char *run_id, gpointer data);
  gpointer   data;
} VigDelegationRunner;

typedef struct
{
  const char  *call_id;
  const char  *run_id;
  VigOperator *asker;         /* its ceiling and trust are the most that is lent */
  const char  *operator_name;
  const char  *task;
} VigDelegationRequest;

VigDelegation *vig_delegation_new        (VigDb *db);
void           vig_delegation_free       (VigDelegation *self);
void           vig_delegation_set_runner (VigDelegation *self, const VigDelegationRunner *runner);
void           vig_delegation_close      (VigDelegation *self); /* who still waits hears CANCELLED; nothing is stopped */

/* Ends when the run has ended. @cancellable stops it. {"operator", "run_id", "state", "answer", "incomplete": why it
 * broke off, or missing, "is_error"}. NOT_FOUND: no such Operator, and which there
 * are; DENIED: over a limit. */
void           vig_delegation_ask_async  (VigDelegation *self, const VigDelegationRequest *request, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
JsonNode      *vig_delegation_ask_finish (GAsyncResult *result, GError **error);
void           vig_delegation_run_ended  (VigDelegation *self, const char *run_id);

G_END_DECLS
