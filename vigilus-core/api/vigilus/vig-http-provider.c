/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "vig-http-provider.h"
