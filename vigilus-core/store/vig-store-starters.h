/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* Gives a new installation somebody to talk to: once, so that an Operator that was deleted stays away. */
gboolean vig_store_starters_ensure (VigDbConnection *db, const char *workspace_dir, GError **error);

G_END_DECLS
