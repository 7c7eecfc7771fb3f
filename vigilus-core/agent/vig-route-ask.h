/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-ask.h"

G_BEGIN_DECLS

/* The question who takes a request, no longer than the model's window as far as it is known: the Operators are told of more briefly, the earlier
 * conversation gives way, then the middle of the request. @history and @messages as vig-history.h has them. NULL: no provider or no model. */
VigAsk *vig_route_ask_new (VigParts *parts, VigRunFacts *facts, GPtrArray *operators, JsonArray *history, JsonArray *messages, GError **error);

G_END_DECLS
