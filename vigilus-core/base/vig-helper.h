/* SPDX-License-Identifier: MIT */
#pragma once

#include <vigilus/vigilus.h>

G_BEGIN_DECLS

/* What the privileged helper of this host can be asked for, and how: shared by the daemon, which asks, and vigilus-helper, which
 * checks everything again and trusts nothing of it but the signature. A request is one signed note (vig-note.h) whose text is
 * VIG_HELPER_HEADER and a JSON object {"time" (microseconds, UTC), "nonce" (32 hex digits), "call", "operator", "operation",
 * "arguments"}, and a NUL byte after it. Whatever comes after that calls it off: all that it started is ended. A connection that just ends calls nothing
 * off, so that Vigilus can be upgraded by this very way. The answer is a JSON object {"error"} or {"exit_status", "output", "error_output",
 * "timed_out"}. */
#define VIG_HELPER_HEADER   "vigilus-helper/1\n"
#define VIG_HELPER_KEY_NAME "vigilus-helper"
#define VIG_HELPER_PURPOSE  "vigilus helper signing key" /* of vig_vault_derive () */

#define VIG_HELPER_MAX_REQUEST 16384
#define VIG_HELPER_MAX_OUTPUT  65536 /* bytes kept of each stream */
#define VIG_HELPER_MAX_AGE     60    /* seconds from the signature to the start */
#define VIG_HELPER_TIMEOUT     900   /* seconds a command may run */

/* The schema of "operation" and "arguments", for the tool. */
extern const char vig_helper_schema[];

gboolean vig_helper_has_operation (const char *name);
/* The command line of @operation: INVALID names the argument. No shell reads it, and no argument can be taken for an option. */
char   **vig_helper_make_argv     (const char *operation, JsonObject *arguments, GError **error);

G_END_DECLS
