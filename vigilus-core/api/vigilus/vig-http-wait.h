/* SPDX-License-Identifier: MIT */
#pragma once

#include <libsoup/soup.h>

#include "vig-macros.h"

G_BEGIN_DECLS

/* Not installed. How long a server asks to wait, in milliseconds; 0: it does not say. The first of retry-after-ms, retry-after (seconds or
 * a date) and, where it refuses for the rate (429), the latest reset of a limit of which nothing remains: anthropic-ratelimit-*-reset
 * (RFC 3339), x-ratelimit-reset-* (a duration such as 6m0s, or seconds), x-ratelimit-reset (seconds, or Unix time in seconds or
 * milliseconds). @now: Unix time in milliseconds. */
VIG_API guint vig_http_retry_after_ms (guint status, SoupMessageHeaders *headers, gint64 now);

G_END_DECLS
