/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdio.h>

#include "vig-note.h"

G_BEGIN_DECLS

/* Checks exports of the audit log against public keys: every record is there, once, in its place, as it was when it was signed. Only the
 * exports, the keys and the checkpoints that were kept elsewhere are looked at. */
typedef struct _VigVerify VigVerify;

VigVerify *vig_verify_new             (void);
void       vig_verify_free            (VigVerify *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigVerify, vig_verify_free)

gboolean   vig_verify_add_key         (VigVerify *self, const char *text, GError **error);
/* The first record of the exports, where it is not record 1. Before the exports. */
void       vig_verify_set_from        (VigVerify *self, guint64 from);
/* Without this an excerpt is refused: it proves of its records that they stand in the log, and of none that it is not left out. Before the exports. */
void       vig_verify_expect_excerpt  (VigVerify *self);
/* Checkpoints kept elsewhere: every signed note, and every line of a log with one, in @text. Before the exports. */
gboolean   vig_verify_add_checkpoints (VigVerify *self, const char *text, GError **error);
/* One export, JSON lines or CSV; several follow one another. DENIED: not what was signed; the message says where. */
gboolean   vig_verify_read            (VigVerify *self, FILE *file, GError **error);
/* After the last: nothing that was signed may be missing behind it. */
gboolean   vig_verify_finish          (VigVerify *self, GError **error);
char      *vig_verify_describe        (VigVerify *self); /* what was found to be right */

G_END_DECLS
