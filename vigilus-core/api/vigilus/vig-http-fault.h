/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-http-answer.h"

G_BEGIN_DECLS

/* Not installed: the shapes in which servers say that something went wrong, and what follows from it. */
#define VIG_HTTP_MAX_RETRIES 2
#define VIG_HTTP_MAX_RETRY_WAIT_MS (60 * 1000) /* a server that asks for more is not asked again */

VIG_API VigHttpFault *vig_http_fault_new_json  (guint status, JsonNode *body);
VIG_API VigHttpFault *vig_http_fault_new_text  (guint status, SoupMessageHeaders *headers, const char *body);
VIG_API void          vig_http_fault_free      (VigHttpFault *self);

/* What a person is told, with what to do. @api_key is cut out of it. @retry_after: seconds, 0: not said. */
VIG_API GError       *vig_http_fault_to_error  (const VigHttpFault *self, const char *title, const char *api_key, guint retry_after);

/* Whether to ask again, and after how long. @attempt counts from 0; @random is in [0, 1); @headers may be NULL. */
VIG_API gboolean      vig_http_fault_may_retry (const VigHttpFault *self, SoupMessageHeaders *headers, guint attempt, double random, guint *wait_ms);
VIG_API guint         vig_http_backoff_ms      (guint attempt, gboolean overload, double random);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VigHttpFault, vig_http_fault_free)

G_END_DECLS
