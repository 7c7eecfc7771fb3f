/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-request.h"

G_BEGIN_DECLS

#define VIG_PROVIDER_DISCOVERY_TIME 1500 /* milliseconds that a local server has to answer */

/* Answers with the servers of models that run on this machine, each found by asking it for its models. */
void vig_provider_discovery (VigRequest *request);

G_END_DECLS
