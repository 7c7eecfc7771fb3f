/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"
#include "vig-parts.h"
#include "vig-policy-engine.h"

G_BEGIN_DECLS

/* Judges one call: collects what the policy engine has to know, as it stands now, and asks it. Main thread. */
typedef struct _VigCallJudge VigCallJudge;

/* @arguments: JSON text, NULL where the model sent no object. */
VigCallJudge *vig_call_judge_new              (VigParts *parts, const char *user_name, const char *tool_name, const char *arguments);
void          vig_call_judge_free             (VigCallJudge *self);
void          vig_call_judge_set_arguments    (VigCallJudge *self, const char *arguments);
/* Whose conversation it is: what that has read, and the grants that hold only there. */
void          vig_call_judge_set_call         (VigCallJudge *self, const char *call_id, const char *session_id);

/* Once at a time; @self lives until it ends. @approval_id: what was requested before, or NULL. */
void          vig_call_judge_run_async        (VigCallJudge *self, VigOperator *operator, const char *approval_id,
                                               GAsyncReadyCallback callback, gpointer user_data);
gboolean      vig_call_judge_run_finish       (VigCallJudge *self, GAsyncResult *result, GError **error);

/* As of the last time; borrowed. */
VigDecision  *vig_call_judge_get_decision     (VigCallJudge *self);
VigLevel      vig_call_judge_get_level        (VigCallJudge *self);
gint64        vig_call_judge_get_policy_version (VigCallJudge *self); /* that decided; 0: none */
VigOperator  *vig_call_judge_get_operator     (VigCallJudge *self);
const char   *vig_call_judge_get_resource     (VigCallJudge *self); /* canonical, NULL: everything */
const char   *vig_call_judge_get_sha256       (VigCallJudge *self); /* of the canonical arguments */
JsonObject   *vig_call_judge_get_approval     (VigCallJudge *self); /* NULL: none */
char         *vig_call_judge_dup_grant        (VigCallJudge *self);
const char   *vig_call_judge_get_grant_end    (VigCallJudge *self); /* when it expires, as ISO 8601; NULL: there is none */
gsize         vig_call_judge_get_output_limit (VigCallJudge *self); /* bytes that a model is shown at once */
gsize         vig_call_judge_get_keep_limit   (VigCallJudge *self); /* bytes that are kept */
gint64        vig_call_judge_get_wait         (VigCallJudge *self); /* microseconds that a request stays open */
/* Redacted and cut for people; NULL where @preview is. */
JsonObject   *vig_call_judge_dup_preview      (VigCallJudge *self, VigPreview *preview);
JsonNode     *vig_call_judge_dup_arguments    (VigCallJudge *self); /* redacted for people */

G_END_DECLS
