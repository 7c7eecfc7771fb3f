/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-reply.h"
