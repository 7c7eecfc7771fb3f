/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-redact.h"

G_BEGIN_DECLS

/* Transcripts from what is stored. @history: messages of earlier runs, @messages: of this one (schema Message). */

/* For @operator_name: its own earlier runs with their calls, of others what was said. Calls without a result get one that says so,
 * but for the last reply of @messages: that is where a run goes on. */
VigTranscript *vig_history_build          (JsonArray *history, JsonArray *messages, const char *operator_name, VigRedactor *redactor);
/* To route: what was said, no calls. */
VigTranscript *vig_history_build_to_route (JsonArray *history, JsonArray *messages, VigRedactor *redactor);
/* What of a reply goes back to a model: the same, redacted. What the provider itself made and wants back unchanged stays as it is. */
VigReply      *vig_history_redact_reply   (VigReply *reply, VigRedactor *redactor);
/* What the person asked in @messages; never NULL. */
const char    *vig_history_get_question   (JsonArray *messages);

G_END_DECLS
