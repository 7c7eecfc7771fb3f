/* SPDX-License-Identifier: MIT */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Forms of a request that two HTTP implementations read differently (request smuggling, RFC 9112, 6.1 and 11.2), as far as they can be seen
 * when the headers are in. Answers 0, or the status to refuse with; *reason is static. */
guint vig_http_guard_check  (const char *method, SoupHTTPVersion version, SoupMessageHeaders *headers, gsize body_limit, const char **reason);

/* Answers in place of libsoup, reads no more and closes the connection. Takes the message over: it must not be touched any more. */
void  vig_http_guard_refuse (SoupServerMessage *message, guint status, const char *reason);

G_END_DECLS
