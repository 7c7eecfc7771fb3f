/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-redact.h"

G_BEGIN_DECLS

/* Redacts text that comes in pieces, cut anywhere: what is handed out is, all together, what vig_redactor_apply () makes of the whole. What
 * more text could still turn into a secret is held back: the last word, a line behind a name such as "password", an open quote, a key
 * block until its end. */
/* Bytes held at most. What is longer goes on as it stands, a secret's middle is forgotten, and what may be a Secret of Kubernetes is hidden as one. */
#define VIG_REDACT_LIVE_MAX (64 * 1024)

typedef struct _VigRedactLive VigRedactLive;

VigRedactLive *vig_redact_live_new   (VigRedactor *redactor);
void           vig_redact_live_free  (VigRedactLive *self);
char          *vig_redact_live_push  (VigRedactLive *self, const char *text, gsize length); /* NULL: nothing yet */
char          *vig_redact_live_flush (VigRedactLive *self); /* no more comes; NULL: nothing was left */
void           vig_redact_live_clear (VigRedactLive *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigRedactLive, vig_redact_live_free)

G_END_DECLS
