/* SPDX-License-Identifier: MIT */
#pragma once

#include "vig-store.h"

G_BEGIN_DECLS

/* What an approver allows, and the grant that follows. Terms: {"mode": VIG_GRANT_MODES, "minutes": n or 0, "resource": the pattern that was typed or
 * null, and where the arguments were edited "arguments", "shown" (the same, redacted); always "level", "asked": the call's resource or null,
 * "arguments_sha256"}. All functions may be called from a VigDbFunc. */

/* @edit: what vig_approval_edit_finish () gave, or NULL. */
JsonObject *vig_approval_terms_new         (JsonObject *decision, JsonObject *approval, JsonObject *edit);
/* Fills in minutes and resource, and checks them against @settings, what was asked and, for a standing grant, what was approved before. The
 * resource that the grant covers ends up in "covers". INVALID, naming the member. */
gboolean    vig_approval_terms_settle      (JsonObject *terms, VigDbConnection *db, JsonObject *approval, JsonObject *settings, GError **error);
JsonObject *vig_approval_terms_build_grant (JsonObject *terms, JsonObject *approval, const char *granted_by, gint64 now);
gboolean    vig_approval_terms_need_second (JsonObject *terms, JsonObject *approval, JsonObject *settings);

/* Is exactly this offered as a standing grant, after @times approvals? Never for elevate. */
gboolean    vig_approval_terms_may_stand   (JsonObject *settings, const char *level, gint64 times);

G_END_DECLS
