/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-call-judge.h"
#include "vig-call-output.h"
#include "vig-call-store.h"
#include "vig-call.h"
#include "vig-stream.h"

G_BEGIN_DECLS

/* What the files of VigCall share. */
struct _VigCall
{
  GObject        parent_instance;

  VigCallOwner   owner;       /* its changed() is NULL once abandoned */
  char          *run_id;      /* these are what owner points to: a call may outlive its run */
  char          *session_id;
  char          *user_id;
  char          *user_name;
  char          *words;
  VigParts      *parts;
  VigCallState   state;
  char          *id;
  char          *tool_name;
  char          *provider_call_id;
  char          *arguments;   /* JSON text, as edited by who approved it; NULL: what the model sent was no object */
  char          *note;        /* for the model, beside the result; NULL: none */
  char          *grant_id;    /* that it runs under; NULL: none */
  char          *grant_end;   /* when that expires, as ISO 8601, where it may before the call starts; or NULL */
  char          *approval_id;
  char          *stored_level;
  char          *stored_resource; /* as judged last, which is all there is of a call that is taken up after a restart */
  gint64         stored_start; /* wall clock, of a call that was running when the daemon ended; 0: none */
  char          *stored_state;

  VigCallJudge  *judge;
  VigOperator   *operator;
  VigCallOutput *output;
  VigStream     *stream;
  GCancellable  *cancellable; /* the tool's own */
  GCancellable  *abandoned;   /* ends only what is tried again and again */
  GCancellable  *run_cancellable;
  gulong         cancel_handler;
  gint64         started;     /* monotonic */
  guint          running_timer;
  guint          settle_timer;
  guint          grace_timer;
  guint          n_conflicts; /* grants that were gone when the call was declared */
  gboolean        has_slot;
  gboolean        stopping, refused;
  gboolean        revoked;     /* its grant was, while it ran or was about to */
  gboolean        previewing;  /* RUNNING, but what it changes is only looked at */
  gboolean        has_result;  /* the tool gave one, as against only the reason why there is none */
  gboolean        holding;     /* its outcome can't be written: nothing else runs */
  gboolean        shown_unknown;

  JsonObject    *preview;      /* what it changes, where nobody was asked; NULL: none */
  char          *result;
  gboolean        result_is_error;
};

/* vig-call.c: the machine */
void           vig_call_enter          (VigCall *self, VigCallState state);
void           vig_call_forget_run     (VigCall *self);
VigCallOutput *vig_call_ensure_output  (VigCall *self); /* where what it prints goes, while there is something to print */
void           vig_call_forget_output  (VigCall *self);
gboolean       vig_call_is_abandoned   (VigCall *self);
void           vig_call_publish        (VigCall *self, JsonObject *row);
void           vig_call_take_arguments (VigCall *self, JsonObject *row); /* the model's, or what an approver made of them */

/* vig-call-judging.c: NEW and WAITING */
void           vig_call_judge_again    (VigCall *self);

/* vig-call-running.c: DECLARING and RUNNING */
void           vig_call_declare        (VigCall *self);
void           vig_call_run_tool       (VigCall *self);
void           vig_call_end_running    (VigCall *self);
void           vig_call_record_unrun   (VigCall *self); /* it was stopped before it started */
void           vig_call_forget_grant   (VigCall *self);
void           vig_call_take_outcome   (VigCall *self, JsonNode *result, const GError *error);
VigInvocation *vig_call_new_preview    (VigCall *self, VigTool *tool, JsonObject *arguments); /* NULL: the call's own; with a limit of its own */
void           vig_call_release_slot   (VigCall *self);

/* vig-call-delegating.c: RUNNING, as a run of another Operator */
gboolean       vig_call_is_delegated   (VigCall *self);
void           vig_call_ask_operator   (VigCall *self);

/* vig-call-recording.c: what is written of a call, and RECORDING */
JsonObject    *vig_call_build_record   (VigCall *self, const char *event, VigDecision *decision, const char *outcome);
JsonObject    *vig_call_build_outcome  (VigCall *self, const char *outcome); /* with how long it took */
VigCallWrite  *vig_call_new_write      (VigCall *self, VigCallState state);
void           vig_call_note_decision  (VigCall *self, VigCallWrite  *write, VigDecision *decision);
void           vig_call_take_result    (VigCall *self, JsonObject *row);
void           vig_call_deny           (VigCall *self, VigDecision *decision);
void           vig_call_deny_for       (VigCall *self, const char *rule, const char *reason);
/* @text: (transfer full) */
void           vig_call_record_outcome (VigCall *self, const char *outcome, char *text, gboolean is_error);

G_END_DECLS
