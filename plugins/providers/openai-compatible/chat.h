/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* The Chat Completions format in all its dialects: what is sent, and how what comes back is read. No I/O. */
#define CHAT_FORMAT "openai-chat"

/* What one server was found to want otherwise. */
typedef struct
{
  gboolean old_max_tokens;    /* "max_tokens" instead of "max_completion_tokens" */
  gboolean no_stream_options;
  gboolean no_reasoning;      /* refuses its own reasoning */
} ChatDialect;

JsonObject *chat_build_request (const ChatDialect *dialect, const VigCompletionRequest *request);
/* Changes @body and @dialect where @fault says what the server does not know. */
gboolean    chat_adapt         (ChatDialect *dialect, JsonObject *body, const VigHttpFault *fault);

/* What is collected of one answer. */
gpointer    chat_pieces_new    (void);
void        chat_pieces_free   (gpointer state);
void        chat_parse_event   (VigHttpAnswer *answer, JsonObject *event);
void        chat_parse_body    (VigHttpAnswer *answer, JsonObject *body);
void        chat_parse_end     (VigHttpAnswer *answer);

G_END_DECLS
