/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* The panic switch (schema Frozen: at, by, reason|null). NULL without error: it is not pressed. */
JsonObject *vig_store_frozen_get       (VigDbConnection *db, GError **error);
gboolean    vig_store_frozen_set       (VigDbConnection *db, const char *by, const char *reason, GError **error);
gboolean    vig_store_frozen_clear     (VigDbConnection *db, GError **error);

/* Every grant that could still be used, and every run that has not ended: how many, or -1. */
gint64      vig_store_frozen_revoke    (VigDbConnection *db, GError **error);
gint64      vig_store_frozen_stop_runs (VigDbConnection *db, GError **error);

G_END_DECLS
