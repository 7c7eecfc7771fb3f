/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-web.h"

G_BEGIN_DECLS

/* Minutes that a proof of who one is counts for what changes how one signs in, and for the ownership. */
#define VIG_PROOF_MINUTES 10

/* For write handlers: PROOF_NEEDED where the caller has not proved within VIG_PROOF_MINUTES, in this sign-in, that it is them. */
gboolean vig_proof_require (VigDbConnection *db, VigRequest *request, GError **error);

G_END_DECLS
