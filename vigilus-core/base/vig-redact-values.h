/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A piece of text to take out: bytes from start up to end. */
typedef struct
{
  gsize start;
  gsize end;
  gsize known_by; /* where what shows it to be a secret begins: its name, its command; or start */
} VigSpan;

/* Known strings, found all at once in one pass (Aho and Corasick, 1975). Not thread-safe. */
typedef struct _VigRedactValues VigRedactValues;

VigRedactValues *vig_redact_values_new      (void);
void             vig_redact_values_free     (VigRedactValues *self);
void             vig_redact_values_add      (VigRedactValues *self, const char *value);
gboolean         vig_redact_values_is_ready (VigRedactValues *self); /* FALSE: values were added since prepare () */
void             vig_redact_values_prepare  (VigRedactValues *self);
/* Answers with how many bytes at the end may begin another value. */
gsize            vig_redact_values_find     (const VigRedactValues *self, const char *text, gsize length, GArray *spans);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigRedactValues, vig_redact_values_free)

G_END_DECLS
