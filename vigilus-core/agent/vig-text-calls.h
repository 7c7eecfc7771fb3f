/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Tool calls as text, for models that can't call tools: they are told how to write one, and what they write is read. Pure. */

/* What such a model is told beside the prompt: how to call, and what there is. NULL: no tools. (transfer full) */
char          *vig_text_calls_describe   (const VigToolInfo * const *tools);
/* The same conversation in words only. (transfer full) */
VigTranscript *vig_text_calls_transcribe (VigTranscript *transcript);
/* @reply with the calls of @tools that its text makes, and that text without them; NULL: it makes none. Where a model can call tools (@as_text FALSE), only one
 * that says nothing but a call is taken by its word: small ones do so. (transfer full) */
VigReply      *vig_text_calls_read       (VigReply *reply, const VigToolInfo * const *tools, gboolean as_text);
/* Whether a server refused a request since its model can't call tools. */
gboolean       vig_text_calls_is_refusal (const GError *error);

G_END_DECLS
