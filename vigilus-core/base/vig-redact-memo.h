/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What was found in the last large texts, by their SHA-256: nothing of the texts is kept. Thread-safe. */
#define VIG_REDACT_LARGE (64 * 1024) /* bytes: looking through less is cheap */
#define VIG_REDACT_MEMOS 8
#define VIG_REDACT_HASH  32

typedef struct
{
  guint8 hash[VIG_REDACT_HASH];
  gsize  length;
  guint  age;
} VigRedactKey;

typedef struct
{
  GMutex       mutex;
  guint        age; /* rises when what is looked for changes */
  guint        next;
  VigRedactKey keys[VIG_REDACT_MEMOS];
  GArray      *spans[VIG_REDACT_MEMOS]; /* of VigSpan */
} VigRedactMemo;

void         vig_redact_memo_init     (VigRedactMemo *self);
void         vig_redact_memo_clear    (VigRedactMemo *self);
void         vig_redact_memo_forget   (VigRedactMemo *self); /* what was found is no longer all */
VigRedactKey vig_redact_memo_make_key (VigRedactMemo *self, const char *text, gsize length);
GArray      *vig_redact_memo_find     (VigRedactMemo *self, const VigRedactKey *key); /* a copy, or NULL */
void         vig_redact_memo_add      (VigRedactMemo *self, const VigRedactKey *key, GArray *spans);

G_END_DECLS
