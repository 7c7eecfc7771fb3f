/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-error.h"

static const char *code_names[] = {
  [VIG_ERROR_FAILED] = "failed",
  [VIG_ERROR_INVALID] = "invalid",
  [VIG_ERROR_NOT_FOUND] = "not_found",
  [VIG_ERROR_EXISTS] = "exists",
  [VIG_ERROR_CONFLICT] = "conflict",
  [VIG_ERROR_UNAUTHENTICATED] = "unauthenticated",
  [VIG_ERROR_DENIED] = "denied",
  [VIG_ERROR_TOO_LARGE] = "too_large",
  [VIG_ERROR_RATE_LIMITED] = "rate_limited",
  [VIG_ERROR_UNAVAILABLE] = "unavailable",
  [VIG_ERROR_TIMED_OUT] = "timed_out",
  [VIG_ERROR_INTERRUPTED] = "interrupted",
  [VIG_ERROR_REMOTE] = "remote",
  [VIG_ERROR_NOT_SUPPORTED] = "not_supported",
  [VIG_ERROR_PROOF_NEEDED] = "proof_needed",
};

G_DEFINE_QUARK (vig-error-quark, vig_error)

const char *
vig_error_get_code_name (const GError *error)
{
  if (error == NULL || error->domain != VIG_ERROR)
    return "failed";
  if (error->code < 0 || error->code >= (int) G_N_ELEMENTS (code_names))
    return "failed";

  return code_names[error->code];
}

gboolean
vig_error_is_invalid (const GError *error)
{
  return g_error_matches (error, VIG_ERROR, VIG_ERROR_INVALID);
}

gboolean
vig_error_is_not_found (const GError *error)
{
  return g_error_matches (error, VIG_ERROR, VIG_ERROR_NOT_FOUND);
}

gboolean
vig_error_is_denied (const GError *error)
{
  return g_error_matches (error, VIG_ERROR, VIG_ERROR_DENIED);
}

gboolean
vig_error_is_timed_out (const GError *error)
{
  return g_error_matches (error, VIG_ERROR, VIG_ERROR_TIMED_OUT);
}

gboolean
vig_error_is_interrupted (const GError *error)
{
  return g_error_matches (error, VIG_ERROR, VIG_ERROR_INTERRUPTED);
}
