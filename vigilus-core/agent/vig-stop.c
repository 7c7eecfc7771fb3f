/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-stop.h"

VigStop
vig_stop_read (const char *reason, gboolean cut_short)
{
  static const char *const filtered[] = { "content_filter", "sensitive", "SAFETY", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
                                          "IMAGE_PROHIBITED_CONTENT", "MODEL_ARMOR", "JAILBREAK", "LANGUAGE", NULL };
  static const char *const copied[] = { "RECITATION", "IMAGE_RECITATION", NULL };
  static const char *const broken_calls[] = { "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE", NULL };
  static const char *const unexplained[] = { "OTHER", "IMAGE_OTHER", "MALFORMED_RESPONSE", "FINISH_REASON_UNSPECIFIED", "error", "abort", "network_error",
                                             "insufficient_system_resource", NULL };

  if (cut_short)
    return VIG_STOP_LENGTH;
  if (reason == NULL)
    return VIG_STOP_WHOLE;
  if (g_strv_contains (filtered, reason))
    return VIG_STOP_FILTERED;
  if (g_str_equal (reason, "refusal"))
    return VIG_STOP_DECLINED;
  if (g_strv_contains (copied, reason))
    return VIG_STOP_COPIED;
  if (g_strv_contains (broken_calls, reason))
    return VIG_STOP_BROKEN_CALL;

  return g_strv_contains (unexplained, reason) ? VIG_STOP_UNEXPLAINED : VIG_STOP_WHOLE;
}

const char *
vig_stop_describe (VigStop stop)
{
  static const char *const texts[] = {
    [VIG_STOP_WHOLE] = NULL,
    [VIG_STOP_LENGTH] = "Cut short: the model did not come to its end.",
    [VIG_STOP_FILTERED] = "Cut short: the provider's filter stopped this answer.",
    [VIG_STOP_DECLINED] = "The model declined to answer.",
    [VIG_STOP_COPIED] = "Cut short: the provider stopped this answer, for it came too close to somebody's text.",
    [VIG_STOP_BROKEN_CALL] = "Cut short: the model called a tool in a way that the provider could not read.",
    [VIG_STOP_UNEXPLAINED] = "Cut short: the provider stopped this answer and does not say why.",
  };

  return texts[stop];
}
