/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What the offline provider answers to a transcript: the whole of its mind, without I/O. (transfer full) */
VigReply *choice_make (const char *system, VigTranscript *transcript, const VigToolInfo * const *tools);

G_END_DECLS
