/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-sign-in.h"

G_BEGIN_DECLS

/* Functions of operations that take several steps, each in a file of its own. */
void vig_route_login           (VigRequest *request);
void vig_route_login_second    (VigRequest *request);
void vig_route_change_password (VigRequest *request);

G_END_DECLS
