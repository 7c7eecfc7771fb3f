/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The Messages format: what is sent, and how what comes back is read. No I/O. */
#define ANTHROPIC_FORMAT "anthropic-messages"
#define ANTHROPIC_DEFAULT_MAX_TOKENS 16384

/* What a model was found to want otherwise. */
typedef enum
{
  ANTHROPIC_BUDGET = 1 << 0,      /* thinks by a number of tokens, not as it sees fit */
  ANTHROPIC_NO_EFFORT = 1 << 1,
  ANTHROPIC_NO_DISPLAY = 1 << 2,
  ANTHROPIC_NO_THINKING = 1 << 3,
} AnthropicDialect;

JsonObject *anthropic_build_request (const VigCompletionRequest *request, gboolean is_blind);

/* Sets how much is thought, anew: @effort "off", "low", "medium", "high"; NULL: the model's own way. */
void        anthropic_set_thinking   (JsonObject *body, const char *effort, guint dialect);
/* The flag for what a server @said against the thinking that was asked for; 0: it is about something else. */
guint       anthropic_learn_thinking (const char *said);
gboolean    anthropic_drop_thoughts  (JsonArray *messages);

/* The content blocks of one answer. */
gpointer anthropic_blocks_new      (void);
void     anthropic_blocks_free     (gpointer state);
void     anthropic_parse_event     (VigHttpAnswer *answer, JsonObject *event);
void     anthropic_parse_body      (VigHttpAnswer *answer, JsonObject *body);
void     anthropic_parse_end       (VigHttpAnswer *answer);

G_END_DECLS
