/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-ask.h"

G_BEGIN_DECLS

/* What @reply to @ask took and cost: an entry of vig-store-usage.h without run_id and operator_name.
 * A server that tells no tokens has them "estimated" by the length of the text. NULL: there was nothing to count. Of the prices, what a person typed
 * (@prices, vig-price.h; or NULL) counts before what the server says that this answer cost, unless the tokens are estimated, and that before the
 * provider's list of models; where none is known it is 0, and "unpriced" unless the model is at home, where it costs nothing. */
JsonObject *vig_usage_describe (VigAsk *ask, const char *prices, VigReply *reply, const char *purpose, const char *user_id, const char *session_id);

G_END_DECLS
