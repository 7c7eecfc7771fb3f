/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"

G_BEGIN_DECLS

#define VIG_PLAN_TOOL      "plan"
#define VIG_PLAN_MAX_STEPS 8    /* of one plan; what is over is left out, and said so */
#define VIG_PLAN_MAX_TASK  4000 /* bytes of a step's task */
#define VIG_PLAN_MAX_FOUND 6000 /* bytes of an earlier step's result that a later one is told */

/* A request that is split over several Operators: who does what, and what has to be done before. Pure; what was done already it is told. Steps are numbered from 1. */
typedef struct _VigPlan VigPlan;

VigPlan    *vig_plan_new           (const char *by); /* "model" or "mention" */
VigPlan    *vig_plan_from_json     (JsonObject *object); /* as stored; NULL: not a plan */
JsonObject *vig_plan_to_json       (VigPlan *self); /* {by, steps: [{operator, task, after: [number], asked_in: run id|null, done}]} */
void        vig_plan_free          (VigPlan *self);

/* @after: numbers of steps before this one, 0-terminated, or NULL. FALSE: the plan is full. */
gboolean    vig_plan_add           (VigPlan *self, const char *operator_name, const char *task, const guint *after);
guint       vig_plan_get_n_steps   (VigPlan *self);
const char *vig_plan_get_operator  (VigPlan *self, guint number);
/* For people: a numbered list in Markdown. */
char       *vig_plan_describe      (VigPlan *self);

/* The schema of the tool `plan`. */
char       *vig_plan_build_schema  (GPtrArray *operators);
/* What a model's reply asks for, or NULL where that is not several Operators: a call of `plan`, several of `delegate`, or lines "Name: task".
 * Names that are no Operator's are left out. */
VigPlan    *vig_plan_read_reply    (GPtrArray *operators, VigReply *reply, const char *question);
/* Operators that a person named, in order: each gets what stands behind its name. NULL: fewer than two. */
VigPlan    *vig_plan_read_mentions (GPtrArray *operators, const char *text);

/* The calls of what can be done now: steps not asked yet, whose predecessors all succeeded. No calls: nothing is left. @run_id makes the
 * ids of the calls. (transfer full) */
VigReply   *vig_plan_next          (VigPlan *self, const char *run_id);
/* What a call returned, framed; those of no step are left alone. */
void        vig_plan_take_result   (VigPlan *self, const char *run_id, const char *call_id, const char *text, gboolean is_error);
/* The results in these messages, each of the run that it is of. */
void        vig_plan_take_messages (VigPlan *self, JsonArray *messages);
/* The runs in which its steps were asked. */
GStrv       vig_plan_list_runs     (VigPlan *self);
/* What failed is asked once more, and told how it ended. FALSE: all is done. */
gboolean    vig_plan_try_again     (VigPlan *self);
void        vig_plan_start_over    (VigPlan *self); /* nothing of it was done */
/* Steps that will never be asked, since one before them failed; for the model. NULL: none. (transfer full) */
char       *vig_plan_describe_left (VigPlan *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigPlan, vig_plan_free)

/* Where no model is needed to route: sets @plan to that of several Operators which are named, or @operator to the one which is named or the only
 * one there is (borrowed), and returns why. NULL: a model has to say, or there is none of @operators (of VigOperator, enabled ones). */
const char  *vig_plan_route_plainly   (GPtrArray *operators, const char *text, VigOperator **operator, VigPlan **plan);

G_END_DECLS
