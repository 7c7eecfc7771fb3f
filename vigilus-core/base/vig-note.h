/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

#include "vig-merkle.h"

G_BEGIN_DECLS

/* Signed notes (C2SP signed-note) with Ed25519 (RFC 8032), and checkpoints of a log in them (C2SP tlog-checkpoint). */

#define VIG_NOTE_SEED 32 /* bytes of a private key */

/* A public key under a name, written NAME+HASH+BASE64. Immutable. */
typedef struct _VigNoteKey VigNoteKey;

/* @name: without spaces and +. */
VigNoteKey *vig_note_key_new_from_seed (const char *name, const guint8 *seed, GError **error);
VigNoteKey *vig_note_key_parse         (const char *text, GError **error);
char       *vig_note_key_to_string     (const VigNoteKey *self);
const char *vig_note_key_get_name      (const VigNoteKey *self);
void        vig_note_key_free          (VigNoteKey *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigNoteKey, vig_note_key_free)

/* @text with its signature; @text ends with a line break. */
char       *vig_note_sign              (const VigNoteKey *key, const guint8 *seed, const char *text, GError **error);
/* What was signed; DENIED where no signature of @key is under it, or it is not right. */
char       *vig_note_open              (const VigNoteKey *key, const char *note, GError **error);

/* What a checkpoint says. */
typedef struct
{
  guint64 size;
  guint8  root[VIG_MERKLE_HASH];
} VigCheckpoint;

char       *vig_checkpoint_sign        (const VigNoteKey *key, const guint8 *seed, const VigCheckpoint *checkpoint, GError **error);
/* The origin must be the key's name. */
gboolean    vig_checkpoint_open        (const VigNoteKey *key, const char *note, VigCheckpoint *checkpoint, GError **error);
/* What a note says whoever signed it. FALSE: it is no checkpoint of @origin. */
gboolean    vig_checkpoint_read        (const char *text, const char *origin, VigCheckpoint *checkpoint);
/* The last whole note of a file that has one behind another, or NULL. */
char       *vig_checkpoint_dup_last    (const char *text);
/* One line for a log, "ORIGIN SIZE ROOT SIGNATURE", and back; NULL: no such line. */
char       *vig_checkpoint_to_line     (const char *note);
char       *vig_checkpoint_from_line   (const char *line);

G_END_DECLS
