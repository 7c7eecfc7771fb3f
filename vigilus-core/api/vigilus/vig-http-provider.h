/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-macros.h"
