/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-agent.h"

#include <vigilus/vig-invocation-private.h>

#include "vig-undo.h"

G_BEGIN_DECLS

/* What a running call prints, carried from the tool's threads to the main loop. The tool may outlive the call, and may print faster
 * than anyone reads: only the newest of what nobody took is kept. */
typedef struct _VigCallOutput VigCallOutput;

typedef void (*VigCallOutputFunc) (const char *text, gsize length, gpointer user_data);

/* @context outlives all; @operator_id says which servers may be used. */
VigCallOutput *vig_call_output_new            (const VigAgentContext *context, const char *operator_id, VigCallOutputFunc func, gpointer user_data);
void           vig_call_output_unref          (gpointer self);
void           vig_call_output_close          (VigCallOutput *self); /* @func is not called any more; main thread */
/* For whom the call is (copied), and where files are kept that it changes (NULL: nowhere); before the first invocation. */
void           vig_call_output_set_undo       (VigCallOutput *self, VigUndo *undo, const VigUndoSubject *subject);
/* An invocation whose output goes here, and whose commands run confined in its working directory. */
VigInvocation *vig_call_output_new_invocation (VigCallOutput *self, const VigInvocationValues *values);

G_END_DECLS
