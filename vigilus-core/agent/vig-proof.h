/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* For write functions, in the transaction of what is decided: whether somebody may approve a call of this level now. Where the settings
 * ask for it (second_factor_approvals), they must have shown their second factor within second_factor_minutes, in this very sign-in.
 * @login_id: of the sign-in; NULL (an API token, D-Bus) has none: DENIED. PROOF_NEEDED where it was too long ago, or never. */
gboolean vig_proof_check_approval (VigDbConnection *db, const char *login_id, const char *level, gint64 now, GError **error);

G_END_DECLS
