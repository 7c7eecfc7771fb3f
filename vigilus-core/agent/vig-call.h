/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"
#include "vig-parts.h"

G_BEGIN_DECLS

typedef enum
{
  VIG_CALL_NEW,       /* is judged */
  VIG_CALL_WAITING,   /* for a person */
  VIG_CALL_DECLARING, /* is written to the audit log */
  VIG_CALL_RUNNING,
  VIG_CALL_RECORDING, /* its outcome is written */
  VIG_CALL_DONE,
} VigCallState;

/* One tool call: the only way from a model's wish to a tool. A state machine on the main loop; its state is on disk before it is shown. */
#define VIG_TYPE_CALL (vig_call_get_type ())
G_DECLARE_FINAL_TYPE (VigCall, vig_call, VIG, CALL, GObject)

/* The run that the call belongs to; it keeps the call until it is DONE, or abandons it. Texts are copied. */
typedef struct
{
  VigParts     *parts;
  const char   *run_id;
  const char   *session_id;
  const char   *user_id;
  const char   *user_name;
  VigOperator  *operator;
  const char   *words;       /* what the model said before it called */
  GCancellable *cancellable; /* the run's */
  void        (*changed) (VigCall *call, gpointer user_data); /* it went to another state; may end the run */
  gpointer      user_data;
} VigCallOwner;

#define VIG_CALL_MAX_IN_REPLY 256 /* calls of one reply that are looked at; the model is told of the others to make them in the next one */

VigCall      *vig_call_new                  (const VigCallOwner *owner, JsonObject *row); /* schema Call, as stored */
void          vig_call_start                (VigCall *self);                              /* from the state that is stored */
void          vig_call_refuse               (VigCall *self); /* before it starts: its reply has too many */
void          vig_call_stop                 (VigCall *self); /* ends without running, or as what runs ends */
void          vig_call_give_up              (VigCall *self); /* ends now: what runs is left behind */
/* Stores DONE if the run does not go on soon, which stores it, too: for a call whose siblings take longer. */
void          vig_call_settle               (VigCall *self);
void          vig_call_abandon              (VigCall *self); /* the owner goes; what is stored stays as it is */

VigCallState  vig_call_get_state            (VigCall *self);
const char   *vig_call_get_id               (VigCall *self);
const char   *vig_call_get_provider_call_id (VigCall *self);
const char   *vig_call_get_tool_name        (VigCall *self);
const char   *vig_call_get_result           (VigCall *self, gboolean *is_error); /* once DONE */
const char   *vig_call_get_note             (VigCall *self); /* for the model, from us; NULL: none */
const char   *vig_call_get_output           (VigCall *self); /* what it printed so far, redacted */
gboolean      vig_call_waits_for_run        (VigCall *self); /* of another Operator, that it has asked for */
const char   *vig_call_state_to_string      (VigCallState state);

/* What a call that waits for a person would change now, a VigApprovalPreviewFunc: {"kind", "text"} redacted as a GTask's pointer, or NULL. */
void           vig_call_preview_async   (gpointer call, JsonObject *arguments, GAsyncReadyCallback callback, gpointer user_data);

G_END_DECLS
