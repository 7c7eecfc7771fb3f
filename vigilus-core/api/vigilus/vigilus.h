/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-authenticator.h"
#include "vig-error.h"
#include "vig-host.h"
#include "vig-http-answer.h"
#include "vig-http-provider.h"
#include "vig-invocation.h"
#include "vig-json.h"
#include "vig-macros.h"
#include "vig-plugin.h"
#include "vig-policy.h"
#include "vig-provider.h"
#include "vig-reply.h"
#include "vig-schema.h"
#include "vig-sse.h"
#include "vig-tool.h"
#include "vig-transcript.h"
