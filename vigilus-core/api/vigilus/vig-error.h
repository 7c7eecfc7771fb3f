/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-macros.h"

G_BEGIN_DECLS

#define VIG_ERROR (vig_error_quark ())

/**
 * VigError:
 * @VIG_ERROR_FAILED: something failed, and no caller can act on it
 * @VIG_ERROR_INVALID: what was sent is wrong: the message says what and where
 * @VIG_ERROR_NOT_FOUND: the thing named does not exist
 * @VIG_ERROR_EXISTS: a thing of that name exists already
 * @VIG_ERROR_CONFLICT: the thing is not in a state that allows this
 * @VIG_ERROR_UNAUTHENTICATED: nobody is signed in, or the proof is wrong
 * @VIG_ERROR_DENIED: whoever asks may not do this
 * @VIG_ERROR_TOO_LARGE: over a named limit of size
 * @VIG_ERROR_RATE_LIMITED: over a named limit of frequency; later it may work
 * @VIG_ERROR_UNAVAILABLE: a part this needs is not there now
 * @VIG_ERROR_TIMED_OUT: it took longer than its limit; it may or may not have happened. What was never begun or sent is UNAVAILABLE
 * @VIG_ERROR_INTERRUPTED: it was running when it ended; it may or may not have happened
 * @VIG_ERROR_REMOTE: another server (an LLM provider, say) answered with an error
 * @VIG_ERROR_NOT_SUPPORTED: this build, kernel or plugin cannot do it
 * @VIG_ERROR_PROOF_NEEDED: whoever asks may, once they have shown again that it is them (second factor, password)
 *
 * The one error domain of Vigilus. Other domains pass through.
 */
typedef enum
{
  VIG_ERROR_FAILED,
  VIG_ERROR_INVALID,
  VIG_ERROR_NOT_FOUND,
  VIG_ERROR_EXISTS,
  VIG_ERROR_CONFLICT,
  VIG_ERROR_UNAUTHENTICATED,
  VIG_ERROR_DENIED,
  VIG_ERROR_TOO_LARGE,
  VIG_ERROR_RATE_LIMITED,
  VIG_ERROR_UNAVAILABLE,
  VIG_ERROR_TIMED_OUT,
  VIG_ERROR_INTERRUPTED,
  VIG_ERROR_REMOTE,
  VIG_ERROR_NOT_SUPPORTED,
  VIG_ERROR_PROOF_NEEDED,
} VigError;

VIG_API GQuark      vig_error_quark          (void);

/* The code as it stands in JSON answers ("not_found"); "failed" for any other domain. */
VIG_API const char *vig_error_get_code_name  (const GError *error);

VIG_API gboolean    vig_error_is_invalid     (const GError *error);
VIG_API gboolean    vig_error_is_not_found   (const GError *error);
VIG_API gboolean    vig_error_is_denied      (const GError *error);
VIG_API gboolean    vig_error_is_timed_out   (const GError *error);
VIG_API gboolean    vig_error_is_interrupted (const GError *error);

G_END_DECLS
