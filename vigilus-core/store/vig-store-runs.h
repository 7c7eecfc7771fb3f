/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Runs (schema Run: id, session_id, user_id, state routing|asking|resolving|done|failed|stopped, operator_id|null, operator_name|null,
 * routing_reason|null, error|null {code,message}, turns, usage {input_tokens, output_tokens}, created_at, updated_at, ended_at|null,
 * unattended: nobody sat before it when it was started, question_id|null: the person's message that it answers). */
JsonObject *vig_store_runs_create     (VigDbConnection *db, const char *session_id, const char *user_id, GError **error); /* state routing; CONFLICT: one is live in this session */
JsonObject *vig_store_runs_get        (VigDbConnection *db, const char *id, GError **error);
/* each may be NULL; state "live": not ended; newest first */
JsonObject *vig_store_runs_list       (VigDbConnection *db, const char *user_id, const char *session_id, const char *state, const VigPage *page, GError **error);
JsonArray  *vig_store_runs_unfinished (VigDbConnection *db, GError **error);
gboolean    vig_store_runs_set_unattended (VigDbConnection *db, const char *id, GError **error);
gboolean    vig_store_runs_set_question (VigDbConnection *db, const char *id, const char *message_id, GError **error);
/* @changes: any of state, operator_id, operator_name, routing_reason, error, turns, usage, stop_requested. */
JsonObject *vig_store_runs_update     (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);

/* Calls (schema Call: id, run_id, message_id, provider_call_id, tool, arguments, level|null, resource|null, state
 * new|waiting|declaring|running|recording|done, decision|null {verdict allow|deny, rule, reason}, approval_id|null, outcome|null
 * success|failed|denied|interrupted|unknown, result|null {text, is_error, truncated, bytes}, created_at, started_at|null, ended_at|null,
 * edited_arguments|null: an approver's, in place of the model's, note|null: what the model is told of that, grant_id|null: it ran under). */
JsonObject *vig_store_calls_create    (VigDbConnection *db, JsonObject *call, GError **error);
JsonObject *vig_store_calls_get       (VigDbConnection *db, const char *id, GError **error);
JsonArray  *vig_store_calls_of_run    (VigDbConnection *db, const char *run_id, GError **error);
JsonObject *vig_store_calls_update    (VigDbConnection *db, const char *id, JsonObject *changes, GError **error);
JsonObject *vig_store_calls_edit      (VigDbConnection *db, const char *id, JsonObject *arguments, const char *note, GError **error);

G_END_DECLS
