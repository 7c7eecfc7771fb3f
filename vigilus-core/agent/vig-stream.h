/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-redact.h"

G_BEGIN_DECLS

/* Text that is shown while it arrives, as far as no secret can begin there (vig-redact-live.h). */
typedef struct _VigStream VigStream;

VigStream  *vig_stream_new      (VigRedactor *redactor, gsize limit); /* @limit: bytes kept for who comes late */
void        vig_stream_free     (VigStream *self);
char       *vig_stream_push     (VigStream *self, const char *text, gsize length); /* what may be shown now; NULL: nothing */
char       *vig_stream_flush    (VigStream *self);
void        vig_stream_move     (VigStream *self, VigStream *to); /* what was shown of it, as if it had been of @to; what was not is to be flushed before */
const char *vig_stream_get_text (VigStream *self); /* all that was shown */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigStream, vig_stream_free)

G_END_DECLS
