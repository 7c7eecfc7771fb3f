/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-error.h"

G_BEGIN_DECLS

/* A decoder of server-sent events (WHATWG HTML, "event streams"): bytes in, cut anywhere; events out. */
#define VIG_SSE_MAX_EVENT (16 * 1024 * 1024) /* bytes of one line, and of the data of one event */

typedef struct _VigSse VigSse;

/* @data has @length bytes of UTF-8 (U+FFFD for what was not) and a NUL behind them; it may hold NULs itself. */
typedef void (*VigSseFunc) (const char *event, const char *data, gsize length, gpointer user_data);

VIG_API VigSse     *vig_sse_new               (VigSseFunc on_event, gpointer user_data);
VIG_API void        vig_sse_free              (VigSse *self);

/* For servers whose events are JSON objects of one line each, or "[DONE]", and that leave out the empty lines between them: such an event ends where
 * the next begins. Before anything is fed. */
VIG_API void        vig_sse_set_json          (VigSse *self);

/* Calls @on_event for each event that is complete. VIG_ERROR_TOO_LARGE over the limit. */
VIG_API gboolean    vig_sse_feed              (VigSse *self, const char *bytes, gsize length, GError **error);

/* The end of the stream. The standard drops an event without its empty line; servers that leave out the last one
 * are served all the same with @tolerant. */
VIG_API void        vig_sse_end               (VigSse *self, gboolean tolerant);

VIG_API const char *vig_sse_get_last_event_id (VigSse *self); /* never NULL */
VIG_API gint64      vig_sse_get_retry         (VigSse *self); /* milliseconds, -1: not said */

/* The encoding standard's UTF-8 decode: one U+FFFD for each longest beginning of a character that is none. */
char               *vig_sse_decode            (const char *bytes, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigSse, vig_sse_free)

G_END_DECLS
