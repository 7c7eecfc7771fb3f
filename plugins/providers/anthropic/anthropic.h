/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The Messages format: what is sent, and how what comes back is read. No I/O. */
#define ANTHROPIC_FORMAT "anthropic-messages"
#define ANTHROPIC_DEFAULT_MAX_TOKENS 16384

JsonObject *anthropic_build_request (const VigCompletionRequest *request);

/* The content blocks of one answer. */
gpointer anthropic_blocks_new      (void);
void     anthropic_blocks_free     (gpointer state);
void     anthropic_parse_event     (VigHttpAnswer *answer, JsonObject *event);
void     anthropic_parse_body      (VigHttpAnswer *answer, JsonObject *body);
void     anthropic_parse_end       (VigHttpAnswer *answer);

G_END_DECLS
