/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a name says about its value. */
typedef enum
{
  VIG_NAME_PLAIN,    /* nothing */
  VIG_NAME_KEY,      /* a key, but perhaps of a map: only what can be nothing else is a secret */
  VIG_NAME_SECRET,   /* tokens and keys: long, with digits */
  VIG_NAME_PASSWORD, /* whatever a person has typed */
} VigNameKind;

VigNameKind vig_redact_classify_name (const char *name, gsize length);

/* Whether what stands beside such a name is a secret: not a placeholder, a variable, code or a word of prose. */
gboolean    vig_redact_is_secret     (VigNameKind kind, const char *value, gsize length, gboolean quoted);
gboolean    vig_redact_is_key        (const char *value, gsize length);
gboolean    vig_redact_is_random     (const char *value, gsize length); /* enough different characters, not xxxx */
/* "auth", "_auth": a secret where it is user:password in base64, as RFC 7617 has it; nothing else that is called so is one. */
gboolean    vig_redact_names_pair      (const char *name, gsize length);
gboolean    vig_redact_is_encoded_pair (const char *value, gsize length);

G_END_DECLS
