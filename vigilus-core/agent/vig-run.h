/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-parts.h"
#include "vig-run-store.h"

G_BEGIN_DECLS

#define VIG_RUN_UNPRICED "unpriced" /* code of the notice that a limit in money can't hold */

typedef enum
{
  VIG_RUN_ROUTING,   /* looks for the Operator */
  VIG_RUN_ASKING,    /* the model */
  VIG_RUN_RESOLVING, /* the reply's tool calls */
  VIG_RUN_DONE,
  VIG_RUN_FAILED,
  VIG_RUN_STOPPED,
} VigRunState;

/* One message on its way to an answer. A state machine on the main loop; what it does next follows from what is stored, so one that was
 * read back goes on. */
#define VIG_TYPE_RUN (vig_run_get_type ())
G_DECLARE_FINAL_TYPE (VigRun, vig_run, VIG, RUN, GObject)

/* @run: as it is on disk now. Called once. */
typedef void (*VigRunEndedFunc) (VigRun *self, gpointer user_data);

VigRun      *vig_run_new            (VigParts *parts, JsonObject *row, VigRunEndedFunc ended, gpointer user_data); /* schema Run */
/* Or goes on. @loaded: (transfer full) what it begins with; NULL: it is read. */
void         vig_run_start          (VigRun *self, VigRunLoaded *loaded);
void         vig_run_stop           (VigRun *self);
void         vig_run_abandon        (VigRun *self); /* what is stored stays as it is */

const char  *vig_run_get_id         (VigRun *self);
const char  *vig_run_get_session_id (VigRun *self);
const char  *vig_run_get_user_id    (VigRun *self);
VigRunState  vig_run_get_state      (VigRun *self);
guint        vig_run_get_depth      (VigRun *self); /* 0: a person asked */
JsonObject  *vig_run_get_row        (VigRun *self); /* as it is on disk */
gboolean     vig_run_is_waiting     (VigRun *self); /* for people and other runs only */
JsonObject  *vig_run_describe_live  (VigRun *self);
const char  *vig_run_state_to_string (VigRunState state);

G_END_DECLS
