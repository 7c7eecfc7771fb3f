/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-compaction.h"

G_BEGIN_DECLS

/* Transcripts from what is stored. @history: messages of earlier runs, @messages: of this one (schema Message). */

/* For its Operator: its own earlier runs with their calls, of others what was said; after the summary, where there is one. Calls without a result get
 * one that says so, but for the last reply of this run: that is where it goes on. @approvals: that are open, or NULL. */
VigTranscript *vig_history_build          (const VigConversation *conversation, JsonArray *approvals);
/* The messages that are shown as they are: those after the summary, or from the first of a person's on. */
JsonArray     *vig_history_list_shown     (const VigConversation *conversation);
/* With its calls and their results, or by what was said alone. */
gboolean       vig_history_is_own         (const VigConversation *conversation, JsonObject *message);
/* Of @operator_name, whose last message is among these; NULL: none. */
JsonObject    *vig_history_find_summary   (JsonArray *summaries, const char *operator_name, JsonArray *history, JsonArray *messages);
/* To route: what was said, no calls. @most: bytes; the question comes first, cut in its middle if it must be, then what was said last. */
VigTranscript *vig_history_build_to_route (JsonArray *history, JsonArray *messages, VigRedactor *redactor, gsize most);
/* What of a reply goes back to a model: the same, redacted. What the provider itself made and wants back unchanged stays as it is. */
VigReply      *vig_history_redact_reply   (VigReply *reply, VigRedactor *redactor);
/* What the person asked in @messages; never NULL. */
const char    *vig_history_get_question   (JsonArray *messages);

G_END_DECLS
