/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-openai-provider.h"

G_BEGIN_DECLS

/* Not installed: OpenAI's two formats, Chat Completions in all its dialects and Responses: what is sent, and how what comes back
 * is read. No I/O. */
#define VIG_CHAT_FORMAT "openai-chat"
#define VIG_RESPONSES_FORMAT "openai-responses"

/* What a server, or one of its models, was found to want otherwise. */
typedef enum
{
  VIG_CHAT_OLD_MAX_TOKENS = 1 << 0, /* "max_tokens" instead of "max_completion_tokens" */
  VIG_CHAT_NO_REASONING = 1 << 1,   /* refuses its own reasoning */
  VIG_CHAT_NO_IMAGES = 1 << 2,
  VIG_CHAT_SHORT_TEXTS = 1 << 3,    /* descriptions of tools have a limit (OpenAI) */
  VIG_CHAT_SHORT_IDS = 1 << 4,      /* the id of a call has nine characters (Mistral) */
  VIG_CHAT_FIRST_MEMBER = 1 << 5,   /* this bit and those above: members of a request that are left out */
} VigChatDialect;

JsonObject *vig_chat_build_request      (guint dialect, const VigCompletionRequest *request);
JsonObject *vig_responses_build_request (guint dialect, const VigCompletionRequest *request);
/* Takes out of @body, or makes shorter, what @dialect says that the server refuses. */
void        vig_chat_fit_request        (guint dialect, JsonObject *body);
/* Changes @body, and adds to @dialect, where @fault says what the server does not know. */
gboolean    vig_chat_adapt              (guint *dialect, JsonObject *body, const VigHttpFault *fault);
/* The arguments of a call as JSON text: an object, also where the model sent none. */
char       *vig_chat_dup_arguments      (const VigReplyCall *call);

/* What is collected of one answer. */
gpointer    vig_chat_pieces_new         (void);
void        vig_chat_pieces_free        (gpointer state);
void        vig_chat_parse_event        (VigHttpAnswer *answer, gpointer state, JsonObject *event);
void        vig_chat_parse_body         (VigHttpAnswer *answer, gpointer state, JsonObject *body);
void        vig_chat_parse_end          (VigHttpAnswer *answer, gpointer state);

gpointer    vig_responses_items_new     (void);
void        vig_responses_items_free    (gpointer state);
void        vig_responses_parse_event   (VigHttpAnswer *answer, gpointer state, JsonObject *event);
void        vig_responses_parse_body    (VigHttpAnswer *answer, gpointer state, JsonObject *body);
void        vig_responses_parse_end     (VigHttpAnswer *answer, gpointer state);

/* Whether the pictures of a turn are sent. To a model that takes none, those of the last question still are: it must refuse them, not guess. */
gboolean    vig_chat_shows_images    (guint dialect, VigTranscript *transcript, guint turn);

G_END_DECLS
