/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Why a model stopped: each provider has its own word for it. */
typedef enum
{
  VIG_STOP_WHOLE, /* it simply ended, as far as its word tells */
  VIG_STOP_LENGTH,
  VIG_STOP_FILTERED,
  VIG_STOP_DECLINED,
  VIG_STOP_COPIED,
  VIG_STOP_BROKEN_CALL,
  VIG_STOP_UNEXPLAINED,
} VigStop;

VigStop     vig_stop_read     (const char *reason, gboolean cut_short); /* @reason: or NULL */
/* What an answer that broke off there is: "cut short: ..."; NULL: whole. */
const char *vig_stop_describe (VigStop stop);

G_END_DECLS
