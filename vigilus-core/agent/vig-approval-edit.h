/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-parts.h"

G_BEGIN_DECLS

/* Arguments that an approver puts in place of the model's, checked as a call with them would be: schema, level, resource, ceiling, policy.
 * What they left as it was shown to them, redacted, stays as it really is. Answers {"arguments", "shown" (redacted), "level", "resource" or
 * null, "arguments_sha256"}. Errors: NOT_FOUND, INVALID they don't fit the schema, or keep a part of what was redacted; DENIED by the guard. */
void        vig_approval_edit_async  (VigParts *parts, const char *approval_id, JsonObject *arguments, GAsyncReadyCallback callback, gpointer user_data);
JsonObject *vig_approval_edit_finish (GAsyncResult *result, GError **error);

G_END_DECLS
