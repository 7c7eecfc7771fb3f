/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-policy.h"
