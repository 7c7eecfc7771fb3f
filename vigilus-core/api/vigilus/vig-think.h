/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-provider.h"

G_BEGIN_DECLS

/* Servers without a parser for it leave what a model thinks in its text: "<think>…</think>", and then the answer. Told apart here, piece by piece, the tags
 * cut anywhere. Only what a reply begins with counts, after white space; a tag that is never closed holds all of it; "<think>" further on is text.
 *
 * The template of some models (DeepSeek R1, QwQ) has opened the thought already: then "</think>" at the end of a line, or of the reply, ends it, and what was
 * given as text is reclassified. Not where reasoning was told apart before, and not in code, where it is written about. */
typedef struct _VigThink VigThink;

VigThink *vig_think_new         (VigChunkFunc on_chunk, gpointer user_data);
void      vig_think_free        (VigThink *self);
void      vig_think_push        (VigThink *self, VigChunkKind kind, const char *text);
void      vig_think_end         (VigThink *self); /* what was held back, since a tag could have begun there */

/* The same of a whole reply. (transfer full) */
VigReply *vig_think_split_reply (VigReply *reply);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigThink, vig_think_free)

G_END_DECLS
