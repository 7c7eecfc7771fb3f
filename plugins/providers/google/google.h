/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* Gemini's generateContent: what is sent, and how what comes back is read. No I/O. */
#define GOOGLE_FORMAT "gemini-generatecontent"

/* @thinking: "" thoughts as the model has them, "off", "low", "medium", "high"; NULL: the model knows none. */
JsonObject *google_build_request (const VigCompletionRequest *request, const char *thinking);

/* The parts of one answer: as they are shown, and as the server wants them back. */
typedef struct _GoogleParts GoogleParts;

GoogleParts *google_parts_new    (void);
void         google_parts_free   (GoogleParts *self);
void         google_parts_take   (GoogleParts *self, VigHttpAnswer *answer, JsonObject *part);
void         google_parts_finish (GoogleParts *self, VigHttpAnswer *answer);

void         google_parse_event  (VigHttpAnswer *answer, JsonObject *event);
void         google_parse_end    (VigHttpAnswer *answer);

G_END_DECLS
