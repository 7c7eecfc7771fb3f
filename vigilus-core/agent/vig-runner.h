/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-parts.h"
#include "vig-run-start.h"

G_BEGIN_DECLS

/* Starts, resumes, limits and stops runs. What the web and D-Bus fronts call. */
#define VIG_TYPE_RUNNER (vig_runner_get_type ())
G_DECLARE_FINAL_TYPE (VigRunner, vig_runner, VIG, RUNNER, GObject)

VigRunner  *vig_runner_new           (const VigAgentContext *context, VigApprovals *approvals);

/* At boot: loads unfinished runs and goes on with them. */
void        vig_runner_resume_all    (VigRunner *self, GAsyncReadyCallback callback, gpointer user_data);

/* Stores the message and the run, then starts; answers once both are on disk, with the Run. @session_id NULL: a new session, titled
 * after the text. Errors: NOT_FOUND session, CONFLICT a run is live in it, RATE_LIMITED too many runs. */
void        vig_runner_start_async   (VigRunner *self, const VigCaller *caller, const char *session_id, const char *text,
                                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/* The same, for what begins elsewhere than at the end of what is shown, or asks again. (transfer full) start */
void        vig_runner_begin_async   (VigRunner *self, VigRunStart *start, GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);
/* The same in a session of its own, with nothing above read unless a person approves it, whatever the trust mode: to try an Operator, or where
 * @operator_id is NULL the orchestrator. */
void        vig_runner_test_async    (VigRunner *self, const VigCaller *caller, const char *operator_id, const char *text,
                                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
JsonObject *vig_runner_start_finish  (VigRunner *self, GAsyncResult *result, GError **error);

/* Ends model, tools and children; answers with the Run once its end is on disk. CONFLICT: it has ended. */
void        vig_runner_stop_async    (VigRunner *self, const VigCaller *caller, const char *run_id,
                                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
JsonObject *vig_runner_stop_finish   (VigRunner *self, GAsyncResult *result, GError **error);

/* Ends all runs that @user_id asked for, or with NULL everybody. That they are to end is on disk before, by vig_store_runs_stop_user(). */
void        vig_runner_stop_user     (VigRunner *self, const char *user_id);

/* What has been streamed of the reply that is being made now, for a viewer who comes late: {"run_id", "operator_name", "text", "reasoning",
 * "outputs": {"<call id>": "text"}} or NULL. */
JsonObject *vig_runner_describe_live (VigRunner *self, const char *session_id);

/* While @frozen (schema Frozen) is not NULL no run starts; setting it stops all there are, at once. */
void        vig_runner_set_frozen    (VigRunner *self, JsonObject *frozen);

VigParts   *vig_runner_get_parts     (VigRunner *self); /* borrowed */
guint       vig_runner_get_n_asked   (VigRunner *self); /* of these, those that a person asked for */
guint       vig_runner_get_n_running (VigRunner *self);
/* Cancels everything in flight without ending the runs: they resume at the next start. */
void        vig_runner_shut_down     (VigRunner *self);

G_END_DECLS
