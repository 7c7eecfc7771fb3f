/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Runs (schema Run: id, session_id, user_id, state routing|asking|resolving|done|failed|stopped, operator_id|null, operator_name|null,
 * routing_reason|null, error|null {code,message}, turns, usage {input_tokens, output_tokens}, created_at, updated_at, ended_at|null,
 * unattended: nobody sat before it when it was started, question_id|null: the person's message that it answers, plan|null: of one that is
 * split up, parent_run_id|null, parent_call_id|null, root_run_id|null, depth: of one that another run's call has started, ceiling|null, strict:
 * what its asker lends at most, origin|null rerun|continue, origin_id|null: the run that it was made from,
 * question|null: the beginning of what was asked). */
JsonObject *vig_store_runs_create     (VigDbConnection *db, const char *session_id, const char *user_id, GError **error); /* state routing; CONFLICT: one is live in this session */
JsonObject *vig_store_runs_get        (VigDbConnection *db, const char *id, GError **error);
/* each may be NULL; state "live": not ended; @until: made before (microseconds), or 0; newest first */
JsonObject *vig_store_runs_list       (VigDbConnection *db, const char *user_id, const char *session_id, const char *state, gint64 until, const VigPage *page,
                                       GError **error);
JsonArray  *vig_store_runs_unfinished (VigDbConnection *db, GError **error);
gboolean    vig_store_runs_set_origin (VigDbConnection *db, const char *id, const char *origin, const char *origin_id, GError **error);
gboolean    vig_store_runs_set_strict     (VigDbConnection *db, const char *id, GError **error); /* nothing is approved by itself */
gboolean    vig_store_runs_set_unattended (VigDbConnection *db, const char *id, GError **error);
/* @words: the beginning of what was asked, redacted. */
gboolean    vig_store_runs_set_question (VigDbConnection *db, const char *id, const char *message_id, const char *words, GError **error);
/* Lists leave out runs that have a parent. @changes: any of state, operator_id, operator_name, routing_reason, error, turns, usage, stop_requested, plan. */
JsonObject *vig_store_runs_update     (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);

/* A run that @parent_call_id starts, once: EXISTS the second time. It belongs to the parent's session and person. */
typedef struct
{
  const char *parent_run_id;
  const char *parent_call_id;
  const char *operator_id;
  const char *operator_name;
  const char *reason;  /* NULL: none */
  const char *ceiling; /* NULL: its Operator's */
  gboolean    strict;
} VigStoreChild;

JsonObject *vig_store_runs_create_child   (VigDbConnection *db, const VigStoreChild *child, GError **error);
JsonObject *vig_store_runs_find_child     (VigDbConnection *db, const char *parent_call_id, GError **error); /* NULL without error: none */
JsonArray  *vig_store_runs_children       (VigDbConnection *db, const char *parent_run_id, GError **error);  /* oldest first */
gint64      vig_store_runs_count_children (VigDbConnection *db, const char *parent_run_id, GError **error);  /* -1: error */
/* What the other runs of the same tree have used. */
gboolean    vig_store_runs_sum_others     (VigDbConnection *db, JsonObject *run, gint64 *tokens, gint64 *cost, GError **error);
/* Of each Operator with live ones: schema OperatorStatus. */
JsonArray  *vig_store_runs_by_operator    (VigDbConnection *db, GError **error);
/* Live ones whose parent has ended or shall stop: they shall stop, too. */
gboolean    vig_store_runs_stop_orphans   (VigDbConnection *db, guint max_depth, GError **error);
gboolean    vig_store_runs_stop_user      (VigDbConnection *db, const char *user_id, GError **error); /* live ones end as soon as the runner is told, or at the next start */

/* Calls (schema Call: id, run_id, message_id, provider_call_id, tool, arguments, level|null, resource|null, state
 * new|waiting|declaring|running|recording|done, decision|null {verdict allow|deny, rule, reason}, approval_id|null, outcome|null
 * success|failed|denied|interrupted|unknown, result|null {text, is_error, truncated, bytes}, created_at, started_at|null, ended_at|null,
 * edited_arguments|null: an approver's, in place of the model's, note|null: what the model is told of that, grant_id|null: it ran under). */
JsonObject *vig_store_calls_create    (VigDbConnection *db, JsonObject *call, GError **error);
JsonObject *vig_store_calls_get       (VigDbConnection *db, const char *id, GError **error);
JsonObject *vig_store_calls_get_terms (VigDbConnection *db, const char *id, GError **error); /* of its run: unattended, ceiling, strict */
JsonArray  *vig_store_calls_of_run    (VigDbConnection *db, const char *run_id, GError **error);
JsonObject *vig_store_calls_update    (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);
gboolean    vig_store_calls_set       (VigDbConnection *db, const char *id, JsonObject *changes, GError **error); /* the same; nothing is read back */
JsonObject *vig_store_calls_edit      (VigDbConnection *db, const char *id, JsonObject *arguments, const char *note, GError **error);
/* What a call found before its change. CONFLICT: it is over. */
gboolean    vig_store_calls_note      (VigDbConnection *db, const char *id, JsonObject *noted, GError **error);
char       *vig_store_calls_dup_noted (VigDbConnection *db, const char *id, GError **error); /* JSON; NULL without error: nothing */

G_END_DECLS
