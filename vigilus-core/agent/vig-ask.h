/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-operator.h"
#include "vig-parts.h"
#include "vig-run-store.h"

G_BEGIN_DECLS

/* One question to a model: who is asked, with what, and what has come so far. Main thread, reference counted. */
typedef struct _VigAsk VigAsk;

/* @text: redacted, ready to be shown. */
typedef void (*VigAskFunc) (VigChunkKind kind, const char *text, gpointer user_data);

/* Errors say what a person has to do: no provider, no model, a key that can't be read. */
VigAsk     *vig_ask_new_for_operator (VigParts *parts, VigRunFacts *facts, VigOperator *operator, VigTranscript *transcript, GError **error);
VigAsk     *vig_ask_new_to_route     (VigParts *parts, VigRunFacts *facts, GPtrArray *operators, gsize budget, VigTranscript *transcript,
                                      GError **error); /* @budget: vig-prompt.h; see vig-route-ask.h */
/* The orchestrator's own words at the end of a plan. @left: steps that were not done; NULL: none. */
VigAsk     *vig_ask_new_to_answer    (VigParts *parts, VigRunFacts *facts, GPtrArray *operators, const char *left, VigTranscript *transcript, GError **error);
/* A title for the conversation that @transcript tells of, by the model that routes. */
VigAsk     *vig_ask_new_to_entitle   (VigParts *parts, VigRunFacts *facts, VigTranscript *transcript, GError **error);
void        vig_ask_unref            (VigAsk *self);

void        vig_ask_run_async        (VigAsk *self, VigAskFunc on_text, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
VigReply   *vig_ask_run_finish       (VigAsk *self, GAsyncResult *result, GError **error);
void        vig_ask_close            (VigAsk *self); /* on_text is not called any more */

const char *vig_ask_get_model        (VigAsk *self);
const char *vig_ask_get_system       (VigAsk *self);
const VigToolInfo * const *vig_ask_get_tools (VigAsk *self); /* NULL-terminated */
const char *vig_ask_get_provider_name (VigAsk *self); /* as it is called in Vigilus */
VigProvider *vig_ask_get_provider    (VigAsk *self);
gboolean    vig_ask_is_at_home       (VigAsk *self); /* whom it was sent to is one's own machine, which takes no money */
VigProvider *vig_ask_get_writer      (VigAsk *self); /* that can write a summary; NULL: it only knows words */
gsize       vig_ask_get_bytes        (VigAsk *self); /* of all that the model is shown, about */
const char *vig_ask_get_text         (VigAsk *self); /* what was shown so far */
const char *vig_ask_get_reasoning    (VigAsk *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigAsk, vig_ask_unref)

G_END_DECLS
