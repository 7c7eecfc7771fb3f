/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-transcript.h"
