/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Ollama's own format: what is sent, and how what comes back is read. No I/O. */
#define OLLAMA_FORMAT "ollama-chat"
#define OLLAMA_CONTEXT 16384 /* tokens: Ollama's own default cuts off the tools */

typedef struct
{
  gint64   context;   /* tokens */
  char    *reasoning; /* "off", "low", "medium", "high"; NULL: the model's own way */
  gboolean is_blind;  /* the model takes no pictures */
} OllamaOptions;

JsonObject *ollama_build_request (const OllamaOptions *options, const VigCompletionRequest *request);
/* One line of a stream, and the whole of an answer that is none. */
void        ollama_parse_line    (VigHttpAnswer *answer, JsonObject *line);

G_END_DECLS
