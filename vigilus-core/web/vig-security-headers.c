/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-security-headers.h"

static const char *const POLICIES[] = {
  [VIG_CONTENT_API] = "default-src 'none'; frame-ancestors 'none'",
  [VIG_CONTENT_DASHBOARD] = "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
  [VIG_CONTENT_API_DOCS] = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
                           "base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
};

void
vig_security_headers_add (SoupMessageHeaders *headers, VigContent content, gboolean https)
{
  soup_message_headers_replace (headers, "Content-Security-Policy", POLICIES[content]);
  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace (headers, "X-Frame-Options", "DENY");
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_replace (headers, "Cross-Origin-Opener-Policy", "same-origin");
  soup_message_headers_replace (headers, "Cross-Origin-Resource-Policy", "same-origin");
  soup_message_headers_replace (headers, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
  if (https)
    soup_message_headers_replace (headers, "Strict-Transport-Security", "max-age=31536000");
}
